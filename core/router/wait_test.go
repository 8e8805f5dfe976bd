package router_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

// waiting is a router with a pipe that sets a latch, and what it was set on.
type waiting struct {
	r    *router.Router
	s    *router.Sender[string]
	done *clock.Latch
	on   clock.TaskID
}

func newWaiting(t *testing.T, rt clock.Runtime) *waiting {
	w := &waiting{r: started(t, rt, router.Options{}), done: clock.NewLatch(rt, "done")}
	var rec *router.Receiver[string]
	w.s, rec = pipe[string](t, w.r)
	rec.OnMessage(func(x string) {
		if x == "done" {
			w.on = rt.Self()
			w.done.Set()
		}
	})
	return w
}

// sendLater sends from a task of its own.
func (w *waiting) sendLater(t *testing.T, rt clock.Runtime, d time.Duration) {
	rt.Go("sender", func() {
		clock.Sleep(rt, d)
		send(t, w.s, "work", "done")
	})
}

func TestWaitForWithoutALoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		wantTimeout(t, "nothing comes", w.r.WaitFor(w.done, rt.Now()+ms))
		w.sendLater(t, rt, ms)
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != rt.Self() {
			t.Errorf("WaitFor = %v; delivered on %d", err, w.on)
		}
		if err := w.r.WaitFor(w.done, 0); err != nil {
			t.Errorf("set already: %v", err)
		}
		// It was no RouteUntil: a loop may take over.
		if err := w.r.AttachTo(loop.New(rt, loop.Options{})); err != nil {
			t.Error(err)
		}
		if err := w.r.Stop(); err != nil {
			t.Fatal(err)
		}
		w.done.Clear()
		wantState(t, "of a stopped router", w.r.WaitFor(w.done, clock.Forever), router.Stopped, "stopped")
	})
}

func TestWaitForBesideALoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		var theirs clock.TaskID
		rt.Go("loop", func() {
			theirs = rt.Self()
			l.Run()
		})
		wantTimeout(t, "nothing comes", w.r.WaitFor(w.done, rt.Now()+ms))
		w.sendLater(t, rt, ms)
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != theirs {
			t.Errorf("WaitFor = %v; delivered on %d, want the loop's %d", err, w.on, theirs)
		}
		l.Stop(0)
	})
}

// The loop stops while others wait for its messages: then they deliver.
func TestWaitForWhenTheLoopStops(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		rt.Go("loop", func() { l.Run() })
		l.StopAfter(ms, 0)
		w.sendLater(t, rt, 5*ms)
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != rt.Self() {
			t.Errorf("WaitFor = %v; delivered on %d", err, w.on)
		}
	})
}

func TestWaitForWhereNoLoopRuns(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		w.sendLater(t, rt, ms)
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != rt.Self() {
			t.Errorf("WaitFor = %v; delivered on %d", err, w.on)
		}
		// The loop goes on delivering afterwards.
		w.done.Clear()
		w.sendLater(t, rt, ms)
		if err := l.RunUntil(w.done.IsSet, clock.Forever); err != nil {
			t.Error(err)
		}
	})
}

// A callback of the loop waits for what its own loop delivers.
func TestWaitForOnTheLoopItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		w.sendLater(t, rt, ms)
		l.Post(func() {
			defer l.Stop(0)
			if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != rt.Self() {
				t.Errorf("WaitFor = %v; delivered on %d", err, w.on)
			}
		})
		l.Run()
	})
}

// Another task routes; when it leaves, who waits takes over.
func TestWaitForBesideARouteUntil(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		var theirs clock.TaskID
		seen := clock.NewLatch(rt, "seen")
		rt.Go("router", func() {
			theirs = rt.Self()
			wantTimeout(t, "route", w.r.RouteUntil(never, rt.Now()+10*ms))
			seen.Set()
		})
		rt.Yield()
		clock.Sleep(rt, ms)
		w.sendLater(t, rt, ms)
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != theirs {
			t.Errorf("WaitFor = %v; delivered on %d, want %d", err, w.on, theirs)
		}
		w.done.Clear()
		rt.Go("sender", func() {
			_ = seen.Wait(clock.Forever)
			send(t, w.s, "done")
		})
		if err := w.r.WaitFor(w.done, clock.Forever); err != nil || w.on != rt.Self() {
			t.Errorf("WaitFor = %v; delivered on %d, want %d", err, w.on, rt.Self())
		}
	})
}

// What is queued comes at once, before others have a turn.
func TestWaitForOnTheLoopItselfDoesNotYield(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		l.Post(func() {
			defer l.Stop(0)
			send(t, w.s, "done")
			other := false
			rt.Go("other", func() { other = true })
			if err := w.r.WaitFor(w.done, clock.Forever); err != nil || other {
				t.Errorf("WaitFor = %v, another task had a turn: %v", err, other)
			}
		})
		l.Run()
	})
}

// The router is stopped while somebody waits beside its loop.
func TestStopEndsAWaitFor(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		l := loop.New(rt, loop.Options{})
		attach(t, w.r, l)
		l.After(ms, func() {
			if err := w.r.Stop(); err != nil {
				t.Error(err)
			}
		})
		rt.Go("loop", func() { l.Run() })
		wantState(t, "wait", w.r.WaitFor(w.done, rt.Now()+time.Minute), router.Stopped, "the router is stopped")
		l.Stop(0)
	})
}

func TestWaitForInACallback(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaiting(t, rt)
		done := rt.NewSignal("done")
		rt.Post(func() {
			if err := w.r.WaitFor(w.done, clock.Forever); !errors.Is(err, clock.ErrWaitInCallback) {
				t.Errorf("WaitFor = %v", err)
			}
			done.Set()
		})
		if err := done.Wait(clock.Forever); err != nil {
			t.Error(err)
		}
	})
}
