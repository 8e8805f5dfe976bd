package loadshedding_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const tick = 5 * time.Second // between two values of the meter

// house is a simulated world with the automation in it, and a meter.
type house struct {
	*simtest.World
	t *testing.T
}

// newHouse has a limit of 6,000 W and loads a (3,000 W) and b (1,000 W), which
// are on. The automation has asked for what it wants to know.
func newHouse(t *testing.T) house {
	t.Helper()
	h := house{simtest.New(t, sim.Options{}), t}
	h.AddApp("shedder", loadshedding.New(loadshedding.Params{
		Portal: "p", Loads: []loadshedding.Load{{Name: "a", Watts: 3000}, {Name: "b", Watts: 1000}},
	}))
	h.wants(0, "cmnd/a/POWER", "")
	h.wants(0, "cmnd/b/POWER", "")
	h.wants(0, "R/p/keepalive", "")
	h.Publish("stat/a/POWER", "ON")
	h.Publish("stat/b/POWER", "ON")
	return h
}

// wants runs until the automation says exactly that, which must be after d, not
// before.
func (h house) wants(d time.Duration, topic, payload string) {
	h.t.Helper()
	from := h.Now()
	if err := h.World.World.RouteUntil(sim.Message(match.Pattern{Topic: topic, Payload: &payload}), d); err != nil {
		h.t.Fatal(err)
	}
	if took := h.Now() - from; took != d {
		h.t.Fatalf("%s %s came after %v, want %v", topic, payload, took, d)
	}
}

func (h house) meter(watts int) {
	h.Publish("N/p/grid/30/Ac/Power", fmt.Sprintf(`{"value":%d}`, watts))
}

// draws lets the meter say so many watts for a time, its end included, in which
// nothing may be switched.
func (h house) draws(watts int, d time.Duration) {
	h.t.Helper()
	for range d / tick {
		h.meter(watts)
		h.Never("cmnd/#", "", tick)
	}
}

// switches wants a load to be switched after the meter has said so many watts
// for d, and not before.
func (h house) switches(watts int, d time.Duration, load, to string) {
	h.t.Helper()
	h.draws(watts, d-tick)
	h.meter(watts)
	h.wants(tick, "cmnd/"+load+"/POWER", to)
	h.Publish("stat/"+load+"/POWER", to)
}

const (
	after = 30 * time.Second // the defaults
	room  = 3 * time.Minute
)

func TestShedsInOrder(t *testing.T) {
	h := newHouse(t)
	h.draws(6000, time.Hour)
	h.switches(6001, after, "a", "OFF")
	h.switches(6500, after, "b", "OFF")
	h.draws(9000, time.Hour) // nothing is left
}

func TestShortPeak(t *testing.T) {
	h := newHouse(t)
	for range 10 {
		h.draws(9000, after-tick)
		h.draws(6000, tick)
	}
	h.switches(9000, after, "a", "OFF")
}

func TestComesBackInOppositeOrder(t *testing.T) {
	h := newHouse(t)
	h.switches(6500, after, "a", "OFF")
	h.switches(6500, after, "b", "OFF")
	h.draws(4501, time.Hour) // with b it would be too near the limit
	h.switches(4500, room, "b", "ON")
	h.draws(2501, time.Hour)
	h.draws(2500, room-tick)
	h.draws(2501, tick)
	h.switches(2500, room, "a", "ON")
	h.draws(0, time.Hour)
	h.switches(6500, after, "a", "OFF")
}

// A meter that is silent, or has no value, says nothing about the house.
func TestSilentMeter(t *testing.T) {
	h := newHouse(t)
	h.draws(9000, 2*tick)
	h.Never("cmnd/#", "", time.Hour)
	for _, none := range []string{`{"value":null}`, "", "{", `{"value":"high"}`, "{}"} {
		h.draws(9000, after-tick)
		h.Publish("N/p/grid/30/Ac/Power", none)
	}
	h.switches(9000, after, "a", "OFF")
}

// A load that is off cannot be shed, and is not turned on later.
func TestLoadThatIsOff(t *testing.T) {
	h := newHouse(t)
	h.Publish("stat/a/POWER", "OFF")
	h.switches(6500, after, "b", "OFF")
	h.switches(0, room, "b", "ON")
	h.draws(0, time.Hour)
}

// A load that somebody turns on after it was shed is theirs; it can be shed
// again.
func TestTurnedOnByHand(t *testing.T) {
	h := newHouse(t)
	h.switches(6500, after, "a", "OFF")
	h.draws(2500, room-tick)
	h.Publish("stat/a/POWER", "ON")
	h.draws(2500, time.Hour)
	h.switches(6500, after, "a", "OFF")
}

// An answer that was on its way when the load was shed is not somebody's hand.
func TestOlderAnswer(t *testing.T) {
	h := newHouse(t)
	h.draws(6500, after-tick)
	h.meter(6500)
	h.wants(tick, "cmnd/a/POWER", "OFF")
	h.Publish("stat/a/POWER", "ON")
	h.Publish("stat/a/POWER", "OFF")
	h.switches(0, room, "a", "ON")
}

func TestKeepsTheGXTalking(t *testing.T) {
	h := newHouse(t)
	for range 100 {
		h.wants(30*time.Second, "R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`)
	}
}
