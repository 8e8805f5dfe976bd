package motionlight_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/motionlight"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	motion = `{"occupancy":true,"illuminance":3}`
	on     = `{"state":"ON"}`
	off    = `{"state":"OFF"}`

	almost = time.Minute - time.Millisecond // the light goes off after a minute
)

func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("hall", motionlight.New(motionlight.Params{Sensor: "sensor", Light: "light", Off: core.Duration(time.Minute)}))
	return w
}

func kept(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}
}

func TestOffAfterTheLastMotion(t *testing.T) {
	w := newWorld(t)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
	w.Never("#", "", almost)
	w.Publish("sensor", `{"occupancy":true,"illuminance":70}`) // of the light itself
	w.Never("#", "", almost)
	w.Publish("sensor", `{"occupancy":false,"illuminance":70}`)
	w.Never("#", "", 0)
	w.RouteUntil("light/set", off, time.Millisecond)
	w.Never("#", "", time.Hour)
}

func TestDaylight(t *testing.T) {
	w := newWorld(t)
	w.Publish("sensor", `{"occupancy":true,"illuminance":41}`)
	w.Never("#", "", time.Hour)
	w.Publish("sensor", `{"occupancy":true,"illuminance":40}`)
	w.RouteUntil("light/set", on, 0)
}

func TestSensorWithoutIlluminance(t *testing.T) {
	w := newWorld(t)
	w.Publish("sensor", `{"occupancy":true}`)
	w.RouteUntil("light/set", on, 0)
}

// What somebody else turned on stays on.
func TestLightThatIsOn(t *testing.T) {
	w := newWorld(t)
	w.Publish("light", on)
	w.Publish("sensor", motion)
	w.Never("#", "", time.Hour)
	w.Publish("light", off)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
}

// The broker may have kept the light's state: it holds.
func TestLightWasOnBefore(t *testing.T) {
	w := newWorld(t, kept("light", on))
	w.Publish("sensor", motion)
	w.Never("#", "", time.Hour)
}

func TestOffByHand(t *testing.T) {
	w := newWorld(t)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
	w.Publish("light", on)
	w.Advance(10 * time.Second)
	w.Publish("light", off)
	w.Never("#", "", time.Hour)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
}

// An answer to the OFF before must not be taken for somebody's hand.
func TestAnswerToAnOlderCommand(t *testing.T) {
	w := newWorld(t)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
	w.Publish("light", on)
	w.Never("#", "", almost)
	w.RouteUntil("light/set", off, time.Millisecond)
	w.Publish("light", `{"brightness":254}`) // no state in it
	w.Publish("light", off)
	w.Advance(0)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
	w.Publish("light", off) // late
	w.Publish("light", on)
	w.Never("#", "", almost)
	w.RouteUntil("light/set", off, time.Millisecond)
}

// Motion that the broker had kept was at an unknown time.
func TestKeptMotion(t *testing.T) {
	w := newWorld(t, kept("sensor", motion))
	w.Never("#", "", time.Hour)
}

func TestNonsense(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{"", "motion", `{"occupancy":`, `{"occupancy":"yes"}`, "null", "[]", `"ON"`} {
		w.Publish("sensor", payload)
		w.Publish("light", payload)
	}
	w.Never("#", "", time.Hour)
	w.Publish("sensor", motion)
	w.RouteUntil("light/set", on, 0)
}
