package main

import (
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
)

// appliance is something that draws power in a stretch of the hour, if it is
// not on a switch that is off.
type appliance struct {
	watts       int
	from, until time.Duration
}

func (a appliance) draws(now time.Duration) int {
	if now >= a.from && now < a.until {
		return a.watts
	}
	return 0
}

// What the house draws beside its switches, and when the boiler's own
// thermostat is on.
var (
	oven    = appliance{2400, 22 * time.Minute, 38 * time.Minute}
	kettles = []appliance{{2000, 26 * time.Minute, 29 * time.Minute}, {2200, 52 * time.Minute, 52*time.Minute + 10*time.Second}}
	boiling = []appliance{{2000, 0, 15 * time.Minute}, {2000, 24 * time.Minute, 45 * time.Minute}}
)

// energy is an hour around a Victron GX device with a grid meter, and two loads
// on Tasmota switches.
func energy() house {
	const portal = "c0619ab2d8f1"
	var gx *victron
	now := func() time.Duration { return gx.env.Now() }
	wallbox := &tasmota{name: "wallbox", on: true, watts: func() int {
		return appliance{3700, 5 * time.Minute, time.Hour}.draws(now())
	}}
	boiler := &tasmota{name: "boiler", on: true, watts: func() int { return sum(boiling, now()) }}
	gx = &victron{portal: portal, play: func(v *victron) {
		v.set("system/0/Serial", portal)
		v.set("grid/30/ProductName", "Grid meter")
		soc := 71
		again(v.env, "battery", 50*time.Second, 70*time.Second, func(draw *rand.Rand) {
			soc -= draw.IntN(2)
			v.set("battery/512/Soc", soc)
			v.set("battery/512/Dc/0/Voltage", 52.4+float64(draw.IntN(10))/10)
		})
		again(v.env, "meter", 1900*time.Millisecond, 2100*time.Millisecond, func(draw *rand.Rand) {
			if t := now(); t > 55*time.Minute && t < 55*time.Minute+20*time.Second { // the meter is not reached
				v.set("grid/30/Ac/Power", nil)
				return
			}
			watts := 700 + draw.IntN(81) - 40 + oven.draws(now()) + sum(kettles, now()) + wallbox.draws() + boiler.draws()
			v.set("grid/30/Ac/Power", watts)
			if draw.IntN(5) == 0 {
				v.set("grid/30/Ac/L1/Power", watts/3+draw.IntN(100))
				v.set("grid/30/Ac/L1/Voltage", 228+draw.IntN(6))
			}
		})
	}}
	return house{
		start: date("Europe/Budapest", 2026, time.November, 20, 17, 30), length: time.Hour, slack: 2 * time.Second,
		retained: append(wallbox.retained(), boiler.retained()...),
		members: []member{
			gx.member(), wallbox.member(), boiler.member(),
			{client: "load-shedding", app: loadshedding.New(loadshedding.Params{Portal: portal})},
		},
	}
}

func sum(list []appliance, now time.Duration) (watts int) {
	for _, a := range list {
		watts += a.draws(now)
	}
	return watts
}
