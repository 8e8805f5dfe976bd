package cli

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// exitCode sorts an error into the codes that the program promises.
func exitCode(err error) int {
	var faults scenarios.Errors
	var panicked *PanicError
	if errors.As(err, &faults) || errors.As(err, &panicked) {
		return command.Usage
	}
	return command.Code(err)
}

// worse is the exit code that counts more: 3 before 2 before 1.
func worse(a, b int) int { return max(a, b) }

// faultsOf takes an error apart into the faults of a file, each with its place.
// It is nil for an error that is not about a file.
func faultsOf(err error) []*scenarios.FileError {
	var list scenarios.Errors
	if errors.As(err, &list) {
		return list
	}
	var tape *scenarios.TapeError
	if errors.As(err, &tape) {
		return []*scenarios.FileError{tape.FileError}
	}
	return nil
}

// PanicError is a constructor of an automation that panicked, or ended its
// goroutine.
type PanicError struct {
	Value any    // nil: the goroutine ended itself
	Place string // the function and line it came from; "" when not known
}

func (e *PanicError) Error() string {
	if e.Value == nil {
		return "the scenario's goroutine ended before its time: an automation called runtime.Goexit (or t.FailNow); let it return an error"
	}
	s := fmt.Sprintf("an automation panicked while it was made: %v", e.Value)
	if e.Place != "" {
		s += ", in " + e.Place
	}
	return s
}

// HangError is a run that did not end in the real time that it was given. Its
// goroutine is left behind.
type HangError struct{ After time.Duration }

func (e *HangError) Error() string {
	return fmt.Sprintf("the run did not end within %v of real time: an automation waits for something outside its world, or computes without end", e.After)
}

// guard calls fn on a goroutine of its own, which is not locked to a thread, and
// returns when it has ended, whatever way it took, or with a *HangError when
// that takes longer than limit; 0 is no limit.
func guard(limit time.Duration, fn func()) (err error) {
	ended := make(chan error, 1)
	go func() {
		returned := false
		defer func() {
			switch p := recover(); {
			case p != nil:
				ended <- &PanicError{Value: p, Place: panicPlace(debug.Stack())}
			case !returned:
				ended <- &PanicError{}
			default:
				ended <- nil
			}
		}()
		fn()
		returned = true
	}()
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-ended:
		return err
	case <-late:
		return &HangError{After: limit}
	}
}

// panicPlace finds the function that panicked in a stack.
func panicPlace(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	panicked := false
	for i := 1; i+1 < len(lines); i += 2 {
		switch fn := lines[i]; {
		case strings.HasPrefix(fn, "panic("):
			panicked = true
		case panicked && !strings.HasPrefix(fn, "runtime."):
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
			return fn[:max(strings.LastIndexByte(fn, '('), 0)] + " at " + place
		}
	}
	return ""
}
