package drivers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/drivers"
)

type (
	line    = drivers.Line[string]
	options = drivers.Options[string]
)

// rig is a thread and what the loop hears of it, in order.
type rig struct {
	*drivers.Thread[string]
	rt     clock.Runtime
	loop   *loop.Loop
	heard  []string
	failed []*drivers.StepError
	on     func(what string) // called with what is heard; nil: nothing
}

func (r *rig) hear(what string) {
	r.heard = append(r.heard, what)
	if r.on != nil {
		r.on(what)
	}
}

// says is a step that sends what it is.
func says(what string) func(*line) error {
	return func(l *line) error {
		l.Send(what)
		return nil
	}
}

func newRig(t *testing.T, rt clock.Runtime, o options) *rig {
	t.Helper()
	r := &rig{rt: rt, loop: loop.New(rt, loop.Options{})}
	o.Name = "pump"
	if o.Iterate == nil {
		o.Iterate = says("iterate")
	}
	o.Deliver = r.hear
	o.Pat = func() { r.hear("pat") }
	o.Failed = func(err *drivers.StepError) {
		r.failed = append(r.failed, err)
		r.hear(fmt.Sprintf("failed %d %v", err.Row, err.Ends))
	}
	var err error
	r.Thread, err = drivers.New(r.loop, o)
	require.NoError(t, err)
	return r
}

// run starts the thread and runs the loop for d, or until something stops it.
// Then it ends the thread.
func (r *rig) run(t *testing.T, d time.Duration) {
	t.Helper()
	require.NoError(t, r.Start())
	if d > 0 {
		r.loop.StopAfter(d, 0)
	}
	r.loop.Run()
	r.RequestStop()
	require.NoError(t, r.Join(clock.Forever))
}

// until stops the loop when something is heard.
func (r *rig) until(what string) {
	r.on = func(heard string) {
		if heard == what {
			r.loop.Stop(0)
		}
	}
}

func handles(l *line, m string) error { return says("handle " + m)(l) }

func TestTurns(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{
			PreIterate: says("pre-iterate"), Handle: handles,
			Sleep: 10 * time.Second, PatTimeout: 40 * time.Second,
		})
		r.on = func(what string) { r.heard[len(r.heard)-1] = fmt.Sprint(v.Now().Seconds(), " ", what) }
		r.loop.Post(func() {
			require.NoError(t, r.Put("m1", 0))
			require.NoError(t, r.Put("m2", 0))
		})
		r.run(t, 35*time.Second)
		require.Equal(t, []string{
			"0 pre-iterate",
			"10 iterate", "10 handle m1",
			"20 iterate", "20 pat", "20 handle m2",
			"30 iterate",
		}, r.heard, "GW-130 GW-131")
	})
}

func TestTurnsOnBothRuntimes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, options{PreIterate: says("pre-iterate"), Handle: handles, PatTimeout: clock.Forever, Sleep: ms})
		r.loop.Post(func() {
			require.NoError(t, r.Put("m1", 0))
			require.NoError(t, r.Put("m2", 0))
			require.NoError(t, r.Put("m3", 0))
		})
		r.until("handle m3")
		r.run(t, 0)
		require.Equal(t, "pre-iterate", r.heard[0], "GW-130")
		require.Equal(t, []string{"iterate", "handle m1", "iterate", "handle m2", "iterate", "handle m3"}, lastOf(r.heard, "handle m3", 6), "GW-131 one a turn")
	})
}

// lastOf returns n strings up to the last one.
func lastOf(heard []string, last string, n int) []string {
	for i, what := range heard {
		if what == last {
			return heard[i-n+1 : i+1]
		}
	}
	return nil
}

func TestNoSleep(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		turns := 0
		r := newRig(t, rt, options{Iterate: func(l *line) error {
			if turns++; turns == 1000 {
				l.Send("thousandth")
				l.Sleep(time.Hour)
			}
			return nil
		}})
		r.until("thousandth")
		r.run(t, 0)
		if _, virtual := rt.(*clock.Virtual); virtual {
			require.Zero(t, rt.Now(), "GW-132 no time passes between turns")
		}
	})
}

// Turns that take no time at all are noticed, and leave the others theirs.
func TestEndlessTurns(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: 1000})
	clocktest.NotInDigest(t)
	err := v.Run("test", func() {
		r := newRig(t, v, options{Iterate: func(*line) error { return nil }})
		r.run(t, time.Second)
	})
	var limit *clock.StepLimitError
	require.ErrorAs(t, err, &limit)
	require.ErrorAs(t, v.Close(), &limit)
}

func TestPats(t *testing.T) {
	for _, c := range []struct {
		name string
		o    options
		want []time.Duration
	}{
		{"GW-133 each half of the timeout", options{PatTimeout: 100 * ms, Sleep: 10 * ms}, []time.Duration{50 * ms, 100 * ms, 150 * ms}},
		{
			"GW-133 not more often than a step ends",
			options{PatTimeout: 100 * ms, Iterate: func(l *line) error { l.Sleep(70 * ms); return nil }},
			[]time.Duration{70 * ms, 140 * ms},
		},
		{"GW-133 after 20 s by default", options{Sleep: ms}, nil},
		{"GW-139 never", options{PatTimeout: clock.Forever, Sleep: ms}, nil},
		{"a long sleep is not taken for silence", options{PatTimeout: 100 * ms, Sleep: time.Hour}, []time.Duration{50 * ms, 100 * ms, 150 * ms}},
		{"nor is a pause", options{
			PatTimeout: 100 * ms, Pause: time.Hour,
			Iterate: func(*line) error { return errors.New("no answer") },
			GoOn:    func(*drivers.StepError) bool { return true },
		}, []time.Duration{50 * ms, 100 * ms, 150 * ms}},
		{"a long pre-iterate is", options{
			PatTimeout: 100 * ms, Sleep: time.Hour,
			PreIterate: func(l *line) error { l.Sleep(120 * ms); return nil },
		}, []time.Duration{120 * ms, 170 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				r := newRig(t, v, c.o)
				var at []time.Duration
				r.on = func(what string) {
					if what == "pat" {
						at = append(at, v.Now())
					}
				}
				r.run(t, 199*ms)
				require.Equal(t, c.want, at)
			})
		})
	}
}

func TestPatTimeout(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Sleep: time.Second})
		require.Equal(t, 20*time.Second, r.PatTimeout(), "GW-133")
		var at []time.Duration
		r.on = func(what string) {
			if what == "pat" {
				at = append(at, v.Now())
			}
		}
		r.run(t, 25*time.Second)
		require.Equal(t, []time.Duration{10 * time.Second, 20 * time.Second}, at)

		o := options{Name: "pump", Iterate: says("x"), Deliver: func(string) {}, Failed: func(*drivers.StepError) {}}
		silent, err := drivers.New(r.loop, o)
		require.NoError(t, err)
		require.Negative(t, silent.PatTimeout(), "without Pat it is not to be monitored")

		tiny := newRig(t, v, options{PatTimeout: 1, Sleep: 5})
		tiny.run(t, 12)
		require.Contains(t, tiny.heard, "pat", "the shortest there is")
	})
}

func TestStop(t *testing.T) {
	blocks := func(l *line) error {
		l.Send("blocks")
		<-l.Context().Done()
		return l.Context().Err()
	}
	for _, c := range []struct {
		name string
		o    options
		when string // this is heard
		want []string
	}{
		{"in a sleep", options{PreIterate: says("ready"), Sleep: time.Hour}, "ready", []string{"ready"}},
		{"in a pause", options{
			Iterate: func(*line) error { return errors.New("no answer") }, Pause: time.Hour,
			GoOn: func(*drivers.StepError) bool { return true },
		}, "failed 1 false", []string{"failed 1 false"}},
		{"in a pause of pre-iterate", options{
			PreIterate: func(*line) error { return errors.New("no answer") }, Pause: time.Hour,
			GoOn: func(*drivers.StepError) bool { return true },
		}, "failed 1 false", []string{"failed 1 false"}},
		{"in a Sleep of a step", options{Iterate: func(l *line) error {
			l.Send("sleeps")
			l.Send(fmt.Sprint("running ", l.Sleep(time.Hour), " stopping ", l.Stopping(), " again ", l.Sleep(time.Hour)))
			return nil
		}}, "sleeps", []string{"sleeps", "running false stopping true again false"}},
		{"in a Get of a step", options{QueueMax: 1, Iterate: func(l *line) error {
			l.Send("gets")
			_, err := l.Get(clock.Forever)
			return err
		}}, "gets", []string{"gets"}},
		{"in a call that blocks", options{Iterate: blocks}, "blocks", []string{"blocks"}},
		{"no message is handled any more", options{Handle: handles, Iterate: func(l *line) error {
			l.Send("sleeps")
			l.Sleep(time.Hour)
			return nil
		}}, "sleeps", []string{"sleeps"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := func(t *testing.T, rt clock.Runtime) {
				c.o.PatTimeout = clock.Forever
				r := newRig(t, rt, c.o)
				r.until(c.when)
				if c.o.Handle != nil {
					r.loop.Post(func() { require.NoError(t, r.Put("late", 0)) })
				}
				r.run(t, 0)
				r.loop.StopAfter(0, 0)
				r.loop.Run() // what has been sent last
				require.Equal(t, c.want, r.heard)
				require.Less(t, rt.Now(), time.Hour)
			}
			if c.when == "blocks" { // for ever, in a world that stands still
				rt := clock.NewSystem(clock.SystemOptions{})
				require.NoError(t, rt.Run("test", func() { body(t, rt) }))
				require.NoError(t, rt.Close())
				return
			}
			clocktest.Runtimes(t, body)
		})
	}
}

func TestStopBeforeStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, options{PreIterate: says("pre-iterate")})
		require.NoError(t, r.Join(clock.Forever), "one that was not started has ended")
		r.RequestStop()
		r.RequestStop()
		r.run(t, 5*ms)
		require.Empty(t, r.heard, "GW-135")
		require.ErrorIs(t, r.Start(), drivers.ErrStarted)
		require.NoError(t, r.Join(0))
	})
}

func TestJoin(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Sleep: time.Second, Iterate: func(*line) error {
			clock.Sleep(v, time.Minute) // deaf
			return nil
		}})
		require.NoError(t, r.Start())
		clock.Sleep(v, 500*ms)
		require.EqualError(t, r.Join(0), `join driver "pump": it is between two steps: the wait's deadline has passed`)
		clock.Sleep(v, time.Second)
		r.RequestStop()
		err := r.Join(2 * time.Second)
		require.ErrorIs(t, err, clock.ErrTimeout, "GW-141")
		require.EqualError(t, err, `join driver "pump": it has been in iterate for 2.5s: the wait's deadline has passed`)
		require.NoError(t, r.Join(clock.Forever), "GW-141 for as long as it takes")
		require.Equal(t, 61*time.Second, v.Now(), "GW-141 at the instant it ends")
		require.NoError(t, r.Join(0))
	})
}

func TestJoinBetweenSteps(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Sleep: time.Second})
		require.NoError(t, r.Start())
		clock.Sleep(v, 1500*ms)
		require.ErrorContains(t, r.Join(0), "it is between two steps")
		r.RequestStop()
		require.NoError(t, r.Join(0), "what ends at this very instant has ended")
	})
}

// A step that blocks on its context does not keep the runtime from ending.
func TestRuntimeEnds(t *testing.T) {
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	err := rt.Run("test", func() {
		r := newRig(t, rt, options{PatTimeout: clock.Forever, Iterate: func(l *line) error {
			l.Send("blocks")
			<-l.Context().Done()
			return l.Context().Err()
		}})
		r.until("blocks")
		require.NoError(t, r.Start())
		r.loop.Run()
	})
	require.NoError(t, err)
	require.NoError(t, rt.Close())
}

func TestPut(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		deaf := newRig(t, rt, options{Sleep: ms})
		err := deaf.Put("m", clock.Forever)
		require.ErrorIs(t, err, drivers.ErrNoQueue, "GW-128")
		require.EqualError(t, err, `put to driver "pump": it takes no messages: set Options.Handle or Options.QueueMax`)

		r := newRig(t, rt, options{Handle: handles, QueueMax: 1, PatTimeout: clock.Forever, Sleep: ms})
		require.ErrorIs(t, r.Put("m", 0), drivers.ErrNotRunning, "not started")
		r.loop.Post(func() {
			require.NoError(t, r.Put("m1", 0))
			require.ErrorIs(t, r.Put("m2", 0), drivers.ErrFull)
			require.NoError(t, r.Put("m2", clock.Forever), "when the first has been taken")
		})
		r.until("handle m2")
		r.run(t, 0)
		require.ErrorIs(t, r.Put("m", 0), drivers.ErrNotRunning, "ended")
	})
}

func TestQueueMaxByDefault(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Handle: handles, Sleep: time.Hour})
		require.NoError(t, r.Start())
		for range drivers.DefaultQueueMax {
			require.NoError(t, r.Put("m", 0))
		}
		require.ErrorIs(t, r.Put("m", 0), drivers.ErrFull)
	})
}

// A driver that waits for messages instead of sleeping.
func TestGet(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, options{QueueMax: 5, PatTimeout: clock.Forever, Iterate: func(l *line) error {
			m, err := l.Get(clock.Forever)
			if err == nil {
				l.Send("got " + m)
			}
			return err
		}})
		r.loop.Post(func() {
			require.NoError(t, r.Put("m1", 0))
			require.NoError(t, r.Put("m2", 0))
		})
		r.until("got m2")
		r.run(t, 0)
		require.Equal(t, []string{"got m1", "got m2"}, r.heard)
	})
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Sleep: time.Second, Iterate: func(l *line) error {
			_, err := l.Get(0)
			return err
		}})
		r.run(t, 2*time.Second)
		require.ErrorIs(t, r.failed[0], drivers.ErrNoQueue)
	})
}

// What a step sends arrives while it goes on, and in order.
func TestSend(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		const n = 500
		r := newRig(t, rt, options{PatTimeout: clock.Forever, QueueMax: 1, Iterate: func(l *line) error {
			for i := range n {
				l.Send(fmt.Sprint(i))
			}
			m, err := l.Get(clock.Forever)
			l.Send(m)
			return err
		}})
		r.on = func(what string) {
			switch what {
			case fmt.Sprint(n - 1):
				require.NoError(t, r.Put("answer", 0))
			case "answer":
				r.loop.Stop(0)
			}
		}
		r.run(t, 0)
		for i := range n {
			require.Equal(t, fmt.Sprint(i), r.heard[i])
		}
		require.Equal(t, "answer", r.heard[n])
	})
}

func TestOptions(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		for want, change := range map[string]func(*options){
			`driver "": it needs a name: set Options.Name`:                                           func(o *options) { o.Name = "" },
			`driver "pump": it has nothing to do: set Options.Iterate`:                               func(o *options) { o.Iterate = nil },
			`driver "pump": nobody takes what it sends: set Options.Deliver`:                         func(o *options) { o.Deliver = nil },
			`driver "pump": nobody hears when it fails: set Options.Failed`:                          func(o *options) { o.Failed = nil },
			`driver "pump": a queue for -1 messages: it must be above zero, or zero for the default`: func(o *options) { o.QueueMax = -1 },
			`driver "pump": a sleep of -1s: it must be above zero, or zero for none`:                 func(o *options) { o.Sleep = -time.Second },
			`driver "pump": pauses from -1s to 0s: they must be above zero, or zero for the default`: func(o *options) { o.Pause = -time.Second },
			`driver "pump": pauses from 0s to -1s: they must be above zero, or zero for the default`: func(o *options) { o.PauseMax = -time.Second },
			`driver "pump": pauses from 2s to 1s: the longest must not be the shorter one`: func(o *options) {
				o.Pause, o.PauseMax = 2*time.Second, time.Second
			},
		} {
			o := options{Name: "pump", Iterate: says("x"), Deliver: func(string) {}, Failed: func(*drivers.StepError) {}}
			change(&o)
			_, err := drivers.New(l, o)
			require.EqualError(t, err, want)
		}
	})
}
