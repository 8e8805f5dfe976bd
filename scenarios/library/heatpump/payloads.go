package heatpump

import (
	"errors"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
)

// Report is the event that the controller tells its parent for each reading.
type Report struct {
	events.Header
	// N counts the reports of a controller from 1.
	N int
	// TankMilliC is the tank's temperature, in thousandths of a degree Celsius.
	TankMilliC int
	// On says whether the heat pump runs.
	On bool
}

// SetPoint is the parent's command: how warm the tank is to be kept.
type SetPoint struct{ MilliC int }

// Tally is what the parent has of a controller's reports.
type Tally struct {
	// Reports are different ones, Missing those that it knows of by a later one.
	Reports, Missing int
	// Duplicates came again. Reports come at least once.
	Duplicates int
	// Disordered came late, and after a later one that was late too.
	Disordered int
}

// Inside the controller, which they never leave.
type (
	reading struct{ milliC int }
	relay   struct{ on bool }
)

// newCodec knows what controller and parent say to each other.
func newCodec() (*codec.Codec, error) {
	c := codec.New(codec.Options{})
	return c, errors.Join(
		codec.Register[Report](c, "report.event", "000"),
		codec.Register[SetPoint](c, "set.point", "000"),
		codec.Register[Tally](c, "report.tally", "000"),
	)
}
