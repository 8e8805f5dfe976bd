package drivers

import (
	"context"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Line is what the steps of a driver are given of everything else. Get and Sleep
// are for the step, on the goroutine that it was called on. The rest is safe from
// any goroutine, so a driver whose library calls back on goroutines of its own
// can send there; in a simulation that makes the run not deterministic.
type Line[M any] struct{ t *Thread[M] }

// Send hands a message over to the loop and does not wait for it. What is sent
// arrives in order, each message while the step may still go on.
func (l *Line[M]) Send(m M) {
	t := l.t
	t.loop.Post(func() { t.o.Deliver(m) })
}

// Get takes the oldest message, waiting for one for as long as wait says: 0 is
// not at all, clock.Forever until there is one. The error is ErrEmpty,
// ErrNotRunning when the thread is to stop, or ErrNoQueue.
func (l *Line[M]) Get(wait time.Duration) (m M, err error) {
	if l.t.queue == nil {
		return m, ErrNoQueue
	}
	l.t.rt.Rejoin(func() { m, err = l.t.queue.Get(wait) })
	return m, err
}

// Sleep lets d pass, below zero counting as zero, unless the thread is to stop. It
// reports whether the thread still is to run. No pats are sent in it.
func (l *Line[M]) Sleep(d time.Duration) (running bool) {
	l.t.rt.Rejoin(func() { running = l.t.waitUntil(clock.In(l.t.rt, d)) })
	return running
}

// Stopping reports whether the thread is to stop. A step that takes its time asks
// now and then.
func (l *Line[M]) Stopping() bool { return l.t.ctx.Err() != nil }

// Context is done when the thread is to stop, and when the runtime ends. It is for
// calls that block.
func (l *Line[M]) Context() context.Context { return l.t.ctx }
