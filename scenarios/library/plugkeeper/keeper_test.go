package plugkeeper_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/plugkeeper"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	settle = 5 * time.Second // the defaults
	gap    = 2 * time.Second
	almost = settle - time.Millisecond
)

func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("keeper", plugkeeper.New(plugkeeper.Params{Plugs: []string{"a", "b"}}))
	return w
}

// back is a plug that comes back with a state of its own.
func back(w *simtest.World, plug, power string) {
	w.Publish("tele/"+plug+"/LWT", "Online")
	w.Publish("stat/"+plug+"/POWER", power)
	w.Publish("tele/"+plug+"/STATE", `{"POWER":"`+power+`"}`)
}

func TestKeepsWhatItWas(t *testing.T) {
	w := newWorld(t)
	w.Publish("tele/a/STATE", `{"POWER":"OFF"}`)
	w.Publish("stat/a/POWER", "ON")
	w.Publish("tele/a/LWT", "Offline")
	w.Never("#", "", time.Hour)
	back(w, "a", "OFF")
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "ON", time.Millisecond)
	w.Publish("stat/a/POWER", "ON")
	w.Never("#", "", time.Hour)
	w.Publish("stat/a/POWER", "OFF") // by hand
	back(w, "a", "ON")               // without an Offline
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "OFF", time.Millisecond)
}

func TestAsItWas(t *testing.T) {
	w := newWorld(t)
	w.Publish("stat/a/POWER", "ON")
	w.Advance(time.Second)
	back(w, "a", "ON")
	w.Never("#", "", time.Hour)
}

// Nobody knows what a plug was that is new.
func TestUnknown(t *testing.T) {
	w := newWorld(t)
	back(w, "a", "ON")
	w.Never("#", "", time.Hour)
	w.Publish("tele/a/LWT", "Offline")
	back(w, "a", "OFF")
	w.Publish("tele/a/STATE", `{"Time":"2026-02-03T18:00:10"}`)
	w.Never("#", "", time.Hour)
}

// Telemetry without the power says nothing about it.
func TestNoPower(t *testing.T) {
	w := newWorld(t)
	w.Publish("stat/a/POWER", "ON")
	for _, payload := range []string{`{"Time":"2026-02-03T18:00:10"}`, `{"POWER":""}`, "{", ""} {
		w.Publish("tele/a/STATE", payload)
	}
	w.Advance(time.Second)
	back(w, "a", "OFF")
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "ON", time.Millisecond)
}

func TestOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	for _, plug := range []string{"a", "b"} {
		w.Publish("stat/"+plug+"/POWER", "ON")
	}
	w.Advance(time.Second)
	back(w, "b", "OFF")
	back(w, "a", "OFF")
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "ON", time.Millisecond)
	w.Never("#", "", gap-time.Millisecond)
	w.RouteUntil("cmnd/b/POWER", "ON", time.Millisecond)
}

// A plug that comes and goes is looked at when it stays.
func TestFlaps(t *testing.T) {
	w := newWorld(t)
	w.Publish("stat/a/POWER", "ON")
	for range 20 {
		back(w, "a", "OFF")
		w.Never("#", "", almost)
		w.Publish("tele/a/LWT", "Offline")
		w.Never("#", "", time.Minute)
	}
	back(w, "a", "OFF")
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "ON", time.Millisecond)
}

// An Online that the broker had kept is no return.
func TestKept(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "tele/a/LWT", Payload: []byte("Online"), Retain: true})
	w.Publish("stat/a/POWER", "ON")
	w.Publish("stat/a/POWER", "OFF")
	w.Never("#", "", time.Hour)
	back(w, "a", "ON")
	w.Never("#", "", almost)
	w.RouteUntil("cmnd/a/POWER", "OFF", time.Millisecond)
}
