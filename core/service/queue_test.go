package service_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func startedQueue(t *testing.T, rt clock.Runtime, o service.QueueOptions) *service.Queue {
	t.Helper()
	q := service.NewQueue(rt, o)
	ok(t, "start", q.Start())
	return q
}

// returns is a function that takes d and returns x.
func returns[T any](rt clock.Runtime, d time.Duration, x T) func() (T, error) {
	return func() (T, error) {
		clock.Sleep(rt, d)
		return x, nil
	}
}

func TestCallsGetTheirOwnResults(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := startedQueue(t, rt, service.QueueOptions{})
		var calls []*service.Pending[int]
		for i := range 10 {
			p, err := service.Begin(q, returns(rt, time.Duration(10-i)*100*time.Microsecond, i*i))
			ok(t, "MO-050 begin", err)
			calls = append(calls, p)
		}
		for i, p := range calls {
			if got, err := p.Wait(clock.Forever); got != i*i || err != nil {
				t.Errorf("MO-042 call %d = %d, %v", i, got, err)
			}
			if got, err := p.Wait(0); got != i*i || err != nil {
				t.Errorf("MO-042 call %d asked again = %d, %v", i, got, err)
			}
		}
		got, err := service.Call(q, func() (string, error) { return "value", nil })
		if got != "value" || err != nil {
			t.Errorf("MO-052 Call = %q, %v", got, err)
		}
		ok(t, "stop", q.Stop())
	})
}

func TestCallsThatFail(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := startedQueue(t, rt, service.QueueOptions{})
		for range 5 { // more often than there are workers
			_, err := service.Call(q, func() (int, error) { return 0, errBoom })
			if err != errBoom {
				t.Errorf("MO-043 MO-055 the error is %v, want the very same", err)
			}
			_, err = service.Call(q, func() (int, error) { panic("ouch") })
			wantText(t, "MO-057 a panic reaches the caller", err, "panic: ouch")
			_, err = service.Call(q, func() (int, error) { return 0, context.Canceled })
			wantErr(t, "MO-056 cancellation passes on", err, context.Canceled)
		}
		wantState(t, "MO-055 the service goes on", q.Service, service.Running)
		ok(t, "stop", q.Stop())
	})
}

// A function that ends its task leaves no caller waiting; the runtime says so.
func TestCallThatExits(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	var callErr, castErr error
	err := s.Run("test", func() {
		q := service.NewQueue(s, service.QueueOptions{CastError: func(err error) { castErr = err }})
		ok(t, "start", q.Start())
		ok(t, "cast", q.Cast(func() error { runtime.Goexit(); return nil }))
		_, callErr = service.Call(q, func() (int, error) { runtime.Goexit(); return 0, nil })
	})
	var exit *clock.TaskExit
	if closed := s.Close(); !errors.As(errors.Join(err, closed), &exit) {
		t.Errorf("Run = %v, Close = %v, want a TaskExit", err, closed)
	}
	wantErr(t, "MO-057 every kind of failure reaches the caller", callErr, service.ErrExited)
	wantErr(t, "MO-063 and the error hook", castErr, service.ErrExited)
}

func TestWorkers(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		q := startedQueue(t, v, service.QueueOptions{})
		began := v.Now()
		var last *service.Pending[int]
		for range 4 {
			last, _ = service.Begin(q, returns(v, 100*time.Millisecond, 1))
		}
		_, err := last.Wait(clock.Forever)
		ok(t, "wait", err)
		if took := v.Now() - began; took != 200*time.Millisecond {
			t.Errorf("MO-046 four calls by two workers took %v", took)
		}

		var order []string
		begin := func(name string, d time.Duration) *service.Pending[bool] {
			p, err := service.Begin(q, func() (bool, error) {
				clock.Sleep(v, d)
				order = append(order, name)
				return true, nil
			})
			ok(t, "begin", err)
			return p
		}
		a := begin("A", 150*time.Millisecond)
		begin("B", 10*time.Millisecond)
		begin("C", 10*time.Millisecond)
		_, err = a.Wait(clock.Forever)
		ok(t, "wait", err)
		if !slices.Equal(order, []string{"B", "C", "A"}) {
			t.Errorf("MO-047 ended in the order %v", order)
		}

		// What never waits runs to its end before anything else does.
		other := false
		v.Go("other", func() { other = true })
		_, err = service.Call(q, func() (bool, error) { return other, nil })
		ok(t, "MO-048 a function that does not wait", err)
		ok(t, "stop", q.Stop())
	})
}

func TestQueuedBeforeTheStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := service.NewQueue(rt, service.QueueOptions{})
		var d diary
		for i := range 3 {
			ok(t, "cast", q.Cast(d.hook(fmt.Sprint("before ", i))))
		}
		settle(rt)
		d.want(t, "nothing runs before the start")
		ok(t, "start", q.Start())
		settle(rt)
		d.want(t, "MO-050 nothing is lost", "before 0", "before 1", "before 2")
		ok(t, "stop", q.Stop())
	})
}

func TestFlush(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := service.NewQueue(rt, service.QueueOptions{})
		var d diary
		ok(t, "cast", q.Cast(func() error {
			d.note("outer")
			got, err := service.Call(q, func() (int, error) { return 7, nil })
			if got != 7 || err != nil {
				t.Errorf("MO-045 a call from what is flushed = %d, %v", got, err)
			}
			return q.Cast(d.hook("inner"))
		}))
		q.Flush()
		d.want(t, "MO-045 flush runs all, without workers", "outer", "inner")
	})
}

// A stop runs what is queued, and then the queue takes no more.
func TestStopRunsWhatIsQueued(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		q := startedQueue(t, v, service.QueueOptions{})
		var calls []*service.Pending[int]
		for i := range 6 {
			p, err := service.Begin(q, returns(v, 100*time.Millisecond, i))
			ok(t, "begin", err)
			calls = append(calls, p)
		}
		settle(v)
		ok(t, "stop", q.Stop())
		for i, p := range calls {
			if got, err := p.Wait(0); got != i || err != nil {
				t.Errorf("MO-049 call %d, queued at the stop = %d, %v", i, got, err)
			}
		}
		// The stop takes 4 of them one by one, the two workers finish theirs meanwhile
		// and then help.
		if v.Now() != 200*time.Millisecond {
			t.Errorf("MO-049 the stop took %v", v.Now())
		}
		_, err := service.Call(q, func() (int, error) { return 0, nil })
		wantErr(t, "MO-060 call after a stop", err, service.ErrStopped)
		wantText(t, "MO-060", err, "cannot call service: it is shut down", "when it is started")
		wantErr(t, "MO-060 cast after a stop", q.Cast(func() error { return nil }), service.ErrStopped)
		ok(t, "restart", q.Restart())
		if got, err := service.Call(q, returns(v, 0, 9)); got != 9 || err != nil {
			t.Errorf("MO-038 call after a restart = %d, %v", got, err)
		}
		ok(t, "stop", q.Stop())
	})
}

func TestCrashFailsWhatIsQueued(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var castErr error
		q := startedQueue(t, rt, service.QueueOptions{Workers: 1, CastError: func(err error) { castErr = err }})
		release := clock.NewLatch(rt, "release")
		running, err := service.Begin(q, func() (int, error) { return 5, release.Wait(clock.Forever) })
		ok(t, "begin", err)
		settle(rt)
		waiting, err := service.Begin(q, returns(rt, 0, 1))
		ok(t, "begin", err)
		ok(t, "cast", q.Cast(func() error { return nil }))
		q.Crash(errBoom)
		_, err = waiting.Wait(clock.Forever)
		wantErr(t, "MO-060 nobody waits for ever: a queued call", err, errBoom)
		wantErr(t, "MO-063 a queued cast", castErr, errBoom)
		_, err = service.Call(q, returns(rt, 0, 1))
		wantErr(t, "MO-060 a call after the crash", err, service.ErrStopped)
		release.Set()
		if got, err := running.Wait(clock.Forever); got != 5 || err != nil {
			t.Errorf("what ran at the crash comes to its end: %d, %v", got, err)
		}
		ok(t, "stop", q.Stop())
	})
}

func TestCancel(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := startedQueue(t, rt, service.QueueOptions{Workers: 1})
		release := clock.NewLatch(rt, "release")
		ended := false
		running, err := service.Begin(q, func() (int, error) {
			err := release.Wait(clock.Forever)
			ended = true
			return 5, err
		})
		ok(t, "begin", err)
		settle(rt)
		waiting, err := service.Begin(q, func() (int, error) { t.Error("MO-058 a cancelled call ran"); return 0, nil })
		ok(t, "begin", err)
		if !waiting.Cancel() || waiting.Cancel() {
			t.Error("MO-058 a queued call can be cancelled, once")
		}
		_, err = waiting.Wait(clock.Forever)
		wantErr(t, "MO-043 MO-058", err, service.ErrCancelled)
		if running.Cancel() {
			t.Error("MO-058 a call that runs cannot be cancelled")
		}
		_, err = running.Wait(rt.Now() + time.Millisecond)
		wantErr(t, "MO-058 the caller has gone", err, clock.ErrTimeout)
		release.Set()
		for i := range 5 { // the signals of these calls are used again
			if got, err := service.Call(q, returns(rt, 0, i)); got != i || err != nil {
				t.Errorf("MO-043 the workers go on: %d, %v", got, err)
			}
		}
		if !ended {
			t.Error("MO-058 it ran to its end")
		}
		passed, err := service.Begin(q, returns(rt, 0, 1))
		ok(t, "begin", err)
		if !passed.Cancel() {
			t.Error("MO-058 cancel before its turn")
		}
		settle(rt) // its turn has come and gone
		_, err = passed.Wait(clock.Forever)
		wantErr(t, "MO-043 a cancelled call whose turn has passed", err, service.ErrCancelled)
		if running.Cancel() {
			t.Error("MO-058 a call that has ended cannot be cancelled")
		}
		ok(t, "stop", q.Stop())
	})
}

func TestCallFromWithin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := startedQueue(t, rt, service.QueueOptions{Workers: 1})
		got, err := service.Call(q, func() (int, error) {
			inner, err := service.Call(q, func() (int, error) { return 20, nil })
			return inner + 1, err
		})
		if got != 21 || err != nil {
			t.Errorf("MO-061 a call from its own thread = %d, %v", got, err)
		}
		_, err = service.Call(q, func() (int, error) {
			return service.Call(q, func() (int, error) { panic(errBoom) })
		})
		wantErr(t, "MO-061 with its panic", err, errBoom)
		got, err = service.Call(q, func() (int, error) {
			inner, err := service.Begin(q, func() (int, error) { return 30, nil })
			ok(t, "begin", err)
			return inner.Wait(clock.Forever)
		})
		if got != 30 || err != nil {
			t.Errorf("MO-061 waiting in the only worker = %d, %v", got, err)
		}
		_, err = service.CallFrom(context.Background(), q, func() (int, error) { return 1, nil })
		wantErr(t, "MO-061 CallFrom in a task", err, service.ErrFromTask)
		ok(t, "stop", q.Stop())
	})
}

func TestCast(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		log, written := logTo()
		q := startedQueue(t, v, service.QueueOptions{ThreadOptions: service.ThreadOptions{Options: service.Options{Log: log}}})
		clock.Sleep(v, 300*time.Millisecond)
		began, ran := v.Now(), time.Duration(-1)
		ok(t, "MO-053 cast", q.Cast(func() error { ran = v.Now(); return nil }))
		if ran >= 0 {
			t.Error("MO-053 a cast must not wait")
		}
		clock.Sleep(v, time.Second)
		if ran != began {
			t.Errorf("MO-062 a cast at %v ran at %v", began, ran)
		}
		ok(t, "cast", q.Cast(func() error { panic(errBoom) }))
		clock.Sleep(v, time.Second)
		if !strings.Contains(written.String(), "boom") {
			t.Errorf("MO-063 logged %s", written)
		}
		wantState(t, "MO-063", q.Service, service.Running)
		ok(t, "stop", q.Stop())
	})
}

func TestFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q := startedQueue(t, rt, service.QueueOptions{})
		source := rt.OpenSource("outside")
		const goroutines, each = 4, 25
		sum, casts := 0, 0
		left := goroutines
		done := clock.NewLatch(rt, "done")
		for g := range goroutines {
			go func() {
				for i := range each {
					got, err := service.CallFrom(context.Background(), q, func() (int, error) {
						sum++
						return g*each + i, nil
					})
					if got != g*each+i || err != nil {
						t.Errorf("MO-052 CallFrom = %d, %v", got, err)
					}
					q.CastFrom(func() error { casts++; return nil })
				}
				_, err := service.CallFrom(context.Background(), q, func() (int, error) { panic(errBoom) })
				wantErr(t, "MO-057 CallFrom of a panic", err, errBoom)
				source.Post(func() {
					if left--; left == 0 {
						done.Set()
					}
				})
			}()
		}
		ok(t, "wait", done.Wait(clock.Forever))
		settle(rt)
		if sum != goroutines*each || casts != sum {
			t.Errorf("MO-062 %d calls and %d casts have run", sum, casts)
		}
		ok(t, "stop", q.Stop())
		go func() {
			defer source.Close()
			_, err := service.CallFrom(context.Background(), q, func() (int, error) { return 0, nil })
			wantErr(t, "MO-060 CallFrom after a stop", err, service.ErrStopped)
			source.Post(done.Set)
		}()
		done.Clear()
		ok(t, "wait", done.Wait(clock.Forever))
	})
}

// spy tells when a context is asked for its error.
type spy struct {
	context.Context
	asked chan struct{}
}

func (s spy) Err() error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	return s.Context.Err()
}

// A caller that gives up while its call is queued takes it back.
func TestCallFromGivesUp(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	var q *service.Queue
	release := clock.NewLatch(s, "release")
	err := s.Run("test", func() {
		q = service.NewQueue(s, service.QueueOptions{Workers: 1})
		ok(t, "start", q.Start())
		ok(t, "cast", q.Cast(func() error { return release.Wait(clock.Forever) }))
	})
	ok(t, "run", err)
	ctx, cancel := context.WithCancel(context.Background())
	gaveUp := make(chan error)
	go func() {
		_, err := service.CallFrom(ctx, q, func() (int, error) { t.Error("MO-058 it ran"); return 0, nil })
		gaveUp <- err
	}()
	cancel()
	wantErr(t, "MO-058", <-gaveUp, context.Canceled)
	asked := spy{asked: make(chan struct{}, 1)}
	asked.Context, cancel = context.WithCancel(context.Background())
	go func() {
		_, err := service.CallFrom(asked, q, func() (int, error) { t.Error("MO-058 it ran"); return 0, nil })
		gaveUp <- err
	}()
	<-asked.asked // it is in the queue, or about to be
	cancel()
	wantErr(t, "MO-058 queued", <-gaveUp, context.Canceled)
	ok(t, "run", s.Run("more", func() {
		release.Set()
		_, err := service.Call(q, returns(s, 0, 1))
		ok(t, "MO-058 the workers go on", err)
	}))
	begun := make(chan struct{})
	go func() {
		_, err := service.CallFrom(context.Background(), q, func() (int, error) {
			close(begun)
			return 0, clock.NewLatch(s, "never").Wait(clock.Forever)
		})
		gaveUp <- err
	}()
	<-begun
	ok(t, "close", s.Close())
	wantErr(t, "the runtime has ended", <-gaveUp, clock.ErrEnded)
}
