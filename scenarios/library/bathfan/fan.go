// Package bathfan runs a fan while the air is damp: the sensor is on a
// Zigbee2MQTT hub, the fan on an ESPHome node.
//
//	f := bathfan.New(bathfan.Params{On: 70, Off: 60})
//	err := core.Run(ctx, f, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// In a mesh a reading can take the long way round and come after a newer one.
// Each says when the hub heard of the device (set `last_seen: epoch` in
// Zigbee2MQTT); one that is older than the latest is left out.
package bathfan

import (
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is measured and what runs. Zero fields mean the defaults.
type Params struct {
	Sensor string  `json:"sensor"` // topic of the sensor's state; "": zigbee2mqtt/Bathroom climate
	Node   string  `json:"node"`   // topic prefix of the ESPHome node; "": bathroom-fan
	Fan    string  `json:"fan"`    // object id of its fan; "": extractor
	On     float64 `json:"on"`     // % relative humidity, from which on it runs; 0: 70
	Off    float64 `json:"off"`    // %, up to which it stops again; 0: 60
}

// Fan is the automation. Make it with New.
type Fan struct {
	Params
	env    *core.Env
	wanted string // ON or OFF, as told last; "" before the first
	latest int64  // Unix ms: when the latest reading that counted was heard
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Fan {
	if p.Sensor == "" {
		p.Sensor = "zigbee2mqtt/Bathroom climate"
	}
	if p.Node == "" {
		p.Node = "bathroom-fan"
	}
	if p.Fan == "" {
		p.Fan = "extractor"
	}
	if p.On <= 0 {
		p.On = 70
	}
	if p.Off <= 0 {
		p.Off = 60
	}
	return &Fan{Params: p}
}

// Start subscribes to the sensor and to the node's birth.
func (f *Fan) Start(env *core.Env) error {
	f.env = env
	if err := env.Subscribe(f.Node+"/status", f.nodeSaid); err != nil {
		return err
	}
	return core.On(env, f.Sensor, f.sensorSaid)
}

type sensorState struct {
	Humidity *float64 `json:"humidity"`  // nil: not in this report
	LastSeen int64    `json:"last_seen"` // Unix ms
}

// sensorSaid handles a state of the sensor. Between the two bounds nothing
// changes, and a fan that somebody else turned on is left alone.
func (f *Fan) sensorSaid(_ mqtt.Message, s sensorState) {
	if s.Humidity == nil || s.LastSeen <= f.latest {
		return
	}
	f.latest = s.LastSeen
	switch runs := f.wanted == "ON"; {
	case *s.Humidity >= f.On && !runs:
		f.wanted = "ON"
		f.tell()
	case *s.Humidity <= f.Off && runs:
		f.wanted = "OFF"
		f.tell()
	}
}

// nodeSaid handles birth and will of the node. After a restart its fan is in
// the state it boots with.
func (f *Fan) nodeSaid(m mqtt.Message) {
	if string(m.Payload) == "online" && f.wanted != "" {
		f.tell()
	}
}

// tell commands at QoS 1: a cut connection must not lose it.
func (f *Fan) tell() {
	f.env.Send(mqtt.Message{Topic: f.Node + "/fan/" + f.Fan + "/command", Payload: []byte(f.wanted), QoS: 1})
}
