package loop_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func every(t *testing.T, l *loop.Loop, period time.Duration, fn func()) *loop.Timer {
	t.Helper()
	timer, err := l.Every(period, fn)
	if err != nil {
		t.Fatal(err)
	}
	return timer
}

func TestTimerExactMultiples(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var fired []time.Duration
		every(t, l, 200*time.Millisecond, func() { fired = append(fired, v.Now()) })
		l.StopAfter(time.Second, 0)
		l.Run()
		// The stop at 1 s was scheduled under a later number, so the fifth tick
		// comes first.
		want := []time.Duration{2e8, 4e8, 6e8, 8e8, 10e8}
		if !reflect.DeepEqual(fired, want) {
			t.Errorf("PZ-31 PZ-49 fired at %v", fired)
		}
	})
}

func TestTimerPassesItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		counts := [2]int{}
		running := 2
		for i := range counts {
			timer := l.NewTimer(func(me *loop.Timer) {
				if counts[i]++; counts[i] < 3+i {
					return
				}
				if me.Stop(); me.Running() {
					t.Error("PZ-32 a timer that was stopped runs")
				}
				if running--; running == 0 {
					l.StopAfter(10*time.Millisecond, 0)
				}
			})
			if err := timer.Start(time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if l.Run(); counts != [2]int{3, 4} {
			t.Errorf("PZ-31 PZ-32 two timers stop themselves after 3 and 4 calls: %v", counts)
		}
	})
}

func TestTimerCallbackTakesTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		want  []time.Duration
	}{
		{"PZ-40 no drift", 30e6, []time.Duration{1e8, 2e8, 3e8, 4e8}},
		{"PZ-41 longer than the period", 250e6, []time.Duration{1e8, 3.5e8, 6e8, 8.5e8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				l := loop.New(v, loop.Options{})
				var fired []time.Duration
				inside := false
				every(t, l, 100*time.Millisecond, func() {
					if inside {
						t.Error("PZ-41 two calls at once")
					}
					inside = true
					if fired = append(fired, v.Now()); len(fired) == len(c.want) {
						l.Stop(0)
					}
					clock.Sleep(v, c.takes)
					inside = false
				})
				l.Run()
				wantCalls(t, c.name, fired, c.want)
			})
		})
	}
}

func TestTimerStoppedBeforeItIsDue(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		timer := every(t, l, time.Second, func() { t.Error("PZ-35 a stopped timer fired") })
		clock.Sleep(v, 500*time.Millisecond)
		timer.Stop()
		timer.Stop()
		if timer.Running() {
			t.Error("PZ-35 a stopped timer runs")
		}
		l.StopAfter(time.Minute, 0)
		l.Run()
	})
}

// A timer that is stopped and started has one entry, and one call.
func TestTimerStoppedAndStarted(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		calls := 0
		timer := every(t, l, time.Second, func() { calls++ })
		for range 3 {
			timer.Stop()
			if err := timer.Start(time.Second); err != nil {
				t.Fatal(err)
			}
		}
		l.StopAfter(3*time.Second+1, 0)
		if l.Run(); calls != 3 {
			t.Errorf("PZ-37 %d calls in 3 s, want 3", calls)
		}
	})
}

// Whichever task of the runtime has its turn may handle timers.
func TestTimerFromAnotherTask(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		me := rt.Self()
		rt.Go("other", func() {
			stopped := every(t, l, time.Millisecond, func() { t.Error("PZ-54 a stopped timer fired") })
			stopped.Stop()
			l.After(time.Millisecond, func() {
				if rt.Self() != me {
					t.Errorf("PZ-54 called on task %d, the loop runs on %d", rt.Self(), me)
				}
				l.Stop(0)
			})
		})
		l.Run()
	})
}

// Timers go on while the loop does not run; what is due then is called once.
func TestTimersCarryOver(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var fired []time.Duration
		every(t, l, time.Second, func() { fired = append(fired, v.Now()) })
		l.StopAfter(1500*time.Millisecond, 0)
		l.Run()
		clock.Sleep(v, 3*time.Second)
		l.StopAfter(time.Second, 0)
		l.Run()
		wantCalls(t, "PZ-14 PZ-53", fired, []time.Duration{1e9, 4.5e9, 5e9})
	})
}

func TestTimerMissedTicksAreDropped(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var fired []time.Duration
		every(t, l, 100*time.Millisecond, func() {
			fired = append(fired, v.Now())
			if len(fired) == 2 {
				clock.Sleep(v, 550*time.Millisecond)
			}
			if len(fired) == 5 {
				l.Stop(0)
			}
		})
		l.Run()
		// One call at once for the ticks missed in the stall, then the multiples.
		want := []time.Duration{1e8, 2e8, 7.5e8, 8e8, 9e8}
		if !reflect.DeepEqual(fired, want) {
			t.Errorf("PZ-41 PZ-42 fired at %v, want %v", fired, want)
		}
	})
}

func TestTimerOrderAtOneInstant(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		note := func(s string) func() { return func() { got = append(got, fmt.Sprint(s, "@", v.Now().Seconds())) } }
		a := every(t, l, 2*time.Second, note("a"))
		every(t, l, time.Second, note("b"))
		l.After(4*time.Second, func() { a.Stop() })
		l.StopAfter(6*time.Second, 0)
		l.Run()
		want := []string{"b@1", "a@2", "b@2", "b@3", "a@4", "b@4", "b@5", "b@6"}
		if !slices.Equal(got, want) {
			t.Errorf("PZ-39 got %v, want %v", got, want)
		}
	})
}

func TestTimerStoppedByAnotherInTheSamePass(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		b := l.NewTimer(func(*loop.Timer) { t.Error("PZ-36 a stopped timer fired") })
		l.After(0, func() { b.Stop() })
		b.StartOnce(0)
		clock.Sleep(rt, 2*time.Millisecond) // both are due before the loop runs
		l.After(5*time.Millisecond, func() { l.Stop(0) })
		l.Run()
	})
}

func TestTimerRestart(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var fired []time.Duration
		timer := l.NewTimer(func(*loop.Timer) {
			fired = append(fired, v.Now())
			l.Stop(0)
		})
		if err := timer.Start(time.Second); err != nil {
			t.Fatal(err)
		}
		clock.Sleep(v, 300*time.Millisecond)
		if err := timer.Start(time.Second); err != nil {
			t.Fatal(err)
		}
		timer.Stop()
		if err := timer.Start(time.Second); err != nil || !timer.Running() {
			t.Fatal(err, timer.Running())
		}
		l.Run()
		if !slices.Equal(fired, []time.Duration{1300 * time.Millisecond}) {
			t.Errorf("PZ-37 PZ-38 a restart waits the full period: fired at %v", fired)
		}
		for _, period := range []time.Duration{0, -time.Second} {
			if err := timer.Start(period); err == nil || !strings.Contains(err.Error(), period.String()) || !timer.Running() {
				t.Errorf("PZ-44 a period of %v must be refused, and change nothing: %v", period, err)
			}
		}
	})
}
