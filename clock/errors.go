package clock

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Returned by Wait.
var (
	// ErrTimeout: the instant came and the signal was not set.
	ErrTimeout = errors.New("the wait's deadline has passed")
	// ErrStalled: nothing can run any more and the wait has no deadline; the
	// error is a *StalledError.
	ErrStalled = errors.New("stalled")
	// ErrEnded: the runtime was closed. Only whoever drives sees it.
	ErrEnded = errors.New("the runtime has ended")
	// ErrWaitInCallback: a wait in a posted callback or a condition.
	ErrWaitInCallback = errors.New("a wait in a clock callback or a condition: only tasks may wait; start one with Go")
	// ErrSecondDriver: a goroutine waits in a world that another drives.
	ErrSecondDriver = errors.New("a second driver: another goroutine drives this world; drive it from one at a time, and wait in it only from tasks, which Go starts")
	// ErrNotATask: a goroutine that is no task of a System waits in it.
	ErrNotATask = errors.New("a goroutine that is no task waits in the runtime: start it with Go, or use Post, Set or a Source")
	// ErrSecondWaiter: two tasks wait on one signal.
	ErrSecondWaiter = errors.New("a second waiter: another task already waits on this signal; give each waiter its own")
)

// TaskPanic is what a panic in a task becomes: it fails the run.
type TaskPanic struct {
	Task  string
	Value any
	Stack []byte // of the task itself
}

func (e *TaskPanic) Error() string { return fmt.Sprintf("task %q panicked: %v", e.Task, e.Value) }

// Unwrap returns the panic's value where that is an error.
func (e *TaskPanic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Parked says what one task waits on.
type Parked struct {
	Task, Signal string
	Since        time.Duration
}

// StalledError says that nothing can run any more, and who waits on what.
type StalledError struct {
	At     time.Duration
	Parked []Parked // in the order the tasks were started
}

func (e *StalledError) Error() string {
	if len(e.Parked) == 0 {
		return fmt.Sprintf("stalled at %v: nothing is left to run and no task is waiting", e.At)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stalled at %v: nothing is left to run;", e.At)
	for i, p := range e.Parked {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %q waits on %q since %v", p.Task, p.Signal, p.Since)
	}
	return b.String()
}

// Is makes errors.Is(err, ErrStalled) true.
func (e *StalledError) Is(target error) bool { return target == ErrStalled }

// StepLimitError says that work at one instant does not come to an end.
type StepLimitError struct {
	At    time.Duration
	Limit int
	Last  []string // the last callbacks and tasks that ran, oldest first
}

func (e *StepLimitError) Error() string {
	return fmt.Sprintf("%d steps at instant %v without time moving: the last were %s; something answers itself without end, or the step limit is too low",
		e.Limit, e.At, strings.Join(e.Last, ", "))
}

// OutsideError says that work outside the world, announced by a source or a
// hold, did not come within the wall-clock guard.
type OutsideError struct {
	Names []string // of the sources or holds, in the order they were opened
	Guard time.Duration
}

func (e *OutsideError) Error() string {
	return fmt.Sprintf("nothing came from %s within %v of real time: is it still running?", strings.Join(e.Names, ", "), e.Guard)
}

// TaskExit says that a task ended its goroutine with runtime.Goexit.
type TaskExit struct{ Task string }

func (e *TaskExit) Error() string {
	return fmt.Sprintf("task %q called runtime.Goexit: return from a task instead", e.Task)
}

// LeakError names the tasks that did not end when the runtime was closed.
type LeakError struct{ Tasks []string }

func (e *LeakError) Error() string {
	return fmt.Sprintf("tasks that did not end with the runtime: %s", strings.Join(e.Tasks, ", "))
}
