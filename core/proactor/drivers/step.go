package drivers

import (
	"fmt"
	"runtime/debug"
)

// Step is one of the functions of a driver.
type Step string

// The steps.
const (
	PreIterate Step = "pre-iterate"
	Iterate    Step = "iterate"
	Handle     Step = "handle"
)

// StepError is the failure of a step.
type StepError struct {
	Thread string
	Step   Step
	Err    error // of the step; a *PanicError when it panicked
	Row    int   // how many turns have failed since the last good one, this one too
	Ends   bool  // the thread ends by it; GoOn, which decides that, sees false
}

func (e *StepError) Error() string {
	then := "it goes on"
	if e.Ends {
		then = "it ends"
	}
	return fmt.Sprintf("driver %q failed in %s, and %s: %v", e.Thread, e.Step, then, e.Err)
}

// Unwrap returns the step's error.
func (e *StepError) Unwrap() error { return e.Err }

// PanicError is the error of what panicked.
type PanicError struct {
	Value any
	Stack []byte // where it panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("it panicked (%T): %v", e.Value, e.Value) }

// Unwrap returns the panic's value where that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// protect calls fn, and returns a panic as an error.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn()
}
