package event

import (
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// Options say how an event behaves. The zero value is usable.
type Options struct {
	// Name is what errors and stalled runs call the event; "": "event".
	Name string
	// OnPanic is called on the handler's loop with each panic of a handler. nil:
	// the loop's own rule holds, see loop.Options. Either way the other handlers
	// are still called, and the one that panicked stays registered.
	OnPanic func(*HandlerPanic)
}

// Event is one kind of thing that happens, with a T to say what. Its methods are
// safe from any goroutine unless they say otherwise. Make it with New.
type Event[T any] struct {
	name    string
	loop    *loop.Loop
	onPanic func(*HandlerPanic)
	roster  atomic.Pointer[roster[T]]

	deliveries *clock.Inbox[*delivery[T]] // done, for the next emits
	resting    *clock.Inbox[*waiter[T]]   // done, for the next waits
}

// New makes an event whose home is the loop: there its handlers are called,
// unless they name another, and there its time passes. The loop need not run
// yet.
func New[T any](l *loop.Loop, o Options) *Event[T] {
	if o.Name == "" {
		o.Name = "event"
	}
	e := &Event[T]{name: o.Name, loop: l, onPanic: o.OnPanic}
	e.deliveries, e.resting = newPool[*delivery[T]](), newPool[*waiter[T]]()
	e.roster.Store(&roster[T]{})
	return e
}

// Name is the event's name.
func (e *Event[T]) Name() string { return e.name }

// Emit gives x to every task that waits now, and has every handler that is
// registered now called with x. It calls nobody itself and does not wait:
// handlers get their turn on their loops, also those that are removed meanwhile.
// A handler that was registered for once is taken by exactly one emit. In steady
// state Emit allocates nothing.
func (e *Event[T]) Emit(x T) {
	r := e.take()
	for _, w := range r.waiters {
		w.give(x)
	}
	for i := range r.groups {
		e.post(&r.groups[i], x)
	}
}

// EmitAfter emits x once, after d (below zero counts as zero), to the handlers
// that are registered then. The timer is one of the event's loop: it fires while
// that loop runs, and can be stopped. For tasks of the loop's runtime.
func (e *Event[T]) EmitAfter(d time.Duration, x T) *loop.Timer {
	return e.loop.After(d, func() { e.Emit(x) })
}

// Handlers is how many handlers are registered. Tasks that wait do not count.
func (e *Event[T]) Handlers() int { return len(e.roster.Load().handlers) }

// take returns the roster of this moment, and leaves what lasts: handlers for
// once and waiters go to whoever took them.
func (e *Event[T]) take() *roster[T] {
	for {
		r := e.roster.Load()
		if r.rest == nil || e.roster.CompareAndSwap(r, r.rest) {
			return r
		}
	}
}

// change replaces the roster by what next makes of it, and returns both. The
// function may be called more than once; it returns its argument where there is
// nothing to change.
func (e *Event[T]) change(next func(*roster[T]) *roster[T]) (was, now *roster[T]) {
	for {
		was = e.roster.Load()
		now = next(was)
		if now == was || e.roster.CompareAndSwap(was, now) {
			return was, now
		}
	}
}
