package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/tasks"
)

// world is Tasks beside a loop that runs, with what was done and what failed.
type world struct {
	*tasks.Tasks
	rt     clock.Runtime
	loop   *loop.Loop
	did    []string
	failed []*tasks.Error
	onLoop bool // every failure was told there
}

func newWorld(t *testing.T, rt clock.Runtime) *world {
	t.Helper()
	w := &world{rt: rt, loop: loop.New(rt, loop.Options{}), onLoop: true}
	var err error
	w.Tasks, err = tasks.New(w.loop, tasks.Options{Failed: func(e *tasks.Error) {
		w.onLoop = w.onLoop && w.loop.Mine()
		w.failed = append(w.failed, e)
	}})
	require.NoError(t, err)
	rt.Go("loop", func() { w.loop.Run() })
	return w
}

// say is a function that only says its name.
func (w *world) say(name string) func(*tasks.Job) error {
	return func(*tasks.Job) error {
		w.did = append(w.did, name)
		return nil
	}
}

// last is a function that says its name, and then that all before it have begun.
func (w *world) last() (fn func(*tasks.Job) error, began *clock.Latch) {
	began = clock.NewLatch(w.rt, "the last function")
	return func(*tasks.Job) error {
		began.Set()
		return nil
	}, began
}

// end stops all, waits for it, and lets the loop tell what is still to be told.
func (w *world) end(t *testing.T) {
	t.Helper()
	w.Stop()
	require.NoError(t, w.Join(clock.Forever))
	_, err := loop.Call(w.loop, func() bool { return true })
	require.NoError(t, err)
	w.loop.Stop(0)
	require.True(t, w.onLoop, "failures are told on the loop")
}

func await(t *testing.T, l *clock.Latch) {
	t.Helper()
	require.NoError(t, l.Wait(clock.Forever))
}

func TestAdd(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		last, began := w.last()
		require.Equal(t, tasks.Handle(0), w.Add("a", w.say("a")), "GW-178 before the start")
		require.Equal(t, tasks.Handle(1), w.Add("b", w.say("b")))
		rt.Yield()
		require.Empty(t, w.did, "GW-178 nothing runs before the start")
		w.Start()
		w.Start()
		require.Equal(t, tasks.Handle(2), w.Add("c", w.say("c")), "GW-178 after the start")
		w.Add("d", func(job *tasks.Job) error {
			require.Equal(t, tasks.Handle(3), job.Handle())
			require.Equal(t, tasks.Handle(4), w.Add("e", w.say("e")), "GW-178 from a function")
			w.Add("last", last)
			return nil
		})
		await(t, began)
		require.Equal(t, []string{"a", "b", "c", "e"}, w.did, "each once, in order")
		w.Stop()
		require.Equal(t, tasks.None, w.Add("late", w.say("late")), "GW-178 after the stop")
		w.end(t)
		require.Equal(t, tasks.Handle(-1), tasks.None, "GW-178 the invalid handle")
		require.Equal(t, tasks.None, w.Add("later", w.say("later")))
		require.NotContains(t, w.did, "late")
		require.Empty(t, w.failed)
	})
}

func TestAddFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		source := rt.OpenSource("outside")
		w.Start()
		all := clock.NewLatch(rt, "a hundred functions")
		handles := make(chan tasks.Handle, 100)
		for range 10 {
			go func() {
				for range 10 {
					handles <- w.Add("outside", func(*tasks.Job) error {
						if w.did = append(w.did, "outside"); len(w.did) == 100 {
							all.Set()
						}
						return nil
					})
				}
			}()
		}
		await(t, all)
		source.Close()
		seen := map[tasks.Handle]bool{}
		for range 100 {
			h := <-handles
			require.True(t, h >= 0 && h < 100 && !seen[h], "GW-178 handles %d", h)
			seen[h] = true
		}
		w.end(t)
	})
}

func TestStopBeforeStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		w.Add("a", w.say("a"))
		w.Stop()
		w.Stop()
		w.Start()
		rt.Yield()
		w.end(t)
		require.Empty(t, w.did, "GW-178 nothing runs after a stop")
	})
}

// What was added before a stop and had no turn yet does not begin.
func TestStopBeforeTheFirstTurn(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		w.Start()
		w.Add("a", func(*tasks.Job) error {
			w.Add("c", w.say("c"))
			w.Stop()
			return nil
		})
		w.Add("b", w.say("b"))
		require.NoError(t, w.Join(clock.Forever))
		w.end(t)
		require.Empty(t, w.did, "GW-178")
	})
}

func TestStop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		latch := clock.NewLatch(rt, "never")
		w.Add("sleeps", func(job *tasks.Job) error {
			require.False(t, job.Done())
			require.False(t, job.Sleep(time.Hour), "told to end")
			require.True(t, job.Done())
			require.False(t, job.Sleep(-1), "and so is every further one")
			w.did = append(w.did, "sleeps")
			return nil
		})
		w.Add("waits", func(job *tasks.Job) error {
			err := job.Wait(clock.Forever, latch)
			require.ErrorIs(t, err, context.Canceled)
			w.did = append(w.did, "waits")
			return fmt.Errorf("look: %w", err)
		})
		w.Add("blocks", func(job *tasks.Job) error {
			w.did = append(w.did, "blocks")
			w.Stop()
			job.Blocking(func() { <-job.Context().Done() })
			return errors.New("read: interrupted")
		})
		w.Start()
		require.NoError(t, w.Join(clock.Forever))
		w.end(t)
		require.Equal(t, []string{"blocks", "sleeps", "waits"}, w.did)
		require.Empty(t, w.failed, "an error of what was told to end says only that")
	})
}

func TestFailed(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		w.Add("returns", func(*tasks.Job) error { return io.ErrUnexpectedEOF })
		w.Add("panics", func(*tasks.Job) error { panic("no such sensor") })
		w.Add("panics with an error", func(*tasks.Job) error { panic(io.ErrClosedPipe) })
		w.Add("without a function", nil)
		w.Add("cancels itself", func(*tasks.Job) error { return context.Canceled })
		last, began := w.last()
		w.Add("last", last)
		w.Start()
		await(t, began)
		w.end(t)
		require.Len(t, w.failed, 5, "GW-179 each is told, and ends none of the others")
		require.EqualError(t, w.failed[0], `"returns" (task 0) failed: unexpected EOF`)
		require.ErrorIs(t, w.failed[0], io.ErrUnexpectedEOF)
		var panicked *tasks.Panic
		require.ErrorAs(t, w.failed[1], &panicked, "GW-179 a panic too")
		require.Equal(t, "no such sensor", panicked.Value)
		require.Contains(t, string(panicked.Stack), "TestFailed")
		require.EqualError(t, w.failed[1], `"panics" (task 1) failed: panic: no such sensor`)
		require.ErrorIs(t, w.failed[2], io.ErrClosedPipe)
		require.Equal(t, tasks.Handle(3), w.failed[3].Handle)
		require.ErrorIs(t, w.failed[4], context.Canceled, "nobody had told it to end")
	})
}

// A panic is told even of a function that was told to end.
func TestPanicAfterStop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		w.Add("a", func(*tasks.Job) error {
			w.Stop()
			panic("while cleaning up")
		})
		w.Start()
		require.NoError(t, w.Join(clock.Forever))
		w.end(t)
		require.Len(t, w.failed, 1)
	})
}

func TestCancel(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		ended := clock.NewLatch(rt, "its end")
		h := w.Add("a", func(job *tasks.Job) error {
			defer ended.Set()
			for job.Sleep(time.Hour) {
			}
			return job.Context().Err()
		})
		otherEnded := clock.NewLatch(rt, "the other's end")
		other := w.Add("b", func(job *tasks.Job) error {
			defer otherEnded.Set()
			w.Cancel(h)
			w.Cancel(h)
			require.True(t, job.Sleep(time.Millisecond), "the others go on")
			return nil
		})
		w.Start()
		await(t, ended)
		await(t, otherEnded)
		w.Cancel(h)
		w.Cancel(h)
		w.Cancel(tasks.None)
		w.Cancel(4711)
		last, began := w.last()
		w.Add("last", last)
		await(t, began)
		require.Equal(t, tasks.Handle(1), other)
		w.end(t)
		require.Empty(t, w.failed, "GW-180 GW-181 quietly, and as often as one likes")
		w.Cancel(h)
	})
}

func TestCancelBeforeItBegins(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		w.Cancel(w.Add("before the start", w.say("before the start")))
		w.Start()
		w.Cancel(w.Add("before it is picked up", w.say("before it is picked up")))
		var third tasks.Handle
		w.Add("second", func(*tasks.Job) error {
			w.Cancel(third) // which has been picked up, and has had no turn
			return nil
		})
		third = w.Add("before its first turn", w.say("before its first turn"))
		last, began := w.last()
		w.Add("last", last)
		await(t, began)
		w.end(t)
		require.Empty(t, w.did, "GW-182")
		require.Empty(t, w.failed)
	})
}

func TestWait(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		latch := clock.NewLatch(rt, "a door")
		w.Add("a", func(job *tasks.Job) error {
			require.Equal(t, clock.ErrTimeout, job.Wait(clock.In(rt, time.Millisecond), latch))
			require.True(t, job.SleepUntil(clock.In(rt, time.Millisecond)))
			require.True(t, job.Sleep(0))
			require.NoError(t, job.Wait(clock.Forever, clock.NewLatch(rt, "another"), latch))
			w.Stop()
			require.NoError(t, job.Wait(clock.Forever, latch), "what is set counts first")
			latch.Clear()
			require.ErrorIs(t, job.Wait(clock.Forever, latch), context.Canceled)
			w.did = append(w.did, "a")
			return nil
		})
		w.Add("b", func(job *tasks.Job) error {
			for job.Sleep(10 * time.Millisecond) {
				latch.Set()
			}
			return nil
		})
		w.Start()
		require.NoError(t, w.Join(clock.Forever))
		w.end(t)
		require.Equal(t, []string{"a"}, w.did)
	})
}

func TestBlockingLeavesTheLoopFree(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		answer := make(chan int, 1)
		w.Add("asks", func(job *tasks.Job) error {
			w.loop.Post(func() { answer <- 42 })
			rt.Yield() // in a simulation the loop has no turn while a function blocks
			var got int
			job.Blocking(func() { got = <-answer })
			w.did = append(w.did, fmt.Sprint(got))
			return nil
		})
		last, began := w.last()
		w.Start()
		w.Add("last", last)
		await(t, began)
		for len(w.did) == 0 {
			clock.Sleep(rt, time.Millisecond)
		}
		w.end(t)
		require.Equal(t, []string{"42"}, w.did)
	})
}

func TestJoin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt)
		require.NoError(t, w.Join(clock.Forever), "nothing has begun")
		release := clock.NewLatch(rt, "release")
		for _, name := range []string{"first", "second"} {
			w.Add(name, func(*tasks.Job) error { return release.Wait(clock.Forever) })
		}
		w.Add("good", func(job *tasks.Job) error {
			job.Sleep(time.Hour)
			return nil
		})
		w.Start()
		err := w.Join(clock.In(rt, time.Millisecond))
		require.ErrorIs(t, err, clock.ErrTimeout, "before a stop")
		w.Stop()
		err = w.Join(clock.In(rt, time.Millisecond))
		require.EqualError(t, err, `"first" (task 0), "second" (task 1): the wait's deadline has passed; what waits there should look at its Job`)
		var late *tasks.JoinError
		require.ErrorAs(t, err, &late)
		require.Len(t, late.Running, 2)
		rt.Go("joins too", func() {
			if w.Join(clock.Forever) == nil {
				w.did = append(w.did, "joined")
			}
		})
		release.Set()
		w.end(t)
		rt.Yield()
		require.Equal(t, []string{"joined"}, w.did)
	})
}

func TestJoinWithoutStop(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWorld(t, v)
		w.Start()
		require.EqualError(t, w.Join(clock.In(v, time.Second)), "the tasks have not ended: the wait's deadline has passed; was Stop called?")
		w.end(t)
	})
}

func TestPat(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name    string
		timeout time.Duration
		want    []time.Duration
	}{
		{"GW-183 at half of twenty seconds", 0, []time.Duration{10 * s, 20 * s, 30 * s}},
		{"GW-183 at half of its own timeout", 30 * s, []time.Duration{15 * s, 30 * s}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				var at []time.Duration
				l := loop.New(v, loop.Options{})
				w, err := tasks.New(l, tasks.Options{
					Timeout: c.timeout,
					Failed:  func(*tasks.Error) {},
					Pat:     func() { at = append(at, v.Now()) },
				})
				require.NoError(t, err)
				w.Start()
				clock.Sleep(v, 7*s) // what is asked for meanwhile puts no pat off
				w.Cancel(w.Add("a", func(*tasks.Job) error { return nil }))
				clock.Sleep(v, 28*s)
				w.Stop()
				clock.Sleep(v, time.Minute)
				require.Equal(t, c.want, at, "and none after the stop")
				require.NoError(t, w.Join(0))
			})
		})
	}
}

func TestPatOnBothRuntimes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{OnPanic: func(*loop.CallbackPanic) {}})
		enough, pats := clock.NewLatch(rt, "pats"), 0
		w, err := tasks.New(l, tasks.Options{Timeout: 2 * time.Millisecond, Failed: func(*tasks.Error) {}, Pat: func() {
			if pats++; pats == 3 {
				enough.Set()
			}
			panic("by the loop's rule for panics")
		}})
		require.NoError(t, err)
		w.Add("hangs where it holds up nobody", func(job *tasks.Job) error {
			job.Sleep(time.Hour)
			return nil
		})
		w.Start()
		await(t, enough)
		w.Stop()
		require.NoError(t, w.Join(clock.Forever), "GW-183")
	})
}

// A function that takes the turns of all others is noticed: no pats come.
func TestNoPatsWhileAFunctionHoldsOn(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		pats, before := 0, 0
		l := loop.New(v, loop.Options{})
		w, err := tasks.New(l, tasks.Options{Timeout: 2 * time.Nanosecond, Failed: func(*tasks.Error) {}, Pat: func() { pats++ }})
		require.NoError(t, err)
		w.Add("computes", func(job *tasks.Job) error {
			job.Sleep(time.Microsecond)
			before = pats
			for range 1_000_000 {
				_ = job.Done()
			}
			require.Equal(t, before, pats, "GW-183")
			return nil
		})
		w.Start()
		clock.Sleep(v, 2*time.Microsecond)
		require.Greater(t, pats, before)
		w.Stop()
	})
}

// Without a pat nothing is timed: a world with idle tasks stalls, and says so.
func TestIdleTasksAreNotTimed(t *testing.T) {
	turns := 0
	v := clock.NewVirtual(clock.VirtualOptions{Trace: func(time.Duration, string) { turns++ }})
	err := v.Run("test", func() {
		w := newWorld(t, v)
		w.Start()
		before := turns
		clock.Sleep(v, 1000*time.Hour)
		require.LessOrEqual(t, turns-before, 5)
	})
	require.NoError(t, err)
	require.NoError(t, v.Close())
}

func TestEndOfTheRuntime(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	var w *world
	cleanedUp := false
	require.NoError(t, v.Run("test", func() {
		w = newWorld(t, v)
		w.Start()
		w.Add("a", func(job *tasks.Job) error {
			defer func() { cleanedUp = true }()
			for {
				clock.Sleep(v, time.Hour) // does not care for its job
			}
		})
		clock.Sleep(v, time.Second)
	}))
	require.NoError(t, v.Close())
	require.True(t, cleanedUp)
	require.Empty(t, w.failed, "an end is no failure")
	require.Equal(t, tasks.None, w.Add("late", w.say("late")), "GW-178 nothing runs any more")
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		_, err := tasks.New(l, tasks.Options{})
		require.EqualError(t, err, "tasks: nobody hears of a function that fails: set Options.Failed")
		_, err = tasks.New(l, tasks.Options{Failed: func(*tasks.Error) {}, Timeout: -1})
		require.EqualError(t, err, "tasks with a watchdog timeout of -1ns: it must be above zero, or zero for 20s")
	})
}

// Whatever is added and cancelled, and when: each function that was not
// cancelled before its turn runs once, and none other.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := clock.NewVirtual(clock.VirtualOptions{})
		defer v.Close()
		ran, want := map[tasks.Handle]int{}, map[tasks.Handle]int{}
		err := v.Run("test", func() {
			w, err := tasks.New(loop.New(v, loop.Options{}), tasks.Options{Failed: func(e *tasks.Error) { t.Error(e) }})
			require.NoError(t, err)
			var waiting []tasks.Handle // not begun
			added, started := 0, false
			settle := func() {
				clock.Sleep(v, 1)
				for _, h := range waiting {
					want[h] = 1
				}
				waiting = nil
			}
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				switch rapid.SampledFrom([]string{"add", "add", "cancel", "start", "settle"}).Draw(t, "step") {
				case "add":
					h := w.Add("f", func(job *tasks.Job) error {
						ran[job.Handle()]++
						job.Sleep(time.Hour)
						return nil
					})
					require.Equal(t, tasks.Handle(added), h)
					waiting = append(waiting, h)
					added++
				case "cancel":
					h := tasks.Handle(rapid.IntRange(-1, added).Draw(t, "handle"))
					w.Cancel(h)
					for i, o := range waiting {
						if o == h {
							waiting = append(waiting[:i:i], waiting[i+1:]...)
							break
						}
					}
				case "start":
					w.Start()
					started = true
				case "settle":
					if started {
						settle()
					}
				}
			}
			if started {
				settle()
			}
			w.Stop()
			require.NoError(t, w.Join(0))
		})
		require.NoError(t, err)
		require.Equal(t, want, ran)
	})
}
