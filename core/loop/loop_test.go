package loop_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestPosts(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var got []string
		note := func(s string) func() { return func() { got = append(got, s) } }
		l.Post(note("A"))
		l.Post(func() {
			note("B")()
			l.Post(func() {
				note("from B")()
				l.Stop(7)
				l.Post(note("after stop"))
			})
		})
		l.Post(note("C"))
		if code := l.Run(); code != 7 {
			t.Errorf("Run = %d, want Stop's code", code)
		}
		if want := []string{"A", "B", "C", "from B"}; !reflect.DeepEqual(got, want) {
			t.Errorf("PZ-01 PZ-02 PZ-05 called %v, want %v", got, want)
		}
		l.Post(func() { l.Stop(0) })
		l.Run()
		if got[len(got)-1] != "after stop" {
			t.Errorf("PZ-09 PZ-14 what was queued at the stop must run next: %v", got)
		}
	})
}

func TestPostFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("producers")
		const producers, each = 4, 250
		var got [producers][]int
		n := 0
		for p := range producers {
			go func() {
				for i := range each {
					l.Post(func() {
						got[p] = append(got[p], i)
						if n++; n == producers*each {
							l.Stop(0)
						}
					})
				}
			}()
		}
		l.Run()
		source.Close()
		for p := range got {
			for i, x := range got[p] {
				if i != x {
					t.Fatalf("PZ-03 PZ-04 producer %d: %v", p, got[p])
				}
			}
		}
	})
}

func TestStopBeforeRun(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		l.Stop(3)
		l.Stop(4)
		if code := l.Run(); code != 3 {
			t.Errorf("PZ-13 a stop is sticky and the first code counts: %d", code)
		}
	})
}

func TestPanicLosesNothingElse(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var panics []*loop.CallbackPanic
		l := loop.New(rt, loop.Options{Name: "hall", OnPanic: func(p *loop.CallbackPanic) { panics = append(panics, p) }})
		var got []string
		ticks := 0
		if _, err := l.Every(time.Millisecond, func() {
			if ticks++; ticks == 2 {
				panic("timer")
			}
			if ticks == 4 {
				l.Stop(0)
			}
		}); err != nil {
			t.Fatal(err)
		}
		l.Post(func() { got = append(got, "before") })
		l.Post(func() { panic("boom") })
		l.Post(func() { got = append(got, "after") })
		l.Run()
		if want := []string{"before", "after"}; !reflect.DeepEqual(got, want) {
			t.Errorf("PZ-16 called %v, want %v", got, want)
		}
		if len(panics) != 2 || panics[0].Value != "boom" || panics[1].Value != "timer" ||
			!strings.Contains(panics[0].Error(), `"hall"`) || len(panics[0].Stack) == 0 {
			t.Errorf("PZ-16 PZ-52 reported %v", panics)
		}
		if ticks != 4 {
			t.Errorf("PZ-52 the timer stopped at tick %d", ticks)
		}
	})
}

func TestStopListeners(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var got []string
		var removeSelf func()
		l.OnStop(2, func() { got = append(got, "late") })
		removeSelf = l.OnStop(1, func() {
			got = append(got, "once")
			removeSelf()
		})
		l.OnStop(1, func() { got = append(got, "second") })
		for range 2 {
			l.Stop(0)
			l.Run()
		}
		want := []string{"once", "second", "late", "second", "late"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("PZ-60 PZ-64 called %v, want %v", got, want)
		}
	})
}

func TestUpdater(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, c := range []struct {
			coalesce bool
			want     int
		}{{false, 5}, {true, 1}} {
			l := loop.New(rt, loop.Options{})
			calls := 0
			u := l.NewUpdater(func() { calls++ }, c.coalesce)
			for range 5 {
				u.Trigger()
			}
			l.Post(func() { l.Stop(0) })
			l.Run()
			if calls != c.want {
				t.Errorf("PZ-20 five triggers, coalesce %v: %d calls, want %d", c.coalesce, calls, c.want)
			}
		}
	})
}

func TestCall(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		source := rt.OpenSource("handler")
		rt.Go("caller", func() {
			if got, err := loop.Call(l, func() int { return 42 }); got != 42 || err != nil {
				t.Errorf("Call = %d, %v", got, err)
			}
			if _, err := loop.Call(l, func() int { panic("boom") }); err == nil || !strings.Contains(err.Error(), "boom") {
				t.Errorf("Call of a panic = %v", err)
			}
			go func() { // an HTTP handler
				defer source.Close()
				got, err := loop.CallFrom(l, func() string { return "hi" })
				if got != "hi" || err != nil {
					t.Errorf("CallFrom = %q, %v", got, err)
				}
				l.Stop(0)
			}()
		})
		l.Run()
	})
}

func TestRunTwiceAtOncePanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var value any
		l.Post(func() {
			defer l.Stop(0)
			defer func() { value = recover() }()
			l.Run()
		})
		l.Run()
		if value != loop.ErrRunning {
			t.Errorf("PZ-18 nested Run: recovered %v", value)
		}
	})
}

func ExampleLoop() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	world.Go("hall", func() {
		if _, err := l.Every(20*time.Minute, func() { fmt.Println("still on at", world.Now()) }); err != nil {
			panic(err)
		}
		l.StopAfter(time.Hour, 0)
		fmt.Println("stopped with", l.Run())
	})
	if err := world.Advance(2 * time.Hour); err != nil {
		fmt.Println(err)
	}
	// Output:
	// still on at 20m0s
	// still on at 40m0s
	// still on at 1h0m0s
	// stopped with 0
}

// A loop that always has more to do is endless work at one instant, and says
// so, instead of hanging the world.
func TestEndlessPostsMeetTheStepLimit(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: 1000})
	defer v.Close()
	l := loop.New(v, loop.Options{Name: "hall"})
	var again func()
	again = func() { l.Post(again) }
	l.Post(again)
	v.Go("hall", func() { l.Run() })
	var limit *clock.StepLimitError
	if err := v.Advance(time.Second); !errors.As(err, &limit) || !strings.Contains(err.Error(), "task hall") {
		t.Errorf("Advance = %v, want a StepLimitError that names the task", err)
	}
}
