package main

import (
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/scenarios/library/thermostat"
)

// heating is two radiator thermostats on Zigbee2MQTT over the weekend in which
// the clocks go forward.
func heating() house {
	living, bedroom := trv("Living room TRV (window)", 20.9), trv("Bedroom TRV", 19.8)
	garden := climateSensor("Garden climate", 6.4, 82)
	window := &zigbee{name: "Bedroom window", model: "MCCGQ11LM", state: map[string]any{"battery": 88, "voltage": 2975, "contact": true}}
	b := &bridge{devices: []*zigbee{living, bedroom, garden, window}}
	b.play = func(b *bridge) {
		b.climate(garden, 20*time.Minute, 60*time.Minute)
		for _, d := range []*zigbee{living, bedroom} {
			again(b.env, d.name, 10*time.Minute, 30*time.Minute, func(draw *rand.Rand) { b.warm(d, draw) })
		}
		// In the afternoon somebody wants it warmer, by hand.
		at(b.env, 20*time.Hour+12*time.Minute, func() { b.report(living, map[string]any{"occupied_heating_setpoint": 23.0}) })
		for _, morning := range []time.Duration{13 * time.Hour, 36*time.Hour + 30*time.Minute} {
			at(b.env, morning, func() { b.report(window, map[string]any{"contact": false}) })
			at(b.env, morning+11*time.Minute, func() { b.report(window, map[string]any{"contact": true}) })
		}
	}
	schedule := []thermostat.Switch{
		{At: thermostat.TimeOfDay{Hour: 6}, Setpoint: 21},
		{At: thermostat.TimeOfDay{Hour: 22}, Setpoint: 17.5},
		{At: thermostat.TimeOfDay{Hour: 2, Minute: 30}, Setpoint: 16}, // is left out in this night
	}
	return house{
		start: date("Europe/Budapest", 2026, time.March, 28, 18, 0), length: 38 * time.Hour, slack: time.Minute,
		retained: b.retained(),
		members:  []member{b.member(), {client: "heating", app: thermostat.New(thermostat.Params{Schedule: schedule})}},
	}
}

func trv(name string, temperature float64) *zigbee {
	return &zigbee{name: name, model: "TRVZB", retain: true, state: map[string]any{
		"battery": 84, "child_lock": "UNLOCK", "local_temperature": temperature, "occupied_heating_setpoint": 21.0,
		"running_state": "idle", "system_mode": "heat",
	}}
}

// warm lets a room come nearer to its setpoint, and heats when it is below.
func (b *bridge) warm(d *zigbee, draw *rand.Rand) {
	t, to := d.state["local_temperature"].(float64), d.state["occupied_heating_setpoint"].(float64)
	more, running := -draw.IntN(12), "idle"
	if t < to {
		more, running = 5+draw.IntN(30), "heat"
	}
	b.report(d, map[string]any{"local_temperature": hundredths(t, more), "running_state": running})
}
