package background_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

type executorStates = []background.ExecutorState

// watch notes the states of an executor.
func watch(e *background.Executor) *executorStates {
	got := &executorStates{e.State()}
	e.OnState(func(s background.ExecutorState) { *got = append(*got, s) })
	return got
}

var allThree = executorStates{background.Running, background.Stopping, background.Stopped}

func wantAllThree(t *testing.T, what string, got *executorStates) {
	t.Helper()
	if !slices.Equal(*got, allThree) {
		t.Errorf("%s: executor states %v, want %v", what, *got, allThree)
	}
}

func TestStop(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		got := watch(b.e)
		f := call(t, b.e, untilCancelled)
		future := record(t, f)
		waiting := call(t, b.e, untilCancelled)
		b.route(func() bool { return f.State() == background.Executing && waiting.State() == background.Executing })
		b.e.OnState(func(s background.ExecutorState) {
			if s != b.e.State() {
				t.Errorf("TF-097 told %v, is %v", s, b.e.State())
			}
			if _, err := background.Call(b.e, untilCancelled); err == nil {
				t.Errorf("TF-097 %v, and takes jobs", s)
			}
		})
		b.e.Stop()
		if b.e.State() != background.Stopping || f.State() != background.Cancelling {
			t.Errorf("TF-093 %v, future %v", b.e.State(), f.State())
		}
		var state *background.StateError
		_, err := background.Call(b.e, untilCancelled)
		if !errors.As(err, &state) || !strings.Contains(err.Error(), "cannot submit a job to background: it is stopping") {
			t.Errorf("TF-095 submit = %v", err)
		}
		b.route(func() bool { return b.e.State() == background.Stopped })
		wantStates(t, "TF-093", future, background.Waiting, background.Executing, background.Cancelling, background.Cancelled)
		wantAllThree(t, "TF-082 TF-098", got)
		if _, err := background.Call(b.e, untilCancelled); !errors.As(err, &state) || !strings.Contains(err.Error(), "it is stopped") {
			t.Errorf("TF-095 submit = %v", err)
		}
		b.e.Stop()
		wantAllThree(t, "TF-098 a second stop", got)
	})
}

func TestStopWithoutJobs(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		got := watch(b.e)
		b.e.Stop()
		wantAllThree(t, "TF-083 TF-098", got)
	})
}

// A future is told of its end before its executor is of the end of all.
func TestFutureEndsBeforeItsExecutor(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f := call(t, b.e, untilCancelled)
		var order []string
		f.OnState(func(s background.State) { order = append(order, s.String()) })
		b.e.OnState(func(s background.ExecutorState) { order = append(order, s.String()) })
		if err := b.e.Shutdown(clock.Forever); err != nil {
			t.Fatal(err)
		}
		if want := []string{"stopping", "cancelling", "cancelled", "stopped"}; !slices.Equal(order, want) {
			t.Errorf("TF-082 TF-093 told %q, want %q", order, want)
		}
	})
}

func TestManyCalls(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const n = 100
		var futures []*background.Future[int]
		for i := range n {
			futures = append(futures, call(t, b.e, func(*job) (int, error) { return i * i, nil }))
		}
		b.route(func() bool { return b.e.Jobs() == 0 })
		for i, f := range futures {
			if x, err := f.Result(); x != i*i || err != nil {
				t.Errorf("TF-099 call %d = %d, %v", i, x, err)
			}
		}
	})
}

func TestSubmitFromElsewhere(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		submit := func() error {
			_, err := background.Call(b.e, func(*job) (int, error) { return 1, nil })
			return err
		}
		inside := call(t, b.e, func(j *job) (none background.None, err error) {
			if err := submit(); !errors.Is(err, background.ErrNotATask) {
				t.Errorf("TF-101 from a job's function: %v", err)
			}
			j.Rejoin(func() { err = submit() })
			return none, err
		})
		b.route(inside.Done)
		if _, err := inside.Result(); err != nil {
			t.Errorf("TF-101 from a job that has rejoined: %v", err)
		}
		posted := clock.NewLatch(b.rt, "posted")
		b.rt.Post(func() {
			if err := submit(); err != nil {
				t.Errorf("TF-101 from a posted callback: %v", err)
			}
			posted.Set()
		})
		if err := posted.Wait(clock.Forever); err != nil {
			t.Error(err)
		}
	})
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{}),
	} {
		t.Run(name, func(t *testing.T) {
			err := rt.Run("test", func() {
				b := onRouter(t, rt, background.Options{})
				answer := make(chan error)
				go func() {
					_, err := background.Call(b.e, untilCancelled)
					answer <- err
				}()
				if err := <-answer; !errors.Is(err, background.ErrNotATask) {
					t.Errorf("TF-101 from a goroutine outside: %v", err)
				}
				if b.e.Jobs() != 0 {
					t.Error("TF-101 refused, and taken")
				}
			})
			if err := errors.Join(err, rt.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// The driver of a world may submit, and deliver.
func TestDriverSubmits(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	b := onRouter(t, v, background.Options{})
	f := call(t, b.e, func(j *job) (int, error) { return 1, j.Sleep(time.Hour) })
	if x, err := f.Wait(clock.Forever); x != 1 || err != nil || v.Now() != time.Hour {
		t.Errorf("TF-101 Wait = %d, %v at %v", x, err, v.Now())
	}
	call(t, b.e, untilCancelled)
	if err := errors.Join(b.e.Shutdown(clock.Forever), v.Close()); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		r := router.New(rt, router.Options{})
		other := clock.NewVirtual(clock.VirtualOptions{})
		for what, o := range map[string]background.Options{
			"TF-104 nowhere to deliver": {},
			"two places to deliver":     {Loop: l, Router: r},
			"TF-103 workers and a pool": {Loop: l, Workers: 2, Pool: background.NewPool(rt, 2)},
			"negative workers":          {Loop: l, Workers: -1},
			"a foreign loop":            {Loop: loop.New(other, loop.Options{})},
			"a foreign router":          {Router: router.New(other, router.Options{})},
			"a foreign pool":            {Loop: l, Pool: background.NewPool(other, 2)},
		} {
			if _, err := background.New(rt, o); err == nil || !strings.Contains(err.Error(), `new executor "background": `) {
				t.Errorf("%s: %v", what, err)
			}
		}
		e, err := background.New(rt, background.Options{Name: "uploads", Router: r})
		if err != nil {
			t.Fatal(err)
		}
		var state *router.StateError
		if _, err := background.Call(e, untilCancelled); !errors.As(err, &state) || e.Jobs() != 0 {
			t.Errorf("on a router that is not started: %v, %d jobs", err, e.Jobs())
		}
	})
}
