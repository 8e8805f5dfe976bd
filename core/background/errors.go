package background

import (
	"errors"
	"fmt"
)

var (
	// ErrCancelled is the result of a future that was cancelled.
	ErrCancelled = errors.New("the job was cancelled")
	// ErrPoolClosed: a job for a pool that was closed.
	ErrPoolClosed = errors.New("the pool is closed")
	// ErrNotATask: work was submitted by a goroutine that is no task, or from
	// inside a job's function, which is none meanwhile.
	ErrNotATask = errors.New("only the runtime's tasks may submit jobs: post to the loop, and submit there")
	// ErrExited is the value of a JobPanic for a job that called runtime.Goexit.
	ErrExited = errors.New("the job called runtime.Goexit: return from a job instead")
)

// StateError is something that the state of a future or an executor does not
// allow.
type StateError struct {
	Op, Name string
	State    fmt.Stringer // a State or an ExecutorState
}

func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s %s: it is %s", e.Op, e.Name, e.State)
}

// JobPanic is the error of a job that panicked.
type JobPanic struct {
	Job   string
	Value any
	Stack []byte // of the job, where it panicked
}

func (e *JobPanic) Error() string {
	return fmt.Sprintf("%s panicked (%T): %v", e.Job, e.Value, e.Value)
}

// Unwrap returns the panic's value where that is an error.
func (e *JobPanic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// ShutdownError says that Shutdown ended before the jobs did. The executor is
// still stopping.
type ShutdownError struct {
	Executor string
	Running  int // jobs that have not ended
	Err      error
}

func (e *ShutdownError) Error() string {
	jobs := "jobs"
	if e.Running == 1 {
		jobs = "job"
	}
	return fmt.Sprintf("shut down %s: %d %s still running: %v", e.Executor, e.Running, jobs, e.Err)
}

// Unwrap returns why it ended; a deadline is a clock.ErrTimeout.
func (e *ShutdownError) Unwrap() error { return e.Err }
