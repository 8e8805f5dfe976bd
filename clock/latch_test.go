package clock_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
)

func TestLatchLetsEverybodyPass(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		ready, never, all := clock.NewLatch(rt, "ready"), clock.NewLatch(rt, "never"), clock.NewLatch(rt, "all")
		var got []int
		for i := range 3 {
			rt.Go(fmt.Sprint("waiter ", i), func() {
				if err := clock.WaitAny(clock.Forever, never, ready); err != nil || !ready.IsSet() {
					t.Errorf("WaitAny = %v, set %v", err, ready.IsSet())
				}
				if got = append(got, i); len(got) == 3 {
					all.Set()
				}
			})
		}
		rt.Yield()
		ready.Set()
		if err := all.Wait(clock.Forever); err != nil || !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("Wait = %v, passed %v, want everybody in the order they came", err, got)
		}
		if err := ready.Wait(0); err != nil {
			t.Errorf("a set latch lets pass at once: %v", err)
		}
		if clock.Waiting(ready) != 0 || clock.Waiting(never) != 0 {
			t.Errorf("%d and %d waits are left over", clock.Waiting(ready), clock.Waiting(never))
		}
		ready.Clear()
		if err := ready.Wait(rt.Now() + time.Millisecond); !errors.Is(err, clock.ErrTimeout) {
			t.Errorf("a cleared latch makes wait: %v", err)
		}
		if n := clock.Waiting(ready); n != 0 {
			t.Errorf("%d waits are left over after a timeout", n)
		}
	})
}

// What a set and a clear right after it let pass has passed; a wait that ended
// leaves nothing behind.
func TestLatchPulse(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := clock.NewLatch(v, "pulse")
		passed := 0
		v.Go("waiter", func() {
			for range 2 {
				if err := l.Wait(clock.Forever); err != nil {
					t.Error(err)
				}
				passed++
			}
		})
		v.Yield()
		l.Set()
		l.Clear()
		clock.Sleep(v, time.Second)
		if passed != 1 {
			t.Errorf("passed %d times after one pulse", passed)
		}
		l.Set()
		clock.Sleep(v, time.Second)
		if passed != 2 {
			t.Errorf("passed %d times after two pulses", passed)
		}
	})
}

func TestSelf(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		me := rt.Self()
		other := me
		done := rt.NewSignal("done")
		rt.Go("other", func() {
			other = rt.Self()
			rt.Yield()
			rt.Blocking(func() { rt.Rejoin(func() { clock.Sleep(rt, time.Millisecond) }) })
			if rt.Self() != other {
				t.Errorf("a task is another after it waited: %d, was %d", rt.Self(), other)
			}
			done.Set()
		})
		rt.Post(func() {
			if id := rt.Self(); id != 0 {
				t.Errorf("a posted callback is task %d", id)
			}
		})
		if err := done.Wait(clock.Forever); err != nil {
			t.Fatal(err)
		}
		if me == 0 || other == 0 || me == other || rt.Self() != me {
			t.Errorf("tasks %d (now %d) and %d must differ, and be none of them zero", me, rt.Self(), other)
		}
	})
}

// A goroutine outside is no task, whatever the tasks do meanwhile.
func TestSelfFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		stop, gone := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(gone)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if id := rt.Self(); id != 0 {
					t.Errorf("a goroutine outside is task %d", id)
					return
				}
			}
		}()
		for range 2000 {
			rt.Go("short", func() {})
			rt.Yield()
		}
		close(stop)
		<-gone
	})
}

// A blocking job may come back for a moment, to wait on the clock or to touch
// what the tasks share.
func TestRejoin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		shared := 0
		me := rt.Self()
		rt.Blocking(func() {
			for range 3 {
				rt.Rejoin(func() {
					before := rt.Now()
					clock.Sleep(rt, 2*time.Millisecond)
					if slept := rt.Now() - before; slept < 2*time.Millisecond {
						t.Errorf("slept %v", slept)
					}
					if rt.Self() != me {
						t.Errorf("rejoined as %d, was %d", rt.Self(), me)
					}
					shared++
				})
			}
		})
		if shared != 3 {
			t.Errorf("rejoined %d times", shared)
		}
	})
}

// A job that rejoined may be away again meanwhile, and is still itself after it.
func TestBlockingInARejoin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		me := rt.Self()
		rt.Blocking(func() {
			rt.Rejoin(func() { rt.Blocking(func() {}) })
			rt.Rejoin(func() {
				if rt.Self() != me {
					t.Errorf("rejoined as %d, was %d", rt.Self(), me)
				}
				rt.Rejoin(func() { clock.Sleep(rt, time.Millisecond) }) // it is back already
			})
		})
	})
}

// An instant that is too far away is the last one, not one that has passed.
func TestIn(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		clock.Sleep(v, time.Second)
		for d, want := range map[time.Duration]time.Duration{
			-time.Hour: time.Second, 0: time.Second, time.Hour: time.Hour + time.Second, math.MaxInt64: math.MaxInt64,
		} {
			if got := clock.In(v, d); got != want {
				t.Errorf("In(%v) = %v, want %v", d, got, want)
			}
		}
	})
	f := clock.NewFastForward(clock.SystemOptions{})
	defer f.Close()
	if err := f.Push(math.MaxInt64); err == nil || f.Now() < 0 {
		t.Errorf("Push = %v, and it is %v", err, f.Now())
	}
}

// While a job is away the other tasks go on, and not while it has rejoined.
func TestRejoinHoldsTheToken(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	err := s.Run("test", func() {
		turns := make(chan struct{})
		s.Go("other", func() { close(turns) })
		s.Blocking(func() {
			<-turns // or the test would hang
			s.Rejoin(func() {
				asked := false
				s.Go("third", func() { asked = true })
				if asked {
					t.Error("another task ran while the job had rejoined")
				}
			})
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// Others have had their turns while a task was away: it is still itself.
func TestSelfAfterBlocking(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	if err := s.Run("test", func() {
		me := s.Self()
		other := make(chan struct{})
		s.Go("other", func() { close(other) })
		s.Blocking(func() { <-other })
		if s.Self() != me {
			t.Errorf("after Blocking it is task %d, was %d", s.Self(), me)
		}
	}); err != nil {
		t.Error(err)
	}
}

// What comes back too late, into a runtime that has ended, does not run.
func TestRejoinAfterTheEnd(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	away, release, closed := make(chan struct{}), make(chan struct{}), make(chan error)
	s.Go("job", func() {
		s.Blocking(func() {
			close(away)
			<-release
			s.Rejoin(func() { t.Error("it rejoined a runtime that has ended") })
		})
	})
	<-away
	go func() { closed <- s.Close() }()
	for !clock.HasEnded(s) {
		runtime.Gosched()
	}
	close(release)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// A task that does nothing but yield is endless work at one instant.
func TestEndlessYieldsMeetTheStepLimit(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: 1000})
	v.Go("idler", func() {
		for {
			v.Yield()
		}
	})
	var limit *clock.StepLimitError
	if err := v.Advance(time.Second); !errors.As(err, &limit) || v.Now() != 0 {
		t.Errorf("Advance = %v at %v, want a StepLimitError", err, v.Now())
	}
	_ = v.Close()
}

// The end of the runtime unwinds a job that sleeps inside a Rejoin.
func TestCloseUnwindsARejoinedJob(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	asleep := make(chan struct{})
	unwound := false
	s.Go("job", func() {
		defer func() { unwound = true }()
		s.Blocking(func() {
			s.Rejoin(func() {
				close(asleep)
				clock.Sleep(s, time.Hour)
			})
			t.Error("the job went on after the runtime had ended")
		})
	})
	<-asleep
	if err := s.Close(); err != nil || !unwound {
		t.Errorf("Close = %v, unwound %v", err, unwound)
	}
}

func TestTraceTellsEachTurn(t *testing.T) {
	var got []string
	v := clock.NewVirtual(clock.VirtualOptions{Trace: func(at time.Duration, step string) {
		got = append(got, fmt.Sprint(at, " ", step))
	}})
	v.Go("a", func() { clock.Sleep(v, time.Second) })
	v.Go("b", func() { clock.Sleep(v, time.Second) })
	if err := v.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"0s task a", "0s task b", "1s task a", "1s task b"}
	if !slices.Equal(got, want) {
		t.Errorf("traced %q, want %q", got, want)
	}
}
