package loop_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// outside calls fn on n goroutines that are no tasks, and waits for them off
// the runtime's token.
func outside(rt clock.Runtime, n int, fn func(i int)) {
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() { fn(i) })
	}
	rt.Blocking(done.Wait)
}

func wantCalls(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: called %v, want %v", what, got, want)
	}
}

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
		wantCalls(t, "PZ-01 PZ-02 PZ-05", got, []string{"A", "B", "C", "from B"})
		l.Post(func() { l.Stop(0) })
		l.Post(note("behind the stop"))
		l.Run()
		if got[len(got)-1] != "after stop" {
			t.Errorf("PZ-14 what was queued at the stop must run next: %v", got)
		}
	})
}

func TestPostFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("producers")
		const producers, each = 4, 250
		var got [producers][]int
		n, me := 0, rt.Self()
		for p := range producers {
			go func() {
				for i := range each {
					l.Post(func() {
						if rt.Self() != me {
							t.Errorf("PZ-03 called on task %d, the loop runs on %d", rt.Self(), me)
						}
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
					t.Fatalf("PZ-04 producer %d: %v", p, got[p])
				}
			}
		}
	})
}

// An idle loop is woken by a post and by a stop, time and again.
func TestIdleLoopIsWokenFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("outside")
		defer source.Close()
		for i := range 200 {
			called := make(chan struct{})
			go func() {
				l.Post(func() { close(called) })
				<-called // the loop has nothing to do now
				l.Stop(i)
			}()
			if code := l.Run(); code != i {
				t.Fatalf("PZ-03 PZ-10 Run = %d, want %d", code, i)
			}
		}
	})
}

func TestIdleLoopDoesNotPoll(t *testing.T) {
	turns := 0
	v := clock.NewVirtual(clock.VirtualOptions{Trace: func(time.Duration, string) { turns++ }})
	defer v.Close()
	l := loop.New(v, loop.Options{})
	v.Go("hall", func() { l.Run() })
	if err := v.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	if turns != 1 || v.Scheduled() != 0 {
		t.Errorf("PZ-06 PZ-47 an idle loop took %d turns in an hour, and scheduled %d", turns, v.Scheduled())
	}
	u := l.NewUpdater(func() {}, false)
	u.Close()
	if u.Trigger(); v.Settle() != nil || turns != 1 {
		t.Errorf("TF-067 a closed updater made the loop take %d turns", turns-1)
	}
	for range 5 {
		every(t, l, 5*time.Second, func() {})
	}
	if err := v.Advance(4 * time.Second); err != nil {
		t.Fatal(err)
	}
	if turns != 1 || v.Scheduled() != 5 {
		t.Errorf("PZ-45 PZ-46 five timers that are not due took %d turns, and scheduled %d", turns-1, v.Scheduled())
	}
}

func TestStopBeforeRun(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		l.Stop(3)
		l.Stop(4)
		if code := l.Run(); code != 3 {
			t.Errorf("PZ-13 a stop is sticky and the first code counts: %d", code)
		}
		called := 0
		l.Post(func() { called++ })
		l.Post(func() { l.Stop(6) })
		outside(rt, 1, func(int) { l.Stop(5) })
		if code := l.Run(); code != 5 || called != 0 {
			t.Errorf("PZ-09 Run = %d after %d calls: what is queued at a stop from outside must stay queued", code, called)
		}
		if code := l.Run(); code != 6 || called != 1 {
			t.Errorf("PZ-09 PZ-14 second Run = %d after %d calls", code, called)
		}
	})
}

func TestPanicLosesNothingElse(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var panics []*loop.CallbackPanic
		l := loop.New(rt, loop.Options{Name: "hall", OnPanic: func(p *loop.CallbackPanic) { panics = append(panics, p) }})
		var got []string
		ticks := 0
		every(t, l, time.Millisecond, func() {
			if ticks++; ticks == 2 {
				panic("timer")
			}
			if ticks == 4 {
				l.Stop(0)
			}
		})
		l.Post(func() { got = append(got, "before") })
		l.Post(func() { panic("boom") })
		l.Post(func() { got = append(got, "after") })
		l.Run()
		wantCalls(t, "PZ-16", got, []string{"before", "after"})
		if len(panics) != 2 || panics[0].Value != "boom" || panics[1].Value != "timer" ||
			!strings.Contains(panics[0].Error(), `"hall"`) || !strings.Contains(string(panics[0].Stack), "TestPanicLosesNothingElse") {
			t.Errorf("PZ-16 PZ-52 reported %v", panics)
		}
		if ticks != 4 {
			t.Errorf("PZ-52 the timer stopped at tick %d", ticks)
		}
	})
}

// recovered runs the loop and returns the panic that left Run.
func recovered(run func()) (value any) {
	defer func() { value = recover() }()
	run()
	return nil
}

func TestPanicLeavesRun(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var got []string
		l.Post(func() { got = append(got, "before") })
		l.Post(func() { panic("boom") })
		l.Post(func() { got = append(got, "after") })
		if value := recovered(func() { l.Run() }); value != "boom" {
			t.Errorf("PZ-16 without OnPanic Run must panic: %v", value)
		}
		wantCalls(t, "PZ-16", got, []string{"before"})
		ticks := 0
		every(t, l, time.Millisecond, func() {
			if ticks++; ticks == 1 {
				panic("timer")
			}
			l.Stop(0)
		})
		if value := recovered(func() { l.Run() }); value != "timer" {
			t.Errorf("PZ-52 without OnPanic Run must panic: %v", value)
		}
		wantCalls(t, "PZ-16 what was queued behind the panic", got, []string{"before", "after"})
		l.Run()
		if ticks != 2 {
			t.Errorf("PZ-52 the timer that panicked must go on: %d ticks", ticks)
		}
	})
}

func TestProtect(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var reported any
		fail := func(x int) { panic(x) }
		l := loop.New(rt, loop.Options{OnPanic: func(p *loop.CallbackPanic) { reported = p.Value }})
		loop.Protect(l, fail, 7)
		if reported != 7 {
			t.Errorf("Protect reported %v, want 7", reported)
		}
		bare := loop.New(rt, loop.Options{})
		if value := recovered(func() { loop.Protect(bare, fail, 8) }); value != 8 {
			t.Errorf("Protect without OnPanic: recovered %v, want 8", value)
		}
		sum := 0
		add := func(x int) { sum += x }
		if n := testing.AllocsPerRun(100, func() { loop.Protect(l, add, 1) }); n != 0 || sum != 101 {
			t.Errorf("Protect allocates %v times a call; the sum is %d", n, sum)
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
			l.OnStop(3, func() { got = append(got, "added") })
		})
		l.OnStop(1, func() { got = append(got, "second") })
		l.OnStop(-5, func() { got = append(got, "first") })
		for range 2 {
			l.Stop(0)
			l.Run()
		}
		wantCalls(t, "PZ-60 PZ-61 PZ-64", got, []string{"first", "once", "second", "late", "first", "second", "late", "added"})
	})
}

func TestStopListenerThatPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, reports := range []bool{true, false} {
			var got []string
			o := loop.Options{OnPanic: func(p *loop.CallbackPanic) { got = append(got, p.Value.(string)) }}
			if !reports {
				o.OnPanic = nil
			}
			l := loop.New(rt, o)
			l.OnStop(1, func() { panic("boom") })
			l.OnStop(2, func() { got = append(got, "later") })
			l.Stop(4)
			code := 0
			value := recovered(func() { code = l.Run() })
			if reports {
				wantCalls(t, "PZ-63", got, []string{"boom", "later"})
				if code != 4 {
					t.Errorf("PZ-63 Run = %d, want Stop's code", code)
				}
			} else if value != "boom" || got != nil {
				t.Errorf("PZ-63 without OnPanic Run must panic: %v, called %v", value, got)
			}
		}
	})
}
