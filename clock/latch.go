package clock

import (
	"slices"
	"time"
)

// Latch is a flag that any number of tasks can wait for: once set, it lets all
// of them pass until it is cleared. It is for the tasks of its runtime. Make it
// with NewLatch.
type Latch struct {
	rt      Runtime
	name    string
	set     bool
	waiters []Signal // in the order they began to wait
}

// NewLatch makes a latch that is not set; the name is what a stalled run calls
// it.
func NewLatch(rt Runtime, name string) *Latch { return &Latch{rt: rt, name: name} }

// IsSet reports whether the latch is set.
func (l *Latch) IsSet() bool { return l.set }

// Set lets everybody pass who waits now or later, in the order they came.
func (l *Latch) Set() {
	l.set = true
	for _, waiter := range l.waiters { // who removes itself when its turn comes
		waiter.Set()
	}
}

// Clear makes later waits wait again. Who has been let pass stays so.
func (l *Latch) Clear() { l.set = false }

// Wait returns when the latch is set, or with an error of Signal.Wait.
func (l *Latch) Wait(until time.Duration) error { return WaitAny(until, l) }

// WaitAny waits until one of the latches, which are of one runtime, is set; at
// least one must be given. Which it was, IsSet tells.
func WaitAny(until time.Duration, latches ...*Latch) error {
	for _, l := range latches {
		if l.set {
			return nil
		}
	}
	sig := latches[0].rt.NewSignal(latches[0].name)
	for _, l := range latches {
		l.waiters = append(l.waiters, sig)
	}
	err := sig.Wait(until)
	for _, l := range latches {
		l.waiters = slices.DeleteFunc(l.waiters, func(s Signal) bool { return s == sig })
	}
	return err
}
