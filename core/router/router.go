package router

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// Options say how a router behaves. The zero value is usable.
type Options struct {
	Name string       // for errors and logs; "": "router"
	Log  *slog.Logger // warnings about discarded messages and open pipes; nil: none
}

// Router delivers messages from senders to receivers. Make it with New.
type Router struct {
	rt      clock.Runtime
	name    string
	log     *slog.Logger
	sig     clock.Signal
	queue   *clock.Inbox[conduit] // one entry a message, in the order of sending
	state   State
	open    []conduit // pipes that are not closed, in the order they were made
	made    int
	manual  bool // RouteUntil has been called: the loop no longer delivers
	updater *loop.Updater
}

// conduit is a pipe without its type.
type conduit interface {
	deliver()
}

// New makes a router that does not run.
func New(rt clock.Runtime, o Options) *Router {
	if o.Name == "" {
		o.Name = "router"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Router{rt: rt, name: o.Name, log: o.Log, sig: rt.NewSignal(o.Name)}
	r.queue = clock.NewInbox[conduit](rt, r.sig.Set)
	return r
}

// Start lets pipes be made. A router is started once: a second Start, also
// after Stop, is an error.
func (r *Router) Start() error {
	if err := r.expect("start", Initial); err != nil {
		return err
	}
	r.state = Open
	r.log.Debug("router started", "router", r.name)
	return nil
}

// Stop ends the router. Pipes that are still open, and messages that were not
// delivered, are warned about by count.
func (r *Router) Stop() error {
	if err := r.expect("stop", Open); err != nil {
		return err
	}
	r.state = Closed
	if n := len(r.open); n > 0 {
		r.log.Warn("router stopped with open pipes", "router", r.name, "pipes", n)
	}
	if n := r.queue.Ready(); n > 0 {
		r.log.Warn("router stopped with undelivered messages", "router", r.name, "messages", n)
	}
	r.log.Debug("router stopped", "router", r.name)
	return nil
}

func (r *Router) expect(op string, want State) error {
	if r.state != want {
		return &StateError{Op: op, Name: r.name, State: r.state}
	}
	return nil
}

// AttachTo lets the loop deliver messages as they come, until the first
// RouteUntil. It comes before senders on other goroutines begin to send.
func (r *Router) AttachTo(l *loop.Loop) {
	r.updater = l.NewUpdater(func() {
		if !r.manual {
			r.drain()
		}
	}, true)
	r.updater.Trigger() // for what was sent before
}

// drain delivers what is queued now.
func (r *Router) drain() {
	for n := r.queue.Ready(); n > 0; n-- {
		r.routeOne()
	}
}

// routeOne delivers the oldest message, if there is one.
func (r *Router) routeOne() bool {
	c, ok := r.queue.Take()
	if ok {
		c.deliver()
	}
	return ok
}

// RouteUntil delivers messages, on the task (or driver) that calls it, until
// the condition holds. It is true on entry: nothing is delivered. At the
// instant until (negative: never) what is queued is delivered, then it returns
// a *TimeoutError. The condition is asked before each message and must not
// wait. The first call ends delivery by an attached loop for good.
func (r *Router) RouteUntil(condition func() bool, until time.Duration) error {
	if condition() {
		return nil
	}
	if err := r.expect("route", Open); err != nil {
		return err
	}
	r.manual = true
	for {
		if r.routeOne() {
			if condition() {
				return nil
			}
			if until < 0 || r.rt.Now() < until {
				continue
			}
			return r.lastChance(condition)
		}
		if err := r.sig.Wait(until); err == clock.ErrTimeout {
			return r.lastChance(condition)
		} else if err != nil {
			return fmt.Errorf("route until: %w", err)
		}
	}
}

// lastChance delivers the messages that are queued at the deadline, and no
// more: a flood does not postpone it.
func (r *Router) lastChance(condition func() bool) error {
	for n := r.queue.Ready(); n > 0 && r.routeOne(); n-- {
		if condition() {
			return nil
		}
	}
	return &TimeoutError{Router: r.name, At: r.rt.Now()}
}
