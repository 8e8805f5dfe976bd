// Package garagegate is a driveway gate for Home Assistant, made of a Shelly
// relay (2nd generation) that presses the drive's button and a Zigbee2MQTT
// contact that says whether the gate is closed:
//
//	g := garagegate.New(garagegate.Params{Relay: "shellyplus1-a8032ab12c34"})
//	err := core.Run(ctx, g, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// A command that somebody once published with the retain flag is handed by the
// broker to everybody who subscribes, for years. The gate obeys no command that
// was kept, and leaves none behind.
package garagegate

import (
	"encoding/json"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what the gate is made of. Zero fields mean the defaults.
type Params struct {
	Name    string `json:"name"`    // of its topics, as in gate/NAME/set; "": driveway
	Contact string `json:"contact"` // topic of the contact's state; "": zigbee2mqtt/Driveway gate contact
	Relay   string `json:"relay"`   // topic prefix of the relay; "": shellyplus1-a8032ab12c34
}

// Gate is the automation. Make it with New.
type Gate struct {
	Params
	env   *core.Env
	topic string // gate/NAME
	state string // open or closed; "": not known yet
	calls int    // of the relay
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Gate {
	if p.Name == "" {
		p.Name = "driveway"
	}
	if p.Contact == "" {
		p.Contact = "zigbee2mqtt/Driveway gate contact"
	}
	if p.Relay == "" {
		p.Relay = "shellyplus1-a8032ab12c34"
	}
	return &Gate{Params: p, topic: "gate/" + p.Name}
}

// Start tells Home Assistant of the gate and subscribes.
func (g *Gate) Start(env *core.Env) error {
	g.env = env
	config, err := json.Marshal(cover{
		Name: "Gate", UniqueID: "gate_" + g.Name, DeviceClass: "gate", CommandTopic: g.topic + "/set", StateTopic: g.topic + "/state",
	})
	if err != nil {
		return err
	}
	g.keep("homeassistant/cover/gate_"+g.Name+"/config", string(config))
	if err := core.On(env, g.Contact, g.contactSaid); err != nil {
		return err
	}
	return env.Subscribe(g.topic+"/set", g.commanded)
}

// cover is what Home Assistant wants to know of a gate.
type cover struct {
	Name         string  `json:"name"`
	UniqueID     string  `json:"unique_id"`
	DeviceClass  string  `json:"device_class"`
	CommandTopic string  `json:"command_topic"`
	StateTopic   string  `json:"state_topic"`
	PayloadStop  *string `json:"payload_stop"` // null: it cannot be stopped
	Retain       bool    `json:"retain"`       // of commands: never
}

type contactState struct {
	Contact *bool `json:"contact"` // true: closed; nil: not in this report
}

func (g *Gate) contactSaid(_ mqtt.Message, s contactState) {
	if s.Contact == nil {
		return
	}
	state := "open"
	if *s.Contact {
		state = "closed"
	}
	if state != g.state {
		g.state = state
		g.keep(g.topic+"/state", state)
	}
}

// commanded handles OPEN and CLOSE. Whether the broker keeps a command cannot be
// seen when it comes, only when it comes again: so each is cleared. The clearing
// comes back, and is empty.
func (g *Gate) commanded(m mqtt.Message) {
	if len(m.Payload) == 0 {
		return
	}
	g.keep(m.Topic, "")
	command := string(m.Payload)
	switch {
	case m.Retain:
		g.env.Log.Warn("a command that was kept is not obeyed", "command", command)
	case command == "OPEN" && g.state == "closed", command == "CLOSE" && g.state == "open":
		g.press()
	}
}

// press closes the relay for half a second, at which the drive begins to move.
func (g *Gate) press() {
	g.calls++
	g.env.Publish(g.Relay+"/rpc", call{
		ID: g.calls, Src: "gate-" + g.Name, Method: "Switch.Set", Params: pulse{On: true, ToggleAfter: 0.5},
	})
}

// call is a request to a Shelly of the second generation.
type call struct {
	ID     int    `json:"id"`
	Src    string `json:"src"` // where the answer goes: SRC/rpc
	Method string `json:"method"`
	Params pulse  `json:"params"`
}

type pulse struct {
	ID          int     `json:"id"` // of the switch
	On          bool    `json:"on"`
	ToggleAfter float64 `json:"toggle_after"` // s
}

// keep publishes what the broker has to keep; an empty payload clears it.
func (g *Gate) keep(topic, payload string) {
	g.env.Send(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1, Retain: true})
}
