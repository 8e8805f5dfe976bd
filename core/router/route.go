package router

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// RouteUntil delivers messages, on the task (or driver) that calls it, until
// the condition holds. It is true on entry: nothing is delivered. The deadline
// is the absolute instant until, one for the whole call (negative: none): there,
// what is queued is delivered, then it returns a *TimeoutError, and so it does
// at once when the instant has passed. The condition is asked before each
// message, also a discarded one, and must not wait; what it or a receiver panics
// with goes through, and the messages behind are kept. The first call that
// routes ends delivery by an attached loop for good. It may be called again, and
// by a receiver. On a router that is not started, or is stopped meanwhile, it
// returns a *StateError; errors of Signal.Wait are returned wrapped.
func (r *Router) RouteUntil(condition func() bool, until time.Duration) error {
	if condition() {
		return nil
	}
	if err := r.expect("route", Open); err != nil {
		return err
	}
	r.manual = true
	r.detach()
	return r.routeUntil(condition, until)
}

// routeUntil is RouteUntil of a condition that does not hold, whoever else
// delivers.
func (r *Router) routeUntil(condition func() bool, until time.Duration) error {
	defer r.leave(r.enter())
	for {
		if until >= 0 && r.rt.Now() >= until {
			return r.lastChance(condition, until)
		}
		if !r.routeOne() {
			if err := r.sig.Wait(until); err != nil && err != clock.ErrTimeout {
				return fmt.Errorf("%s: route: %w", r.name, err)
			}
		}
		if condition() {
			return nil
		}
		if err := r.expect("route", Open); err != nil {
			return err
		}
	}
}

// lastChance delivers the messages that are queued at the deadline, and those
// that others, not the receivers, still send at that very instant: so a flood
// does not postpone it.
func (r *Router) lastChance(condition func() bool, until time.Duration) error {
	for {
		for n := r.queue.Ready(); n > 0 && r.routeOne(); n-- {
			if condition() {
				return nil
			}
		}
		if err := r.expect("route", Open); err != nil {
			return err
		}
		if r.queue.Ready() > 0 || r.rt.Now() > until {
			break
		}
		if err := r.sig.Wait(until); err == clock.ErrTimeout {
			break
		} else if err != nil {
			return fmt.Errorf("%s: route: %w", r.name, err)
		}
	}
	if condition() {
		return nil
	}
	return &TimeoutError{Router: r.name, At: r.rt.Now()}
}

// enter and leave keep who routes, for WaitFor of others.
func (r *Router) enter() (outer clock.TaskID) {
	outer = r.routedBy
	r.routing++
	r.routedBy = r.rt.Self()
	r.idle.Clear()
	return outer
}

func (r *Router) leave(outer clock.TaskID) {
	r.routing--
	r.routedBy = outer
	if r.routing == 0 {
		r.idle.Set()
	}
}

// routedElsewhere reports whether another task is in routeUntil.
func (r *Router) routedElsewhere() bool { return r.routing > 0 && r.routedBy != r.rt.Self() }

// WaitFor waits until the latch, which a receiver sets, is set, or with an error
// as RouteUntil does; a latch that is set already is no wait. It can be called
// by every task: while another one routes, or runs the attached loop, it leaves
// the messages to that; otherwise, and on the loop's own task, it delivers them
// itself. It does not end the delivery by an attached loop. A callback of that
// loop that waits for a task that waits here waits for ever: a Virtual world says
// that it has stalled.
func (r *Router) WaitFor(l *clock.Latch, until time.Duration) error {
	if err := r.letLoopBegin(l); err != nil {
		return err
	}
	for !l.IsSet() {
		if err := r.expect("wait for a message of", Open); err != nil {
			return err
		}
		var err error
		switch {
		case r.routedElsewhere():
			err = r.sleep(until, l, r.ended, r.idle)
		case r.loopElsewhere():
			err = r.sleep(until, l, r.ended, r.loop.Idle())
		default:
			err = r.routeUntil(func() bool { return l.IsSet() || r.loopElsewhere() }, until)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// letLoopBegin gives the task that is about to run the attached loop the turn in
// which it does: a wait with a deadline of now ends behind all that is ready.
func (r *Router) letLoopBegin(l *clock.Latch) error {
	if l.IsSet() || r.loop == nil || !r.loop.Idle().IsSet() {
		return nil
	}
	err := clock.WaitAny(r.rt.Now(), l, r.ended)
	if err != nil && err != clock.ErrTimeout {
		return fmt.Errorf("%s: wait: %w", r.name, err)
	}
	return nil
}

// loopElsewhere reports whether somebody else runs the attached loop.
func (r *Router) loopElsewhere() bool {
	return r.loop != nil && !r.loop.Idle().IsSet() && r.loop.Runner() != r.rt.Self()
}

// sleep waits for one of the latches; a deadline is a *TimeoutError.
func (r *Router) sleep(until time.Duration, latches ...*clock.Latch) error {
	err := clock.WaitAny(until, latches...)
	switch {
	case err == clock.ErrTimeout:
		return &TimeoutError{Router: r.name, At: r.rt.Now()}
	case err != nil:
		return fmt.Errorf("%s: wait: %w", r.name, err)
	}
	return nil
}
