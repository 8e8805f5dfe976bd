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

// Timers that are due whenever the loop looks leave turns to what is posted.
// Their callbacks take longer than their period.
func TestBusyTimersDoNotStarvePosts(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		for _, name := range []string{"a", "b"} {
			every(t, l, time.Millisecond, func() {
				got = append(got, name)
				clock.Sleep(v, 10*time.Millisecond)
				if len(got) > 50 {
					l.Stop(1)
				}
			})
		}
		l.Post(func() {
			got = append(got, "post")
			l.Post(func() {
				got = append(got, "second")
				l.Stop(0)
			})
		})
		clock.Sleep(v, time.Millisecond) // both are due before the loop runs
		l.Run()
		// Each timer is called once a round, and one again to end it.
		wantCalls(t, "PZ-43", got, []string{"a", "b", "a", "post", "b", "a", "b", "second"})
	})
}

// A chain of new timers, each due at once, is a round of one timer each.
func TestChainedTimersDoNotStarvePosts(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		links, posts := 0, 0
		var again func()
		again = func() {
			links++
			l.After(0, again)
			if links > 1000 {
				l.Stop(1)
			}
			clock.Sleep(rt, time.Microsecond) // the next one is due before this one ends
		}
		l.After(0, again)
		var post func()
		post = func() {
			if posts++; posts == 20 {
				l.Stop(0)
				return
			}
			l.After(0, func() { l.Post(post) })
		}
		l.Post(post)
		if code := l.Run(); code != 0 {
			t.Errorf("PZ-43 %d posts were called among %d timers", posts, links)
		}
	})
}

// A callback that posts itself leaves turns to timers, to other tasks and to a
// stop from outside. In Virtual work that is ready comes before the next
// instant, so there it is endless work: see the next test.
func TestFloodDoesNotStarveTimers(t *testing.T) {
	rt := clock.NewFastForward(clock.SystemOptions{})
	err := rt.Run("test", func() {
		l := loop.New(rt, loop.Options{})
		var got []string
		var flood func()
		flood = func() { l.Post(flood) }
		l.Post(flood)
		var push func(left int)
		push = func(left int) {
			if left == 0 {
				got = append(got, "last")
				go l.Stop(3)
				return
			}
			l.After(time.Hour, func() { push(left - 1) })
			if err := rt.Push(time.Hour); err != nil {
				t.Error(err)
			}
		}
		push(20)
		turns := 0
		rt.Go("other", func() {
			for range 20 {
				turns++
				rt.Yield()
			}
		})
		if code := l.Run(); code != 3 || len(got) != 1 || turns != 20 {
			t.Errorf("PZ-43 Run = %d; timers got to %v, the other task had %d turns", code, got, turns)
		}
	})
	if err := errors.Join(err, rt.Close()); err != nil {
		t.Error(err)
	}
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
		t.Errorf("PZ-43 Advance = %v, want a StepLimitError that names the task", err)
	}
}

// Each pass looks at the timers; what was posted before it comes first.
func TestEachPassLooksAtTimers(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		note := func(s string) func() { return func() { got = append(got, s) } }
		l.After(time.Second, note("timer"))
		l.Post(func() {
			note("A")()
			l.Post(note("C"))
			clock.Sleep(v, 2*time.Second)
		})
		l.Post(note("B"))
		l.StopAfter(3*time.Second, 0)
		l.Run()
		wantCalls(t, "PZ-50", got, []string{"A", "B", "timer", "C"})
	})
}
