package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

func TestDeviceAnswersInOrder(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, sim.Options{Seed: seed})
		must(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "lamp/set", StateTopic: "lamp", DelayMax: time.Minute}))
		for i := range 5 {
			must(t, w.Publish(mqtt.Message{Topic: "lamp/set", Payload: fmt.Appendf(nil, `{"n":%d}`, i)}))
		}
		for i := range 5 {
			answer := fmt.Sprintf(`{"n":%d}`, i)
			must(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "lamp", Payload: &answer}), time.Minute))
		}
	}
}

func TestDevice(t *testing.T) {
	w := newWorld(t, sim.Options{Seed: 3})
	must(t, w.AddDevice(sim.Device{
		Name: "lamp", CommandTopic: "lamp/set", StateTopic: "lamp", Retain: true,
		State: map[string]any{"state": "OFF", "brightness": 10}, DelayMin: 100 * time.Millisecond, DelayMax: 300 * time.Millisecond,
	}))
	must(t, w.AddApp("hall", light{time.Minute}))
	off := match.Pattern{Topic: "lamp", JSON: map[string]any{"state": "OFF"}, HasJSON: true}
	must(t, w.Retained(off))
	must(t, w.Publish(motion))
	on := match.Pattern{Topic: "lamp", Source: match.Device, JSON: map[string]any{"state": "ON", "brightness": 10}, HasJSON: true}
	must(t, w.RouteUntil(sim.Message(on), 300*time.Millisecond))
	if w.Now() < 100*time.Millisecond {
		t.Errorf("answered after %v", w.Now())
	}
	must(t, w.Retained(match.Pattern{Topic: "lamp", JSON: map[string]any{"state": "ON"}, HasJSON: true}))
	if s := w.Stats(); s.In != 2 || s.Out != 1 { // motion and the lamp's state; the command
		t.Errorf("%d messages in and %d out, want 2 and 1", s.In, s.Out)
	}
}

func TestDeviceCommands(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "lamp/set", StateTopic: "lamp"}))
	for _, payload := range []string{"null", "ON", "[1]", `{"n":9007199254740993}`} {
		must(t, w.Publish(mqtt.Message{Topic: "lamp/set", Payload: []byte(payload)}))
	}
	must(t, w.Count(match.Pattern{Topic: "lamp"}, 1, 1, time.Second))
	if last := w.Recent(1)[0]; string(last.Message.Payload) != `{"n":9007199254740993}` {
		t.Errorf("the state is %s", last.Message.Payload)
	}
	if len(w.Warnings()) == 0 {
		t.Error("no warning of commands that are not understood")
	}
}
