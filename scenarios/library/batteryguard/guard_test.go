package batteryguard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/scenarios/library/batteryguard"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	soc     = "system/0/Dc/Battery/Soc"
	silence = 3 * time.Minute // the default
)

func newWorld(t *testing.T) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.AddApp("guard", batteryguard.New(batteryguard.Params{Portal: "p", Loads: []string{"a", "b"}}))
	return w
}

func value(w *simtest.World, percent any) {
	w.Publish("N/p/"+soc, fmt.Sprintf(`{"value":%v}`, percent))
}

// is wants a state, and all loads to be switched, or none for "".
func is(w *simtest.World, state, power string, within time.Duration) {
	w.RouteUntil("battery-guard/state", state, within)
	if power != "" {
		w.Count("cmnd/+/POWER", power, 2, 2, 0)
	}
	w.Never("cmnd/#", "", 0)
}

// silent lets time pass in which nothing is said but questions.
func silent(w *simtest.World, d time.Duration) {
	w.Count("+/+/#", "", 0, int(d/time.Second), 0)
	w.Never("cmnd/#", "", d/2)
	w.Never("battery-guard/#", "", d-d/2)
}

func TestLowAndEnough(t *testing.T) {
	w := newWorld(t)
	value(w, 20.1)
	is(w, "ok", "", 0)
	for range 3 {
		value(w, 20)
		is(w, "low", "OFF", 0)
		value(w, 29.9)
		silent(w, time.Minute)
		value(w, 30)
		is(w, "ok", "ON", 0)
		value(w, 20.1)
		silent(w, time.Minute)
	}
}

// Nobody knows: at the start, after a silence, while it is null. Between the
// bounds it is better to take it for low then.
func TestUnknown(t *testing.T) {
	w := newWorld(t)
	silent(w, silence-time.Millisecond)
	is(w, "unknown", "OFF", time.Millisecond)
	value(w, 25)
	is(w, "low", "", 0)
	value(w, 31)
	is(w, "ok", "ON", 0)
	for _, none := range []string{`{"value":null}`, "{}", "", `{"value":"full"}`, "100"} {
		w.Publish("N/p/"+soc, none)
		silent(w, 30*time.Second)
	}
	silent(w, silence-150*time.Second-time.Millisecond)
	is(w, "unknown", "OFF", time.Millisecond)
	value(w, 10)
	is(w, "low", "", 0)
}

// The loads were turned off by somebody else: they are not turned on.
func TestStartsWell(t *testing.T) {
	w := newWorld(t)
	value(w, 90)
	is(w, "ok", "", 0)
	w.Never("cmnd/#", "", silence-time.Millisecond)
}

// It asks for everything at once, then twice a minute, and for the value each
// minute.
func TestAsks(t *testing.T) {
	w := newWorld(t)
	w.RouteUntil("R/p/keepalive", "", 0)
	for range 50 {
		w.RouteUntil("R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`, 30*time.Second)
		w.RouteUntil("R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`, 30*time.Second)
		w.RouteUntil("R/p/"+soc, "", 0)
	}
	if w.Now() != 50*time.Minute {
		t.Errorf("it took %v", w.Now())
	}
}

// The GX device that is played is silent unless it is asked, for a minute, and
// forgets that when it restarts.
func TestGX(t *testing.T) {
	half, full := 50.5, 100.0
	w := simtest.New(t, sim.Options{})
	w.AddApp("gx", batteryguard.NewGX(batteryguard.GXParams{
		Portal: "p",
		Charge: []batteryguard.Charge{
			{At: 0, Soc: &half},
			{At: core.Duration(90 * time.Second), Soc: &full},
			{At: core.Duration(3 * time.Minute)},
			{At: core.Duration(8*time.Minute + 5*time.Second), Soc: &half},
		},
		Reboot: []batteryguard.Outage{{From: core.Duration(8 * time.Minute), Until: core.Duration(8*time.Minute + 20*time.Second)}},
	}))
	w.Publish("R/p/"+soc, "")
	w.Never("#", "", time.Minute)
	w.Publish("R/p/keepalive", "")
	w.RouteUntil("N/p/"+soc, `{"value":50.5}`, 0)
	w.RouteUntil("N/p/full_publish_completed", `{"value":1767225660}`, 0)
	w.RouteUntil("N/p/"+soc, `{"value":100}`, 30*time.Second)
	w.Publish("R/p/"+soc, "")
	w.RouteUntil("N/p/"+soc, `{"value":100}`, 0)
	w.Publish("R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`)
	w.Never("#", "", time.Minute) // to 2m30s: nothing changes
	w.Publish("R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`)
	w.RouteUntil("N/p/"+soc, `{"value":null}`, 30*time.Second)
	w.Advance(4*time.Minute + 50*time.Second)
	w.Publish("R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`)
	w.Advance(20 * time.Second) // it restarts
	w.Publish("R/p/keepalive", "")
	w.Never("#", "", 20*time.Second)
	w.Publish("R/p/"+soc, "")
	w.Never("#", "", time.Second) // who kept it talking is forgotten
	w.Publish("R/p/keepalive", "")
	w.RouteUntil("N/p/"+soc, `{"value":50.5}`, 0)
}
