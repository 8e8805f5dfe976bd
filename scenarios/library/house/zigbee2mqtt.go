package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

const zigbeeBase = "zigbee2mqtt/"

// bridge is a Zigbee2MQTT: it says a device's whole state each time a part of
// it is reported, and answers a /set at once with the state that the device
// will have (optimistic).
type bridge struct {
	devices []*zigbee // in the order they were paired
	play    func(b *bridge)

	env  *core.Env
	draw *rand.Rand
}

// zigbee is a device behind the bridge.
type zigbee struct {
	name    string
	model   string
	state   map[string]any
	retain  bool // a setting of the device: its state is retained
	offline bool // at instant 0
	changed func(command map[string]any)
}

// retained is what a bridge that has been running has said.
func (b *bridge) retained() (messages []mqtt.Message) {
	list := []map[string]any{{"friendly_name": "Coordinator", "type": "Coordinator", "ieee_address": "0x00124b0024c0ffee"}}
	for i, d := range b.devices {
		list = append(list, map[string]any{
			"friendly_name": d.name, "type": "EndDevice", "ieee_address": fmt.Sprintf("0x00158d00053a%04x", 0x1000+i),
			"interview_completed": true, "definition": map[string]any{"model": d.model},
		})
		messages = append(messages, kept(zigbeeBase+d.name+"/availability", availability(!d.offline)))
		if d.retain {
			messages = append(messages, kept(zigbeeBase+d.name, text(d.state)))
		}
	}
	return append(messages,
		kept(zigbeeBase+"bridge/state", `{"state":"online"}`),
		kept(zigbeeBase+"bridge/info", `{"version":"2.1.0","log_level":"info","permit_join":false,"network":{"channel":15}}`),
		kept(zigbeeBase+"bridge/devices", text(list)),
	)
}

// member is the bridge as a client, with its will.
func (b *bridge) member() member {
	will := kept(zigbeeBase+"bridge/state", `{"state":"offline"}`)
	return member{client: "zigbee2mqtt", app: b, will: &will}
}

// Start answers commands, and lets the house's play begin.
func (b *bridge) Start(env *core.Env) error {
	b.env, b.draw = env, env.Rand("bridge")
	err := env.Subscribe(zigbeeBase+"+/set", func(m mqtt.Message) {
		name := strings.TrimSuffix(strings.TrimPrefix(m.Topic, zigbeeBase), "/set")
		if d := b.device(name); d != nil {
			b.command(d, m.Payload)
		}
	})
	b.play(b)
	return err
}

func (b *bridge) device(name string) *zigbee {
	for _, d := range b.devices {
		if d.name == name {
			return d
		}
	}
	return nil
}

// command takes a while to get through the mesh.
func (b *bridge) command(d *zigbee, payload []byte) {
	var command map[string]any
	if err := json.Unmarshal(payload, &command); err != nil {
		b.env.Log.Warn("a command is no JSON object", "device", d.name, "error", err)
		return
	}
	b.env.Loop.After(between(b.draw, 165*time.Millisecond, 190*time.Millisecond), func() {
		b.report(d, command)
		if d.changed != nil {
			d.changed(command)
		}
	})
}

// report is a device that tells of a part of its state.
func (b *bridge) report(d *zigbee, part map[string]any) {
	maps.Copy(d.state, part)
	d.state["linkquality"] = 60 + b.draw.IntN(90)
	say(b.env, zigbeeBase+d.name, text(d.state), d.retain)
}

// available tells that a device has gone or come back; the bridge reads the
// state of one that comes back.
func (b *bridge) available(d *zigbee, online bool) {
	b.env.Send(kept(zigbeeBase+d.name+"/availability", availability(online)))
	if online {
		b.report(d, nil)
	}
}

// climate lets a sensor tell temperature and humidity, which wander.
func (b *bridge) climate(d *zigbee, least, most time.Duration) {
	again(b.env, d.name, least, most, func(draw *rand.Rand) {
		b.report(d, map[string]any{
			"temperature": hundredths(d.state["temperature"].(float64), draw.IntN(41)-20),
			"humidity":    d.state["humidity"].(int) + draw.IntN(3) - 1,
		})
	})
}

func climateSensor(name string, temperature float64, humidity int) *zigbee {
	return &zigbee{name: name, model: "WSDCGQ11LM", state: map[string]any{
		"battery": 91, "voltage": 2985, "temperature": temperature, "humidity": humidity, "pressure": 1013,
	}}
}

// hundredths is a number and so many hundredths, without the dust of floats.
func hundredths(x float64, more int) float64 { return (math.Round(x*100) + float64(more)) / 100 }

func availability(online bool) string {
	if online {
		return `{"state":"online"}`
	}
	return `{"state":"offline"}`
}

// text is a value as JSON, its keys in order.
func text(v any) string {
	body, err := json.Marshal(v)
	if err != nil { // plain values
		panic(err)
	}
	return string(body)
}
