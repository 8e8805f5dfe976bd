package router

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// State is where a router, or an end of a pipe, is in its life.
type State uint8

// A router goes from Initial to Open to Stopped, a sender from Initial to Open
// to Closed; no state comes twice.
const (
	Initial State = iota
	Open
	Closed
	Stopped // the router is
)

func (s State) String() string {
	switch s {
	case Initial:
		return "not started"
	case Open:
		return "open"
	case Closed:
		return "closed"
	}
	return "stopped"
}

// StateError is an operation in a state that does not allow it. What is done
// with a pipe whose router was stopped has the State Stopped.
type StateError struct {
	Op, Name string
	State    State
}

func (e *StateError) Error() string {
	if e.State == Stopped {
		return fmt.Sprintf("cannot %s %s: the router is stopped", e.Op, e.Name)
	}
	return fmt.Sprintf("cannot %s %s: it is %s", e.Op, e.Name, e.State)
}

// TimeoutError says that the deadline of RouteUntil or WaitFor came first.
type TimeoutError struct {
	Router string
	At     time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s: the condition did not come true by %v", e.Router, e.At)
}

// Is makes errors.Is(err, clock.ErrTimeout) true.
func (e *TimeoutError) Is(target error) bool { return target == clock.ErrTimeout }
