package tasks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// DefaultTimeout is what a watchdog grants between two pats (GW-151).
const DefaultTimeout = 20 * time.Second

// Options say how Tasks behave.
type Options struct {
	// Failed is called on the loop with each function that returned an error or
	// panicked. Required.
	Failed func(*Error)
	// Pat is called each half of Timeout from Start to Stop, first after one
	// half, on a task of its own. nil: nobody watches.
	Pat func()
	// Timeout is what the watchdog grants between two pats. 0: DefaultTimeout.
	Timeout time.Duration
}

// Handle names a function: they are 0, 1, 2 ... in the order they were added.
type Handle int

// None is the handle of a function that was added after the end. It names
// nothing.
const None Handle = -1

// Tasks runs functions. Add and Cancel are safe from any goroutine, everything
// else is for the tasks of the loop's runtime. Make it with New.
type Tasks struct {
	loop     *loop.Loop
	rt       clock.Runtime
	o        Options
	requests *clock.Inbox[request]
	wake     clock.Signal // of the keeper
	next     atomic.Int64 // the handle of the next function
	stopped  atomic.Bool

	started bool
	keeping bool            // the keeper has not ended
	jobs    map[Handle]*Job // that have a task
	gone    *clock.Latch    // nothing runs
}

// request is what any goroutine may ask for: that a job begins, or, without
// one, that the handle is cancelled.
type request struct {
	job    *Job
	cancel Handle
}

// New makes Tasks that have not started. A timeout below zero, and no Failed,
// are errors.
func New(l *loop.Loop, o Options) (*Tasks, error) {
	if o.Failed == nil {
		return nil, errNoFailed
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("tasks with a watchdog timeout of %v: it must be above zero, or zero for %v", o.Timeout, DefaultTimeout)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	rt := l.Runtime()
	t := &Tasks{
		loop: l, rt: rt, o: o,
		wake: rt.NewSignal("tasks: something to do"),
		jobs: map[Handle]*Job{},
		gone: clock.NewLatch(rt, "tasks: the end of all"),
	}
	t.requests = clock.NewInbox[request](rt, t.wake.Set)
	t.gone.Set()
	return t, nil
}

var errNoFailed = errors.New("tasks: nobody hears of a function that fails: set Options.Failed")

// Add adds a function, which begins in its turn once Start was called; the name
// is what errors call it. After Stop, or the end of the runtime, it returns None
// and the function never runs. Safe from any goroutine.
func (t *Tasks) Add(name string, fn func(*Job) error) Handle {
	if t.over() {
		return None
	}
	h := Handle(t.next.Add(1) - 1)
	t.requests.Put(request{job: &Job{tasks: t, handle: h, name: name, fn: fn}})
	return h
}

// Cancel asks a function to end: one that runs as soon as it can be told, and one
// that has not begun never does. It may be called again, and with a handle that
// names nothing (any more). Safe from any goroutine.
func (t *Tasks) Cancel(h Handle) { t.requests.Put(request{cancel: h}) }

// Start lets the functions begin, those that were added already in their order.
// Again, or after Stop, it does nothing.
func (t *Tasks) Start() {
	if t.started || t.over() {
		return
	}
	t.started, t.keeping = true, true
	t.gone.Clear()
	t.rt.Go("tasks: keeper", t.keep)
}

// Stop asks all functions to end and lets no other begin. It returns at once,
// and may be called again.
func (t *Tasks) Stop() {
	t.stopped.Store(true)
	for _, h := range slices.Sorted(maps.Keys(t.jobs)) {
		t.jobs[h].cancel()
	}
	t.wake.Set()
}

// Join waits until all has ended that Start has begun. At the absolute instant
// until (negative: never) it returns a *JoinError that names what has not. It
// may be called by any number of tasks, also before Stop.
func (t *Tasks) Join(until time.Duration) error {
	err := t.gone.Wait(until)
	if err == nil {
		return nil
	}
	late := &JoinError{Err: err}
	for _, h := range slices.Sorted(maps.Keys(t.jobs)) {
		late.Running = append(late.Running, t.jobs[h].String())
	}
	return late
}

func (t *Tasks) over() bool { return t.stopped.Load() || t.rt.Context().Err() != nil }

// keep is a task from Start to Stop: it sees to what is asked for, and pats.
func (t *Tasks) keep() {
	defer func() {
		t.keeping = false
		t.setGone()
	}()
	pat := t.nextPat()
	for !t.stopped.Load() {
		t.serve()
		if t.wake.Wait(pat) == clock.ErrTimeout {
			loop.Protect(t.loop, func(pat func()) { pat() }, t.o.Pat)
			pat = t.nextPat()
		}
	}
}

// nextPat is when the next pat is due.
func (t *Tasks) nextPat() time.Duration {
	if t.o.Pat == nil {
		return clock.Forever
	}
	return clock.In(t.rt, t.o.Timeout/2)
}

// serve does what was asked for so far, in that order. The keeper calls it when
// there is something, and each function before it begins: what was asked for by
// then counts.
func (t *Tasks) serve() {
	for {
		r, ok := t.requests.Take()
		switch {
		case !ok:
			return
		case r.job != nil:
			t.begin(r.job)
		case t.jobs[r.cancel] != nil:
			t.jobs[r.cancel].cancel()
		}
	}
}

// begin gives a job its task.
func (t *Tasks) begin(job *Job) {
	if t.stopped.Load() {
		return
	}
	job.ctx, job.end = context.WithCancel(t.rt.Context())
	job.ends = clock.NewLatch(t.rt, "tasks: "+job.name)
	t.jobs[job.handle] = job
	t.rt.Go("tasks: "+job.name, job.run)
}

// remove is called by a job's task as its last deed.
func (t *Tasks) remove(job *Job) {
	delete(t.jobs, job.handle)
	t.setGone()
}

func (t *Tasks) setGone() {
	if !t.keeping && len(t.jobs) == 0 {
		t.gone.Set()
	}
}
