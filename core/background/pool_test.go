package background_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
)

func TestWorkersBoundTheJobsAtOnce(t *testing.T) {
	for workers, want := range map[int]time.Duration{0: 3 * time.Second, 1: 10 * time.Second, 5: 2 * time.Second, 100: time.Second} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				b := onRouter(t, v, background.Options{Workers: workers})
				var ended []int
				for i := range 10 {
					f := call(t, b.e, func(j *job) (int, error) { return i, j.Sleep(time.Second) })
					f.OnState(func(s background.State) {
						if s.Done() {
							ended = append(ended, i)
						}
					})
				}
				b.route(func() bool { return len(ended) == 10 })
				if v.Now() != want {
					t.Errorf("TF-104 10 jobs of a second took %v, want %v", v.Now(), want)
				}
				if !slices.IsSorted(ended) {
					t.Errorf("ended in the order %v", ended)
				}
			})
		})
	}
}

func TestSharedPool(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		pool := background.NewPool(rt, 2)
		one := onRouter(t, rt, background.Options{Pool: pool})
		two := onRouter(t, rt, background.Options{Pool: pool})
		three := onRouter(t, rt, background.Options{Pool: pool})
		call(t, one.e, untilCancelled)
		call(t, two.e, untilCancelled)
		clock.Sleep(rt, ms)
		f := call(t, three.e, func(*job) (int, error) { return 3, nil }) // behind the two
		if err := one.e.Shutdown(clock.Forever); err != nil {
			t.Error(err)
		}
		two.e.Stop()
		if x, err := f.Wait(clock.Forever); x != 3 || err != nil {
			t.Errorf("TF-106 a shared pool after a stop and a shutdown: %d, %v", x, err)
		}
		if err := two.e.Shutdown(clock.Forever); err != nil {
			t.Error(err)
		}
		g := call(t, three.e, func(j *job) (int, error) { return 4, j.Sleep(ms) })
		pool.Close()
		pool.Close()
		if _, err := background.Call(three.e, untilCancelled); !errors.Is(err, background.ErrPoolClosed) {
			t.Errorf("TF-106 a closed pool: %v", err)
		}
		if x, err := g.Wait(clock.Forever); x != 4 || err != nil {
			t.Errorf("TF-106 what a closed pool has still runs: %d, %v", x, err)
		}
	})
}

func TestJobSleepsOnTheRuntimesClock(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		b := onRouter(t, v, background.Options{})
		var given context.Context
		f := call(t, b.e, func(j *job) ([]time.Duration, error) {
			given = j.Context()
			var at []time.Duration
			for _, d := range []time.Duration{time.Hour, -48 * time.Hour, 0, time.Minute} {
				if err := j.Sleep(d); err != nil {
					return nil, err
				}
				j.Rejoin(func() { at = append(at, v.Now()) })
			}
			return at, nil
		})
		at, err := f.Wait(clock.Forever)
		want := []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour + time.Minute}
		if err != nil || !slices.Equal(at, want) {
			t.Errorf("slept until %v, %v", at, err)
		}
		if given.Err() == nil {
			t.Error("TF-116 the context of a job that has ended is not done")
		}
		g := call(t, b.e, untilCancelled)
		v.Go("canceller", func() {
			clock.Sleep(v, 90*time.Second)
			g.Cancel()
		})
		if _, err := g.Wait(clock.Forever); err != background.ErrCancelled || v.Now() != time.Hour+150*time.Second {
			t.Errorf("a cancel ends a sleep: %v at %v", err, v.Now())
		}
	})
}

// The end of the runtime ends a job, and runs its defers.
func TestRuntimeEndsUnderAJob(t *testing.T) {
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{}),
	} {
		t.Run(name, func(t *testing.T) {
			asleep := make(chan struct{}, 2)
			cleaned := make(chan struct{}, 2)
			if err := rt.Run("test", func() {
				b := onRouter(t, rt, background.Options{})
				call(t, b.e, func(j *job) (int, error) {
					defer func() { cleaned <- struct{}{} }()
					j.Rejoin(func() { asleep <- struct{}{} })
					return 0, j.Sleep(time.Hour)
				})
				if name == "System" { // a job that blocks looks at its context
					call(t, b.e, func(j *job) (int, error) {
						defer func() { cleaned <- struct{}{} }()
						asleep <- struct{}{}
						<-j.Context().Done()
						return 0, j.Context().Err()
					})
					rt.Blocking(func() { <-asleep })
				}
				clock.Sleep(rt, ms)
			}); err != nil {
				t.Error(err)
			}
			<-asleep
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
			<-cleaned
			if name == "System" {
				<-cleaned
			}
		})
	}
}

// Between two jobs of one worker comes what the first has sent.
func TestAJobIsHeardBeforeTheNextBegins(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		b := onRouter(t, v, background.Options{Workers: 1})
		first := call(t, b.e, func(*job) (int, error) { return 1, nil })
		second := call(t, b.e, func(*job) (int, error) {
			t.Error("TF-142 a job ran that was cancelled in time")
			return 2, nil
		})
		first.OnState(func(s background.State) {
			if s.Done() {
				second.Cancel()
			}
		})
		b.route(second.Done)
	})
}

// What jobs do off the token goes on side by side.
func TestJobsBlockSideBySide(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	err := s.Run("test", func() {
		b := onRouter(t, s, background.Options{Workers: 2})
		ping, pong := make(chan int), make(chan int)
		one := call(t, b.e, func(*job) (int, error) {
			ping <- 1 // or the test hangs
			return <-pong, nil
		})
		two := call(t, b.e, func(*job) (int, error) {
			x := <-ping
			pong <- x + 1
			return x, nil
		})
		b.route(func() bool { return one.Done() && two.Done() })
		if x, _ := one.Result(); x != 2 {
			t.Errorf("got %d", x)
		}
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
}

// 64 iterations at once keep their orders.
func TestManyIterationsKeepTheirOrder(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		b := onRouter(t, rt, background.Options{Workers: 8})
		var all []*[]int
		for i := range 64 {
			_, items := iterate(t, b, func(_ *job, yield func(int) bool) error {
				for k := range 64 {
					yield(i*64 + k)
				}
				return nil
			})
			all = append(all, items)
		}
		b.route(func() bool { return b.e.Jobs() == 0 })
		for i, items := range all {
			for k, x := range *items {
				if x != i*64+k {
					t.Fatalf("TF-029 iteration %d got %v", i, *items)
				}
			}
			if len(*items) != 64 {
				t.Errorf("TF-029 iteration %d got %d items", i, len(*items))
			}
		}
	})
}
