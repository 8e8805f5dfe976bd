package background

import (
	"slices"

	"github.com/hubtape/hubtape/clock"
)

// listeners are functions that are called in the order they were added.
type listeners[T any] []*listener[T]

type listener[T any] struct {
	fn      func(T)
	removed bool
}

// add may be called by a listener, and so may its result, which removes it.
func (l *listeners[T]) add(fn func(T)) (remove func()) {
	added := &listener[T]{fn: fn}
	*l = append(*l, added)
	return func() {
		added.removed = true
		// A copy, since these may be being called.
		*l = slices.DeleteFunc(slices.Clone(*l), func(x *listener[T]) bool { return x == added })
	}
}

// call calls all; when one panics, those behind it before the panic goes on.
func (l listeners[T]) call(rt clock.Runtime, x T) {
	next := 0
	defer func() {
		// A task that the end of its runtime unwinds also comes here.
		if next < len(l) && rt.Context().Err() == nil {
			l[next:].call(rt, x)
		}
	}()
	for next < len(l) {
		listener := l[next]
		next++
		if !listener.removed {
			listener.fn(x)
		}
	}
}
