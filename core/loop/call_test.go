package loop_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestCall(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		me := rt.Self()
		rt.Go("caller", func() {
			defer l.Stop(0)
			if got, err := loop.Call(l, rt.Self); got != me || err != nil {
				t.Errorf("Call = task %d, %v, want it run on the loop's task %d", got, err, me)
			}
			var failed *loop.CallbackPanic
			if _, err := loop.Call(l, func() int { panic("boom") }); !errors.As(err, &failed) || failed.Value != "boom" {
				t.Errorf("Call of a panic = %v", err)
			}
			// On the loop's own task it does not wait for itself.
			got, err := loop.Call(l, func() error {
				inner, err := loop.Call(l, func() int { return 6 })
				if inner != 6 {
					t.Errorf("Call in a callback = %d", inner)
				}
				if _, err := loop.Call(l, func() int { panic("boom") }); !errors.As(err, &failed) {
					t.Errorf("Call of a panic in a callback = %v", err)
				}
				return err
			})
			if got != nil || err != nil {
				t.Errorf("Call in a callback: %v, %v", got, err)
			}
			if _, err := loop.CallFrom(t.Context(), l, func() int { return 1 }); !errors.Is(err, loop.ErrFromTask) {
				t.Errorf("CallFrom in a task = %v", err)
			}
		})
		l.Run()
	})
}

// A call that its caller cannot wait for is not made.
func TestCallThatFailsIsNotMade(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	l := loop.New(v, loop.Options{Name: "hall"})
	called := false
	_, err := loop.Call(l, func() bool {
		called = true
		return called
	})
	if !errors.Is(err, clock.ErrStalled) || !strings.Contains(err.Error(), `"hall"`) {
		t.Errorf("Call into a loop that nobody runs = %v", err)
	}
	l.Post(func() { l.Stop(0) })
	if err := v.Run("hall", func() { l.Run() }); err != nil || called {
		t.Errorf("the call that failed was made: %v, %v", called, err)
	}
}

func TestCallFrom(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		source := rt.OpenSource("handler")
		me := rt.Self()
		go func() {
			defer source.Close()
			defer l.Stop(0)
			if got, err := loop.CallFrom(t.Context(), l, rt.Self); got != me || err != nil {
				t.Errorf("CallFrom = task %d, %v", got, err)
			}
			var failed *loop.CallbackPanic
			if _, err := loop.CallFrom(t.Context(), l, func() int { panic("boom") }); !errors.As(err, &failed) {
				t.Errorf("CallFrom of a panic = %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := loop.CallFrom(ctx, l, func() int {
				t.Error("the call of a context that was done is made")
				return 0
			})
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `"hall": before it was queued`) {
				t.Errorf("CallFrom of a context that is done = %v", err)
			}
		}()
		l.Run()
	})
}

// watched tells when somebody waits for the context to be done.
type watched struct {
	context.Context
	asked chan struct{}
	once  *sync.Once
}

func watch(ctx context.Context) watched {
	return watched{ctx, make(chan struct{}), new(sync.Once)}
}

func (w watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.asked) })
	return w.Context.Done()
}

func TestCallFromCancelledWhileQueued(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		outside(rt, 1, func(int) {
			inner, cancel := context.WithCancel(t.Context())
			ctx := watch(inner)
			go func() {
				<-ctx.asked // it is queued now
				cancel()
			}()
			_, err := loop.CallFrom(ctx, l, func() int {
				t.Error("a call that was given up is made")
				return 0
			})
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `"hall": while it was queued`) {
				t.Errorf("CallFrom = %v", err)
			}
		})
		l.Post(func() { l.Stop(0) })
		l.Run()
	})
}

func TestCallFromCancelledWhileItRuns(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		source := rt.OpenSource("handler")
		ended := false
		release := make(chan struct{})
		go func() {
			defer source.Close()
			ctx, cancel := context.WithCancel(t.Context())
			got, err := loop.CallFrom(ctx, l, func() int {
				cancel()
				rt.Blocking(func() { <-release })
				ended = true
				l.Stop(0)
				return 42
			})
			if got != 0 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `"hall": while it ran`) {
				t.Errorf("CallFrom = %d, %v", got, err)
			}
			close(release)
		}()
		if l.Run(); !ended {
			t.Error("the call must run to its end")
		}
	})
}

// runtimes are made by hand where a test ends them.
func eachRuntime(t *testing.T, body func(t *testing.T, rt clock.Runtime)) {
	t.Run("System", func(t *testing.T) { body(t, clock.NewSystem(clock.SystemOptions{})) })
	t.Run("Virtual", func(t *testing.T) { body(t, clock.NewVirtual(clock.VirtualOptions{})) })
}

func TestCallFromWhenTheRuntimeEnds(t *testing.T) {
	eachRuntime(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"}) // which nobody runs
		ctx := watch(t.Context())
		result := make(chan error)
		go func() {
			_, err := loop.CallFrom(ctx, l, func() int { return 1 })
			result <- err
		}()
		<-ctx.asked
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		if err := <-result; !errors.Is(err, clock.ErrEnded) || !strings.Contains(err.Error(), "hall") {
			t.Errorf("CallFrom = %v", err)
		}
	})
}

// A function that is unwound with its runtime did not exit by itself.
func TestCallFromUnwoundInTheFunction(t *testing.T) {
	eachRuntime(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		source := rt.OpenSource("handler")
		began := rt.NewSignal("began")
		rt.Go("hall", func() { l.Run() })
		result := make(chan error, 1)
		err := rt.Run("test", func() {
			go func() {
				_, err := loop.CallFrom(t.Context(), l, func() int {
					began.Set()
					clock.Sleep(rt, time.Hour)
					return 1
				})
				result <- err
			}()
			_ = began.Wait(clock.Forever)
			source.Close()
		})
		if err != nil {
			t.Error(err)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		if err := <-result; !errors.Is(err, clock.ErrEnded) {
			t.Errorf("CallFrom = %v", err)
		}
	})
}

// A function that ends its goroutine does not leave its caller waiting.
func TestCallFromGoexit(t *testing.T) {
	eachRuntime(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		rt.OpenSource("handler")
		result := make(chan error, 1)
		driven := make(chan struct{})
		go func() { // in Virtual a Goexit goes on in the driver
			defer close(driven)
			_ = rt.Run("hall", func() {
				go func() {
					_, err := loop.CallFrom(t.Context(), l, func() int {
						runtime.Goexit()
						return 1
					})
					result <- err
				}()
				l.Run()
			})
		}()
		if err := <-result; !errors.Is(err, loop.ErrExited) {
			t.Errorf("CallFrom = %v", err)
		}
		<-driven
		var exit *clock.TaskExit
		if err := rt.Close(); !errors.As(err, &exit) {
			t.Errorf("Close = %v, want the task's exit", err)
		}
	})
}

func TestCallGoexit(t *testing.T) {
	rt := clock.NewSystem(clock.SystemOptions{})
	l := loop.New(rt, loop.Options{Name: "hall"})
	rt.Go("hall", func() { l.Run() })
	result := make(chan error, 1)
	_ = rt.Run("caller", func() { // the exit of the loop's task fails the run
		_, err := loop.Call(l, func() int {
			runtime.Goexit()
			return 1
		})
		result <- err
	})
	var exit *clock.TaskExit
	if err := rt.Close(); !errors.As(err, &exit) {
		t.Errorf("Close = %v, want the task's exit", err)
	}
	select {
	case err := <-result:
		if !errors.Is(err, loop.ErrExited) {
			t.Errorf("Call = %v", err)
		}
	default:
		t.Error("Call is left waiting")
	}
}
