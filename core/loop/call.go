package loop

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hubtape/hubtape/clock"
)

var (
	// ErrFromTask: a task called CallFrom, which would keep everything else
	// from running while it waits.
	ErrFromTask = errors.New("a task of the loop's own runtime must not block: it uses Call")
	// ErrDriverCalls: Call where a driver runs the loop and is the caller, or
	// cannot be told from it.
	ErrDriverCalls = errors.New("a driver runs the loop, and so cannot wait for it: call the function as it is, or run the loop in a task")
	// ErrExited: the function ended its goroutine with runtime.Goexit.
	ErrExited = errors.New("the function ended the loop's task with runtime.Goexit")
)

// Call runs fn on the loop's task and returns its value, or the panic it ended
// with as a *CallbackPanic. It waits, behind what is queued: it is for the tasks
// of the loop's runtime. On the loop's own task it calls fn at once. Goroutines
// that are no tasks use CallFrom.
func Call[T any](l *Loop, fn func() T) (T, error) {
	c := &call[T]{loop: l, fn: fn}
	switch {
	case l.Mine():
		c.run()
		return c.value, c.err
	case l.drivenByCaller():
		return c.failed("call into loop %q: %w", ErrDriverCalls)
	}
	done := l.rt.NewSignal("call to " + l.name)
	l.Post(func() {
		defer done.Set()
		c.run()
	})
	if err := done.Wait(clock.Forever); err != nil {
		return c.giveUp(err)
	}
	return c.value, c.err
}

// drivenByCaller reports whether a driver runs the loop and nothing says that
// the caller is not this driver.
func (l *Loop) drivenByCaller() bool {
	return l.rt.Self() == 0 && l.running && l.runner.Load() == 0
}

// CallFrom is Call for a goroutine outside, an HTTP handler for one, and waits
// with its context. When ctx ends while fn is queued, fn is never run; when it
// ends while fn runs, fn runs to its end and its value is dropped: either way
// the error wraps ctx's. When the runtime ends first, it wraps clock.ErrEnded.
// In a task, which must not block, it is ErrFromTask. It is not for callbacks of
// Runtime.Post either, nor for the goroutine that drives a Virtual world, which
// would wait for itself: that one uses Call.
func CallFrom[T any](ctx context.Context, l *Loop, fn func() T) (T, error) {
	c := &call[T]{loop: l, fn: fn}
	if l.rt.Self() != 0 {
		return c.failed("call into loop %q: %w", ErrFromTask)
	}
	if err := ctx.Err(); err != nil {
		return c.failed("call into loop %q: before it was queued: %w", err)
	}
	done := make(chan struct{})
	l.Post(func() {
		defer close(done)
		c.run()
	})
	var why error
	select { // rules: this goroutine is outside the runtime, so no order is lost
	case <-done:
	case <-ctx.Done():
		why = ctx.Err()
	case <-l.rt.Context().Done():
		why = clock.ErrEnded
	}
	select { // rules: outside too; a call that has ended by now is not thrown away
	case <-done:
		return c.value, c.err
	default:
		return c.giveUp(why)
	}
}

// call is one function on its way through a loop.
type call[T any] struct {
	loop  *Loop
	fn    func() T
	taken atomic.Bool // it has begun, or its caller has given up
	value T
	err   error
}

// run calls the function, unless its caller has given up, and keeps how it
// ended.
func (c *call[T]) run() {
	if !c.taken.CompareAndSwap(false, true) {
		return
	}
	returned := false
	defer func() {
		switch p := recover(); {
		case p != nil:
			c.err = newCallbackPanic(c.loop.name, p)
		case !returned:
			_, c.err = c.failed("call into loop %q: %w", c.whyUnwound())
		}
	}()
	c.value = c.fn()
	returned = true
}

// whyUnwound says why the function neither returned nor panicked.
func (c *call[T]) whyUnwound() error {
	if c.loop.rt.Context().Err() != nil {
		return clock.ErrEnded
	}
	return ErrExited
}

// giveUp makes sure that the function does not begin any more.
func (c *call[T]) giveUp(why error) (T, error) {
	if c.taken.CompareAndSwap(false, true) {
		return c.failed("call into loop %q: while it was queued: %w", why)
	}
	return c.failed("call into loop %q: while it ran; its value is dropped: %w", why)
}

func (c *call[T]) failed(format string, why error) (T, error) {
	var none T
	return none, fmt.Errorf(format, c.loop.name, why)
}
