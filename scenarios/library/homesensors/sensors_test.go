package homesensors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/homesensors"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	discovery = "homeassistant/sensor/home_sensors/"
	status    = "homeassistant/status"

	almost = 3*time.Second - time.Millisecond // it answers after three seconds
)

// newWorld has said its two sensors, a and b.
func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("sensors", homesensors.New(homesensors.Params{Plugs: []string{"a", "b"}}))
	for _, plug := range []string{"a", "b"} {
		w.RouteUntil(discovery+plug+"/config", fmt.Sprintf(
			`{"unique_id":"home_sensors_%[1]s_power","state_topic":"home-sensors/%[1]s/state","availability_topic":"tele/%[1]s/LWT","unit_of_measurement":"W"}`, plug), 0)
		w.Retained(discovery+plug+"/config", `{"device_class":"power"}`)
	}
	return w
}

func kept(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}
}

func measures(w *simtest.World, plug, watts string) {
	w.Publish("tele/"+plug+"/SENSOR", `{"Time":"2026-01-12T06:00:10","ENERGY":{"Power":`+watts+`,"Voltage":231}}`)
}

func TestMeasurements(t *testing.T) {
	w := newWorld(t)
	measures(w, "a", "0")
	w.RouteUntil("home-sensors/a/state", `{"power":0}`, 0)
	measures(w, "a", "0")
	measures(w, "a", "null")
	w.Publish("tele/a/SENSOR", `{"Time":"2026-01-12T06:00:10"}`)
	w.Publish("tele/a/SENSOR", "{")
	w.Publish("tele/c/SENSOR", `{"ENERGY":{"Power":3}}`)
	w.Never("#", "", time.Hour)
	measures(w, "a", "12.5")
	w.RouteUntil("home-sensors/a/state", `{"power":12.5}`, 0)
	measures(w, "b", "12.5")
	w.RouteUntil("home-sensors/b/state", `{"power":12.5}`, 0)
}

func TestBirth(t *testing.T) {
	w := newWorld(t)
	measures(w, "b", "7")
	w.RouteUntil("home-sensors/b/state", `{"power":7}`, 0)
	for range 3 {
		w.Publish(status, "online")
		w.Never("#", "", time.Second)
		w.Publish(status, "online")
		w.Never("#", "", almost)
		w.RouteUntil(discovery+"a/config", "", time.Millisecond)
		w.RouteUntil(discovery+"b/config", "", 0)
		w.RouteUntil("home-sensors/b/state", `{"power":7}`, 0) // a has measured nothing
		w.Never("#", "", time.Hour)
	}
}

func TestNoBirth(t *testing.T) {
	w := newWorld(t, kept(status, "online"))
	w.Never("#", "", time.Hour)
	w.Publish(status, "online")
	w.Never("#", "", time.Second)
	w.Publish(status, "offline")
	w.Never("#", "", time.Hour)
}

// What this automation said when it had other plugs is removed, and only that.
func TestGhosts(t *testing.T) {
	w := newWorld(t, kept(discovery+"a/config", "{}"), kept(discovery+"old/config", "{}"), kept("homeassistant/sensor/others/old/config", "{}"))
	w.RouteUntil(discovery+"old/config", "", 0)
	w.Never("#", "", time.Hour)
	w.Retained("homeassistant/sensor/others/old/config", "{}")
	w.Publish(discovery+"back/config", "{}") // an older version of it runs somewhere
	w.RouteUntil(discovery+"back/config", "", 0)
	w.Never("#", "", time.Hour)
}
