package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// ErrExited says that a called function ended its task (runtime.Goexit) instead
// of returning.
var ErrExited = errors.New("the function ended its task instead of returning")

// ErrFromTask says that a task called CallFrom, which would keep everything else
// from running while it waits.
var ErrFromTask = errors.New("a task of the queue's own runtime must not block: it uses Call")

// ErrCancelled says that a call was cancelled before its function began.
var ErrCancelled = errors.New("the call was cancelled")

// Pending is a call whose result is still to come, or has come.
type Pending[T any] struct {
	q     *Queue
	fn    func() (T, error)
	done  clock.Signal
	value T
	err   error
	state callState
}

type callState uint8

const (
	queued callState = iota
	running
	finished
)

// Call runs fn on the queue's thread, waits, and returns what fn returns; a
// panic of fn as a *Panic. It is for tasks. Called by one of the queue's own
// workers it runs fn at once. When the queue has stopped it is a *StateError,
// and when it crashes before fn begins, that error.
func Call[T any](q *Queue, fn func() (T, error)) (T, error) {
	if q.mine() {
		return inline(fn)
	}
	p, err := Begin(q, fn)
	if err != nil {
		var none T
		return none, err
	}
	return p.Wait(clock.Forever)
}

// inline runs fn where it is called, under the rule for panics.
func inline[T any](fn func() (T, error)) (value T, err error) {
	err = protect(func() (err error) {
		value, err = fn()
		return err
	})
	return value, err
}

// Begin queues fn and returns at once; Wait gets its result.
func Begin[T any](q *Queue, fn func() (T, error)) (*Pending[T], error) {
	p := &Pending[T]{q: q, fn: fn, done: q.signal()}
	if err := q.add("call", p); err != nil {
		q.spare = append(q.spare, p.done)
		return nil, err
	}
	return p, nil
}

// Wait returns the call's result, or clock.ErrTimeout at the instant until
// (negative: never): the call then goes on, and can be waited for again, or be
// cancelled. One task at a time may wait.
func (p *Pending[T]) Wait(until time.Duration) (T, error) {
	if p.state == queued && p.q.mine() { // no other worker may be there to run it
		_ = p.run() // its error is the result
	}
	if p.state != finished {
		if err := p.done.Wait(until); err != nil {
			var none T
			return none, err
		}
		p.q.spare = append(p.q.spare, p.done) // it has done its work, and is not set
	}
	return p.value, p.err
}

// Cancel takes a call back: if fn has not begun it never will, and the result is
// ErrCancelled. It returns false when fn runs, or has run: a function that runs
// comes to its end.
func (p *Pending[T]) Cancel() bool {
	if p.state != queued {
		return false
	}
	p.finish(fmt.Errorf("call to %s: %w", p.q.Name(), ErrCancelled))
	return true
}

func (p *Pending[T]) run() error {
	if p.state == finished {
		return nil // cancelled
	}
	p.state = running
	err := ErrExited
	defer func() { p.finish(err) }()
	err = protect(func() (err error) {
		p.value, err = p.fn()
		return err
	})
	return nil
}

func (p *Pending[T]) fail(err error) {
	if p.state == queued {
		p.finish(fmt.Errorf("call to %s: %w", p.q.Name(), err))
	}
}

func (p *Pending[T]) finish(err error) {
	p.err, p.state, p.fn = err, finished, nil
	p.done.Set()
}

// Cast queues fn, wakes the queue's thread, and returns at once. What fn returns
// as an error, or panics with, goes to the queue's CastError. When the queue has
// stopped it is a *StateError. It is for tasks.
func (q *Queue) Cast(fn func() error) error { return q.add("cast", &cast{q, fn}) }

type cast struct {
	q  *Queue
	fn func() error
}

func (c *cast) run() error {
	returned := false
	defer func() {
		if !returned {
			c.q.castError(ErrExited)
		}
	}()
	err := protect(c.fn)
	returned = true
	return err
}

func (c *cast) fail(err error) {
	c.q.castError(fmt.Errorf("cast to %s: it did not run: %w", c.q.Name(), err))
}

// CastFrom is Cast for goroutines outside the runtime. It returns nothing: an
// error, of the queue too, goes to CastError.
func (q *Queue) CastFrom(fn func() error) {
	q.rt.Post(func() {
		if err := q.Cast(fn); err != nil {
			q.castError(err)
		}
	})
}

// CallFrom is Call for goroutines outside the runtime, an HTTP handler for one.
// When ctx is done first it returns ctx's error: a fn that has not begun then
// never does, and one that runs comes to its end. When the runtime ends first it
// returns clock.ErrEnded. In a task it is ErrFromTask.
func CallFrom[T any](ctx context.Context, q *Queue, fn func() (T, error)) (T, error) {
	var value, none T
	var failed error
	if q.rt.Self() != 0 {
		return none, fmt.Errorf("call to %s: %w", q.Name(), ErrFromTask)
	}
	done := make(chan struct{})
	q.rt.Post(func() {
		if ctx.Err() != nil {
			return
		}
		q.callback(ctx, func() (err error) {
			value, err = fn()
			return err
		}, func(err error) {
			failed = err
			close(done)
		})
	})
	var why error
	select { // rules: this goroutine is outside the runtime, so no order is lost
	case <-done:
		return value, q.endedOr(failed)
	case <-ctx.Done():
		why = context.Cause(ctx)
	case <-q.rt.Context().Done():
		why = clock.ErrEnded
	}
	select { // rules: outside too; a call that has ended by now is not thrown away
	case <-done:
		return value, q.endedOr(failed)
	default:
		return none, fmt.Errorf("call to %s: %w", q.Name(), why)
	}
}

// endedOr says that a function did not return because the runtime ended.
func (q *Queue) endedOr(err error) error {
	if err == ErrExited && q.rt.Context().Err() != nil {
		return clock.ErrEnded
	}
	return err
}

// callback queues fn and has done told of its end.
func (q *Queue) callback(ctx context.Context, fn func() error, done func(error)) {
	if err := q.add("call", &outsideCall{ctx, q, fn, done}); err != nil {
		done(err)
	}
}

type outsideCall struct {
	ctx  context.Context
	q    *Queue
	fn   func() error
	done func(error)
}

func (c *outsideCall) run() error {
	if c.ctx.Err() != nil {
		return nil // nobody waits any more
	}
	err := ErrExited
	defer func() { c.done(err) }()
	err = protect(c.fn)
	return nil
}

func (c *outsideCall) fail(err error) { c.done(fmt.Errorf("call to %s: %w", c.q.Name(), err)) }
