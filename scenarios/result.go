package scenarios

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Status is how a scenario came out.
type Status string

// The statuses. Error is a scenario that could not be run.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Error   Status = "error"
	Skipped Status = "skipped"
)

// Result is one run of one scenario.
type Result struct {
	Scenario *Scenario
	Status   Status
	Seed     uint64
	Digest   string        // 64 hex digits; "" when nothing ran
	Virtual  time.Duration // how far the world's clock went
	In, Out  int           // messages said to, and by, the automations
	Outside  string        // what made the run not deterministic; "": nothing
	Warnings []string
	Failures []Failure
	Log      []string  // the last lines the automations logged, in virtual time
	Updated  string    // the golden file that was written; "" for none
	Start    time.Time // the date at instant 0; zero when nothing ran
	Err      error     // with Status Error: why
}

// Failure is one expectation that was not met.
type Failure struct {
	Kind    string        // route_until, never, same_as_tape, panic, …
	Message string        // one sentence
	Details []string      // what was seen, line by line
	Around  []string      // what was said around it, line by line; empty where that says no more
	Topic   string        // a filter of the messages it is about; "" for none
	At      time.Duration // virtual time
	Pos     Pos           // of the step or expectation in the file; zero: the world itself
}

// Deterministic reports whether the run is a pure function of its inputs.
func (r *Result) Deterministic() bool { return r.Outside == "" }

// ExitCode is what a program that ran the scenario exits with: 0 all well, 1 an
// expectation failed, 2 a file that cannot be understood, 3 the world outside.
func (r *Result) ExitCode() int {
	switch {
	case r.Status == Failed:
		return 1
	case r.Status == Error && isOutside(r.Err):
		return 3
	case r.Status == Error:
		return 2
	}
	return 0
}

// isOutside reports whether an error is the fault of the machine rather than of
// a file.
func isOutside(err error) bool {
	return errors.Is(err, recorder.ErrLocked) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE)
}
