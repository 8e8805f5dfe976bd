package loop

import (
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
	listeners []listener
	listened  int // number of the last listener, for equal orders
}

type listener struct {
	order, seq int
	fn         func()
}

// New makes a loop on the runtime. It does not run yet.
func New(rt clock.Runtime, o Options) *Loop {
	if o.Name == "" {
		o.Name = "loop"
	}
	l := &Loop{rt: rt, name: o.Name, onPanic: o.OnPanic, sig: rt.NewSignal(o.Name)}
	l.inbox = clock.NewInbox[func()](rt, l.sig.Set)
	l.stops = clock.NewInbox[int](rt, l.sig.Set)
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
func (l *Loop) Stop(code int) {
	l.stops.Put(code)
	l.stopping.Store(true)
}

// OnStop adds a listener that Run calls before it returns, in ascending order,
// equal orders as they were added. The result removes it.
func (l *Loop) OnStop(order int, fn func()) (remove func()) {
	l.listened++
	added := listener{order: order, seq: l.listened, fn: fn}
	at, _ := slices.BinarySearchFunc(l.listeners, added, func(a, b listener) int {
		if a.order != b.order {
			return a.order - b.order
		}
		return a.seq - b.seq
	})
	l.listeners = slices.Insert(l.listeners, at, added)
	return func() {
		l.listeners = slices.DeleteFunc(l.listeners, func(x listener) bool { return x.seq == added.seq })
	}
}

// ErrRunning is what Run panics with when the loop already runs.
var ErrRunning = fmt.Errorf("the loop already runs: a callback, or another task, must not run it again")

// Run calls what was posted, and timers, on the calling task until Stop, and
// returns Stop's code. It can be run again; timers that were started stay
// started. Running a loop that runs is a broken program and panics.
func (l *Loop) Run() (code int) {
	if l.running {
		panic(ErrRunning)
	}
	l.running = true
	defer func() { l.running = false }()
	for {
		if code, stopped := l.stopped(); stopped {
			return code
		}
		if l.serve() {
			l.rt.Yield()
			continue
		}
		// Timers that fired meanwhile have set the signal. The error can only be
		// ErrSecondWaiter, which running excludes.
		_ = l.sig.Wait(clock.Forever)
	}
}

// stopped takes all Stops so far and, if there were any, tells the listeners.
func (l *Loop) stopped() (code int, yes bool) {
	if !l.stopping.Swap(false) {
		return 0, false
	}
	code, yes = l.stops.Take()
	for more := yes; more; {
		_, more = l.stops.Take()
	}
	if !yes { // a Stop took the flag from another that was slower to set it
		return 0, false
	}
	for _, x := range slices.Clone(l.listeners) {
		l.protect(x.fn)
	}
	return code, true
}

// serve handles the timers that have fired and the callbacks queued at this
// moment, and reports whether there were callbacks: then there may be more. It
// leaves early for a Stop.
func (l *Loop) serve() (called bool) {
	for !l.stopping.Load() {
		owner, ok := l.sig.Fired()
		if !ok {
			break
		}
		owner.(*Timer).fire()
	}
	n := l.inbox.Ready()
	called = n > 0
	for n > 0 && !l.stopping.Load() {
		n -= l.drain(n)
	}
	return called || l.stopping.Load()
}

// drain calls up to n queued callbacks, under one recover for all of them: it
// returns early after a panic or a Stop.
func (l *Loop) drain(n int) (done int) {
	defer l.recover()
	for done < n && !l.stopping.Load() {
		fn, ok := l.inbox.Take()
		if !ok {
			return n
		}
		done++
		fn()
	}
	return done
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

// StopAfter stops the loop with code after d. It is one-shot: a later Run is
// not stopped again.
func (l *Loop) StopAfter(d time.Duration, code int) {
	l.After(d, func() { l.Stop(code) })
}
