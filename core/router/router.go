package router

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// Options say how a router behaves. The zero value is usable.
type Options struct {
	Name string       // for errors and logs; "": "router"
	Log  *slog.Logger // warnings about what is lost, debug lines about life; nil: none
}

// Router delivers messages from senders to receivers. Make it with New. Its
// methods are for the tasks of its runtime.
type Router struct {
	rt    clock.Runtime
	name  string
	log   *slog.Logger
	debug bool // so that a pipe costs nothing for lines that nobody reads
	sig   clock.Signal
	queue *clock.Inbox[conduit] // one entry a message, in the order of sending
	made  int                   // pipes so far
	open  int                   // pipes that are not closed

	// What senders look at, on any goroutine.
	state   atomic.Uint32
	updater atomic.Pointer[loop.Updater] // nil: no loop delivers

	loop     *loop.Loop   // the one attached; nil: none
	manual   bool         // RouteUntil has been called: the loop no longer delivers
	routing  int          // how deep routeUntil calls are nested
	routedBy clock.TaskID // whose they are
	idle     *clock.Latch // nobody is in routeUntil
	ended    *clock.Latch // the router was stopped
}

// conduit is a pipe without its type.
type conduit interface {
	deliver() // the oldest message
	drop()    // the oldest message
}

// New makes a router that does not run.
func New(rt clock.Runtime, o Options) *Router {
	if o.Name == "" {
		o.Name = "router"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Router{
		rt: rt, name: o.Name, log: o.Log, debug: o.Log.Enabled(rt.Context(), slog.LevelDebug),
		sig: rt.NewSignal(o.Name), idle: clock.NewLatch(rt, o.Name), ended: clock.NewLatch(rt, o.Name),
	}
	r.queue = clock.NewInbox[conduit](rt, r.wake)
	return r
}

// Runtime is what the router runs on.
func (r *Router) Runtime() clock.Runtime { return r.rt }

// wake tells who delivers that there is something. It is called, on the
// goroutine of a sender, only when the queue had been found empty.
func (r *Router) wake() {
	r.sig.Set()
	if u := r.updater.Load(); u != nil {
		u.Trigger()
	}
}

// Start lets pipes be made. A router is started once: a second Start, also
// after Stop, is an error.
func (r *Router) Start() error {
	if err := r.expect("start", Initial); err != nil {
		return err
	}
	r.state.Store(uint32(Open))
	r.log.Debug("router started", "router", r.name)
	return nil
}

// Stop ends the router, at once. Pipes that are still open, and messages that
// were not delivered, are warned about by count; what is sent from now on is an
// error for its sender. A RouteUntil that is under way returns an error.
func (r *Router) Stop() error {
	if err := r.expect("stop", Open); err != nil {
		return err
	}
	r.state.Store(uint32(Stopped))
	r.detach()
	if r.open > 0 {
		r.log.Warn("router stopped with open pipes", "router", r.name, "pipes", r.open)
	}
	if n := r.discard(); n > 0 {
		r.log.Warn("router stopped with undelivered messages", "router", r.name, "messages", n)
	}
	r.log.Debug("router stopped", "router", r.name)
	r.ended.Set()
	r.sig.Set()
	return nil
}

// discard drops all that is queued and returns how much that was.
func (r *Router) discard() (n int) {
	for {
		c, ok := r.queue.Take()
		if !ok {
			return n
		}
		c.drop()
		n++
	}
}

func (r *Router) stopped() bool { return State(r.state.Load()) == Stopped }

func (r *Router) expect(op string, want State) error {
	if state := State(r.state.Load()); state != want {
		return &StateError{Op: op, Name: r.name, State: state}
	}
	return nil
}

// Returned by AttachTo.
var (
	// ErrAttached: a loop delivers already.
	ErrAttached = errors.New("a loop is attached already")
	// ErrManual: RouteUntil has been called, so no loop may deliver.
	ErrManual = errors.New("RouteUntil delivers its messages")
	// ErrForeign: the loop belongs to another runtime.
	ErrForeign = errors.New("the loop is one of another runtime")
)

// AttachTo lets the loop deliver messages, what is queued now and what comes,
// until the first RouteUntil. Senders may be busy by then. A receiver that
// panics is a callback of the loop that panics: its message counts as
// delivered, and those behind it are kept.
func (r *Router) AttachTo(l *loop.Loop) error {
	var why error
	switch {
	case r.stopped():
		return r.expect("attach", Open)
	case r.loop != nil:
		why = ErrAttached
	case r.manual:
		why = ErrManual
	case l.Runtime() != r.rt:
		why = ErrForeign
	default:
		u := l.NewUpdater(r.drain, true)
		r.loop = l
		r.updater.Store(u)
		u.Trigger() // for what was sent before
		return nil
	}
	return fmt.Errorf("cannot attach %s to a loop: %w", r.name, why)
}

// detach ends the delivery by a loop for good; turns that were asked for are
// dropped.
func (r *Router) detach() {
	if u := r.updater.Swap(nil); u != nil {
		u.Close()
	}
	r.loop = nil
}

// turn is how many messages a turn of the loop delivers at most: under a flood
// what else the loop has to do gets its turn too.
const turn = 1024

// drain delivers, in a turn of the loop, what is queued now, unless a receiver
// ends the delivery by the loop.
func (r *Router) drain() {
	defer r.again()
	for n := min(r.queue.Ready(), turn); n > 0 && r.updater.Load() != nil; n-- {
		r.routeOne()
	}
}

// again asks for another turn if something is left: more came meanwhile, or a
// receiver panicked.
func (r *Router) again() {
	if u := r.updater.Load(); u != nil && r.queue.Ready() > 0 {
		u.Trigger()
	}
}

// routeOne delivers the oldest message, if there is one. After a Stop there is
// none, whatever a sender that was too late may have queued.
func (r *Router) routeOne() bool {
	if r.stopped() {
		return false
	}
	c, ok := r.queue.Take()
	if ok {
		c.deliver()
	}
	return ok
}
