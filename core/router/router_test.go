package router_test

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"

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

func send[T any](t *testing.T, s *router.Sender[T], xs ...T) {
	t.Helper()
	for _, x := range xs {
		if err := s.Send(x); err != nil {
			t.Error(err)
		}
	}
}

func attach(t *testing.T, r *router.Router, l *loop.Loop) {
	t.Helper()
	if err := r.AttachTo(l); err != nil {
		t.Fatal(err)
	}
}

// logTo is a log of all levels.
func logTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func never() bool { return false }

func wantState(t *testing.T, what string, err error, state router.State, says string) {
	t.Helper()
	var s *router.StateError
	if !errors.As(err, &s) || s.State != state || !strings.Contains(err.Error(), says) {
		t.Errorf("%s = %v, want a StateError (%v) that says %q", what, err, state, says)
	}
}

func TestLifeCycle(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := router.New(rt, router.Options{Name: "uploads"})
		wantState(t, "TF-002 stop", r.Stop(), router.Initial, "cannot stop uploads: it is not started")
		_, _, err := router.Pipe[int](r)
		wantState(t, "TF-005 pipe", err, router.Initial, "cannot make a pipe on uploads: it is not started")
		wantState(t, "TF-057 route", r.RouteUntil(never, 0), router.Initial, "not started")
		if err := r.RouteUntil(func() bool { return true }, 0); err != nil {
			t.Errorf("TF-057 true on entry: %v", err)
		}
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-001 start twice", r.Start(), router.Open, "cannot start uploads: it is open")
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-011 start again", r.Start(), router.Stopped, "cannot start uploads: the router is stopped")
		wantState(t, "stop twice", r.Stop(), router.Stopped, "the router is stopped")
		wantState(t, "TF-057 route when stopped", r.RouteUntil(never, 0), router.Stopped, "the router is stopped")
		_, _, err = router.Pipe[int](r)
		wantState(t, "TF-005 pipe when stopped", err, router.Stopped, "the router is stopped")
	})
}

func TestSenderStates(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{Name: "uploads"})
		s, rec, err := router.Pipe[int](r)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-022 send before start", s.Send(1), router.Initial, "cannot send on uploads pipe 1: it is not started")
		wantState(t, "TF-022 stop before start", s.Stop(), router.Initial, "not started")
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-017 start twice", s.Start(), router.Open, "cannot start the sender of uploads pipe 1: it is open")
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-021 send after stop", s.Send(1), router.Closed, "it is closed")
		wantState(t, "TF-022 stop twice", s.Stop(), router.Closed, "it is closed")
		wantState(t, "TF-022 start after stop", s.Start(), router.Closed, "it is closed")
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "TF-039 close twice", rec.Close(), router.Closed, "cannot close uploads pipe 1: it is closed")
	})
}

func TestSendersOfAStoppedRouter(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log bytes.Buffer
		r := started(t, rt, router.Options{Name: "uploads", Log: logTo(&log)})
		fresh, _, err := router.Pipe[int](r)
		if err != nil {
			t.Fatal(err)
		}
		s, rec := pipe[int](t, r)
		rec.OnMessage(func(int) { t.Error("TF-013 delivered by a stopped router") })
		send(t, s, 1, 2, 3)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), `msg="router stopped with undelivered messages" router=uploads messages=3`) {
			t.Errorf("TF-013 no count of what was lost: %s", &log)
		}
		if !strings.Contains(log.String(), `msg="router stopped with open pipes" router=uploads pipes=2`) {
			t.Errorf("TF-009 no count of open pipes: %s", &log)
		}
		const says = "the router is stopped"
		wantState(t, "TF-012 TF-027 send", s.Send(1), router.Stopped, says)
		wantState(t, "TF-027 stop", s.Stop(), router.Stopped, says)
		wantState(t, "TF-027 stop twice", s.Stop(), router.Closed, "it is closed")
		wantState(t, "TF-027 start", fresh.Start(), router.Stopped, says)
		wantState(t, "TF-027 scope", fresh.Scope(func() error { return nil }), router.Stopped, says)
		wantState(t, "TF-039 close", rec.Close(), router.Stopped, says)
		wantState(t, "TF-039 close twice", rec.Close(), router.Closed, "it is closed")
	})
}

// A router is stopped under busy senders: each message is counted, or an error
// for its sender, or (in the middle of it) both.
func TestStopUnderBusySenders(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	err := s.Run("test", func() {
		var log bytes.Buffer
		r := started(t, s, router.Options{Log: logTo(&log)})
		const senders = 4
		done := make(chan struct{}, senders)
		busy := make(chan struct{}, senders)
		for range senders {
			snd, rec := pipe[int](t, r)
			rec.OnMessage(func(int) {})
			go func() {
				defer func() { done <- struct{}{} }()
				for n := 0; ; n++ {
					if err := snd.Send(n); err != nil {
						wantState(t, "TF-012 send", err, router.Stopped, "stopped")
						return
					}
					if n == 100 {
						busy <- struct{}{}
					}
				}
			}()
		}
		s.Blocking(func() {
			for range senders {
				<-busy
			}
		})
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
		s.Blocking(func() { // or a sender has not seen the stop, and the test hangs
			for range senders {
				<-done
			}
		})
		if !strings.Contains(log.String(), "undelivered messages") {
			t.Errorf("TF-013 nothing was counted: %s", &log)
		}
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
}

func TestStopIsQuietWhenAllIsDone(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log bytes.Buffer
		r := started(t, rt, router.Options{Name: "uploads", Log: logTo(&log)})
		s, rec := pipe[int](t, r)
		rec.OnMessage(func(int) {})
		send(t, s, 1)
		if err := r.RouteUntil(never, 0); !errors.Is(err, clock.ErrTimeout) {
			t.Error(err)
		}
		if err := errors.Join(rec.Close(), r.Stop()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log.String(), "WARN") {
			t.Errorf("TF-009 a stop with all pipes closed warns: %s", &log)
		}
		at := 0
		for _, line := range []string{"router started", "pipe created", "pipe closed", "router stopped"} {
			next := strings.Index(log.String()[at:], `level=DEBUG msg="`+line+`"`)
			if next < 0 {
				t.Fatalf("TF-015 no debug line %q after byte %d: %s", line, at, &log)
			}
			at += next
		}
	})
}

func TestStartAndStopLeaveNoGoroutine(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		before := runtime.NumGoroutine()
		r := started(t, rt, router.Options{})
		attach(t, r, loop.New(rt, loop.Options{}))
		pipe[int](t, r)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("TF-010 %d goroutines before, %d after", before, after)
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
		wantState(t, "TF-024 send", s.Send(1), router.Closed, "closed")
		other, _, _ := router.Pipe[int](r)
		broken := errors.New("broken")
		if err := other.Scope(func() error { return errors.Join(other.Send(1), broken) }); !errors.Is(err, broken) {
			t.Errorf("TF-024 the body's error: %v", err)
		}
		wantState(t, "TF-024 send after the scope", other.Send(1), router.Closed, "closed")
	})
}

// A sender belongs to one goroutine at a time and may be handed on.
func TestSenderIsHandedOn(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		sum := 0
		rec.OnMessage(func(x int) { sum += x })
		send(t, s, 1)
		rt.Blocking(func() { send(t, s, 2) })
		rt.Go("other", func() {
			send(t, s, 4)
			if err := s.Stop(); err != nil {
				t.Errorf("TF-026 stop by another task: %v", err)
			}
		})
		if err := r.RouteUntil(func() bool { return sum == 7 }, clock.Forever); err != nil {
			t.Errorf("TF-026 got %d: %v", sum, err)
		}
	})
}
