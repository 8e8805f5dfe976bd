package background_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/loop"
)

// onLoop is an executor on a loop that a task of its own runs.
func onLoop(t *testing.T, rt clock.Runtime) (*loop.Loop, *background.Executor) {
	t.Helper()
	l := loop.New(rt, loop.Options{})
	e, err := background.New(rt, background.Options{Loop: l})
	if err != nil {
		t.Fatal(err)
	}
	return l, e
}

func onMyLoop(t *testing.T, l *loop.Loop) func(background.State) {
	return func(s background.State) {
		if !l.Mine() {
			t.Errorf("the future became %v off the loop", s)
		}
	}
}

func TestFuturesChangeOnTheLoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l, e := onLoop(t, rt)
		rt.Go("loop", func() { l.Run() })
		f := call(t, e, func(j *job) (string, error) { return "done", j.Sleep(ms) })
		got := record(t, f)
		f.OnState(onMyLoop(t, l))
		if x, err := f.Wait(clock.Forever); x != "done" || err != nil {
			t.Errorf("TF-124 Wait = %q, %v", x, err)
		}
		wantStates(t, "TF-124", got, background.Waiting, background.Executing, background.Completed)
		g := call(t, e, untilCancelled)
		if _, err := g.Wait(rt.Now() + ms); !errors.Is(err, clock.ErrTimeout) {
			t.Errorf("Wait = %v", err)
		}
		g.OnState(func(s background.State) {
			if s == background.Cancelled && !l.Mine() {
				t.Error("TF-087 cancelled off the loop")
			}
		})
		if err := e.Shutdown(clock.Forever); err != nil || !g.Done() {
			t.Errorf("TF-087 Shutdown beside a loop = %v, %v", err, g.State())
		}
		l.Stop(0)
	})
}

func TestShutdownOnTheLoopItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l, e := onLoop(t, rt)
		f := call(t, e, untilCancelled)
		f.OnState(func(s background.State) {
			if s != background.Executing {
				return
			}
			defer l.Stop(0)
			if err := e.Shutdown(clock.Forever); err != nil || f.State() != background.Cancelled {
				t.Errorf("TF-087 Shutdown by a listener = %v, %v", err, f.State())
			}
		})
		l.Run()
	})
}

// After a deadline on the loop's own task the loop goes on delivering.
func TestShutdownDeadlineOnTheLoop(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l, e := onLoop(t, v)
		call(t, e, func(j *job) (int, error) {
			j.Rejoin(func() { clock.Sleep(v, time.Minute) })
			return 1, nil
		})
		l.After(time.Second, func() {
			if err := e.Shutdown(2 * time.Second); !errors.Is(err, clock.ErrTimeout) {
				t.Errorf("TF-091 Shutdown = %v", err)
			}
		})
		e.OnState(func(s background.ExecutorState) {
			if s == background.Stopped {
				l.Stop(0)
			}
		})
		if l.Run(); v.Now() != time.Minute {
			t.Errorf("TF-091 stopped at %v", v.Now())
		}
	})
}

// The loop has ended, or never ran: Shutdown delivers by itself.
func TestShutdownWhereNoLoopRuns(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l, e := onLoop(t, rt)
		f := call(t, e, untilCancelled)
		f.OnState(func(s background.State) {
			if s == background.Executing {
				l.Stop(0)
			}
		})
		l.Run()
		if err := e.Shutdown(clock.Forever); err != nil || f.State() != background.Cancelled {
			t.Errorf("TF-087 after the loop = %v, %v", err, f.State())
		}
		_, e = onLoop(t, rt)
		f = call(t, e, untilCancelled)
		if err := e.Shutdown(clock.Forever); err != nil || f.State() != background.Cancelled {
			t.Errorf("TF-087 without the loop = %v, %v", err, f.State())
		}
	})
}

// A future is waited for by several tasks, one of them the loop's own.
func TestWaitByMany(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l, e := onLoop(t, rt)
		f := call(t, e, func(j *job) (int, error) { return 7, j.Sleep(2 * ms) })
		all := clock.NewLatch(rt, "all")
		left := 3
		wait := func() {
			if x, err := f.Wait(clock.Forever); x != 7 || err != nil {
				t.Errorf("Wait = %d, %v", x, err)
			}
			if left--; left == 0 {
				all.Set()
			}
		}
		rt.Go("loop", func() { l.Run() })
		rt.Go("waiter", wait)
		l.Post(wait)
		wait()
		if err := all.Wait(clock.Forever); err != nil {
			t.Error(err)
		}
		if err := e.Shutdown(clock.Forever); err != nil {
			t.Error(err)
		}
		l.Stop(0)
	})
}

// The driver of a world shuts down, beside a loop and inside one that it runs.
func TestDriverShutsDown(t *testing.T) {
	for name, inside := range map[string]bool{"beside the loop": false, "on the loop": true} {
		t.Run(name, func(t *testing.T) {
			v := clock.NewVirtual(clock.VirtualOptions{})
			l, e := onLoop(t, v)
			f := call(t, e, untilCancelled)
			if inside {
				f.OnState(func(s background.State) {
					if s == background.Executing {
						if err := e.Shutdown(clock.Forever); err != nil {
							t.Errorf("TF-087 Shutdown = %v", err)
						}
					}
				})
				if err := l.RunUntil(f.Done, clock.Forever); err != nil {
					t.Errorf("TF-087 RunUntil = %v", err)
				}
			} else {
				v.Go("loop", func() { l.Run() })
				f.OnState(func(s background.State) {
					if s == background.Cancelled && !l.Mine() {
						t.Error("TF-087 cancelled off the loop")
					}
				})
				if err := e.Shutdown(clock.Forever); err != nil {
					t.Errorf("TF-087 Shutdown = %v", err)
				}
			}
			if f.State() != background.Cancelled || e.State() != background.Stopped {
				t.Errorf("TF-087 future %v, executor %v", f.State(), e.State())
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
