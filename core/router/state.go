package router

import (
	"fmt"
	"time"
)

// State is where a router or a sender is in its life.
type State uint8

// A router and a sender go through these once, in this order.
const (
	Initial State = iota
	Open
	Closed
)

func (s State) String() string {
	switch s {
	case Initial:
		return "not started"
	case Open:
		return "open"
	}
	return "closed"
}

// StateError is an operation in a state that does not allow it.
type StateError struct {
	Op, Name string
	State    State
}

func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s %s: it is %s", e.Op, e.Name, e.State)
}

// TimeoutError says that RouteUntil's deadline came first.
type TimeoutError struct {
	Router string
	At     time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s: the condition did not come true by %v", e.Router, e.At)
}
