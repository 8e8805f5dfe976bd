package loop

import (
	"fmt"
	"sync/atomic"
)

// Updater calls one function on the loop's task each time it is triggered from
// anywhere. Make it with NewUpdater.
type Updater struct {
	loop     *Loop
	fn       func() // nil: closed
	coalesce bool
	pending  atomic.Bool
	closed   atomic.Bool
	call     func() // made once, so that a trigger allocates nothing
}

// NewUpdater makes an updater that calls fn once a Trigger; with coalesce, the
// triggers before the loop gets to it are one call. A nil fn is a callback that
// panics when it is triggered.
func (l *Loop) NewUpdater(fn func(), coalesce bool) *Updater {
	if fn == nil {
		fn = func() {
			panic(fmt.Errorf("an updater of loop %q was triggered that has no function: give NewUpdater one", l.name))
		}
	}
	u := &Updater{loop: l, fn: fn, coalesce: coalesce}
	u.call = func() {
		u.pending.Store(false)
		if u.fn != nil {
			u.fn()
		}
	}
	return u
}

// Trigger asks for a call behind what is queued now; one in the call itself is
// for the next turn. On a closed updater it does nothing. Safe from any
// goroutine.
func (u *Updater) Trigger() {
	if u.closed.Load() || u.pending.Swap(true) && u.coalesce {
		return
	}
	u.loop.Post(u.call)
}

// Close ends the updater: from now on the function is not called and may be
// collected. Triggers that the loop has not come to yet are dropped: who closes
// is done with what the function looks after. Closing twice is fine. It is for
// the tasks of the loop's runtime.
func (u *Updater) Close() {
	u.closed.Store(true)
	u.fn = nil
}
