package wallbutton_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/wallbutton"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	on  = `{"state":"ON"}`
	off = `{"state":"OFF"}`
)

// press is one that the hub heard so many milliseconds after twelve.
func press(ms int) string {
	return fmt.Sprintf(`{"action":"single","last_seen":"2026-01-10T12:00:%02d.%03dZ"}`, ms/1000, ms%1000)
}

func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("button", wallbutton.New(wallbutton.Params{Button: "button", Lamp: "lamp"}))
	return w
}

func TestToggles(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		w.Publish("button", press(2000*i))
		w.RouteUntil("lamp/set", on, 0)
		w.Publish("button", press(2000*i+1)) // a millisecond later is another press
		w.RouteUntil("lamp/set", off, 0)
	}
	w.Never("#", "", time.Hour)
}

// Copies come at once, after other presses, and hours later.
func TestCopies(t *testing.T) {
	w := newWorld(t)
	w.Publish("button", press(0))
	w.RouteUntil("lamp/set", on, 0)
	w.Publish("button", press(0))
	w.Never("#", "", time.Hour)
	w.Publish("button", press(500))
	w.RouteUntil("lamp/set", off, 0)
	w.Publish("button", press(0))
	w.Publish("button", press(500))
	w.Never("#", "", time.Hour)
}

// The lamp's word counts, also when it was said before the start.
func TestLamp(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "lamp", Payload: []byte(on), Retain: true})
	w.Publish("button", press(0))
	w.RouteUntil("lamp/set", off, 0)
	w.Publish("lamp", on)
	w.Publish("lamp", `{"brightness":3}`)
	w.Publish("button", press(1))
	w.RouteUntil("lamp/set", off, 0)
}

// Another press before the lamp has answered goes on from what it was told.
func TestPressBeforeTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.Publish("button", press(0))
	w.Publish("button", press(100))
	w.RouteUntil("lamp/set", on, 0)
	w.RouteUntil("lamp/set", off, 0)
}

func TestNoPresses(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "button", Payload: []byte(press(1)), Retain: true})
	for _, payload := range []string{
		"", "single", `{"action":`, `{"action":"single"}`, `{"action":"","last_seen":"2026-01-10T12:00:00Z"}`,
		`{"action":"double","last_seen":"2026-01-10T12:00:00Z"}`, `{"action":"single","last_seen":"noon"}`,
	} {
		w.Publish("button", payload)
	}
	w.Never("#", "", time.Hour)
	w.Publish("button", press(0))
	w.RouteUntil("lamp/set", on, 0)
}
