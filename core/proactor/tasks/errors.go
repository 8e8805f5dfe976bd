package tasks

import (
	"fmt"
	"strings"
)

// Error says that a function has failed: what it returned, or a *Panic.
type Error struct {
	Name   string
	Handle Handle
	Err    error
}

func (e *Error) Error() string { return describe(e.Name, e.Handle) + " failed: " + e.Err.Error() }

// Unwrap returns what the function returned, or its *Panic.
func (e *Error) Unwrap() error { return e.Err }

// Panic is a panic of a function, as an error.
type Panic struct {
	Value any
	Stack []byte // of the function, where it panicked
}

func (e *Panic) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value where that is an error.
func (e *Panic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// JoinError says that Join ended before everything had.
type JoinError struct {
	Running []string // what has not ended, in the order of the handles
	Err     error    // a deadline is a clock.ErrTimeout
}

func (e *JoinError) Error() string {
	if len(e.Running) == 0 {
		return fmt.Sprintf("the tasks have not ended: %v; was Stop called?", e.Err)
	}
	return fmt.Sprintf("%s: %v; what waits there should look at its Job", strings.Join(e.Running, ", "), e.Err)
}

// Unwrap returns why Join ended.
func (e *JoinError) Unwrap() error { return e.Err }
