package bathfan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/bathfan"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const command = "bathroom-fan/fan/extractor/command"

// world is a simulated world with the automation in it, and a sensor that is
// heard once a minute.
type world struct {
	*simtest.World
	heard int64 // Unix ms
}

func newWorld(t *testing.T, kept ...mqtt.Message) *world {
	t.Helper()
	w := &world{simtest.New(t, sim.Options{}), 1_768_000_000_000}
	w.SetRetained(kept...)
	w.AddApp("fan", bathfan.New(bathfan.Params{Sensor: "sensor"}))
	return w
}

// measures is a reading that is ago older than the latest, or the next for 0.
func (w *world) measures(humidity float64, ago time.Duration) {
	heard := w.heard - ago.Milliseconds()
	if ago == 0 {
		w.heard += 60_000
		heard = w.heard
	}
	w.Publish("sensor", fmt.Sprintf(`{"humidity":%g,"last_seen":%d}`, humidity, heard))
}

func TestBounds(t *testing.T) {
	w := newWorld(t)
	w.measures(69.9, 0)
	w.Never("#", "", time.Minute)
	for range 3 {
		w.measures(70, 0)
		w.RouteUntil(command, "ON", 0)
		w.measures(90, 0)
		w.measures(60.1, 0)
		w.Never("#", "", time.Hour)
		w.measures(60, 0)
		w.RouteUntil(command, "OFF", 0)
		w.measures(30, 0)
		w.measures(69.9, 0)
		w.Never("#", "", time.Hour)
	}
}

func TestOldReadings(t *testing.T) {
	w := newWorld(t)
	w.measures(80, 0)
	w.RouteUntil(command, "ON", 0)
	w.measures(20, time.Millisecond)
	w.measures(20, 7*24*time.Hour)
	w.Never("#", "", time.Hour)
	w.measures(50, 0)
	w.RouteUntil(command, "OFF", 0)
	w.measures(99, time.Minute)
	w.Never("#", "", time.Hour)
}

// A report without the humidity, or without a time, is no reading.
func TestNoReadings(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{
		"", "99", `{"humidity":99}`, `{"last_seen":1768000000000}`, `{"humidity":"99","last_seen":1768000000000}`,
		`{"humidity":null,"last_seen":1768000000000}`, `{"humidity":99,"last_seen":-1}`,
	} {
		w.Publish("sensor", payload)
	}
	w.Never("#", "", time.Hour)
}

// A fan that somebody else turned on is not turned off by dry air.
func TestOnByHand(t *testing.T) {
	w := newWorld(t)
	w.measures(40, 0)
	w.Publish("bathroom-fan/status", "online")
	w.Never("#", "", time.Hour)
}

func TestNodeRestarts(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "bathroom-fan/status", Payload: []byte("online"), Retain: true})
	w.Never("#", "", time.Minute)
	w.measures(80, 0)
	w.RouteUntil(command, "ON", 0)
	w.Publish("bathroom-fan/status", "offline")
	w.Never("#", "", time.Minute)
	w.Publish("bathroom-fan/status", "online")
	w.RouteUntil(command, "ON", 0)
	w.measures(40, 0)
	w.RouteUntil(command, "OFF", 0)
	w.Publish("bathroom-fan/status", "online")
	w.RouteUntil(command, "OFF", 0)
}
