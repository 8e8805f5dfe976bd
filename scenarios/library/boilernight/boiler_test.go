package boilernight_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/boilernight"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const heats = 45 * time.Minute

// newWorld begins at a local time in Budapest; its offset says which, where it
// comes twice.
func newWorld(t *testing.T, start string, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	zone, err := clock.LoadZone("Europe/Budapest")
	if err != nil {
		t.Fatal(err)
	}
	date, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	w := simtest.New(t, sim.Options{Start: date, Zone: zone})
	w.SetRetained(kept...)
	w.AddApp("night", boilernight.New(boilernight.Params{}))
	return w
}

func lastNight(date string) mqtt.Message {
	return mqtt.Message{Topic: "boiler-night/boiler/last", Payload: []byte(date), Retain: true}
}

// heatsAfter wants it to begin within 20 s after d, and to end when it is done.
func heatsAfter(w *simtest.World, d time.Duration, date string) {
	w.Never("#", "", d-time.Millisecond)
	w.RouteUntil("boiler-night/boiler/last", date, 20*time.Second)
	w.RouteUntil("cmnd/boiler/POWER", "ON", 0)
	w.Never("#", "", heats-time.Millisecond)
	w.RouteUntil("cmnd/boiler/POWER", "OFF", time.Millisecond)
	w.Retained("boiler-night/boiler/last", date)
}

func TestOrdinaryNights(t *testing.T) {
	w := newWorld(t, "2026-12-30T02:00:00+01:00")
	heatsAfter(w, 30*time.Minute, "2026-12-30")
	heatsAfter(w, 24*time.Hour-heats, "2026-12-31")
	heatsAfter(w, 24*time.Hour-heats, "2027-01-01")
}

// In spring half past two is left out: it begins at three.
func TestSpring(t *testing.T) {
	w := newWorld(t, "2026-03-29T00:00:00+01:00")
	heatsAfter(w, 2*time.Hour, "2026-03-29")
	heatsAfter(w, 23*time.Hour+30*time.Minute-heats, "2026-03-30")
}

// In autumn it comes twice.
func TestAutumn(t *testing.T) {
	w := newWorld(t, "2026-10-25T00:00:00+02:00")
	heatsAfter(w, 2*time.Hour+30*time.Minute, "2026-10-25")
	heatsAfter(w, 25*time.Hour-heats, "2026-10-26")
}

// An automation that starts between the two knows from the broker.
func TestRestartInAutumn(t *testing.T) {
	w := newWorld(t, "2026-10-25T02:55:00+02:00", lastNight("2026-10-25"))
	heatsAfter(w, 24*time.Hour+35*time.Minute, "2026-10-26")
}

// Who was away at the time makes up for it, but not at breakfast.
func TestLate(t *testing.T) {
	w := newWorld(t, "2026-01-10T04:29:40+01:00", lastNight("2026-01-09"))
	heatsAfter(w, 20*time.Second, "2026-01-10")

	w = newWorld(t, "2026-01-10T04:30:00+01:00", lastNight("2026-01-09"))
	heatsAfter(w, 22*time.Hour, "2026-01-11")
}

// A clock that is set back over the time repeats nothing.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t, "2026-01-10T02:29:00+01:00")
	heatsAfter(w, time.Minute, "2026-01-10")
	w.Clock().Jump(-time.Hour)
	w.Never("#", "", 20*time.Hour)
}

func TestWrongTime(t *testing.T) {
	w, err := sim.New(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.AddApp("night", core.App(boilernight.New(boilernight.Params{At: "half past two"}))); err != nil {
		t.Fatal(err)
	}
	if err := w.Advance(time.Second); err == nil || !strings.Contains(err.Error(), "half past two") {
		t.Errorf("a time that is none: %v", err)
	}
}
