package service

import (
	"errors"
	"fmt"
	"time"
)

// State is where a service is in its life.
type State uint8

// A service goes from Init through Starting, Running and Stopping to Shutdown,
// and on a restart through Restarting to Starting. It is Crashed from its crash
// until it stops or restarts, and after a start that failed.
const (
	Init State = iota
	Starting
	Running
	Stopping
	Shutdown
	Restarting
	Crashed
)

var stateNames = [...]string{"not started", "starting", "running", "stopping", "shut down", "restarting", "crashed"}

func (s State) String() string { return stateNames[s] }

// ErrStopped says that the service stopped before what was asked for was done.
var ErrStopped = errors.New("the service has stopped")

// ErrCycle says that a service would be below itself.
var ErrCycle = errors.New("a service cannot be its own child, or a child of one")

// StateError is an operation in a state that does not allow it.
type StateError struct {
	Op, Service string
	State       State
	Hint        string // what to do instead; may be empty
}

func (e *StateError) Error() string {
	text := fmt.Sprintf("cannot %s %s: it is %s", e.Op, e.Service, e.State)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Is makes errors.Is(err, ErrStopped) true where the service has stopped.
func (e *StateError) Is(target error) bool {
	return target == ErrStopped && (e.State == Stopping || e.State == Shutdown || e.State == Crashed)
}

// StepError says which step of a start or a stop failed, or which task.
type StepError struct {
	Service, Step string
	Err           error
}

func (e *StepError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Service, e.Step, e.Err) }
func (e *StepError) Unwrap() error { return e.Err }

// HangError says that a stop did not come to its end in time, and at which step
// it was. The stop goes on: another Stop waits for it again.
type HangError struct {
	Service, Step string
	After         time.Duration
}

func (e *HangError) Error() string {
	return fmt.Sprintf("%s did not stop within %v: it hangs at %s", e.Service, e.After, e.Step)
}

// Panic is a panic of a hook, a task or a called function, as an error.
type Panic struct {
	Value any
	Stack []byte
}

func (e *Panic) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *Panic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
