package service

import (
	"slices"

	"github.com/hubtape/hubtape/clock"
)

// QueueOptions say how a queue service works. The zero value is usable.
type QueueOptions struct {
	ThreadOptions
	// Workers is how many functions are in progress at most: while one waits,
	// another runs; 0: 2.
	Workers int
	// CastError is told of each error and panic of a function that was cast;
	// nil: it is logged.
	CastError func(error)
}

const defaultWorkers = 2

// Queue is a thread that runs functions for others: those who call wait for the
// result, those who cast do not. Functions begin in the order they came, and one
// that waits lets the next begin. What is queued before the service runs waits
// for its start; a stop runs what is still queued, then the queue takes no more
// until it is started again; a crash fails it. Make it with NewQueue.
type Queue struct {
	*Thread
	castError func(error)
	size      int // of workers
	closed    bool
	queued    *clock.Inbox[call]
	flushers  []clock.TaskID // who runs Flush
	idle      []*worker      // the last to become idle is the first to work again
	workers   []*worker
	spare     []clock.Signal // of calls that have ended
}

// call is a function in the queue.
type call interface {
	// run runs it and hands over its result. It returns the error of a cast.
	run() error
	// fail hands over an error instead.
	fail(error)
}

// worker is a task that runs queued functions.
type worker struct {
	sig  clock.Signal
	next call // handed to it while it was idle
	id   clock.TaskID
}

// NewQueue makes a queue service that does not run.
func NewQueue(rt clock.Runtime, o QueueOptions) *Queue {
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	q := &Queue{Thread: NewThread(rt, o.ThreadOptions), size: o.Workers, queued: clock.NewInbox[call](rt, nil)}
	q.castError = func(err error) { q.log.Error("cast", "error", err) }
	if o.CastError != nil {
		q.castError = q.guarded(o.CastError)
	}
	q.parts.begin, q.parts.finish, q.parts.crash = q.open, q.finish, q.failAll
	return q
}

// guarded makes a panic of a hook a crash: who calls it has others to tell.
func (q *Queue) guarded(hook func(error)) func(error) {
	return func(err error) {
		failed := protect(func() error {
			hook(err)
			return nil
		})
		if failed != nil {
			q.Crash(&StepError{Service: q.Name(), Step: "cast error hook", Err: failed})
		}
	}
}

// open makes the workers of this start.
func (q *Queue) open() error {
	q.closed = false
	q.idle, q.workers = nil, nil
	for range q.size {
		w := &worker{sig: q.rt.NewSignal(q.Name() + ": a call")}
		q.workers = append(q.workers, w)
		q.Spawn("worker", func() error { return q.work(w) })
	}
	return nil
}

// work is a worker's task.
func (q *Queue) work(w *worker) error {
	w.id = q.rt.Self()
	for {
		next, ok := w.next, w.next != nil
		if w.next = nil; !ok {
			next, ok = q.queued.Take()
		}
		switch {
		case ok:
			q.perform(next)
		case q.closed || q.err != nil:
			return nil
		default:
			q.idle = append(q.idle, w)
			if err := w.sig.Wait(clock.Forever); err != nil {
				return err
			}
		}
	}
}

func (q *Queue) perform(c call) {
	if err := c.run(); err != nil {
		q.castError(err)
	}
}

// add hands a function to an idle worker, or queues it.
func (q *Queue) add(op string, c call) error {
	if q.closed || q.err != nil {
		err := &StateError{Op: op, Service: q.Name(), State: q.state}
		if q.err == nil {
			err.Hint = "it takes calls again when it is started"
		}
		return err
	}
	if n := len(q.idle); n > 0 {
		w := q.idle[n-1]
		q.idle = q.idle[:n-1]
		w.next = c
		w.sig.Set()
		return nil
	}
	q.queued.Put(c)
	return nil
}

// Flush runs all that is queued, on the calling task, one after the other, and
// what that queues.
func (q *Queue) Flush() {
	self := q.rt.Self()
	q.flushers = append(q.flushers, self)
	defer func() {
		i := slices.Index(q.flushers, self)
		q.flushers = slices.Delete(q.flushers, i, i+1)
	}()
	for c, ok := q.queued.Take(); ok; c, ok = q.queued.Take() {
		q.perform(c)
	}
}

// finish is the queue's step of a stop.
func (q *Queue) finish() error {
	if q.life.hooked {
		q.Flush()
	} else { // what the functions need is not there
		for c, ok := q.queued.Take(); ok; c, ok = q.queued.Take() {
			c.fail(ErrStopped)
		}
	}
	q.closed = true
	for _, w := range q.idle {
		w.sig.Set()
	}
	return nil
}

// failAll is the queue's part of a crash: nobody waits for what never comes.
func (q *Queue) failAll(err error) {
	for c, ok := q.queued.Take(); ok; c, ok = q.queued.Take() {
		c.fail(err)
	}
	for _, w := range q.workers {
		if w.next != nil { // handed over, and not begun
			next := w.next
			w.next = nil
			next.fail(err)
		}
	}
	for _, w := range q.idle {
		w.sig.Set()
	}
}

// mine reports whether the calling task is one that runs queued functions.
func (q *Queue) mine() bool {
	self := q.rt.Self()
	if self == 0 {
		return false
	}
	if self == q.life.controller || slices.Contains(q.flushers, self) {
		return true
	}
	for _, w := range q.workers {
		if w.id == self {
			return true
		}
	}
	return false
}

// signal returns one that is not set and that nobody waits on.
func (q *Queue) signal() clock.Signal {
	if n := len(q.spare); n > 0 {
		sig := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return sig
	}
	return q.rt.NewSignal(q.Name() + ": a call's result")
}
