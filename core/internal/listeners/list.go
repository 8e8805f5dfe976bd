// Package listeners holds functions that are called in the order they were
// added: what routers and background jobs tell of themselves.
package listeners

import (
	"slices"

	"github.com/hubtape/hubtape/clock"
)

// List holds listeners. The zero value is empty. It is for the tasks of one
// runtime.
type List[T any] []*listener[T]

type listener[T any] struct {
	fn      func(T)
	removed bool
}

// Add may be called by a listener, and so may its result, which removes it, also
// while others are being called.
func (l *List[T]) Add(fn func(T)) (remove func()) {
	added := &listener[T]{fn: fn}
	*l = append(*l, added)
	return func() {
		added.removed = true
		// A copy, since these may be being called.
		*l = slices.DeleteFunc(slices.Clone(*l), func(x *listener[T]) bool { return x == added })
	}
}

// Call calls all; when one panics, those behind it before the panic goes on.
func (l List[T]) Call(rt clock.Runtime, x T) {
	next := 0
	defer func() {
		// A task that the end of its runtime unwinds also comes here.
		if next < len(l) && rt.Context().Err() == nil {
			l[next:].Call(rt, x)
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
