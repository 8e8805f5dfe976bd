package background

import (
	"context"
	"errors"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Job is what a job's function is given. Its methods are for that function, on
// the goroutine that it was called on; Context and Cancelled are safe from any.
type Job struct {
	name string
	pool *Pool
	ctx  context.Context
	end  context.CancelFunc
	wake clock.Signal // ends a Sleep; made by the first
	work work         // nil: begun or abandoned
}

// work is a task without its types.
type work interface {
	perform()
	abandon()
}

// String names the job as errors do: "uploads job 3".
func (j *Job) String() string { return j.name }

// Context is done when the job is cancelled, when it has ended, and when the
// runtime ends.
func (j *Job) Context() context.Context { return j.ctx }

// Cancelled reports whether the job should end: it was cancelled, or the runtime
// ends. What it still sends comes to nothing.
func (j *Job) Cancelled() bool { return j.ctx.Err() != nil }

// Sleep lets d pass on the runtime's clock, below zero counting as zero. It
// returns context.Canceled, early, if the job is cancelled. When the runtime
// ends first it does not return, and the function's defers run.
func (j *Job) Sleep(d time.Duration) (err error) {
	rt := j.pool.rt
	j.pool.rejoin(func() {
		if j.wake == nil {
			j.wake = rt.NewSignal(j.name + "'s sleep")
		}
		if err = j.ctx.Err(); err == nil {
			err = j.wake.Wait(clock.In(rt, d))
		}
	})
	switch {
	case errors.Is(err, clock.ErrTimeout):
		return nil
	case err == nil:
		return context.Canceled
	}
	return err
}

// Rejoin calls fn as a task, which may wait and touch what the tasks share, in
// the middle of a job. A cancel does not end a wait in it, but that of Sleep,
// which may be called in it.
func (j *Job) Rejoin(fn func()) { j.pool.rejoin(fn) }

// take performs the job, unless it was abandoned.
func (j *Job) take() bool {
	w := j.work
	if w == nil {
		return false
	}
	j.work = nil
	w.perform()
	return true
}

// cancel tells the job, and takes it back if no worker has begun it.
func (j *Job) cancel() {
	j.end()
	if j.wake != nil {
		j.wake.Set()
	}
	if w := j.work; w != nil {
		j.work = nil
		w.abandon()
	}
}
