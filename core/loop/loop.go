package loop

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Options say how a loop behaves. The zero value is usable.
type Options struct {
	// Name is what errors and stalled runs call the loop; "": "loop".
	Name string
	// OnPanic is called on the loop's task with each panic of a callback; the
	// loop then goes on with the next callback. nil: the panic goes on and
	// fails the run; what was queued behind the callback is kept.
	OnPanic func(*CallbackPanic)
}

// CallbackPanic is a panic of one callback.
type CallbackPanic struct {
	Loop  string
	Value any
	Stack []byte
}

func (e *CallbackPanic) Error() string {
	return fmt.Sprintf("a callback of loop %q panicked: %v", e.Loop, e.Value)
}

func newCallbackPanic(loop string, value any) *CallbackPanic {
	return &CallbackPanic{Loop: loop, Value: value, Stack: debug.Stack()}
}

// Loop runs callbacks on one task. Make it with New.
type Loop struct {
	rt        clock.Runtime
	name      string
	onPanic   func(*CallbackPanic)
	sig       clock.Signal
	inbox     *clock.Inbox[func()]
	stops     *clock.Inbox[int]
	stopping  atomic.Bool // stops is not empty
	running   bool
	runner    atomic.Uint64 // the task that runs it; 0: nobody, or a driver
	idle      *clock.Latch  // nobody runs it
	round     uint64        // counts how often fired timers were looked at
	listeners []listener
	listened  int // number of the last listener, for equal orders
}

type listener struct {
	order, seq int
	fn         func()
}

// New makes a loop on the runtime, to which its time and timers belong for good.
// It does not run yet.
func New(rt clock.Runtime, o Options) *Loop {
	if o.Name == "" {
		o.Name = "loop"
	}
	l := &Loop{rt: rt, name: o.Name, onPanic: o.OnPanic, sig: rt.NewSignal(o.Name)}
	l.idle = clock.NewLatch(rt, o.Name+" to return")
	l.idle.Set()
	l.inbox = clock.NewInbox[func()](rt, l.sig.Set)
	// The flag is set before the loop is woken, else it could look too early.
	l.stops = clock.NewInbox[int](rt, func() {
		l.stopping.Store(true)
		l.sig.Set()
	})
	return l
}

// Runtime is what the loop runs on.
func (l *Loop) Runtime() clock.Runtime { return l.rt }

// Post queues fn to be called after everything that is queued now, also when
// the loop does not run yet. Safe from any goroutine.
func (l *Loop) Post(fn func()) { l.inbox.Put(fn) }

// Stop makes Run return code after the callback that runs now. What is queued
// stays queued for the next Run. A Stop before Run makes that Run return at
// once; of several the first one's code counts. Safe from any goroutine.
func (l *Loop) Stop(code int) { l.stops.Put(code) }

// StopAfter stops the loop with code after d. It is one-shot: a later Run is
// not stopped again.
func (l *Loop) StopAfter(d time.Duration, code int) {
	l.After(d, func() { l.Stop(code) })
}

// OnStop adds a listener that Run calls before it returns, in ascending order,
// equal orders as they were added; any order is fine. The result removes it.
// What listeners add or remove, and a Stop by one, counts from the next stop on. A listener that
// panics is a callback that panics: with OnPanic the later ones are called
// still.
func (l *Loop) OnStop(order int, fn func()) (remove func()) {
	l.listened++
	added := listener{order: order, seq: l.listened, fn: fn}
	at, _ := slices.BinarySearchFunc(l.listeners, added, func(a, b listener) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.seq, b.seq))
	})
	l.listeners = slices.Insert(l.listeners, at, added)
	return func() {
		l.listeners = slices.DeleteFunc(l.listeners, func(x listener) bool { return x.seq == added.seq })
	}
}

// stopped takes all Stops so far and, if there were any, tells the listeners.
func (l *Loop) stopped() (code int, yes bool) {
	if !l.stopping.Load() { // a load costs less than a swap, each turn of the loop
		return 0, false
	}
	l.stopping.Store(false)
	code, yes = l.stops.Take()
	for more := yes; more; {
		_, more = l.stops.Take()
	}
	for _, x := range slices.Clone(l.listeners) {
		l.protect(x.fn)
	}
	return code, yes
}

// Protect calls fn(x) under the loop's panic rule: with OnPanic a panic is
// reported there and Protect returns, else the panic goes on. It is for tasks
// that run the callbacks of others in the loop's name, and allocates nothing.
func Protect[T any](l *Loop, fn func(T), x T) {
	defer l.recover()
	fn(x)
}

// protect calls fn under the loop's panic rule.
func (l *Loop) protect(fn func()) {
	defer l.recover()
	fn()
}

func (l *Loop) recover() {
	if l.onPanic == nil {
		return
	}
	if p := recover(); p != nil {
		l.onPanic(newCallbackPanic(l.name, p))
	}
}
