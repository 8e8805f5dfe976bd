package background_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/router"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

const ms = time.Millisecond

type (
	job    = background.Job
	states = []background.State
)

// bench is an executor on a router that the test drives itself.
type bench struct {
	t  *testing.T
	rt clock.Runtime
	r  *router.Router
	e  *background.Executor
}

func onRouter(t *testing.T, rt clock.Runtime, o background.Options) *bench {
	t.Helper()
	r := router.New(rt, router.Options{Log: o.Log})
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	o.Router = r
	e, err := background.New(rt, o)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, rt, r, e}
}

// both runs a body on both runtimes with an executor on a router, and shuts it
// down.
func both(t *testing.T, body func(t *testing.T, b *bench)) {
	t.Helper()
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log lines
		b := onRouter(t, rt, background.Options{Log: logTo(&log)})
		body(t, b)
		if err := b.e.Shutdown(clock.Forever); err != nil {
			t.Error(err)
		}
		if err := b.r.Stop(); err != nil {
			t.Errorf("TF-105 the router from outside was stopped: %v", err)
		}
		if strings.Contains(log.String(), "ERROR") || strings.Contains(log.String(), "WARN") {
			t.Errorf("something went wrong: %s", &log)
		}
	})
}

func (b *bench) route(done func() bool) {
	b.t.Helper()
	if err := b.r.RouteUntil(done, clock.Forever); err != nil {
		b.t.Fatal(err)
	}
}

// future is what all futures have in common.
type future interface {
	State() background.State
	Done() bool
	Cancellable() bool
	Cancel() bool
	OnState(func(background.State)) func()
}

var (
	_ future = (*background.Future[int])(nil)
	_ future = (*background.Iteration[int])(nil)
	_ future = (*background.Progression[int, string])(nil)
)

// record notes the states of a future, and that Done and Cancellable agree with
// them at each.
func record(t *testing.T, f future) *states {
	t.Helper()
	got := &states{f.State()}
	f.OnState(func(s background.State) {
		*got = append(*got, s)
		if f.State() != s || f.Done() != s.Done() || f.Cancellable() != s.Cancellable() {
			t.Errorf("TF-112 told %v, is %v, done %v, cancellable %v", s, f.State(), f.Done(), f.Cancellable())
		}
	})
	return got
}

func wantStates(t *testing.T, what string, got *states, want ...background.State) {
	t.Helper()
	if !slices.Equal(*got, want) {
		t.Errorf("%s: states %v, want %v", what, *got, want)
	}
}

func call[R any](t *testing.T, e *background.Executor, fn func(*job) (R, error)) *background.Future[R] {
	t.Helper()
	f, err := background.Call(e, fn)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// until is a job that waits for a latch.
func until(l *clock.Latch) func(*job) (int, error) {
	return func(j *job) (int, error) {
		j.Rejoin(func() { _ = l.Wait(clock.Forever) })
		return 7, nil
	}
}

// untilCancelled is a job that ends when it is told to.
func untilCancelled(j *job) (int, error) {
	for j.Sleep(time.Hour) == nil {
		continue
	}
	return 0, j.Context().Err()
}

func wantNoResult[R any](t *testing.T, what string, f interface{ Result() (R, error) }) {
	t.Helper()
	if _, err := f.Result(); err != background.ErrCancelled {
		t.Errorf("%s: Result of a cancelled future = %v", what, err)
	}
}

// lines is a log of all levels: jobs write from goroutines of their own.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func logTo(l *lines) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
