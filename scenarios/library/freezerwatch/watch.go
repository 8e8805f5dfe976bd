// Package freezerwatch says when a freezer is warm, and when nobody can know:
// because its sensor has gone, or is there and measures nothing. Sensors are
// ESPHome nodes or Zigbee2MQTT devices:
//
//	w := freezerwatch.New(freezerwatch.Params{Warm: -15})
//	err := core.Run(ctx, w, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// What holds for a freezer is kept on freezer/NAME: ok, warm, offline or silent.
// It is said when it changes, and not again.
package freezerwatch

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is watched. Zero fields mean the defaults.
type Params struct {
	Freezers []Freezer     `json:"freezers"` // none: one in the cellar (ESPHome), one in the garage (Zigbee2MQTT)
	Warm     float64       `json:"warm"`     // °C, from which on it is too warm; 0: -15
	Silence  core.Duration `json:"silence"`  // without a reading until it is silent; 0: 30 min
	Grace    core.Duration `json:"grace"`    // offline, such as for an update, until it counts; 0: 2 min
}

// Freezer is one freezer and its sensor.
type Freezer struct {
	Name         string `json:"name"`
	Reading      string `json:"reading"`      // topic of a number, or of an object with a temperature, in °C
	Availability string `json:"availability"` // topic of online and offline, as text or as {"state":"online"}
}

// Watch is the automation. Make it with New.
type Watch struct{ Params }

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Watch {
	if len(p.Freezers) == 0 {
		p.Freezers = []Freezer{
			{Name: "cellar", Reading: "cellar-freezer/sensor/temperature/state", Availability: "cellar-freezer/status"},
			{Name: "garage", Reading: "zigbee2mqtt/Garage freezer", Availability: "zigbee2mqtt/Garage freezer/availability"},
		}
	}
	if p.Warm == 0 {
		p.Warm = -15
	}
	if p.Silence <= 0 {
		p.Silence = core.Duration(30 * time.Minute)
	}
	if p.Grace <= 0 {
		p.Grace = core.Duration(2 * time.Minute)
	}
	return &Watch{Params: p}
}

// Start watches each freezer. A sensor that is never heard is silent too.
func (w *Watch) Start(env *core.Env) error {
	for _, x := range w.Freezers {
		f := &freezer{Freezer: x, Params: w.Params, env: env}
		f.silent = env.Loop.NewTimer(func(*loop.Timer) { f.is("silent") })
		f.gone = env.Loop.NewTimer(func(*loop.Timer) { f.wentAway() })
		f.silent.StartOnce(time.Duration(w.Silence))
		if err := env.Subscribe(x.Availability, f.availabilitySaid); err != nil {
			return err
		}
		if err := env.Subscribe(x.Reading, f.sensorSaid); err != nil {
			return err
		}
	}
	return nil
}

type freezer struct {
	Freezer
	Params
	env    *core.Env
	state  string      // as said last
	silent *loop.Timer // runs while readings come
	gone   *loop.Timer // runs after an offline
}

// sensorSaid handles a reading. One that the broker had kept may be of last
// week; one that is no number comes from a sensor that works no more.
func (f *freezer) sensorSaid(m mqtt.Message) {
	celsius, ok := temperature(m.Payload)
	if m.Retain || !ok {
		return
	}
	f.silent.StartOnce(time.Duration(f.Silence))
	f.gone.Stop()
	if celsius >= f.Warm {
		f.is("warm")
	} else {
		f.is("ok")
	}
}

// availabilitySaid handles birth and will. One that comes back is well again
// when it measures something, and has as long for that as any other.
func (f *freezer) availabilitySaid(m mqtt.Message) {
	if !strings.Contains(string(m.Payload), "offline") {
		f.gone.Stop()
		if !f.silent.Running() {
			f.silent.StartOnce(time.Duration(f.Silence))
		}
	} else if !f.gone.Running() {
		f.gone.StartOnce(time.Duration(f.Grace))
	}
}

func (f *freezer) wentAway() {
	f.silent.Stop() // why it is silent is known
	f.is("offline")
}

// is says what holds, unless it was said.
func (f *freezer) is(state string) {
	if state == f.state {
		return
	}
	f.state = state
	f.env.Send(mqtt.Message{Topic: "freezer/" + f.Name, Payload: []byte(state), QoS: 1, Retain: true})
}

// temperature reads a number, or the temperature of an object. ESPHome says nan
// of a sensor that does not answer, and Go would take that for a number.
func temperature(payload []byte) (celsius float64, ok bool) {
	var object struct {
		Temperature *float64 `json:"temperature"`
	}
	if err := json.Unmarshal(payload, &object); err == nil && object.Temperature != nil {
		return *object.Temperature, true
	}
	celsius, err := strconv.ParseFloat(string(payload), 64)
	return celsius, err == nil && !math.IsNaN(celsius) && !math.IsInf(celsius, 0)
}
