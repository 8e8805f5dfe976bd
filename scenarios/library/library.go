// Package library is the scenarios that come with hubtape, and the automations
// they test. Each sub-package is one automation, written as an example to read,
// with its scenario and its tape beside it:
//
//   - motionlight: a light that follows motion, over a Zigbee2MQTT evening
//   - thermostat: a heating schedule over the weekend in which the clocks change
//   - leakalarm: a water alarm that must never be late
//   - loadshedding: loads that are shed on the meter of a Victron GX device
//
// The tapes are recordings of the program in house, made by record-tapes.sh.
package library

import (
	"embed"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
	"github.com/hubtape/hubtape/scenarios/library/motionlight"
	"github.com/hubtape/hubtape/scenarios/library/thermostat"
)

// FS holds the scenarios and their tapes, each in a folder of its own, such as
// motionlight/motionlight.yaml.
//
//go:embed */*.yaml */*.hubtape
var FS embed.FS

// Apps are the automations that the scenarios name.
func Apps() []scenarios.Entry {
	return []scenarios.Entry{
		scenarios.App("motion-light", motionlight.New),
		scenarios.App("thermostat-schedule", thermostat.New),
		scenarios.App("leak-alarm", leakalarm.New),
		scenarios.App("load-shedding", loadshedding.New),
	}
}
