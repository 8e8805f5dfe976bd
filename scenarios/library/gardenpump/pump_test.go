package gardenpump_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/gardenpump"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	waits = 4 * time.Second // the default
	runs  = 5 * time.Minute
)

func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("pump", gardenpump.New(gardenpump.Params{Valve: "valve", Run: core.Duration(runs)}))
	return w
}

func asks(w *simtest.World, id int, on bool) {
	w.RouteUntil("valve/rpc", fmt.Sprintf(`{"id":%d,"src":"garden-pump","method":"Switch.Set","params":{"id":0,"on":%t}}`, id, on), 0)
}

func answers(w *simtest.World, id int) {
	w.Publish("garden-pump/rpc", fmt.Sprintf(`{"id":%d,"src":"valve","dst":"garden-pump","result":{"was_on":false}}`, id))
}

func says(w *simtest.World, state string) { w.RouteUntil("garden/water/state", state, 0) }

func pumps(w *simtest.World, power string) { w.RouteUntil("cmnd/pump/POWER", power, 0) }

func command(w *simtest.World, text string) { w.Publish("garden/water/set", text) }

func TestWaters(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		command(w, "ON")
		asks(w, 2*i+1, true)
		w.Never("#", "", waits-time.Millisecond)
		answers(w, 2*i+1)
		pumps(w, "ON")
		says(w, "watering")
		command(w, "ON") // it does
		w.Never("#", "", runs-time.Millisecond)
		w.RouteUntil("cmnd/pump/POWER", "OFF", time.Millisecond)
		asks(w, 2*i+2, false)
		answers(w, 2*i+2)
		says(w, "idle")
		w.Never("#", "", time.Hour)
	}
}

// OFF stops the pump at once, whether it runs or not, and the time it had left
// is not made up for.
func TestOff(t *testing.T) {
	w := newWorld(t)
	command(w, "OFF")
	pumps(w, "OFF")
	asks(w, 1, false)
	answers(w, 1)
	says(w, "idle")
	command(w, "ON")
	asks(w, 2, true)
	answers(w, 2)
	pumps(w, "ON")
	says(w, "watering")
	w.Never("#", "", time.Minute)
	command(w, "OFF")
	pumps(w, "OFF")
	asks(w, 3, false)
	answers(w, 3)
	says(w, "idle")
	w.Never("#", "", time.Hour)
}

func TestAnswersToOthers(t *testing.T) {
	w := newWorld(t)
	answers(w, 0)
	answers(w, 1)
	command(w, "ON")
	asks(w, 1, true)
	for _, id := range []int{-1, 0, 2, 99} {
		answers(w, id)
	}
	for _, payload := range []string{"", "{", "[]", `{"id":"1"}`, `{"result":{}}`} {
		w.Publish("garden-pump/rpc", payload)
	}
	w.Never("#", "", waits-time.Millisecond)
	answers(w, 1)
	pumps(w, "ON")
	says(w, "watering")
	answers(w, 1)
	w.Never("#", "", time.Minute)
}

func TestNoAnswer(t *testing.T) {
	w := newWorld(t)
	for first := 1; first <= 7; first += 3 { // the next command begins anew
		command(w, "ON")
		asks(w, first, true)
		for id := first + 1; id <= first+2; id++ {
			w.Never("#", "", waits-time.Millisecond)
			w.RouteUntil("valve/rpc", fmt.Sprintf(`{"id":%d}`, id), time.Millisecond)
		}
		w.Never("#", "", waits-time.Millisecond)
		w.RouteUntil("garden/water/state", "failed", time.Millisecond)
		answers(w, first+2) // too late
		w.Never("#", "", time.Hour)
	}
}

func TestRefusal(t *testing.T) {
	w := newWorld(t)
	command(w, "ON")
	asks(w, 1, true)
	w.Publish("garden-pump/rpc", `{"id":1,"src":"valve","dst":"garden-pump","error":{"code":-103,"message":"Invalid argument"}}`)
	says(w, "failed")
	w.Retained("garden/water/state", "failed")
	w.Never("#", "", time.Hour)
}

// A command that the broker had kept is not of today.
func TestKept(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "garden/water/set", Payload: []byte("ON"), Retain: true})
	w.Never("#", "", time.Hour)
	command(w, "on")
	w.Never("#", "", time.Hour)
}
