package clock

import (
	"fmt"
	"time"
)

// drive runs the world until s is set, its deadline comes, or it cannot go on.
func (v *Virtual) drive(s *vsignal, until time.Duration, lane Lane) error {
	if !v.driving.CompareAndSwap(false, true) {
		return v.misuse()
	}
	v.begin()
	defer v.undrive()
	if v.ended {
		return ErrEnded
	}
	if v.failure != nil {
		return v.failure
	}
	if set, err := s.claim(&v.driver); set || err != nil {
		return err
	}
	if until >= 0 {
		s.deadline.startIn(lane, until)
	}
	err := v.loop()
	if outcome := s.outcome(); err == nil {
		err = outcome
	}
	v.woken.Store(false)
	return err
}

// begin makes the calling goroutine the driver.
func (v *Virtual) begin() {
	v.home = goroutine()
	v.owner.set(v.home)
}

// undrive gives the world back, also when a task's Goexit unwinds the driver.
func (v *Virtual) undrive() {
	v.current = nil
	v.owner.clear()
	v.driving.Store(false)
}

// misuse says what is wrong with a wait while somebody drives.
func (v *Virtual) misuse() error {
	if v.owner.elsewhere() {
		return ErrSecondDriver
	}
	return ErrWaitInCallback
}

// loop runs work until the driver is woken or something fails.
func (v *Virtual) loop() error {
	for {
		w := v.handoff
		v.handoff = work{}
		if w.task == nil && w.fn == nil {
			w = v.pick()
		}
		switch {
		case w.task != nil:
			v.resume(w.task)
		case w.fn != nil:
			v.call(w.fn)
		case v.failure != nil:
			return v.failure
		case v.woken.Load():
			return nil
		case v.closing:
			return nil
		default:
			if err := v.lookOutside(); err != nil {
				return err
			}
		}
	}
}

// Advance drives the world for d and settles the last instant. It is for the
// driver; a task calls Sleep.
func (v *Virtual) Advance(d time.Duration) error { return v.AdvanceTo(v.now + max(d, 0)) }

// AdvanceTo drives the world to the instant at (at once, if that has passed)
// and settles it.
func (v *Virtual) AdvanceTo(at time.Duration) error {
	if v.driving.Load() {
		return ErrSecondDriver
	}
	if err := v.drive(v.settled, max(at, v.now), laneSettled); err != ErrTimeout {
		return err
	}
	return nil
}

// WaitSettled is Wait for the driver, with a deadline that comes after
// everything of its instant, also after what other deadlines cause.
func (v *Virtual) WaitSettled(s Signal, until time.Duration) error {
	if v.driving.Load() {
		return ErrSecondDriver
	}
	return v.drive(s.(*vsignal), until, laneSettled)
}

// Settle runs all that can run at this instant.
func (v *Virtual) Settle() error { return v.AdvanceTo(v.now) }

// Run runs fn as a task and drives the world until it has ended.
func (v *Virtual) Run(name string, fn func()) error {
	done := v.newSignal(name + " has ended")
	v.Go(name, func() {
		defer done.Set()
		fn()
	})
	if err := done.Wait(Forever); err != nil {
		return err
	}
	return v.failure
}

// stalled lists who is parked on what.
func (v *Virtual) stalled() error {
	err := &StalledError{At: v.now}
	for t := v.tasks.first; t != nil; t = t.after {
		if t.on != nil {
			err.Parked = append(err.Parked, Parked{Task: t.name, Signal: t.on.name, Since: t.since})
		}
	}
	return err
}

// Close ends the world; see Runtime. It is for the driver, and idempotent.
func (v *Virtual) Close() error {
	if !v.driving.CompareAndSwap(false, true) {
		return fmt.Errorf("close: %w", ErrSecondDriver)
	}
	v.begin()
	defer v.undrive()
	if v.ended {
		return nil
	}
	v.cancel()
	v.closing = true
	if v.failure == nil {
		_ = v.loop() // what fails here is in v.failure
	}
	v.ended = true
	if err := v.unwindTasks(); err != nil {
		return err
	}
	return v.failure
}

// unwindTasks ends every task that is left, oldest first. Each is stopped on a
// goroutine of its own, since the Goexit of a coroutine goes on in whoever
// resumed it.
func (v *Virtual) unwindTasks() error {
	for t := v.tasks.first; t != nil; t = v.tasks.first {
		v.tasks.remove(t)
		if t.stop == nil {
			continue // it never began
		}
		v.current = t
		v.owner.set(t.home)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			t.stop()
		}()
		guard := time.NewTimer(v.guard)
		select {
		case <-gone:
			guard.Stop()
		case <-guard.C:
			v.current = nil
			return &LeakError{Tasks: []string{t.name}}
		}
		v.owner.set(v.home)
		v.current = nil
	}
	return nil
}
