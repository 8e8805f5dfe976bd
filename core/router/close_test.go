package router_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

func TestClosedPipeDiscardsWithAWarning(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log bytes.Buffer
		r := started(t, rt, router.Options{Name: "uploads", Log: logTo(&log)})
		s, rec := pipe[int](t, r)
		rec.OnMessage(func(int) { t.Error("TF-038 delivered after close") })
		send(t, s, 1)
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		send(t, s, 2)
		asked := 0
		if err := r.RouteUntil(func() bool { asked++; return asked == 3 }, clock.Forever); err != nil {
			t.Errorf("TF-052 the condition is asked after discarded messages too: %v", err)
		}
		if n := strings.Count(log.String(), `discarded" pipe="uploads pipe 1"`); n != 1 {
			t.Errorf("TF-038 %d warnings: %s", n, &log)
		}
	})
}

func TestListenerClosesItsOwnPipe(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		var got []int
		rec.OnMessage(func(x int) {
			if err := rec.Close(); err != nil {
				t.Errorf("TF-041 close: %v", err)
			}
		})
		rec.OnMessage(func(x int) { got = append(got, x) })
		send(t, s, 1, 2)
		if err := r.RouteUntil(never, 0); !errors.Is(err, clock.ErrTimeout) {
			t.Error(err)
		}
		if !slices.Equal(got, []int{1}) {
			t.Errorf("TF-041 the listener behind got %v", got)
		}
	})
}

func TestStopInAReceiver(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log bytes.Buffer
		r := started(t, rt, router.Options{Log: logTo(&log)})
		l := loop.New(rt, loop.Options{})
		attach(t, r, l)
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) {
			n++
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
		})
		send(t, s, 1, 2, 3)
		l.Post(func() { l.Stop(0) })
		l.Run()
		if n != 1 || !strings.Contains(log.String(), "messages=2") {
			t.Errorf("TF-013 %d delivered; %s", n, &log)
		}
		s2, _, err := router.Pipe[int](r)
		wantState(t, "TF-067 pipe", err, router.Stopped, "stopped")
		if s2 != nil {
			t.Error("a sender with an error")
		}
	})
}

// After the router was stopped the turns that its loop was asked for do nothing.
func TestPendingTurnsOfAStoppedRouter(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		attach(t, r, l)
		s, rec := pipe[int](t, r)
		rec.OnMessage(func(int) { t.Error("TF-067 delivered") })
		send(t, s, 1)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		l.Post(func() { l.Stop(0) })
		l.Run()
	})
}

func TestPanicLosesNothingBehindIt(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		panics := 0
		l := loop.New(rt, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
		attach(t, r, l)
		s, rec := pipe[int](t, r)
		var got []int
		rec.OnMessage(func(x int) {
			if x%2 == 0 {
				panic("boom")
			}
		})
		rec.OnMessage(func(x int) { got = append(got, x) })
		send(t, s, 1, 2, 3, 4, 5)
		if err := l.RunUntil(func() bool { return len(got) == 5 }, rt.Now()+time.Minute); err != nil {
			t.Errorf("a panic loses what is behind it: %v", err)
		}
		if !slices.Equal(got, []int{1, 2, 3, 4, 5}) || panics != 2 {
			t.Errorf("got %v, %d panics", got, panics)
		}
	})
}

// By types a receiver can only close its own pipe, whatever the numbers say.
func TestCloseConcernsOneRouterOnly(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		one, two := started(t, rt, router.Options{}), started(t, rt, router.Options{})
		_, rec1 := pipe[int](t, one)
		s2, rec2 := pipe[int](t, two) // pipe 1, too
		got := 0
		rec2.OnMessage(func(x int) { got = x })
		if err := rec1.Close(); err != nil {
			t.Fatal(err)
		}
		send(t, s2, 5)
		if err := two.RouteUntil(func() bool { return got == 5 }, 0); err != nil {
			t.Errorf("TF-040 a pipe of another router was closed: %v", err)
		}
	})
}

// Two routers on one loop, whose senders have ended before it runs.
func TestSendersThatEndBeforeTheLoopRuns(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var got [2]int
		gone := make(chan struct{})
		for i := range got {
			r := started(t, rt, router.Options{})
			attach(t, r, l)
			for range 5 {
				s, rec := pipe[int](t, r)
				rec.OnMessage(func(int) { got[i]++ })
				go func() {
					send(t, s, 1, 2, 3)
					gone <- struct{}{}
				}()
			}
		}
		for range 10 {
			<-gone
		}
		l.Post(func() { l.Post(func() { l.Stop(0) }) })
		l.Run()
		if got != [2]int{15, 15} {
			t.Errorf("TF-065 TF-066 TF-070 delivered %v, want 15 each", got)
		}
	})
}
