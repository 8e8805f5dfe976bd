package freezerwatch_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/freezerwatch"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	silence = 30 * time.Minute // the defaults
	grace   = 2 * time.Minute
)

// newWorld has one freezer, x, that is well.
func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("watch", freezerwatch.New(freezerwatch.Params{Freezers: []freezerwatch.Freezer{
		{Name: "x", Reading: "reading", Availability: "availability"},
	}}))
	return w
}

func well(w *simtest.World) {
	w.Publish("reading", "-18.0")
	w.RouteUntil("freezer/x", "ok", 0)
}

// wants lets pass what is to pass, in which nothing may be said, and then wants
// the state.
func wants(w *simtest.World, after time.Duration, state string) {
	if after > 0 {
		w.Never("#", "", after-time.Millisecond)
		after = time.Millisecond
	}
	w.RouteUntil("freezer/x", state, after)
	w.Retained("freezer/x", state)
}

func TestWarm(t *testing.T) {
	w := newWorld(t)
	well(w)
	for range 3 {
		w.Publish("reading", "-15")
		wants(w, 0, "warm")
		w.Publish("reading", `{"temperature":21.5}`)
		w.Never("#", "", time.Minute)
		w.Publish("reading", `{"temperature":-15.01,"battery":80}`)
		wants(w, 0, "ok")
		w.Publish("reading", "-20")
		w.Never("#", "", time.Minute)
	}
}

func TestSilence(t *testing.T) {
	w := newWorld(t)
	wants(w, silence, "silent") // never heard of
	well(w)
	wants(w, silence, "silent")
	w.Never("#", "", 24*time.Hour)
	well(w)
}

// Only a number is a reading.
func TestNoReadings(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "reading", Payload: []byte("-18"), Retain: true})
	w.Never("#", "", time.Minute)
	well(w)
	for _, payload := range []string{"nan", "NaN", "inf", "-Inf", "", "unavailable", "null", `{"battery":3}`, `{"temperature":null}`, `{"temperature":"-18"}`, "[-18]"} {
		w.Publish("reading", payload)
		w.Never("#", "", time.Minute)
	}
	wants(w, silence-11*time.Minute, "silent")
}

func TestOffline(t *testing.T) {
	for _, offline := range []string{"offline", `{"state":"offline"}`} {
		w := newWorld(t)
		well(w)
		w.Publish("availability", offline)
		w.Never("#", "", time.Minute)
		w.Publish("availability", offline) // the grace is not longer for that
		wants(w, grace-time.Minute, "offline")
		w.Never("#", "", 24*time.Hour) // not silent too
		w.Publish("availability", "online")
		w.Never("#", "", time.Minute)
		well(w)
	}
}

// Back in time, by its birth or by a reading.
func TestGrace(t *testing.T) {
	for _, sign := range []struct{ topic, payload string }{
		{"availability", "online"}, {"availability", `{"state":"online"}`}, {"reading", "-18"},
	} {
		w := newWorld(t)
		well(w)
		w.Publish("availability", "offline")
		w.Never("#", "", grace-time.Millisecond)
		w.Publish(sign.topic, sign.payload)
		w.Never("#", "", silence-grace)
	}
}

// Online again, and nothing is measured.
func TestBackWithoutAReading(t *testing.T) {
	w := newWorld(t)
	well(w)
	w.Publish("availability", "offline")
	wants(w, grace, "offline")
	w.Publish("availability", "online")
	w.Publish("reading", "nan")
	wants(w, silence, "silent")
}

// A birth is no reading: it makes the silence no shorter.
func TestBirthIsNoReading(t *testing.T) {
	w := newWorld(t)
	well(w)
	for range 29 {
		w.Never("#", "", time.Minute)
		w.Publish("availability", "online")
	}
	wants(w, silence-29*time.Minute, "silent")
}

// What was offline at the start has been so for who knows how long.
func TestKeptOffline(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "availability", Payload: []byte("offline"), Retain: true})
	wants(w, grace, "offline")
}
