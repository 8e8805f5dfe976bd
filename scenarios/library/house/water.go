package main

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
)

// water is twenty minutes in which a hose breaks: leak sensors on Zigbee2MQTT,
// the main valve on a Shelly, a siren on Tasmota, and a sensor that somebody
// made, which sends half a JSON.
func water() house {
	kitchen, bathroom := leakSensor("Kitchen leak"), leakSensor("Bathroom leak (under the sink)")
	cellar := leakSensor("Cellar leak (boiler)")
	climate := climateSensor("Cellar climate", 14.6, 58)
	b := &bridge{devices: []*zigbee{kitchen, bathroom, cellar, climate}}
	b.play = func(b *bridge) {
		b.climate(climate, time.Minute, 3*time.Minute)
		wet := func(d *zigbee, yes bool, instants ...time.Duration) {
			for _, t := range instants {
				at(b.env, t, func() { b.report(d, map[string]any{"water_leak": yes}) })
			}
		}
		wet(cellar, false, 70*time.Second, 9*time.Minute)
		wet(kitchen, false, 3*time.Minute)
		wet(kitchen, true, 8*time.Minute, 8*time.Minute+400*time.Millisecond, 8*time.Minute+5*time.Second) // said three times
		wet(bathroom, true, 10*time.Minute)
		wet(kitchen, false, 14*time.Minute)
		wet(bathroom, false, 15*time.Minute, 15*time.Minute+30*time.Second)
	}
	valve := &shelly{id: "shelly1-A4CF12F45B10", on: true, play: func(s *shelly) {
		at(s.env, 7*time.Minute+50*time.Second, s.leave) // at the worst moment
		at(s.env, 8*time.Minute+7*time.Second, s.comeBack)
		at(s.env, 12*time.Minute+11*time.Second, func() { s.turn("on") }) // somebody opens it while there is water,
		at(s.env, 17*time.Minute+4*time.Second, func() { s.turn("on") })  // and when all is dry
	}}
	siren := &tasmota{name: "siren"}
	return house{
		start: date("Europe/Budapest", 2026, time.February, 14, 3, 10), length: 20 * time.Minute, slack: 500 * time.Millisecond,
		retained: append(append(b.retained(), valve.retained()...), siren.retained()...),
		members: []member{
			b.member(), valve.member(), siren.member(),
			{client: "esp-laundry", app: core.AppFunc(homemade)},
			{client: "leak-alarm", app: leakalarm.New(leakalarm.Params{})},
		},
	}
}

func leakSensor(name string) *zigbee {
	return &zigbee{name: name, model: "SJCGQ11LM", state: map[string]any{
		"battery": 100, "battery_low": false, "device_temperature": 19, "voltage": 3045, "tamper": false, "water_leak": false,
	}}
}

// homemade is a sensor whose buffer is too small.
func homemade(env *core.Env) error {
	_, err := env.Loop.Every(2*time.Minute, func() {
		say(env, zigbeeBase+"Laundry leak (DIY)", `{"name":"Laundry leak (DIY)","uptime_s":`+text(int(env.Now().Seconds()))+`,"water_leak":fal`, false)
	})
	return err
}
