package cli

import (
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
)

// startOf is the date at instant 0 of a scenario: its own, else the tape's, else
// a fixed one.
func startOf(s *scenarios.Scenario) time.Time {
	switch {
	case s == nil:
		return time.Time{}
	case !s.Start.IsZero():
		return s.Start
	case s.Tape == nil:
		return clock.DefaultStart
	}
	tape, err := recorder.Open(s.Path(s.Tape.File))
	if err != nil { // the run will tell, or it is no .hubtape file
		return clock.DefaultStart
	}
	defer tape.Close()
	if start := tape.Start(); start.Unix() != 0 {
		return start.Add(s.Tape.From)
	}
	return clock.DefaultStart
}
