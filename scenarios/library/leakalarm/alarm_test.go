package leakalarm_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	wet = `{"water_leak":true,"battery":100}`
	dry = `{"water_leak":false,"battery":100}`

	retry = 3 * time.Second
)

// world is a simulated world with the alarm in it.
type world struct {
	*simtest.World
	t *testing.T
}

func newWorld(t *testing.T, kept ...mqtt.Message) world {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("alarm", leakalarm.New(leakalarm.Params{Valve: "valve", Retry: core.Duration(retry)}))
	return world{w, t}
}

func kept(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}
}

// wants runs until the automation says exactly that, which must be after d, not
// before.
func (w world) wants(d time.Duration, topic, payload string) {
	w.t.Helper()
	from := w.Now()
	if err := w.World.World.RouteUntil(sim.Message(match.Pattern{Topic: topic, Payload: &payload}), d); err != nil {
		w.t.Fatal(err)
	}
	if took := w.Now() - from; took != d {
		w.t.Fatalf("%s %s came after %v, want %v", topic, payload, took, d)
	}
}

// acts wants the alarm after d.
func (w world) acts(d time.Duration) {
	w.t.Helper()
	w.wants(d, "valve/command", "off")
	w.wants(0, "cmnd/siren/POWER", "ON")
}

// silent lets time pass in which nothing may be said on the topics of a filter.
func (w world) silent(filter string, d time.Duration) {
	w.t.Helper()
	w.Never(filter, "", d)
}

func TestRepeatsUntilClosed(t *testing.T) {
	w := newWorld(t)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
	for range 100 {
		w.silent("#", retry-time.Millisecond)
		w.Publish("valve", "on") // it has not heard
		w.silent("#", 0)
		w.acts(time.Millisecond)
	}
	w.Publish("valve", "off")
	w.silent("#", time.Hour)
}

func TestSameReportAgain(t *testing.T) {
	w := newWorld(t)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
	w.Publish("valve", "off")
	for range 5 {
		w.Publish("zigbee2mqtt/kitchen", wet)
		w.Publish("zigbee2mqtt/bath", wet)
		w.silent("#", time.Minute)
	}
}

// The siren is off when the last sensor is dry, the valve stays closed, and
// after that it is no business of the alarm.
func TestDryAgain(t *testing.T) {
	w := newWorld(t)
	w.Publish("zigbee2mqtt/bath", dry)
	w.silent("#", time.Minute)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
	w.Publish("zigbee2mqtt/bath", wet)
	w.Publish("valve", "off")
	w.Publish("zigbee2mqtt/kitchen", dry)
	w.silent("#", time.Minute)
	w.Publish("zigbee2mqtt/bath", dry)
	w.wants(0, "cmnd/siren/POWER", "OFF")
	w.Publish("zigbee2mqtt/bath", dry)
	w.Publish("valve", "on")
	w.silent("#", time.Hour)
	w.Publish("zigbee2mqtt/bath", wet)
	w.acts(0)
}

// Water that went away before the valve has answered still closes it, without a
// siren.
func TestDryBeforeTheValveAnswers(t *testing.T) {
	w := newWorld(t)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
	w.Publish("zigbee2mqtt/kitchen", dry)
	w.wants(0, "cmnd/siren/POWER", "OFF")
	w.silent("cmnd/#", retry)
	w.Publish("valve", "off")
	w.silent("#", time.Hour)
}

func TestValveIsOpenedWhileWet(t *testing.T) {
	w := newWorld(t)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
	w.Publish("valve", "off")
	w.silent("#", time.Minute)
	w.Publish("valve", "on")
	w.acts(0)
}

// Water that came while nobody listened is water; a valve that was closed then
// has not answered.
func TestKept(t *testing.T) {
	w := newWorld(t, kept("valve", "off"), kept("zigbee2mqtt/kitchen", wet))
	w.acts(0)
	w.silent("#", retry-time.Millisecond)
	w.acts(time.Millisecond)
}

func TestNonsense(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{"", "wet", `{"water_leak":tru`, `{"water_leak":"yes"}`, `{"water_leak":null}`, "null", "[true]", `{"smoke":true}`} {
		w.Publish("zigbee2mqtt/kitchen", payload)
	}
	w.Publish("valve", "")
	w.Publish("valve", "overpower")
	w.Publish("zigbee2mqtt/kitchen/availability", wet)
	w.silent("#", time.Hour)
	w.Publish("zigbee2mqtt/kitchen", wet)
	w.acts(0)
}
