// Package library is the scenarios that come with hubtape, and the automations
// they test. Each sub-package is one automation, written as an example to read,
// with its scenario and, if it has one, its tape beside it:
//
//   - motionlight: a light that follows motion, over a Zigbee2MQTT evening
//   - thermostat: a heating schedule over the weekend in which the clocks change
//   - leakalarm: a water alarm that must never be late
//   - loadshedding: loads that are shed on the meter of a Victron GX device
//   - wallbutton: a toggle, and messages that come twice
//   - bathfan: a fan, and readings that come out of order
//   - garagegate: a gate, and commands that a broker has kept for years
//   - plugkeeper: Tasmota plugs that all come back at once
//   - freezerwatch: sensors that fall silent, or say nan
//   - boilernight: a daily job in the night that has an hour twice
//   - doorlock: a lock whose state is said before it is true
//   - gardenpump: requests to a Shelly whose answers come late
//   - batteryguard: a Victron battery of which nobody knows
//   - heatreports: GridWorks reports that come twice, or on another day
//   - homesensors: sensors for a Home Assistant that restarts
//   - heatpump: a heat pump's controller and its parent, which lose each other
//
// The .hubtape tapes are recordings of the program in house, made by
// record-tapes.sh; the .jsonl tapes were written for their scenarios, to be read.
package library

import (
	"embed"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library/bathfan"
	"github.com/hubtape/hubtape/scenarios/library/batteryguard"
	"github.com/hubtape/hubtape/scenarios/library/boilernight"
	"github.com/hubtape/hubtape/scenarios/library/doorlock"
	"github.com/hubtape/hubtape/scenarios/library/freezerwatch"
	"github.com/hubtape/hubtape/scenarios/library/garagegate"
	"github.com/hubtape/hubtape/scenarios/library/gardenpump"
	"github.com/hubtape/hubtape/scenarios/library/heatpump"
	"github.com/hubtape/hubtape/scenarios/library/heatreports"
	"github.com/hubtape/hubtape/scenarios/library/homesensors"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
	"github.com/hubtape/hubtape/scenarios/library/motionlight"
	"github.com/hubtape/hubtape/scenarios/library/plugkeeper"
	"github.com/hubtape/hubtape/scenarios/library/thermostat"
	"github.com/hubtape/hubtape/scenarios/library/wallbutton"
)

// FS holds the scenarios and their tapes, each in a folder of its own, such as
// motionlight/motionlight.yaml.
//
//go:embed */*.yaml */*.hubtape */*.jsonl
var FS embed.FS

// Apps are the automations that the scenarios name.
func Apps() []scenarios.Entry {
	return []scenarios.Entry{
		scenarios.App("motion-light", motionlight.New),
		scenarios.App("thermostat-schedule", thermostat.New),
		scenarios.App("leak-alarm", leakalarm.New),
		scenarios.App("load-shedding", loadshedding.New),
		scenarios.App("wall-button", wallbutton.New),
		scenarios.App("bath-fan", bathfan.New),
		scenarios.App("gate-opener", garagegate.New),
		scenarios.App("plug-keeper", plugkeeper.New),
		scenarios.App("freezer-watch", freezerwatch.New),
		scenarios.App("boiler-night", boilernight.New),
		scenarios.App("door-lock", doorlock.New),
		scenarios.App("garden-pump", gardenpump.New),
		scenarios.App("battery-guard", batteryguard.New),
		scenarios.App("victron-gx", batteryguard.NewGX),
		scenarios.App("heat-reports", heatreports.New),
		scenarios.App("home-sensors", homesensors.New),
		scenarios.App("heat-pump-controller", heatpump.New),
		scenarios.App("heat-pump-parent", heatpump.NewParent),
	}
}
