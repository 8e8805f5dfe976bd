// Package leakalarm closes the main water valve and sounds a siren when a
// Zigbee2MQTT leak sensor gets wet. The valve is a Shelly relay (1st
// generation: on is open), the siren a Tasmota switch:
//
//	alarm := leakalarm.New(leakalarm.Params{Valve: "shellies/shelly1-A4CF12/relay/0"})
//	err := core.Run(ctx, alarm, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// It acts in the same callback that reads the report, repeats itself until the
// valve says that it is closed, and closes it again when it opens while a
// sensor is wet. It never opens the valve: that is for people.
package leakalarm

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what watches and what acts. Zero fields mean the defaults.
type Params struct {
	Sensors string        `json:"sensors"` // filter of states, those with a water_leak count; "": zigbee2mqtt/+
	Valve   string        `json:"valve"`   // topic of the relay's state; "": shellies/shelly1-A4CF12F45B10/relay/0
	Siren   string        `json:"siren"`   // name of the Tasmota switch; "": siren
	Retry   core.Duration `json:"retry"`   // until the valve is closed; 0: 3 s
}

// Alarm is the automation. Make it with New.
type Alarm struct {
	Params
	env   *core.Env
	wet   map[string]bool // topics of the sensors that are wet
	retry *loop.Timer     // runs until the valve is closed
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Alarm {
	if p.Sensors == "" {
		p.Sensors = "zigbee2mqtt/+"
	}
	if p.Valve == "" {
		p.Valve = "shellies/shelly1-A4CF12F45B10/relay/0"
	}
	if p.Siren == "" {
		p.Siren = "siren"
	}
	if p.Retry <= 0 {
		p.Retry = core.Duration(3 * time.Second)
	}
	return &Alarm{Params: p, wet: map[string]bool{}}
}

// Start subscribes to the valve and the sensors.
func (a *Alarm) Start(env *core.Env) error {
	a.env = env
	a.retry = env.Loop.NewTimer(func(*loop.Timer) { a.act() })
	if err := env.Subscribe(a.Valve, a.valveSaid); err != nil {
		return err
	}
	return core.On(env, a.Sensors, a.sensorSaid)
}

type sensorState struct {
	WaterLeak *bool `json:"water_leak"` // nil: not a leak sensor
}

// sensorSaid handles a state of any device. A wet one that the broker had kept
// counts like a new one: the water came while nobody listened.
func (a *Alarm) sensorSaid(m mqtt.Message, state sensorState) {
	switch wet := state.WaterLeak; {
	case wet == nil:
	case *wet:
		first := len(a.wet) == 0
		a.wet[m.Topic] = true
		if first {
			a.env.Log.Error("water", "sensor", m.Topic)
			a.act()
		}
	case a.wet[m.Topic]:
		delete(a.wet, m.Topic)
		if len(a.wet) == 0 {
			a.say("cmnd/"+a.Siren+"/POWER", "OFF")
		}
	}
}

// act closes the valve and sounds the siren, and does so again after a while
// unless the valve says that it is closed.
func (a *Alarm) act() {
	a.say(a.Valve+"/command", "off")
	if len(a.wet) > 0 {
		a.say("cmnd/"+a.Siren+"/POWER", "ON")
	}
	a.retry.StartOnce(time.Duration(a.Retry))
}

// valveSaid handles a state of the valve. What the broker had kept is no answer
// to a command.
func (a *Alarm) valveSaid(m mqtt.Message) {
	if m.Retain {
		return
	}
	switch string(m.Payload) {
	case "off":
		a.retry.Stop()
	case "on":
		if len(a.wet) > 0 && !a.retry.Running() {
			a.env.Log.Error("the valve was opened while there is water", "valve", m.Topic)
			a.act()
		}
	}
}

// say publishes at QoS 1: a cut connection must not lose a command.
func (a *Alarm) say(topic, payload string) {
	a.env.Send(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1})
}
