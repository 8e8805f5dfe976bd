// Package wallbutton toggles a lamp with a button, both on a Zigbee2MQTT hub:
//
//	b := wallbutton.New(wallbutton.Params{Button: "zigbee2mqtt/Bedside button", Lamp: "zigbee2mqtt/Bedroom lamp"})
//	err := core.Run(ctx, b, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// At QoS 1 a message may come twice, and for a toggle twice is not at all. What
// tells a press that is said again from another one is the time at which the hub
// heard it: set `last_seen: ISO_8601` in Zigbee2MQTT.
package wallbutton

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say which button is for which lamp. Zero fields mean the defaults.
type Params struct {
	Button string `json:"button"` // topic of the button's state; "": zigbee2mqtt/Bedside button
	Lamp   string `json:"lamp"`   // topic of the lamp's state; "": zigbee2mqtt/Bedroom lamp
}

// Button is the automation. Make it with New.
type Button struct {
	Params
	env    *core.Env
	shines bool      // what the lamp said last, or was told since
	latest time.Time // when the latest press that counted was heard
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Button {
	if p.Button == "" {
		p.Button = "zigbee2mqtt/Bedside button"
	}
	if p.Lamp == "" {
		p.Lamp = "zigbee2mqtt/Bedroom lamp"
	}
	return &Button{Params: p}
}

// Start subscribes to the lamp and the button.
func (b *Button) Start(env *core.Env) error {
	b.env = env
	if err := core.On(env, b.Lamp, b.lampSaid); err != nil {
		return err
	}
	return core.On(env, b.Button, b.pressed)
}

type buttonState struct {
	Action   string    `json:"action"`    // "": a report of something else, such as the battery
	LastSeen time.Time `json:"last_seen"` // the same in each copy of a message
}

type lampState struct {
	State string `json:"state"`
}

// pressed handles a state of the button. One that is not newer than the latest
// that counted has been counted, however late the copy comes; one that the
// broker had kept is long over.
func (b *Button) pressed(m mqtt.Message, s buttonState) {
	switch {
	case m.Retain || s.Action != "single":
	case s.LastSeen.IsZero():
		b.env.Log.Warn("a press without last_seen is left out: turn it on in Zigbee2MQTT", "topic", m.Topic)
	case s.LastSeen.After(b.latest):
		b.latest = s.LastSeen
		b.toggle()
	}
}

// toggle says what the lamp has to be, not that it has to change: so the command
// may come twice too.
func (b *Button) toggle() {
	b.shines = !b.shines
	state := "OFF"
	if b.shines {
		state = "ON"
	}
	b.env.Publish(b.Lamp+"/set", lampState{state})
}

func (b *Button) lampSaid(_ mqtt.Message, s lampState) {
	if s.State != "" {
		b.shines = s.State == "ON"
	}
}
