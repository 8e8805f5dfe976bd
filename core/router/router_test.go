package router_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

func started(t *testing.T, rt clock.Runtime, o router.Options) *router.Router {
	t.Helper()
	r := router.New(rt, o)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

func pipe[T any](t *testing.T, r *router.Router) (*router.Sender[T], *router.Receiver[T]) {
	t.Helper()
	s, rec, err := router.Pipe[T](r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s, rec
}

func never() bool { return false }

func wantState(t *testing.T, what string, err error, state string) {
	t.Helper()
	var s *router.StateError
	if !errors.As(err, &s) || !strings.Contains(err.Error(), state) {
		t.Errorf("%s = %v, want a StateError that says %q", what, err, state)
	}
}

func TestStates(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := router.New(rt, router.Options{})
		wantState(t, "TF-002 stop", r.Stop(), "not started")
		_, _, err := router.Pipe[int](r)
		wantState(t, "TF-005 pipe", err, "not started")
		wantState(t, "TF-057 route", r.RouteUntil(never, 0), "not started")
		if err := r.RouteUntil(func() bool { return true }, 0); err != nil {
			t.Errorf("TF-049 true on entry: %v", err)
		}
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-001 start twice", r.Start(), "open")
		s, rec, err := router.Pipe[int](r)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-022 send", s.Send(1), "not started")
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-017 sender twice", s.Start(), "open")
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-021 send after stop", s.Send(1), "closed")
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-039 close twice", rec.Close(), "closed")
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-011 start again", r.Start(), "closed")
	})
}

func TestManySendersKeepTheirOrder(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		source := rt.OpenSource("workers")
		defer source.Close()
		const pipes, each = 64, 64
		var got [pipes][]int
		n := 0
		for p := range pipes {
			s, rec := pipe[int](t, r)
			rec.OnMessage(func(x int) {
				got[p] = append(got[p], x)
				n++
			})
			go func() {
				for i := range each {
					if err := s.Send(i); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		if err := r.RouteUntil(func() bool { return n == pipes*each }, clock.Forever); err != nil {
			t.Fatal(err)
		}
		for p := range got {
			for i, x := range got[p] {
				if i != x {
					t.Fatalf("TF-029 pipe %d got %v", p, got[p])
				}
			}
		}
	})
}

func TestDeliveryByALoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		s, rec := pipe[string](t, r)
		var got []string
		rec.OnMessage(func(x string) {
			if got = append(got, x); x == "end" {
				l.Stop(0)
			}
		})
		if err := s.Send("before attach"); err != nil {
			t.Fatal(err)
		}
		r.AttachTo(l)
		_ = s.Send("end")
		l.Run()
		if !reflect.DeepEqual(got, []string{"before attach", "end"}) {
			t.Errorf("TF-030 got %v", got)
		}
		if err := r.RouteUntil(never, 0); err == nil {
			t.Fatal("want a timeout")
		}
		_ = s.Send("manual")
		l.Post(func() { l.Stop(0) })
		l.Run()
		if len(got) != 2 {
			t.Errorf("TF-054 the loop delivered after RouteUntil: %v", got)
		}
		if err := r.RouteUntil(func() bool { return len(got) == 3 }, 0); err != nil {
			t.Errorf("TF-054 the message must wait for the next RouteUntil: %v", err)
		}
	})
}

func TestClosedPipeDiscardsWithAWarning(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log bytes.Buffer
		r := started(t, rt, router.Options{Name: "uploads", Log: slog.New(slog.NewTextHandler(&log, nil))})
		s, rec := pipe[int](t, r)
		rec.OnMessage(func(int) { t.Error("TF-038 delivered after close") })
		_ = s.Send(1)
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		_ = s.Send(2)
		if err := r.RouteUntil(never, 0); err == nil {
			t.Error("want a timeout")
		}
		if n := strings.Count(log.String(), "discarded"); n != 1 {
			t.Errorf("TF-038 %d warnings: %s", n, &log)
		}
		_, _ = pipe[int](t, r)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "open pipes") {
			t.Errorf("no warning about the open pipe: %s", &log)
		}
	})
}

func TestRouteUntilDeadline(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	r := router.New(v, router.Options{})
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	s, rec := pipe[int](t, r)
	n := 0
	rec.OnMessage(func(int) { n++ })
	v.Go("sender", func() {
		for i := range 20 {
			clock.Sleep(v, 50*time.Millisecond)
			_ = s.Send(i)
		}
	})
	var timeout *router.TimeoutError
	// The driver itself routes; messages at 50 ms and, at the very deadline, 100.
	if err := r.RouteUntil(func() bool { return n == 20 }, 100*time.Millisecond); !errors.As(err, &timeout) || n != 2 {
		t.Errorf("TF-045 RouteUntil = %v after %d messages, want a timeout after 2", err, n)
	}
	if err := r.RouteUntil(func() bool { return n == 20 }, clock.Forever); err != nil || v.Now() != time.Second {
		t.Errorf("TF-046 RouteUntil = %v at %v", err, v.Now())
	}
	for i := range 5 {
		_ = s.Send(i)
	}
	if err := r.RouteUntil(func() bool { return n == 25 }, 0); err != nil {
		t.Errorf("TF-047 queued messages count past the deadline: %v", err)
	}
	for i := range 5 {
		_ = s.Send(i)
	}
	if err := r.RouteUntil(never, v.Now()); !errors.As(err, &timeout) || n != 30 {
		t.Errorf("TF-050 RouteUntil = %v after %d, want all 5 delivered", err, n-25)
	}
}

// A flood, each message sending the next, does not postpone the deadline.
func TestRouteUntilUnderAFlood(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(x int) {
			n++
			_ = s.Send(x + 1)
		})
		_ = s.Send(0)
		var timeout *router.TimeoutError
		if err := r.RouteUntil(never, rt.Now()); !errors.As(err, &timeout) {
			t.Errorf("TF-051 RouteUntil = %v", err)
		}
		if n > 2 {
			t.Errorf("TF-051 %d messages were delivered past the deadline", n)
		}
	})
}

func TestScope(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, _, err := router.Pipe[int](r)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Scope(s.Stop); err != nil {
			t.Errorf("TF-024 a body that stops its sender: %v", err)
		}
		wantState(t, "send", s.Send(1), "closed")
	})
}

func ExampleRouter_RouteUntil() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	r := router.New(world, router.Options{})
	_ = r.Start()
	send, receive, _ := router.Pipe[string](r)
	var last string
	receive.OnMessage(func(s string) { last = s })
	world.Go("worker", func() {
		_ = send.Scope(func() error {
			clock.Sleep(world, time.Hour)
			return send.Send("done")
		})
	})
	err := r.RouteUntil(func() bool { return last == "done" }, 2*time.Hour)
	fmt.Println(last, "at", world.Now(), err)
	// Output: done at 1h0m0s <nil>
}

func BenchmarkSendAndRoute(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
	defer v.Close()
	r := router.New(v, router.Options{})
	_ = r.Start()
	s, rec, _ := router.Pipe[int](r)
	_ = s.Start()
	n := 0
	rec.OnMessage(func(int) { n++ })
	b.ReportAllocs()
	for range b.N {
		_ = s.Send(1)
		want := n + 1
		if err := r.RouteUntil(func() bool { return n == want }, clock.Forever); err != nil {
			b.Fatal(err)
		}
	}
}
