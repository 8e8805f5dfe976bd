package garagegate_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/garagegate"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	closed = `{"contact":true}`
	open   = `{"contact":false}`
	press  = `{"method":"Switch.Set","params":{"id":0,"on":true,"toggle_after":0.5}}`
)

// newWorld has told Home Assistant of its gate.
func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("gate", garagegate.New(garagegate.Params{Name: "back", Contact: "contact", Relay: "relay"}))
	w.RouteUntil("homeassistant/cover/gate_back/config", `{"command_topic":"gate/back/set","state_topic":"gate/back/state","retain":false}`, 0)
	return w
}

func kept(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}
}

// command gives one, and wants it to be cleared and so many presses.
func command(w *simtest.World, text string, presses int) {
	w.Publish("gate/back/set", text)
	w.Count("#", "", 1+presses, 1+presses, 0)
}

func TestOpensAndCloses(t *testing.T) {
	w := newWorld(t)
	w.Publish("contact", closed)
	w.RouteUntil("gate/back/state", "closed", 0)
	for range 3 {
		w.Publish("gate/back/set", "OPEN")
		w.RouteUntil("relay/rpc", press, 0)
		w.Publish("contact", open)
		w.RouteUntil("gate/back/state", "open", 0)
		w.Publish("gate/back/set", "CLOSE")
		w.RouteUntil("relay/rpc", press, 0)
		w.Publish("contact", closed)
		w.RouteUntil("gate/back/state", "closed", 0)
	}
	w.Retained("gate/back/state", "closed")
}

// Only a command that changes something presses; who does not know where the
// gate is does not move it.
func TestPresses(t *testing.T) {
	w := newWorld(t)
	command(w, "OPEN", 0)
	command(w, "CLOSE", 0)
	w.Publish("contact", closed)
	w.RouteUntil("gate/back/state", "closed", 0)
	command(w, "CLOSE", 0)
	command(w, "STOP", 0)
	command(w, "open", 0)
	command(w, "OPEN", 1)
	w.Never("#", "", time.Hour)
}

func TestKeptCommands(t *testing.T) {
	for _, text := range []string{"OPEN", "CLOSE"} {
		w := newWorld(t, kept("contact", closed), kept("gate/back/set", text))
		w.RouteUntil("gate/back/state", "closed", 0)
		w.RouteUntil("gate/back/set", "", 0)
		w.Never("#", "", time.Hour)
		command(w, "OPEN", 1)
	}
}

// A contact says again what it said, with another battery.
func TestSameContactAgain(t *testing.T) {
	w := newWorld(t)
	w.Publish("contact", closed)
	w.RouteUntil("gate/back/state", "closed", 0)
	w.Publish("contact", `{"contact":true,"battery":91}`)
	w.Never("#", "", time.Hour)
}

func TestContactThatSaysNothing(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{"", "true", `{"battery":3}`, `{"contact":"yes"}`} {
		w.Publish("contact", payload)
	}
	w.Never("#", "", time.Hour)
}
