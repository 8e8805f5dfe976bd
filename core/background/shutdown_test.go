package background_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

func TestShutdown(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		got := watch(b.e)
		running := call(t, b.e, untilCancelled)
		b.route(func() bool { return running.State() == background.Executing })
		var waiting []*background.Future[int]
		for range 10 {
			waiting = append(waiting, call(t, b.e, untilCancelled))
		}
		if err := b.e.Shutdown(clock.Forever); err != nil {
			t.Fatal(err)
		}
		wantAllThree(t, "TF-089 TF-098", got)
		for i, f := range append(waiting, running) {
			if f.State() != background.Cancelled {
				t.Errorf("TF-087 future %d is %v", i, f.State())
			}
		}
		if err := b.e.Shutdown(0); err != nil || len(*got) != 3 {
			t.Errorf("TF-086 a second shutdown: %v, %v", err, *got)
		}
	})
}

func TestShutdownAfterStop(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		got := watch(b.e)
		f := call(t, b.e, untilCancelled)
		b.route(func() bool { return f.State() == background.Executing })
		b.e.Stop()
		if err := b.e.Shutdown(clock.Forever); err != nil || !f.Done() {
			t.Errorf("TF-085 %v, %v", err, f.State())
		}
		wantAllThree(t, "TF-085", got)
	})
}

func TestShutdownDeadline(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		b := onRouter(t, v, background.Options{Name: "uploads"})
		stubborn := func(d time.Duration) func(*job) (int, error) {
			return func(j *job) (int, error) {
				j.Rejoin(func() { clock.Sleep(v, d) })
				return 1, nil
			}
		}
		one := call(t, b.e, stubborn(2*time.Second))
		two := call(t, b.e, stubborn(3*time.Second))
		b.route(func() bool { return one.State() == background.Executing && two.State() == background.Executing })
		for _, c := range []struct {
			until time.Duration
			says  string
			left  int
		}{
			{100 * ms, "shut down uploads: 2 jobs still running: ", 2},
			{2 * time.Second, "shut down uploads: 1 job still running: ", 1}, // one ends at the very deadline
		} {
			err := b.e.Shutdown(c.until)
			var late *background.ShutdownError
			if !errors.As(err, &late) || late.Running != c.left || !errors.Is(err, clock.ErrTimeout) || !strings.HasPrefix(err.Error(), c.says) {
				t.Errorf("TF-091 Shutdown by %v = %v", c.until, err)
			}
			if v.Now() != c.until || b.e.State() != background.Stopping {
				t.Errorf("TF-091 at %v, %v", v.Now(), b.e.State())
			}
		}
		if err := b.e.Shutdown(time.Hour); err != nil || v.Now() != 3*time.Second {
			t.Errorf("TF-091 a later shutdown = %v at %v", err, v.Now())
		}
	})
}

// The router from outside is stopped first: what hangs is said.
func TestRouterStoppedTooEarly(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var log lines
		b := onRouter(t, rt, background.Options{Name: "uploads", Log: logTo(&log)})
		f := call(t, b.e, untilCancelled)
		b.route(func() bool { return f.State() == background.Executing })
		if err := b.r.Stop(); err != nil {
			t.Fatal(err)
		}
		var state *router.StateError
		var late *background.ShutdownError
		err := b.e.Shutdown(clock.Forever)
		if !errors.As(err, &late) || !errors.As(err, &state) || state.State != router.Stopped {
			t.Errorf("TF-105 Shutdown = %v", err)
		}
		if _, err := f.Wait(clock.Forever); !errors.As(err, &state) {
			t.Errorf("TF-105 Wait = %v", err)
		}
		const says = `level=ERROR msg="the end of a job will not be seen" job="uploads job 1" message=raised`
		for n := 0; n < 1000 && !strings.Contains(log.String(), says); n++ {
			clock.Sleep(rt, ms)
		}
		if !strings.Contains(log.String(), says) {
			t.Errorf("TF-105 nothing was logged: %s", &log)
		}
	})
}

// Listeners that panic do not keep an executor from stopping.
func TestListenersThatPanic(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		panics := 0
		l := loop.New(rt, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
		e, err := background.New(rt, background.Options{Loop: l})
		if err != nil {
			t.Fatal(err)
		}
		e.OnState(func(background.ExecutorState) { panic("boom") })
		got := watch(e)
		for range 3 {
			f := call(t, e, untilCancelled)
			f.OnState(func(background.State) { panic("boom") })
		}
		l.After(ms, e.Stop)
		if err := l.RunUntil(func() bool { return e.State() == background.Stopped }, clock.Forever); err != nil {
			t.Fatal(err)
		}
		wantAllThree(t, "TF-082 with panics", got)
		if panics < 4 {
			t.Errorf("%d panics were reported", panics)
		}
	})
}

// Where the last job ends is where one would shut down.
func TestShutdownWhenTheLastJobEnds(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e, err := background.New(rt, background.Options{Loop: l})
		if err != nil {
			t.Fatal(err)
		}
		f, err := background.Call(e, func(*background.Job) (int, error) { return 1, nil })
		if err != nil {
			t.Fatal(err)
		}
		f.OnState(func(s background.State) {
			if !s.Done() {
				return
			}
			if err := e.Shutdown(clock.Forever); err != nil || e.State() != background.Stopped {
				t.Errorf("Shutdown = %v, it is %v", err, e.State())
			}
			l.Stop(0)
		})
		l.Run()
	})
}

// A job that has rejoined may sleep there, rejoin again, and submit others.
func TestSleepInARejoin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e, err := background.New(rt, background.Options{Loop: l})
		if err != nil {
			t.Fatal(err)
		}
		var other *background.Future[int]
		f, err := background.Call(e, func(j *background.Job) (_ int, err error) {
			j.Rejoin(func() {
				if err = j.Sleep(time.Millisecond); err == nil {
					other, err = background.Call(e, func(*background.Job) (int, error) { return 2, nil })
				}
			})
			return 1, err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Wait(clock.Forever); got != 1 || err != nil {
			t.Errorf("Wait = %d, %v", got, err)
		}
		if got, err := other.Wait(clock.Forever); got != 2 || err != nil {
			t.Errorf("Wait = %d, %v", got, err)
		}
		if err := e.Shutdown(clock.Forever); err != nil {
			t.Error(err)
		}
	})
}
