package loop

import (
	"sync/atomic"

	"github.com/hubtape/hubtape/clock"
)

// Updater calls one function on the loop's task each time it is triggered from
// anywhere.
type Updater struct {
	loop     *Loop
	fn       func()
	coalesce bool
	pending  atomic.Bool
	call     func() // made once, so that a trigger allocates nothing
}

// NewUpdater makes an updater that calls fn once a Trigger; with coalesce, the
// triggers before the loop gets to it are one call.
func (l *Loop) NewUpdater(fn func(), coalesce bool) *Updater {
	u := &Updater{loop: l, fn: fn, coalesce: coalesce}
	u.call = func() {
		u.pending.Store(false)
		u.fn()
	}
	return u
}

// Trigger asks for a call behind what is queued now. Safe from any goroutine.
func (u *Updater) Trigger() {
	if u.pending.Swap(true) && u.coalesce {
		return
	}
	u.loop.Post(u.call)
}

// Call runs fn on the loop's task and returns its value, or the panic it ended
// with as a *CallbackPanic. It waits: it is for a task other than the loop's.
// Goroutines that are no tasks use CallFrom.
func Call[T any](l *Loop, fn func() T) (T, error) {
	done := l.rt.NewSignal("call to " + l.name)
	result, finish := prepare(l, fn, done.Set)
	l.Post(finish)
	if err := done.Wait(clock.Forever); err != nil {
		var none T
		return none, err
	}
	return result.value, result.err
}

// CallFrom is Call for a goroutine outside, an HTTP handler for one. When ctx
// of the runtime ends first, it returns its error.
func CallFrom[T any](l *Loop, fn func() T) (T, error) {
	done := make(chan struct{})
	result, finish := prepare(l, fn, func() { close(done) })
	l.Post(finish)
	ended := l.rt.Context().Done()
	select { // rules: this goroutine is outside the runtime, so no order is lost
	case <-done:
		return result.value, result.err
	case <-ended:
		var none T
		return none, clock.ErrEnded
	}
}

type callResult[T any] struct {
	value T
	err   error
}

func prepare[T any](l *Loop, fn func() T, done func()) (*callResult[T], func()) {
	r := &callResult[T]{}
	return r, func() {
		defer done()
		defer func() {
			if p := recover(); p != nil {
				r.err = newCallbackPanic(l.name, p)
			}
		}()
		r.value = fn()
	}
}
