package acks_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
)

// unit is what tests wait in: short, since one of the runtimes really waits, and
// never measured. What is to happen before something else is timed first, so
// that its instant is the earlier one however long the machine halts between.
const unit = 2 * time.Millisecond

type wait = acks.Wait[string]

// waits is Timers whose default delay is five units, with what was observed and
// what timed out.
type waits struct {
	*acks.Timers[string]
	loop      *loop.Loop
	observed  []string
	timedOut  []wait
	onTimeout func(wait)
}

func newWaits(t *testing.T, rt clock.Runtime) *waits {
	t.Helper()
	w := &waits{loop: loop.New(rt, loop.Options{})}
	var err error
	w.Timers, err = acks.New(w.loop, acks.Options[string]{
		Delay: 5 * unit,
		OnTimeout: func(x wait) {
			w.timedOut = append(w.timedOut, x)
			if w.onTimeout != nil {
				w.onTimeout(x)
			}
		},
		Observers: []func(acks.Kind, wait){func(k acks.Kind, x wait) {
			w.observed = append(w.observed, fmt.Sprintf("%s/%s %s %v", x.Link, x.ID, x.Context, k))
		}},
	})
	require.NoError(t, err)
	return w
}

// at calls fn when so many units have passed.
func (w *waits) at(units int, fn func()) { w.loop.After(time.Duration(units)*unit, fn) }

// run runs the loop for so many units.
func (w *waits) run(units int) {
	w.loop.StopAfter(time.Duration(units)*unit, 0)
	w.loop.Run()
}

// briefly is what a record says, without its times.
func briefly(records ...wait) (out []string) {
	for _, x := range records {
		out = append(out, x.Link+"/"+x.ID+" "+x.Context)
	}
	return out
}

func TestAckInTime(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.at(4, func() {
			x, ok := w.Acked("parent", "m1")
			require.True(t, ok)
			require.Equal(t, []string{"parent/m1 first"}, briefly(x), "GW-053 the record, for the store to delete the event")
			require.Equal(t, 1, w.Waiting("parent"))
			_, ok = w.Acked("parent", "m1")
			require.False(t, ok, "GW-053 the same ack again")
		})
		w.Start("parent", "m1", "first")
		w.Start("parent", "m2", "second")
		require.Equal(t, 2, w.Waiting("parent"))
		w.run(7)
		require.Equal(t, []string{"parent/m2 second"}, briefly(w.timedOut...), "GW-053 the timer was cancelled")
		require.Zero(t, w.Waiting("parent"))
		require.Equal(t, []string{
			"parent/m1 first started", "parent/m2 second started",
			"parent/m1 first acked", "parent/m2 second timed out",
		}, w.observed)
	})
}

func TestAckTooLate(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.Start("parent", "m1", "first")
		w.at(6, func() {
			x, ok := w.Acked("parent", "m1")
			require.False(t, ok, "GW-054 ignored: the caller keeps the event")
			require.Zero(t, x)
		})
		w.run(12)
		require.Equal(t, []string{"parent/m1 first"}, briefly(w.timedOut...), "GW-054 once")
		require.Equal(t, []string{"parent/m1 first started", "parent/m1 first timed out"}, w.observed)
	})
}

func TestStartTwice(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.at(7, func() { require.Empty(t, w.timedOut, "GW-047 the old timer is cancelled") })
		w.at(3, func() {
			w.Start("parent", "m1", "new")
			require.Equal(t, 1, w.Waiting("parent"))
		})
		w.onTimeout = func(wait) { w.loop.Stop(0) }
		w.Start("parent", "m1", "old")
		w.loop.Run()
		require.Equal(t, []string{"parent/m1 new"}, briefly(w.timedOut...))
		require.Equal(t, []string{
			"parent/m1 old started", "parent/m1 old cancelled", "parent/m1 new started", "parent/m1 new timed out",
		}, w.observed, "GW-047 the old one is cancelled first")
	})
}

func TestDelayAndContext(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.Start("parent", "default", "a")
		w.StartFor(2*unit, "parent", "shorter", "b")
		w.StartFor(8*unit, "parent", "longer", "c")
		w.StartFor(0, "parent", "none", "d")
		w.StartFor(-unit, "parent", "below zero", "e")
		w.StartFor(math.MaxInt64, "parent", "for ever", "f")
		require.Empty(t, w.timedOut, "nothing times out inside a call")
		w.run(10)
		require.Equal(t, []string{
			"parent/none d", "parent/below zero e", "parent/shorter b", "parent/default a", "parent/longer c",
		}, briefly(w.timedOut...), "GW-048 a delay of its own, and the context")
		x, ok := w.Cancel("parent", "for ever")
		require.True(t, ok)
		require.Equal(t, time.Duration(math.MaxInt64), x.Delay)
		require.Zero(t, w.timedOut[1].Delay, "below zero counts as zero")
	})
}

func TestExactTimes(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var out []string
		w, err := acks.New(l, acks.Options[int]{OnTimeout: func(x acks.Wait[int]) {
			out = append(out, fmt.Sprintf("%s %d at %v: started %v, delay %v", x.ID, x.Context, v.Now(), x.Started, x.Delay))
		}})
		require.NoError(t, err)
		clock.Sleep(v, time.Second)
		w.Start("parent", "m1", 1)
		w.StartFor(time.Minute, "parent", "m2", 2)
		l.StopAfter(time.Hour, 0)
		l.Run()
		require.Equal(t, []string{
			"m1 1 at 6s: started 1s, delay 5s",
			"m2 2 at 1m1s: started 1s, delay 1m0s",
		}, out, "GW-048")
	})
}

func TestNobodyWaits(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWaits(t, v)
		w.Start("parent", "m1", "first")
		for _, c := range []struct{ name, link, id string }{
			{"GW-049 an unknown id", "parent", "m2"},
			{"GW-049 an id of another link", "child", "m1"},
			{"GW-049 nothing at all", "", ""},
		} {
			for _, end := range []func(link, id string) (wait, bool){w.Acked, w.Cancel} {
				x, ok := end(c.link, c.id)
				require.False(t, ok, c.name)
				require.Zero(t, x, c.name)
			}
		}
		require.Nil(t, w.CancelAll("child"), "GW-050 an unknown link")
		require.Zero(t, w.Waiting("child"))
		require.Equal(t, 1, w.Waiting("parent"), "the others still wait")
		require.Len(t, w.CancelAll("parent"), 1)
		require.Nil(t, w.CancelAll("parent"), "GW-050 nothing is left")
	})
}

func TestCancel(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.at(1, func() {
			x, ok := w.Cancel("parent", "m1")
			require.True(t, ok)
			require.Equal(t, []string{"parent/m1 first"}, briefly(x))
		})
		w.Start("parent", "m1", "first")
		w.Start("child", "m1", "other link")
		w.Start("parent", "m2", "second")
		w.run(7)
		require.Equal(t, []string{"child/m1 other link", "parent/m2 second"}, briefly(w.timedOut...))
	})
}

func TestCancelAll(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		for _, id := range []string{"m1", "m2", "m3", "m4", "m5"} {
			w.Start("parent", id, "x")
		}
		w.Start("child", "m9", "y")
		w.Acked("parent", "m1")
		w.Acked("parent", "m3")
		w.Acked("parent", "m5")
		w.Start("parent", "m2", "again")
		w.Start("parent", "m6", "x")
		w.observed = nil
		cancelled := w.CancelAll("parent")
		require.Equal(t, []string{"parent/m4 x", "parent/m2 again", "parent/m6 x"}, briefly(cancelled...),
			"GW-052 records, in the order they were started")
		require.Equal(t, []string{"parent/m4 x cancelled", "parent/m2 again cancelled", "parent/m6 x cancelled"}, w.observed)
		require.Zero(t, w.Waiting("parent"))
		w.run(7)
		require.Equal(t, []string{"child/m9 y"}, briefly(w.timedOut...), "other links are not touched")
	})
}

func TestTimeoutCancelsTheOthers(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		var cancelled []wait
		w.onTimeout = func(x wait) { cancelled = append(cancelled, w.CancelAll(x.Link)...) }
		for _, id := range []string{"m1", "m2", "m3"} {
			w.Start("parent", id, "x")
		}
		w.run(7)
		require.Equal(t, []string{"parent/m1 x"}, briefly(w.timedOut...), "those due at the same instant are cancelled too")
		require.Equal(t, []string{"parent/m2 x", "parent/m3 x"}, briefly(cancelled...), "GW-052 records only, each of them whole")
	})
}

// A timer that is due, and has not called yet, when its wait is cancelled and
// another begins under the same id.
func TestCancelledTimerThatIsDue(t *testing.T) {
	replace := map[string]func(w *waits){
		"GW-051 started again":           func(w *waits) { w.Start("parent", "m1", "new") },
		"GW-051 cancelled, then started": func(w *waits) { w.Cancel("parent", "m1"); w.Start("parent", "m1", "new") },
		"GW-051 acked, then started":     func(w *waits) { w.Acked("parent", "m1"); w.Start("parent", "m1", "new") },
		"GW-051 all cancelled, another id before it": func(w *waits) {
			w.CancelAll("parent")
			w.Start("parent", "m0", "new")
			w.Start("parent", "m1", "new")
		},
	}
	for name, again := range replace {
		t.Run(name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				w := newWaits(t, v)
				w.at(5, func() { again(w) }) // started before the wait, so it comes first at its instant
				w.Start("parent", "m1", "old")
				w.run(9)
				require.Empty(t, w.timedOut, "no timeout before the new one's")
				require.NotZero(t, w.Waiting("parent"), "the new one still waits")
				w.run(1)
				require.Equal(t, "parent/m1 new", briefly(w.timedOut...)[len(w.timedOut)-1])
				require.Equal(t, 5*unit, w.timedOut[0].Started)
			})
		})
	}
}

func TestOneInstant(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWaits(t, v)
		w.Start("parent", "m1", "due at 5")
		w.at(1, func() { w.StartFor(4*unit, "child", "m2", "due at 5") })
		w.at(2, func() {
			w.StartFor(3*unit, "parent", "m3", "due at 5")
			w.StartFor(2*unit, "parent", "m4", "due at 4")
		})
		w.at(3, func() {
			w.Start("parent", "m5", "due at 8")
			w.StartFor(2*unit, "parent", "m1", "again, due at 5")
		})
		w.run(9)
		require.Equal(t, []string{
			"parent/m4 due at 4", "child/m2 due at 5", "parent/m3 due at 5", "parent/m1 again, due at 5", "parent/m5 due at 8",
		}, briefly(w.timedOut...), "by instant, then as they were started")
	})
}

func TestStartInTimeout(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWaits(t, rt)
		w.onTimeout = func(x wait) {
			require.Zero(t, w.Waiting("parent"), "it has ended by then")
			if len(w.timedOut) == 3 {
				w.loop.Stop(0)
				return
			}
			w.StartFor(unit, "parent", x.ID, x.Context+"!")
		}
		w.Start("parent", "m1", "again")
		w.loop.Run()
		require.Equal(t, []string{"parent/m1 again", "parent/m1 again!", "parent/m1 again!!"}, briefly(w.timedOut...))
	})
}

func TestTimeoutThatPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		panics := 0
		l := loop.New(rt, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
		w, err := acks.New(l, acks.Options[string]{Delay: unit, OnTimeout: func(wait) { panic("full") }})
		require.NoError(t, err)
		w.Start("parent", "m1", "")
		w.Start("parent", "m2", "")
		l.StopAfter(5*unit, 0)
		l.Run()
		require.Equal(t, 2, panics)
		require.Zero(t, w.Waiting("parent"), "they have ended all the same")
	})
}

func TestWaitsOutlastTheLoop(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWaits(t, v)
		w.Start("parent", "m1", "")
		w.run(1)
		require.Equal(t, 1, w.Waiting("parent"))
		w.run(5)
		require.Len(t, w.timedOut, 1)
	})
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		_, err := acks.New(l, acks.Options[int]{Delay: -time.Second})
		require.EqualError(t, err, "an ack delay of -1s: it must be above zero, or zero for 5s")
		var order []string
		tell := func(who string) func(acks.Kind, acks.Wait[int]) {
			return func(k acks.Kind, _ acks.Wait[int]) { order = append(order, who+" "+k.String()) }
		}
		w, err := acks.New(l, acks.Options[int]{Observers: []func(acks.Kind, acks.Wait[int]){tell("tap"), tell("log")}})
		require.NoError(t, err)
		w.Start("parent", "m1", 1)
		l.StopAfter(acks.DefaultDelay, 0)
		l.Run()
		require.Equal(t, []string{"tap started", "log started", "tap timed out", "log timed out"}, order,
			"without OnTimeout the observers still hear of it")
		require.Equal(t, "kind 0", acks.Kind(0).String())
		require.Equal(t, "kind 5", acks.Kind(5).String())
	})
}

func TestWaitsAllocateNothing(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w, err := acks.New(loop.New(v, loop.Options{}), acks.Options[int]{})
		require.NoError(t, err)
		round := func() {
			w.Start("parent", "m1", 1)
			w.Start("parent", "m2", 2)
			w.Acked("parent", "m1")
			w.Cancel("parent", "m2")
		}
		round()
		require.Zero(t, testing.AllocsPerRun(1000, round))
	})
}
