package tasks

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Job is what a function is given: its name, its time, and when it is to end.
// Its methods are for the function's own task; Context, Done and String are safe
// from any goroutine.
type Job struct {
	tasks  *Tasks
	handle Handle
	name   string
	fn     func(*Job) error

	// since it has a task
	ctx  context.Context
	end  context.CancelFunc
	ends *clock.Latch // set when it is to end
}

// Handle is what Add has returned.
func (j *Job) Handle() Handle { return j.handle }

// String names the job as errors do: `"weather" (task 2)`.
func (j *Job) String() string { return describe(j.name, j.handle) }

func describe(name string, h Handle) string { return fmt.Sprintf("%q (task %d)", name, h) }

// Context is done when the function is to end, when it has ended, and when the
// runtime ends.
func (j *Job) Context() context.Context { return j.ctx }

// Done reports whether the function is to end.
func (j *Job) Done() bool { return j.ctx.Err() != nil }

// Sleep lets d pass, below zero counting as zero. It returns false, at once,
// when the function is to end.
func (j *Job) Sleep(d time.Duration) bool { return j.SleepUntil(clock.In(j.tasks.rt, d)) }

// SleepUntil is Sleep to an instant of the runtime's clock.
func (j *Job) SleepUntil(at time.Duration) bool { return j.Wait(at) == clock.ErrTimeout }

// Wait waits until one of the latches is set, and returns nil; or until the
// function is to end, and returns context.Canceled; or until the instant until
// (negative: never), and returns clock.ErrTimeout. When several hold at once the
// first of these counts.
func (j *Job) Wait(until time.Duration, latches ...*clock.Latch) error {
	err := clock.WaitAny(until, slices.Concat(latches, []*clock.Latch{j.ends})...)
	switch {
	case slices.ContainsFunc(latches, (*clock.Latch).IsSet):
		return nil
	case j.ends.IsSet():
		return context.Canceled
	}
	return err
}

// Blocking runs fn, which may block or compute and touches only its own
// arguments and results, and returns when it has ended. The loop and the other
// tasks go on meanwhile; in a simulation it takes no time. What fn waits for
// should look at Context.
func (j *Job) Blocking(fn func()) { j.tasks.rt.Blocking(fn) }

// cancel is for the tasks of the runtime.
func (j *Job) cancel() {
	j.end()
	j.ends.Set()
}

// run is the job's task.
func (j *Job) run() {
	defer j.tasks.remove(j) // also when the runtime ends
	defer j.end()
	j.tasks.serve()
	if j.Done() {
		return
	}
	if err := j.call(); err != nil {
		j.tasks.loop.Post(func() { j.tasks.o.Failed(err) })
	}
}

// call calls the function and returns how the function has failed.
func (j *Job) call() (failed *Error) {
	defer func() {
		if p := recover(); p != nil {
			failed = &Error{Name: j.name, Handle: j.handle, Err: &Panic{Value: p, Stack: debug.Stack()}}
		}
	}()
	if err := j.fn(j); err != nil && !j.Done() {
		return &Error{Name: j.name, Handle: j.handle, Err: err}
	}
	return nil
}
