package loop_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestSequence(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		note := func(s string) func() { return func() { got = append(got, fmt.Sprint(s, "@", v.Now())) } }
		s := loop.NewSequence(l).
			Then(time.Second, func() {
				note("A")()
				clock.Sleep(v, 300*time.Millisecond) // the next wait begins when this has ended
			}).
			Then(2*time.Second, note("B")).
			Then(-time.Second, note("C")).
			OnDone(func() {
				note("done")()
				l.StopAfter(500*time.Millisecond, 3)
			})
		if s.Running() {
			t.Error("PZ-65 a sequence that was not started runs")
		}
		if s.Start(); !s.Running() {
			t.Error("PZ-65 a sequence that was started does not run")
		}
		if code := l.Run(); code != 3 || s.Running() || v.Now() != 3800*time.Millisecond {
			t.Errorf("PZ-65 Run = %d at %v; running %v", code, v.Now(), s.Running())
		}
		wantCalls(t, "PZ-65", got, []string{"A@1s", "B@3.3s", "C@3.3s", "done@3.3s"})
	})
}

func TestSequenceRunThenExit(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var at time.Duration
		loop.NewSequence(l).
			Then(time.Second, func() { at = v.Now() }).
			Then(time.Second, func() { l.Stop(0) }).
			Start()
		if code := l.Run(); code != 0 || at != time.Second || v.Now() != 2*time.Second {
			t.Errorf("PZ-66 called at %v, Run = %d at %v", at, code, v.Now())
		}
	})
}

func TestSequenceCancelled(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		calls := 0
		wrong := func() { t.Error("PZ-65 called after Cancel") }
		inStep := loop.NewSequence(l)
		inStep.Then(0, func() {
			calls++
			inStep.Cancel()
		}).Then(0, wrong).OnDone(wrong).Start()
		inLast := loop.NewSequence(l)
		inLast.Then(0, func() {
			calls++
			inLast.Cancel()
		}).OnDone(wrong).Start()
		waiting := loop.NewSequence(l).Then(0, wrong).OnDone(wrong).Start()
		waiting.Cancel()
		waiting.Cancel()
		l.StopAfter(10*time.Millisecond, 0)
		if l.Run(); calls != 2 || inStep.Running() || inLast.Running() || waiting.Running() {
			t.Errorf("PZ-65 %d calls", calls)
		}
	})
}

func TestSequenceStartedAgain(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		note := func(s string) { got = append(got, fmt.Sprint(s, "@", v.Now())) }
		s := loop.NewSequence(l)
		again := true
		s.Then(time.Second, func() { note("A") }).Then(time.Second, func() {
			note("B")
			if again {
				again = false
				s.Start() // in a step: from the first step on, when this one has ended
				clock.Sleep(v, 100*time.Millisecond)
			}
		}).OnDone(func() {
			note("done")
			if len(got) < 8 {
				s.Start()
			}
		})
		s.Start()
		clock.Sleep(v, 500*time.Millisecond)
		s.Start() // in a wait: the whole first wait again
		l.StopAfter(time.Minute, 0)
		l.Run()
		wantCalls(t, "PZ-65", got, []string{
			"A@1.5s", "B@2.5s", "A@3.6s", "B@4.6s", "done@4.6s", "A@5.6s", "B@6.6s", "done@6.6s",
		})
	})
}

// Steps may be added at any time before the end.
func TestSequenceGrows(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var got []string
		note := func(s string) { got = append(got, fmt.Sprint(s, "@", v.Now())) }
		s := loop.NewSequence(l).OnDone(func() { note("done") }).Start()
		s.Then(time.Second, func() { // while the empty sequence waits for its end
			note("A")
			s.Then(time.Second, func() { note("B") })
		})
		loop.NewSequence(l).Then(0, func() { t.Error("PZ-65 a sequence that was not started runs") })
		l.StopAfter(time.Minute, 0)
		l.Run()
		wantCalls(t, "PZ-65", got, []string{"A@1s", "B@2s", "done@2s"})
		got = nil
		loop.NewSequence(l).OnDone(func() { note("empty") }).Start()
		loop.NewSequence(l).Start()
		l.StopAfter(time.Minute, 0)
		l.Run()
		wantCalls(t, "PZ-65 without steps", got, []string{"empty@1m0s"})
	})
}

func TestSequenceStepPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var got []string
		l := loop.New(rt, loop.Options{OnPanic: func(p *loop.CallbackPanic) { got = append(got, p.Value.(string)) }})
		loop.NewSequence(l).
			Then(0, func() { panic("boom") }).
			Then(0, func() { got = append(got, "next") }).
			OnDone(func() { l.Stop(0) }).
			Start()
		l.Run()
		wantCalls(t, "PZ-65 PZ-16", got, []string{"boom", "next"})
	})
}

// PZ-16: a step that panics where nobody takes it ends that run of the loop, and
// the sequence goes on with the next.
func TestSequenceAfterAPanicThatLeftRun(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		second, ended := time.Duration(0), false
		s := loop.NewSequence(l).
			Then(time.Second, func() { panic("first") }).
			Then(time.Second, func() { second = v.Now() }).
			OnDone(func() { ended = true; l.Stop(0) }).
			Start()
		func() {
			defer func() {
				if p := recover(); p != "first" {
					t.Errorf("recovered %v", p)
				}
			}()
			l.Run()
		}()
		l.Run()
		if second != 2*time.Second || !ended || s.Running() {
			t.Errorf("the second step ran at %v, done %v, running %v", second, ended, s.Running())
		}
	})
}
