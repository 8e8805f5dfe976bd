package event

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// waiter is a task that waits for the next emit. It is used again.
type waiter[T any] struct {
	sig   clock.Signal
	x     T            // of the one emit that has taken this waiter
	given atomic.Bool  // x is there
	alone []*waiter[T] // itself, where nobody else waits
}

func (e *Event[T]) newWaiter() *waiter[T] {
	if w, ok := e.resting.Take(); ok {
		return w
	}
	w := &waiter[T]{sig: e.loop.Runtime().NewSignal(e.name)}
	w.alone = []*waiter[T]{w}
	return w
}

// rest puts away a waiter that no emit will come to any more, but for a late
// Set of its signal.
func (e *Event[T]) rest(w *waiter[T]) {
	var none T
	w.x = none
	w.given.Store(false)
	e.resting.Put(w)
}

// Wait returns the value of the first emit that is made after the wait began, by
// anybody; or clock.ErrTimeout at the instant until (negative: never), when
// nothing of it stays behind. An emit at that very instant wins; one on another
// goroutine has either served the wait or comes too late. Other errors of
// Signal.Wait are returned wrapped. It is for tasks of the loop's runtime;
// several may wait at once, and each emit serves all of them.
func (e *Event[T]) Wait(until time.Duration) (x T, err error) {
	w := e.newWaiter()
	e.change(func(r *roster[T]) *roster[T] { return r.withWaiter(w) })
	for err == nil && !w.given.Load() {
		err = w.sig.Wait(until)
	}
	if !w.given.Load() {
		return x, e.giveUp(w, err)
	}
	x = w.x
	e.rest(w)
	return x, nil
}

// giveUp removes a waiter whose wait has ended with an error. One that an emit
// has taken meanwhile is left to it, and not used again.
func (e *Event[T]) giveUp(w *waiter[T], err error) error {
	was, now := e.change(func(r *roster[T]) *roster[T] { return r.withoutWaiter(w) })
	if was != now {
		e.rest(w)
	}
	if err == clock.ErrTimeout {
		return err
	}
	return fmt.Errorf("wait for event %q: %w", e.name, err)
}

// give hands the waiter the value of the emit that has taken it.
func (w *waiter[T]) give(x T) {
	w.x = x
	w.given.Store(true)
	w.sig.Set()
}
