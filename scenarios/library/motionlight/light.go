// Package motionlight turns a light on at motion and off a while after the last
// motion, on a Zigbee2MQTT hub:
//
//	light := motionlight.New(motionlight.Params{Off: core.Duration(3 * time.Minute)})
//	err := core.Run(ctx, light, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// It does not turn it on by daylight, leaves alone what somebody else turned
// on, and does not fight with somebody who turns it off by hand.
package motionlight

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say which light follows which sensor. Zero fields mean the defaults.
type Params struct {
	Sensor string        `json:"sensor"` // topic of the sensor's state; "": zigbee2mqtt/Hallway motion (1st floor)
	Light  string        `json:"light"`  // topic of the light's state; "": zigbee2mqtt/Hallway light (ceiling)
	Off    core.Duration `json:"off"`    // from the last motion to off; 0: 5 min
	Dark   int           `json:"dark"`   // illuminance, in lux, up to which it is dark; 0: 40
}

// Light is the automation. Make it with New.
type Light struct {
	Params
	env *core.Env
	off *loop.Timer // runs while the light is on because of us

	shines    bool // what the light last said
	confirmed bool // it has said so since we turned it on
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Light {
	if p.Sensor == "" {
		p.Sensor = "zigbee2mqtt/Hallway motion (1st floor)"
	}
	if p.Light == "" {
		p.Light = "zigbee2mqtt/Hallway light (ceiling)"
	}
	if p.Off <= 0 {
		p.Off = core.Duration(5 * time.Minute)
	}
	if p.Dark <= 0 {
		p.Dark = 40
	}
	return &Light{Params: p}
}

// Start subscribes to the sensor and the light.
func (l *Light) Start(env *core.Env) error {
	l.env = env
	l.off = env.Loop.NewTimer(func(*loop.Timer) { l.command("OFF") })
	if err := core.On(env, l.Light, l.lightSaid); err != nil {
		return err
	}
	return core.On(env, l.Sensor, l.sensorSaid)
}

type sensorState struct {
	Occupancy   bool `json:"occupancy"`
	Illuminance *int `json:"illuminance"` // nil: the sensor does not measure it
}

type lightState struct {
	State string `json:"state"`
}

// sensorSaid handles a state of the sensor. One that the broker had kept tells
// of motion at an unknown time in the past, and is left out.
func (l *Light) sensorSaid(m mqtt.Message, state sensorState) {
	if m.Retain || !state.Occupancy {
		return
	}
	if l.off.Running() { // the light is ours; what it adds to the illuminance does not matter
		l.off.StartOnce(time.Duration(l.Off))
		return
	}
	if dark := state.Illuminance == nil || *state.Illuminance <= l.Dark; dark && !l.shines {
		l.confirmed = false
		l.command("ON")
		l.off.StartOnce(time.Duration(l.Off))
	}
}

// lightSaid handles a state of the light. OFF after it has confirmed our ON
// means that somebody turned it off; before that, it still answers to an older
// command.
func (l *Light) lightSaid(_ mqtt.Message, state lightState) {
	if state.State == "" {
		return
	}
	l.shines = state.State == "ON"
	switch {
	case l.shines:
		l.confirmed = true
	case l.confirmed:
		l.off.Stop()
	}
}

func (l *Light) command(state string) {
	l.env.Publish(l.Light+"/set", map[string]string{"state": state})
}
