package loop

import (
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Timer calls back on its loop's task, repeatedly or once. Make it with
// NewTimer, Every or After.
type Timer struct {
	loop    *Loop
	timer   clock.Timer
	fn      func(*Timer)
	due     time.Duration
	period  time.Duration // 0: once
	running bool
	round   uint64 // of the loop, in which it was made or called last
}

// NewTimer makes a timer that does not run.
func (l *Loop) NewTimer(fn func(*Timer)) *Timer {
	t := &Timer{loop: l, fn: fn, round: l.round}
	t.timer = l.rt.NewTimer(l.sig, t)
	return t
}

// Every calls fn each period, first after one period, until the timer is
// stopped. The period must be above zero.
func (l *Loop) Every(period time.Duration, fn func()) (*Timer, error) {
	t := l.NewTimer(func(*Timer) { fn() })
	return t, t.Start(period)
}

// After calls fn once, after d (below zero counts as zero), unless the timer is
// stopped before.
func (l *Loop) After(d time.Duration, fn func()) *Timer {
	t := l.NewTimer(func(*Timer) { fn() })
	t.StartOnce(d)
	return t
}

// Start lets the timer repeat: it is due at exact multiples of the period from
// now, whatever its callbacks take; multiples that were missed are dropped. On
// a running timer it begins again with the full new period. Timers that are
// due at one instant fire in the order they were started.
func (t *Timer) Start(period time.Duration) error {
	if period <= 0 {
		return fmt.Errorf("start a timer with the period %v: it must be above zero", period)
	}
	t.period, t.running = period, true
	t.due = clock.In(t.loop.rt, period)
	t.timer.Start(t.due)
	return nil
}

// StartOnce lets the timer fire once, after d. On a running timer it begins
// again.
func (t *Timer) StartOnce(d time.Duration) {
	t.period, t.running = 0, true
	t.due = clock.In(t.loop.rt, d)
	t.timer.Start(t.due)
}

// Stop ends the timer, also when it is due in this very pass.
func (t *Timer) Stop() {
	t.running = false
	t.timer.Stop()
}

// Running reports whether the timer will fire.
func (t *Timer) Running() bool { return t.running }

// fire arms the next multiple, so that a callback may stop the timer or panic,
// then calls back.
func (t *Timer) fire() {
	if t.period > 0 {
		late := t.loop.rt.Now() - t.due
		t.due += late - late%t.period // the multiple that is due now
		t.due += min(t.period, math.MaxInt64-t.due)
		t.timer.Again(t.due)
	} else {
		t.running = false
	}
	defer t.loop.recover()
	t.fn(t)
}
