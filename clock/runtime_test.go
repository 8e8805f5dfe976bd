package clock_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// runtimes runs one body on every runtime: what holds here is what core/ may
// rely on.
func runtimes(t *testing.T, body func(t *testing.T, rt clock.Runtime)) {
	for _, c := range []struct {
		name string
		make func() clock.Runtime
	}{
		{"System", func() clock.Runtime { return clock.NewSystem(clock.SystemOptions{}) }},
		{"FastForward", func() clock.Runtime { return clock.NewFastForward(clock.SystemOptions{}) }},
		{"Virtual", func() clock.Runtime { return clock.NewVirtual(clock.VirtualOptions{}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rt := c.make()
			defer func() {
				if err := rt.Close(); err != nil && !t.Failed() {
					t.Logf("close: %v", err)
				}
			}()
			body(t, rt)
		})
	}
}

func run(t *testing.T, rt clock.Runtime, fn func()) {
	t.Helper()
	if err := rt.Run("test", fn); err != nil {
		t.Fatal(err)
	}
}

func TestSignalIsSticky(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		run(t, rt, func() {
			s := rt.NewSignal("s")
			s.Set()
			s.Set() // coalesces
			if err := s.Wait(clock.Forever); err != nil {
				t.Errorf("Wait after Set = %v", err)
			}
			if err := s.Wait(rt.Now() + time.Millisecond); !errors.Is(err, clock.ErrTimeout) {
				t.Errorf("second Wait = %v, want ErrTimeout", err)
			}
		})
	})
}

func TestTasksShareStateWithoutLocks(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		const tasks, rounds = 8, 200
		n, left := 0, tasks
		done := rt.NewSignal("done")
		run(t, rt, func() {
			for i := range tasks {
				rt.Go(fmt.Sprint("task", i), func() {
					for range rounds {
						before := n
						n = before + 1 // torn by any other task that ran meanwhile
						clock.Sleep(rt, 0)
					}
					if left--; left == 0 {
						done.Set()
					}
				})
			}
			if err := done.Wait(clock.Forever); err != nil {
				t.Error(err)
			}
		})
		if n != tasks*rounds {
			t.Errorf("counted %d, want %d", n, tasks*rounds)
		}
	})
}

func TestTasksBeginInOrder(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var got []int
		done := rt.NewSignal("done")
		run(t, rt, func() {
			for i := range 50 {
				rt.Go("n", func() {
					if got = append(got, i); len(got) == 50 {
						done.Set()
					}
				})
			}
			_ = done.Wait(clock.Forever)
		})
		if !slices.IsSorted(got) {
			t.Errorf("tasks began in the order %v", got)
		}
	})
}

func TestPostsRunInOrderAndMayNotWait(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var got []int
		var inPost error
		done := rt.NewSignal("done")
		run(t, rt, func() {
			for i := range 5 {
				rt.Post(func() { got = append(got, i) })
			}
			rt.Post(func() {
				inPost = rt.NewSignal("x").Wait(clock.Forever)
				done.Set()
			})
			_ = done.Wait(clock.Forever)
		})
		if !reflect.DeepEqual(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("posts ran as %v", got)
		}
		if !errors.Is(inPost, clock.ErrWaitInCallback) {
			t.Errorf("Wait in a post = %v, want ErrWaitInCallback", inPost)
		}
	})
}

// A callback that was posted may not wait, but tasks may go on to.
func TestTasksWaitAfterAPost(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		run(t, rt, func() {
			posted := rt.NewSignal("posted")
			for range 3 {
				rt.Post(posted.Set)
				if err := posted.Wait(clock.Forever); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
}

func TestTimersFireInOrder(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var got []string
		run(t, rt, func() {
			s := rt.NewSignal("timers")
			at := rt.Now() + 20*time.Millisecond
			for _, name := range []string{"b", "c"} { // one instant: in the order they were started
				rt.NewTimer(s, name).Start(at)
			}
			rt.NewTimer(s, "a").Start(at - 10*time.Millisecond)
			stopped := rt.NewTimer(s, "stopped")
			stopped.Start(at)
			if !stopped.Stop() || stopped.Stop() {
				t.Error("Stop must report whether the timer was armed")
			}
			moved := rt.NewTimer(s, "moved")
			moved.Start(at)
			moved.Start(at + 10*time.Millisecond)
			for len(got) < 4 {
				if err := s.Wait(clock.Forever); err != nil {
					t.Fatal(err)
				}
				for owner, ok := s.Fired(); ok; owner, ok = s.Fired() {
					got = append(got, owner.(string))
				}
			}
		})
		if want := []string{"a", "b", "c", "moved"}; !reflect.DeepEqual(got, want) {
			t.Errorf("fired %v, want %v", got, want)
		}
	})
}

func TestStopAfterFiringVoidsIt(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		run(t, rt, func() {
			s := rt.NewSignal("timers")
			a, b := rt.NewTimer(s, "a"), rt.NewTimer(s, "b")
			a.Start(rt.Now())
			b.Start(rt.Now())
			clock.Sleep(rt, 5*time.Millisecond) // both have fired by now
			if !b.Stop() {
				t.Error("Stop of a timer whose firing was not taken must report true")
			}
			if owner, ok := s.Fired(); !ok || owner != "a" {
				t.Errorf("Fired = %v, %v", owner, ok)
			}
			if owner, ok := s.Fired(); ok {
				t.Errorf("a stopped timer's firing was handed out: %v", owner)
			}
		})
	})
}

func TestSecondWaiterIsAnError(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var err error
		run(t, rt, func() {
			s, done := rt.NewSignal("s"), rt.NewSignal("done")
			rt.Go("first", func() { _ = s.Wait(clock.Forever) })
			rt.Go("second", func() {
				err = s.Wait(clock.Forever)
				done.Set()
			})
			_ = done.Wait(clock.Forever)
			s.Set()
		})
		if !errors.Is(err, clock.ErrSecondWaiter) {
			t.Errorf("second Wait = %v, want ErrSecondWaiter", err)
		}
	})
}

func TestForeignGoroutinesMaySetAndPost(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		source := rt.OpenSource("test goroutine")
		n := 0
		run(t, rt, func() {
			done := rt.NewSignal("done")
			go func() {
				for range 100 {
					source.Post(func() { n++ })
				}
				source.Post(done.Set)
				source.Close()
			}()
			if err := done.Wait(clock.Forever); err != nil {
				t.Error(err)
			}
		})
		if n != 100 {
			t.Errorf("%d posts ran, want 100", n)
		}
	})
}

func TestPanicFailsTheRun(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		err := rt.Run("test", func() {
			rt.Go("bad", func() { panicHere() })
			_ = rt.NewSignal("never").Wait(clock.Forever)
		})
		var p *clock.TaskPanic
		if !errors.As(err, &p) || p.Task != "bad" || p.Value != "boom" || !strings.Contains(string(p.Stack), "panicHere") {
			t.Fatalf("Run = %v, want the panic of task bad with its own stack", err)
		}
		if err := rt.Close(); !errors.As(err, &p) {
			t.Errorf("Close = %v, want the panic again", err)
		}
	})
}

func panicHere() { panic("boom") }

func TestPanicInAPostFailsTheRun(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		err := rt.Run("test", func() {
			rt.Post(panicHere)
			_ = rt.NewSignal("never").Wait(clock.Forever)
		})
		var p *clock.TaskPanic
		if !errors.As(err, &p) || !strings.Contains(p.Task, "panicHere") {
			t.Fatalf("Run = %v, want the panic of the callback", err)
		}
	})
}

// Ending a runtime runs the defers of every parked task, a recover does not
// hold it back, and a wait in such a defer does not return.
func TestCloseUnwindsParkedTasks(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var unwound, returned atomic.Int32
		run(t, rt, func() {
			for i := range 20 {
				rt.Go(fmt.Sprint("parked", i), func() {
					defer unwound.Add(1)
					defer func() {
						_ = rt.NewSignal("again").Wait(clock.Forever)
						returned.Add(1)
					}()
					for {
						func() {
							defer func() { _ = recover() }()
							_ = rt.NewSignal("never").Wait(clock.Forever)
							returned.Add(1)
						}()
					}
				})
			}
			clock.Sleep(rt, time.Millisecond)
		})
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if unwound.Load() != 20 || returned.Load() != 0 {
			t.Errorf("%d tasks were unwound and %d waits returned; want 20 and 0", unwound.Load(), returned.Load())
		}
		if rt.Context().Err() == nil {
			t.Error("the context was not cancelled")
		}
		if err := rt.Close(); err != nil {
			t.Errorf("second Close = %v", err)
		}
	})
}

// What is ready when the runtime ends still runs, such as a task's answer to
// its context.
func TestCloseSettlesFirst(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var ran atomic.Bool
		run(t, rt, func() { rt.Post(func() { rt.Post(func() { ran.Store(true) }) }) })
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if !ran.Load() {
			t.Error("posted work was dropped")
		}
	})
}

// A task that never comes to a Wait cannot be ended: Close says its name instead
// of hanging.
func TestCloseNamesTasksThatDoNotEnd(t *testing.T) {
	rt := clock.NewSystem(clock.SystemOptions{Guard: time.Millisecond})
	begun, block := make(chan struct{}), make(chan struct{})
	rt.Go("stuck", func() {
		close(begun)
		<-block
	})
	<-begun
	var leak *clock.LeakError
	if err := rt.Close(); !errors.As(err, &leak) || !reflect.DeepEqual(leak.Tasks, []string{"stuck"}) {
		t.Errorf("Close = %v, want a LeakError that names the task", err)
	}
	close(block)
}

func TestBlockingLetsOthersRunAndReturns(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		got := 0
		run(t, rt, func() { rt.Blocking(func() { got = 42 }) })
		if got != 42 {
			t.Error("Blocking did not run its function")
		}
	})
}

func TestGoexitInATaskIsAnError(t *testing.T) {
	runtimes(t, func(t *testing.T, rt clock.Runtime) {
		if _, virtual := rt.(*clock.Virtual); virtual {
			t.Skip("in Virtual the driver's goroutine exits with it: see TestGoexitReachesTheDriver")
		}
		err := rt.Run("test", func() { exit() })
		var exit *clock.TaskExit
		if !errors.As(err, &exit) {
			t.Errorf("Run = %v, want a TaskExit", err)
		}
	})
}

func TestWaitOutsideATaskIsAnError(t *testing.T) {
	if !clock.KnowsGoroutines() {
		t.Skip("goroutines cannot be told apart on this architecture")
	}
	rt := clock.NewSystem(clock.SystemOptions{})
	defer rt.Close()
	if err := rt.NewSignal("s").Wait(clock.Forever); !errors.Is(err, clock.ErrNotATask) {
		t.Errorf("Wait = %v, want ErrNotATask", err)
	}
}

func TestFastForward(t *testing.T) {
	rt := clock.NewFastForward(clock.SystemOptions{})
	defer rt.Close()
	wall := rt.Wall()
	begun, slept := make(chan struct{}), make(chan time.Duration, 1)
	rt.Go("sleeper", func() {
		began := rt.Now()
		close(begun)
		clock.Sleep(rt, time.Hour)
		slept <- rt.Now() - began
	})
	if err := rt.Push(-time.Second); err == nil {
		t.Error("PZ-26 a push backwards must be an error")
	}
	<-begun
	// Another task has its turn only when the sleeper is asleep.
	if err := rt.Run("pusher", func() {
		for range 2 {
			if err := rt.Push(40 * time.Minute); err != nil {
				t.Error(err)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	select {
	case d := <-slept:
		if d < time.Hour {
			t.Errorf("slept %v, want an hour at least", d)
		}
	case <-rt.Failed():
		t.Fatal(rt.Err())
	}
	if moved := rt.Wall().Sub(wall); moved < 80*time.Minute {
		t.Errorf("PZ-25 wall time moved %v, want 80m at least", moved)
	}
}
