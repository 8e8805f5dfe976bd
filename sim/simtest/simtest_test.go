package simtest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHallLight(t *testing.T) {
	w := simtest.New(t, sim.Options{})
	w.AddApp("hall", core.AppFunc(hallLight))
	w.AddDevice(sim.Device{
		Name: "hall light", CommandTopic: "zigbee2mqtt/hall_light/set", StateTopic: "zigbee2mqtt/hall_light",
		State: map[string]any{"state": "OFF"}, DelayMin: 100 * time.Millisecond, DelayMax: 100 * time.Millisecond, Retain: true,
	})
	w.Publish("zigbee2mqtt/hall_motion", `{"occupancy":true}`)
	w.RouteUntil("zigbee2mqtt/hall_light", `{"state":"ON"}`, time.Second)
	w.Retained("zigbee2mqtt/hall_light", `{"state":"ON"}`)
	w.Count("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`, 1, 1, 5*time.Minute)
	w.Until("late enough", func() bool { return w.Now() >= 5*time.Minute }, time.Minute)
	w.Always("still", func() bool { return true }, time.Minute)
	w.Advance(time.Minute)
}

func TestPlainPayloads(t *testing.T) {
	w := simtest.New(t, sim.Options{})
	w.SetRetained(mqtt.Message{Topic: "stat/plug/POWER", Payload: []byte("ON")})
	w.AddApp("plug", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("stat/plug/POWER", func(mqtt.Message) { env.Publish("cmnd/plug/POWER", "OFF") })
	}))
	w.RouteUntil("cmnd/plug/POWER", "OFF", 0)
	w.Never("cmnd/plug/POWER", "ON", time.Hour)
	w.Retained("stat/plug/POWER", "ON")
}

func TestFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "motion.hubtape")
	writer, err := recorder.Create(path, recorder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, topic := range []string{"zigbee2mqtt/hall_motion", "zigbee2mqtt/attic"} {
		err := writer.Append(recorder.Record{At: time.Duration(i) * time.Hour, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	w := simtest.New(t, sim.Options{})
	w.AddApp("hall", core.AppFunc(hallLight))
	w.Feed(path, mqtt.Selection{})
	w.RouteUntil("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`, 6*time.Minute)
	w.Replay(sim.ToTheEnd)
	if w.Now() != time.Hour || w.Stats().In != 2 {
		t.Errorf("the tape ended at %v after %d messages", w.Now(), w.Stats().In)
	}
}

// What goes wrong after the last step, or without any, fails the test too.
func TestTheEndCounts(t *testing.T) {
	boom := core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("go", func(mqtt.Message) { panic("boom") })
	})
	noStart := core.AppFunc(func(*core.Env) error { return errors.New("no such room") })
	for want, c := range map[string]struct {
		app  core.App
		step func(w *simtest.World)
	}{
		"boom":         {boom, func(w *simtest.World) { w.Publish("go", "") }},
		"no such room": {noStart, func(*simtest.World) {}},
	} {
		f := run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.AddApp("app", c.app)
			c.step(w)
		})
		require.True(t, f.failed)
		require.Contains(t, f.log.String(), want)
		require.Equal(t, 1, strings.Count(f.log.String(), "repeat it: "), "told once")
	}
}

func TestScenarios(t *testing.T) {
	dir := t.TempDir()
	text := `
name: hall light
app: hall
steps:
  - publish: {topic: zigbee2mqtt/hall_motion, json: {occupancy: true}}
  - route_until: {topic: zigbee2mqtt/hall_light/set, json: {state: "ON"}, within: 1s}
`
	if err := os.WriteFile(filepath.Join(dir, "hall.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	hall := scenarios.App("hall", func(struct{}) core.App { return core.AppFunc(hallLight) })
	simtest.Scenarios(t, filepath.Join(dir, "*.yaml"), hall)
}
