package loop_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// virtual runs a body as a task of a virtual world, where instants are exact.
func virtual(t *testing.T, body func(v *clock.Virtual, l *loop.Loop)) {
	t.Helper()
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	if err := v.Run("test", func() { body(v, loop.New(v, loop.Options{})) }); err != nil {
		t.Fatal(err)
	}
}

func every(t *testing.T, l *loop.Loop, period time.Duration, fn func()) *loop.Timer {
	t.Helper()
	timer, err := l.Every(period, fn)
	if err != nil {
		t.Fatal(err)
	}
	return timer
}

func TestTimerExactMultiples(t *testing.T) {
	virtual(t, func(v *clock.Virtual, l *loop.Loop) {
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

func TestTimerMissedTicksAreDropped(t *testing.T) {
	virtual(t, func(v *clock.Virtual, l *loop.Loop) {
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
	virtual(t, func(v *clock.Virtual, l *loop.Loop) {
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
	virtual(t, func(v *clock.Virtual, l *loop.Loop) {
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
		if err := timer.Start(0); err == nil {
			t.Error("PZ-44 a period of zero must be refused")
		}
	})
}

func TestStopAfterIsOneShot(t *testing.T) {
	virtual(t, func(v *clock.Virtual, l *loop.Loop) {
		l.StopAfter(time.Second, 5)
		if code := l.Run(); code != 5 || v.Now() != time.Second {
			t.Errorf("PZ-55 Run = %d at %v", code, v.Now())
		}
		l.StopAfter(time.Hour, 6)
		if code := l.Run(); code != 6 || v.Now() != time.Hour+time.Second {
			t.Errorf("PZ-57 second Run = %d at %v", code, v.Now())
		}
	})
}

func BenchmarkPost(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
	defer v.Close()
	b.ReportAllocs()
	err := v.Run("bench", func() {
		l := loop.New(v, loop.Options{})
		n := 0
		var fn func()
		fn = func() {
			if n++; n >= b.N {
				l.Stop(0)
				return
			}
			l.Post(fn)
		}
		l.Post(fn)
		l.Run()
	})
	if err != nil {
		b.Fatal(err)
	}
}

// 1,000 periodic timers of one loop; one operation is one firing.
func BenchmarkTimers(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	l := loop.New(v, loop.Options{})
	n := 0
	for i := range 1000 {
		if _, err := l.Every(time.Second+time.Duration(i)*time.Microsecond, func() {
			if n++; n == b.N {
				l.Stop(0)
			}
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := v.Run("loop", func() { l.Run() }); err != nil {
		b.Fatal(err)
	}
}
