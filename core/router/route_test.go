package router_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/router"
)

const ms = time.Millisecond

func wantTimeout(t *testing.T, what string, err error) {
	t.Helper()
	var timeout *router.TimeoutError
	if !errors.As(err, &timeout) || !errors.Is(err, clock.ErrTimeout) {
		t.Errorf("%s: %v, want a TimeoutError", what, err)
	}
}

// The driver itself routes, and a task does.
func TestRouteUntilDeadline(t *testing.T) {
	body := func(t *testing.T, v *clock.Virtual) {
		r := started(t, v, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		v.Go("sender", func() {
			for i := range 20 {
				clock.Sleep(v, 50*ms)
				send(t, s, i)
			}
		})
		all := func() bool { return n == 20 }
		// Messages at 50 ms and, at the very deadline, 100.
		err := r.RouteUntil(all, 100*ms)
		wantTimeout(t, "TF-045 one deadline for the whole call", err)
		if n != 2 || v.Now() != 100*ms {
			t.Errorf("TF-045 %d messages by %v, want 2", n, v.Now())
		}
		if err := r.RouteUntil(all, clock.Forever); err != nil || v.Now() != time.Second {
			t.Errorf("TF-046 RouteUntil = %v at %v", err, v.Now())
		}
	}
	t.Run("task", func(t *testing.T) { clocktest.Virtual(t, clock.VirtualOptions{}, body) })
	t.Run("driver", func(t *testing.T) {
		v := clock.NewVirtual(clock.VirtualOptions{})
		body(t, v)
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRouteUntilWithQueuedMessages(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		clock.Sleep(rt, ms)
		send(t, s, 1, 2, 3, 4, 5)
		if err := r.RouteUntil(func() bool { return n == 5 }, 0); err != nil {
			t.Errorf("TF-047 queued messages count past the deadline: %v", err)
		}
		send(t, s, 1, 2, 3, 4, 5)
		wantTimeout(t, "TF-050", r.RouteUntil(never, rt.Now()))
		if n != 10 {
			t.Errorf("TF-050 %d of 5 delivered", n-5)
		}
		send(t, s, 1, 2)
		wantTimeout(t, "TF-048 an instant that has passed is like 0", r.RouteUntil(never, 1))
		if n != 12 {
			t.Errorf("TF-048 %d of 2 delivered", n-10)
		}
		send(t, s, 1)
		if err := r.RouteUntil(func() bool { return true }, 0); err != nil || n != 12 {
			t.Errorf("TF-049 true on entry: %v, %d delivered", err, n-12)
		}
	})
}

// TF-048, decided otherwise: a negative instant is no deadline.
func TestRouteUntilForever(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := started(t, v, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		v.Go("sender", func() {
			clock.Sleep(v, 24*time.Hour)
			send(t, s, 1)
		})
		if err := r.RouteUntil(func() bool { return n == 1 }, -time.Hour); err != nil || v.Now() != 24*time.Hour {
			t.Errorf("TF-048 RouteUntil = %v at %v", err, v.Now())
		}
	})
	v := clock.NewVirtual(clock.VirtualOptions{})
	r := started(t, v, router.Options{})
	if err := r.RouteUntil(never, clock.Forever); !errors.Is(err, clock.ErrStalled) {
		t.Errorf("TF-048 nothing can come any more: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

// When the instant has passed nobody else gets a turn; at the instant itself
// those do who are ready.
func TestRouteUntilAnInstantThatHasPassed(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := started(t, v, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		clock.Sleep(v, time.Second)
		v.Go("sender", func() { send(t, s, 1) })
		wantTimeout(t, "TF-048", r.RouteUntil(never, time.Second-1))
		if n != 0 {
			t.Error("TF-048 waited past the deadline")
		}
		wantTimeout(t, "TF-048", r.RouteUntil(never, time.Second))
		if n != 1 {
			t.Error("TF-048 did not wait for what is ready at the deadline")
		}
	})
}

// All that is sent at the very deadline counts, whoever sends it, in which order.
func TestRouteUntilAtTheVeryDeadline(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := started(t, v, router.Options{})
		n := 0
		for range 3 {
			s, rec := pipe[int](t, r)
			rec.OnMessage(func(int) { n++ })
			v.Go("sender", func() {
				clock.Sleep(v, time.Second)
				send(t, s, 1)
			})
		}
		if err := r.RouteUntil(func() bool { return n == 3 }, time.Second); err != nil {
			t.Errorf("TF-047 %d of 3 messages of the last instant: %v", n, err)
		}
	})
}

// A flood, each message sending the next, does not postpone the deadline.
func TestRouteUntilUnderAFlood(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		n, late := 0, 0
		until := rt.Now() + 2*ms
		rec.OnMessage(func(x int) {
			if n++; n == 10 {
				clock.Sleep(rt, 3*ms) // past the deadline
			}
			if rt.Now() > until {
				late++
			}
			send(t, s, x+1)
		})
		send(t, s, 0)
		wantTimeout(t, "TF-051", r.RouteUntil(never, until))
		if late > 2 {
			t.Errorf("TF-051 %d messages were delivered past the deadline", late)
		}
		wantTimeout(t, "TF-051 at the deadline", r.RouteUntil(never, rt.Now()))
	})
}

// A goroutine outside floods, faster than it is delivered.
func TestRouteUntilUnderAFloodFromOutside(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	err := s.Run("test", func() {
		r := started(t, s, router.Options{})
		snd, rec := pipe[int](t, r)
		rec.OnMessage(func(int) {})
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for snd.Send(1) == nil {
			}
		}()
		wantTimeout(t, "TF-051", r.RouteUntil(never, s.Now()+2*ms)) // or the test hangs
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
		s.Blocking(func() { <-gone })
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
}

func TestConditionIsAskedBeforeEachMessage(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		var seen []int
		n := 0
		rec.OnMessage(func(int) { n++ })
		send(t, s, 1, 2, 3, 4)
		err := r.RouteUntil(func() bool {
			seen = append(seen, n)
			return n == 3
		}, clock.Forever)
		if err != nil || !slices.Equal(seen, []int{0, 1, 2, 3}) {
			t.Errorf("TF-052 RouteUntil = %v, asked at %v", err, seen)
		}
	})
}

func TestConditionThatPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		send(t, s, 1, 2, 3)
		boom := errors.New("boom")
		func() {
			defer func() {
				if p := recover(); p != boom {
					t.Errorf("TF-053 recovered %v", p)
				}
			}()
			_ = r.RouteUntil(func() bool {
				if n == 1 {
					panic(boom)
				}
				return false
			}, clock.Forever)
		}()
		if err := r.RouteUntil(func() bool { return n == 3 }, 0); err != nil {
			t.Errorf("TF-053 the router must be usable still: %v", err)
		}
	})
}

func TestPipesInManualMode(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		wantTimeout(t, "route", r.RouteUntil(never, 0))
		s, rec := pipe[int](t, r)
		me, on := rt.Self(), clock.TaskID(0)
		rec.OnMessage(func(int) { on = rt.Self() })
		rt.Go("sender", func() { send(t, s, 1) })
		if err := r.RouteUntil(func() bool { return on != 0 }, clock.Forever); err != nil {
			t.Errorf("TF-058 a pipe of manual mode: %v", err)
		}
		if on != me {
			t.Errorf("TF-059 delivered on task %d, by task %d", on, me)
		}
		if err := rec.Close(); err != nil {
			t.Errorf("TF-058 close: %v", err)
		}
	})
}

func TestStopEndsARouteUntil(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		rt.Go("stopper", func() {
			clock.Sleep(rt, ms)
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
		})
		wantState(t, "TF-057 route", r.RouteUntil(never, clock.Forever), router.Stopped, "the router is stopped")
	})
}
