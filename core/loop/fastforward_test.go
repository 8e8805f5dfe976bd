package loop_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// fastForward runs body as a task of a runtime whose time can be pushed.
func fastForward(t *testing.T, body func(f *clock.FastForward)) {
	t.Helper()
	f := clock.NewFastForward(clock.SystemOptions{})
	err := f.Run("test", func() { body(f) })
	if err := errors.Join(err, f.Close()); err != nil {
		t.Error(err)
	}
}

func push(t *testing.T, f *clock.FastForward, d time.Duration) {
	t.Helper()
	if err := f.Push(d); err != nil {
		t.Error(err)
	}
}

func TestSystemTimeIsTheMachines(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		if _, ok := rt.(*clock.System); !ok {
			return
		}
		before, at := time.Now(), rt.Now()
		wall := rt.Wall()
		if after := time.Now(); wall.Before(before.Round(0)) || wall.After(after.Round(0)) || rt.Now() < at {
			t.Errorf("PZ-24 Wall = %v, between %v and %v; Now went from %v to %v", wall, before, after, at, rt.Now())
		}
	})
}

func TestPushAddsUp(t *testing.T) {
	fastForward(t, func(f *clock.FastForward) {
		now, wall := f.Now(), f.Wall()
		push(t, f, 5*time.Hour)
		push(t, f, 150*time.Minute)
		if d := f.Now() - now; d < 7*time.Hour+30*time.Minute || d > 8*time.Hour {
			t.Errorf("PZ-25 Now moved by %v, want 7.5 h", d)
		}
		if d := f.Wall().Sub(wall); d < 7*time.Hour+30*time.Minute || d > 8*time.Hour {
			t.Errorf("PZ-25 Wall moved by %v, want 7.5 h", d)
		}
		if err := f.Push(-1); err == nil || f.Now() < now+7*time.Hour {
			t.Errorf("PZ-26 a push back = %v at %v", err, f.Now())
		}
		// Real time flows on underneath.
		l := loop.New(f, loop.Options{})
		l.StopAfter(time.Millisecond, 4)
		if code := l.Run(); code != 4 {
			t.Errorf("PZ-27 Run = %d", code)
		}
	})
}

// A loop's time is that of the runtime it was made on; the push of another is
// nothing to its timers.
func TestLoopKeepsItsClock(t *testing.T) {
	other := clock.NewFastForward(clock.SystemOptions{})
	fastForward(t, func(f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		if l.Runtime() != clock.Runtime(f) {
			t.Error("PZ-28 PZ-29 Runtime is not what the loop was made on")
		}
		l.After(10*time.Hour, func() { l.Stop(1) })
		push(t, other, 24*time.Hour)
		l.StopAfter(time.Millisecond, 0)
		if code := l.Run(); code != 0 {
			t.Errorf("PZ-28 PZ-29 Run = %d: a timer fired by another runtime's time", code)
		}
		push(t, f, 10*time.Hour)
		if code := l.Run(); code != 1 {
			t.Errorf("PZ-28 Run = %d: a timer did not fire by its own runtime's time", code)
		}
	})
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartMovesNoTime(t *testing.T) {
	fastForward(t, func(f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		now := f.Now()
		for range 1000 {
			every(t, l, 10*time.Hour, func() {}).Stop()
			every(t, l, 10*time.Hour, func() { t.Error("PZ-48 fired without a push") })
		}
		if f.Now()-now > time.Hour {
			t.Errorf("PZ-48 starting timers moved time by %v", f.Now()-now)
		}
		l.StopAfter(time.Millisecond, 0)
		l.Run()
	})
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		every(t, l, 10*time.Second, func() {})
		if every(t, l, 200*time.Millisecond, func() {}); v.Now() != 0 {
			t.Errorf("PZ-48 starting timers moved time to %v", v.Now())
		}
	})
}

// Ten minutes of a timer of one second need no sleep.
func TestFastForwardTenMinutes(t *testing.T) {
	const ticks = 600
	fastForward(t, func(f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		began, n := f.Now(), 0
		var last time.Duration
		every(t, l, time.Second, func() {
			n++
			if last = f.Now() - began; last < time.Duration(n)*time.Second {
				t.Errorf("PZ-49 tick %d at %v", n, last)
			}
			if n == ticks {
				l.Stop(0)
				return
			}
			push(t, f, time.Second)
		})
		push(t, f, time.Second)
		if l.Run(); last < ticks*time.Second {
			t.Errorf("PZ-51 %d ticks by %v", n, last)
		}
	})
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		n := 0
		every(t, l, time.Second, func() {
			if n++; v.Now() != time.Duration(n)*time.Second {
				t.Errorf("PZ-49 tick %d at %v", n, v.Now())
			}
		})
		l.StopAfter(ticks*time.Second, 0)
		if l.Run(); n != ticks {
			t.Errorf("PZ-51 %d ticks in ten minutes", n)
		}
	})
}

// A push over many periods is one call: missed multiples are dropped.
func TestPushOverManyPeriods(t *testing.T) {
	fastForward(t, func(f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		n := 0
		every(t, l, time.Hour, func() { n++ })
		push(t, f, 600*time.Hour)
		if err := l.RunUntil(never, f.Now()+time.Millisecond); n != 1 {
			t.Errorf("PZ-42 %d calls after a push over 600 periods: %v", n, err)
		}
	})
}

func TestStopAfterOnFastForward(t *testing.T) {
	fastForward(t, func(f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		l.StopAfter(time.Hour, 5)
		f.Go("push", func() { push(t, f, time.Hour) })
		if code := l.Run(); code != 5 || f.Now() < time.Hour {
			t.Errorf("PZ-56 Run = %d at %v", code, f.Now())
		}
	})
}
