package loop_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func never() bool { return false }

func TestRunTwiceAtOnce(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		l.Post(func() {
			defer l.Stop(0)
			if value := recovered(func() { l.Run() }); value != loop.ErrRunning {
				t.Errorf("PZ-18 nested Run: recovered %v", value)
			}
			if err := l.RunUntil(never, clock.Forever); !errors.Is(err, loop.ErrRunning) || !strings.Contains(err.Error(), "hall") {
				t.Errorf("PZ-18 nested RunUntil = %v", err)
			}
			if err := l.RunUntil(func() bool { return true }, clock.Forever); err != nil {
				t.Errorf("TF-076 true on entry: %v", err)
			}
		})
		l.Run()
	})
}

func TestRunUntil(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		set := false
		l.Post(func() { set = true })
		if set {
			t.Error("TF-074 set before the loop runs")
		}
		if err := l.RunUntil(func() bool { return set }, clock.Forever); err != nil {
			t.Errorf("TF-074 RunUntil = %v", err)
		}
		sentinel := false
		l.Post(func() { sentinel = true })
		if err := l.RunUntil(func() bool { return true }, 10*time.Second); err != nil || sentinel {
			t.Errorf("TF-076 TF-078 true on entry must call nothing: %v", err)
		}
		if err := l.RunUntil(func() bool { return sentinel }, clock.Forever); err != nil || !sentinel {
			t.Errorf("TF-080 RunUntil = %v, want the sentinel to run", err)
		}
		pings, asked := 0, 0
		for range 5 {
			l.Post(func() { pings++ })
		}
		third := func() bool {
			asked++
			return pings == 3
		}
		if err := l.RunUntil(third, clock.Forever); err != nil || pings != 3 || asked > 5 {
			t.Errorf("TF-077 RunUntil = %v after %d pings, asked %d times", err, pings, asked)
		}
		ticks := 0
		tick := every(t, l, time.Millisecond, func() { ticks++ })
		if err := l.RunUntil(func() bool { return ticks == 3 }, clock.Forever); err != nil || ticks != 3 || pings != 5 {
			t.Errorf("TF-077 RunUntil = %v after %d ticks; %d pings", err, ticks, pings)
		}
		tick.Stop()
		a, b := false, false
		l.After(0, func() { a = true })
		l.After(0, func() { b = true })
		clock.Sleep(rt, 2*time.Millisecond) // both are due before the loop runs
		if err := l.RunUntil(func() bool { return a }, clock.Forever); err != nil || b {
			t.Errorf("TF-077 RunUntil = %v; the timer behind the condition was called: %v", err, b)
		}
	})
}

func TestRunUntilDeadline(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		var timeout *loop.TimeoutError
		until := rt.Now() + 20*time.Millisecond
		if err := l.RunUntil(never, until); !errors.As(err, &timeout) || timeout.At < until || !strings.Contains(err.Error(), "hall") {
			t.Errorf("TF-075 RunUntil = %v", err)
		}
		ticks := 0
		tick := every(t, l, 5*time.Millisecond, func() { ticks++ })
		if err := l.RunUntil(never, rt.Now()+50*time.Millisecond); !errors.As(err, &timeout) || ticks == 0 {
			t.Errorf("TF-078 RunUntil = %v after %d ticks", err, ticks)
		}
		tick.Stop()
		calls := 0
		for range 5 {
			l.Post(func() { calls++ })
		}
		if err := l.RunUntil(never, 0); !errors.As(err, &timeout) || calls != 5 {
			t.Errorf("TF-078 past the deadline %d of 5 queued were called: %v", calls, err)
		}
		for range 5 {
			l.Post(func() { calls++ })
		}
		if err := l.RunUntil(func() bool { return calls == 8 }, 0); err != nil || calls != 8 {
			t.Errorf("TF-078 past the deadline: %v after %d calls", err, calls)
		}
	})
}

// What is due at the very deadline still counts, whoever's it is.
func TestRunUntilDeadlineExactly(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		l.After(100*time.Millisecond, func() { got = append(got, "timer") })
		l.After(100*time.Millisecond+1, func() { got = append(got, "late") })
		v.Go("other", func() {
			clock.Sleep(v, 100*time.Millisecond)
			l.Post(func() { got = append(got, "post") })
		})
		var timeout *loop.TimeoutError
		if err := l.RunUntil(never, 100*time.Millisecond); !errors.As(err, &timeout) || timeout.At != 100*time.Millisecond {
			t.Errorf("TF-075 RunUntil = %v", err)
		}
		wantCalls(t, "TF-075 at the deadline", got, []string{"timer", "post"})
		// A state that another task changes without a callback is seen then too.
		done := false
		v.Go("quiet", func() { done = true })
		if err := l.RunUntil(func() bool { return done }, 100*time.Millisecond); err != nil {
			t.Errorf("TF-074 RunUntil = %v", err)
		}
	})
}

// A flood, each callback posting the next, does not postpone the deadline.
func TestRunUntilUnderAFlood(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		n := 0
		var again func()
		again = func() {
			n++
			l.Post(again)
		}
		l.Post(again)
		every(t, l, 1, func() {})
		var timeout *loop.TimeoutError
		if err := l.RunUntil(never, rt.Now()); !errors.As(err, &timeout) || n != 1 {
			t.Errorf("TF-075 RunUntil = %v after %d calls, want a timeout after one", err, n)
		}
	})
}

func TestRunUntilIsStopped(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		told := 0
		l.OnStop(0, func() { told++ })
		called := false
		l.Post(func() { l.Stop(9) })
		l.Post(func() { called = true })
		var stopped *loop.StoppedError
		err := l.RunUntil(never, clock.Forever)
		if !errors.As(err, &stopped) || stopped.Code != 9 || !strings.Contains(err.Error(), "hall: stopped with code 9") || told != 1 || called {
			t.Errorf("a stop ends RunUntil: %v, %d listeners told, next called %v", err, told, called)
		}
		if err := l.RunUntil(func() bool { return called }, clock.Forever); err != nil {
			t.Errorf("that stop is over: %v", err)
		}
		done := false
		l.Post(func() {
			done = true
			l.Stop(8)
		})
		if err := l.RunUntil(func() bool { return done }, clock.Forever); err != nil || told != 1 {
			t.Errorf("the condition comes before the stop: %v", err)
		}
		if code := l.Run(); code != 8 || told != 2 {
			t.Errorf("the stop is for the next Run: %d", code)
		}
		l.Stop(7)
		if err := l.RunUntil(never, clock.Forever); !errors.As(err, &stopped) || stopped.Code != 7 {
			t.Errorf("PZ-13 a stop before RunUntil ends it: %v", err)
		}
		l.Post(func() { l.Stop(6) })
		if err := l.RunUntil(never, 0); !errors.As(err, &stopped) || stopped.Code != 6 {
			t.Errorf("a stop at the deadline is told rather than the deadline: %v", err)
		}
	})
}

func TestMine(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		if l.Mine() {
			t.Error("nobody runs the loop: Mine must be false")
		}
		l.Post(func() {
			if !l.Mine() {
				t.Error("Mine in a callback must be true")
			}
			asked := clock.NewLatch(rt, "asked")
			rt.Go("other", func() {
				if l.Mine() {
					t.Error("Mine in another task must be false")
				}
				rt.Post(func() {
					if l.Mine() {
						t.Error("Mine in a clock callback must be false")
					}
					asked.Set()
				})
			})
			if err := asked.Wait(clock.Forever); err != nil { // the callback is still the loop's
				t.Error(err)
			}
			outside(rt, 1, func(int) {
				if l.Mine() {
					t.Error("Mine on a goroutine outside must be false")
				}
			})
			inner := loop.New(rt, loop.Options{})
			inner.Post(func() {
				if !l.Mine() || !inner.Mine() {
					t.Error("a task may run a loop in a callback of another: both are its own")
				}
				inner.Stop(0)
			})
			inner.Run()
			l.Stop(0)
		})
		l.Run()
		if l.Mine() {
			t.Error("Mine after Run must be false")
		}
	})
}

// A driver runs a loop: nothing tells it from a goroutine outside.
func TestDriverRunsTheLoop(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	l := loop.New(v, loop.Options{Name: "hall"})
	fired := false
	l.After(time.Second, func() {
		if fired = true; l.Mine() {
			t.Error("Mine in a driver's loop must be false")
		}
		if _, err := loop.Call(l, func() int { return 1 }); !errors.Is(err, loop.ErrDriverCalls) {
			t.Errorf("Call by the driver into its own loop = %v", err)
		}
	})
	if err := l.RunUntil(func() bool { return fired }, clock.Forever); err != nil || v.Now() != time.Second {
		t.Errorf("RunUntil = %v at %v", err, v.Now())
	}
	if err := l.RunUntil(never, clock.Forever); !errors.Is(err, clock.ErrStalled) || !strings.Contains(err.Error(), "hall") {
		t.Errorf("TF-075 RunUntil in a world where nothing is left = %v", err)
	}
	err, _ := recovered(func() { l.Run() }).(error)
	if !errors.Is(err, clock.ErrStalled) {
		t.Errorf("Run in a world where nothing is left: recovered %v", err)
	}
	v.Go("hall", func() { l.Run() })
	if got, err := loop.Call(l, func() int { return 42 }); got != 42 || err != nil {
		t.Errorf("Call by the driver into a task's loop = %d, %v", got, err)
	}
}

// A goroutine that may not wait cannot run a loop, and is told so.
func TestRunOutside(t *testing.T) {
	rt := clock.NewSystem(clock.SystemOptions{})
	l := loop.New(rt, loop.Options{})
	if err := l.RunUntil(never, clock.Forever); !errors.Is(err, clock.ErrNotATask) {
		t.Errorf("RunUntil outside = %v", err)
	}
	if err, _ := recovered(func() { l.Run() }).(error); !errors.Is(err, clock.ErrNotATask) {
		t.Errorf("Run outside: recovered %v", err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
}
