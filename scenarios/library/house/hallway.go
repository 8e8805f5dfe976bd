package main

import (
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/scenarios/library/motionlight"
)

// pass is somebody in the hallway: the sensor reports motion at most once a
// minute, and that there is none 90 s after the last.
type pass struct{ from, stay time.Duration }

// passes are those of the evening, from half past three on.
var passes = []pass{
	{6 * time.Minute, 10 * time.Second}, // by daylight
	{24 * time.Minute, 3 * time.Minute},
	{52 * time.Minute, 15 * time.Second},                // at dusk, still light enough
	{75 * time.Minute, 20 * time.Second},                // dark from here on
	{79*time.Minute + 10*time.Second, 10 * time.Second}, // back before the light is off
	{88 * time.Minute, 9 * time.Minute},                 // the shopping
	{102*time.Minute + 30*time.Second, 5 * time.Second}, // just after the light went off
	{121 * time.Minute, 5 * time.Second},
	{133 * time.Minute, 4 * time.Minute},
	{163 * time.Minute, 15 * time.Second},
	{166 * time.Minute, 15 * time.Second},
	{190 * time.Minute, 25 * time.Second},
	{214 * time.Minute, 2 * time.Minute},
}

// hallway is a Zigbee2MQTT evening in January: a motion sensor, a light, the
// front door, sensors in other rooms.
func hallway() house {
	motion := &zigbee{name: "Hallway motion (1st floor)", model: "RTCGQ11LM", state: map[string]any{
		"battery": 97, "voltage": 3005, "device_temperature": 22, "occupancy": false, "illuminance": 210,
	}}
	light := &zigbee{name: "Hallway light (ceiling)", model: "LED1836G9", state: map[string]any{
		"state": "OFF", "brightness": 254, "color_mode": "color_temp", "color_temp": 370, "update": map[string]any{"state": "idle"},
	}}
	door := &zigbee{name: "Front door", model: "MCCGQ11LM", state: map[string]any{"battery": 100, "voltage": 3025, "contact": true}}
	kitchen, bedroom := climateSensor("Kitchen climate", 21.4, 48), climateSensor("Bedroom (parents) climate", 19.2, 44)
	garage := climateSensor("Garage climate", 8.1, 71)
	b := &bridge{devices: []*zigbee{motion, light, door, kitchen, bedroom, garage}}
	b.play = func(b *bridge) {
		b.climate(kitchen, 4*time.Minute, 9*time.Minute)
		b.climate(bedroom, 6*time.Minute, 14*time.Minute)
		b.climate(garage, 10*time.Minute, 25*time.Minute)
		draw := b.env.Rand("hallway")
		for _, p := range passes {
			b.passBy(p, motion, light, draw)
		}
		for _, p := range []pass{passes[0], passes[5], passes[9]} { // they come in
			at(b.env, p.from-4*time.Second, func() { b.report(door, map[string]any{"contact": false}) })
			at(b.env, p.from+3*time.Second, func() { b.report(door, map[string]any{"contact": true}) })
		}
		at(b.env, 140*time.Minute, func() { b.available(garage, false) })
		at(b.env, 171*time.Minute, func() { b.available(garage, true) })
	}
	return house{
		start: date("Europe/Budapest", 2026, time.January, 10, 15, 30), length: 4 * time.Hour, slack: 2 * time.Second,
		retained: b.retained(),
		members:  []member{b.member(), {client: "hallway-light", app: motionlight.New(motionlight.Params{})}},
	}
}

// passBy plans what the sensor reports of somebody.
func (b *bridge) passBy(p pass, motion, light *zigbee, draw *rand.Rand) {
	seen := func(occupied bool) func() {
		return func() {
			b.report(motion, map[string]any{"occupancy": occupied, "illuminance": lux(b.env.Now(), light)})
		}
	}
	last := p.from
	for t := p.from; t <= p.from+p.stay; t += between(draw, 60*time.Second, 75*time.Second) {
		at(b.env, t, seen(true))
		last = t
	}
	at(b.env, last+90*time.Second, seen(false))
}

// lux is what the sensor measures: the sun, which goes down at a quarter past
// four, and the light.
func lux(now time.Duration, light *zigbee) int {
	sun := max(3, 210-3*int(now.Minutes()))
	if light.state["state"] == "ON" {
		return sun + 62
	}
	return sun
}
