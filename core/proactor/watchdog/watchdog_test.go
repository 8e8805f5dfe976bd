package watchdog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

const s = time.Second

// rig is a watchdog and what it has said.
type rig struct {
	*watchdog.Watchdog
	loop    *loop.Loop
	expired []watchdog.Expiry
	at      []time.Duration // of each expiry
	failed  []error
}

func newRig(t *testing.T, rt clock.Runtime, o watchdog.Options) *rig {
	t.Helper()
	r := &rig{loop: loop.New(rt, loop.Options{})}
	o.Expired = func(x watchdog.Expiry) {
		r.expired = append(r.expired, x)
		r.at = append(r.at, rt.Now())
	}
	if o.PatFailed == nil {
		o.PatFailed = func(err error) { r.failed = append(r.failed, err) }
	}
	var err error
	r.Watchdog, err = watchdog.New(r.loop, o)
	require.NoError(t, err)
	return r
}

func (r *rig) run(d time.Duration) {
	r.loop.StopAfter(d, 0)
	r.loop.Run()
}

// patEvery lets a name pat, first after one period.
func (r *rig) patEvery(t *testing.T, d time.Duration, name string) (stop func()) {
	t.Helper()
	timer, err := r.loop.Every(d, func() { require.NoError(t, r.Pat(name)) })
	require.NoError(t, err)
	return timer.Stop
}

func TestAdd(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, watchdog.Options{})
		err := r.Add("pump", 4500*time.Millisecond)
		require.ErrorIs(t, err, watchdog.ErrTooShort, "GW-143")
		require.EqualError(t, err, `monitor "pump" with a timeout of 4.5s, looking every 9s: it must be more than half of how often the watchdog looks`)
		require.ErrorIs(t, r.Add("pump", -s), watchdog.ErrTooShort)
		require.NoError(t, r.Add("pump", 4600*time.Millisecond), "GW-143")
		require.ErrorIs(t, r.Add("pump", 20*s), watchdog.ErrKnown, "GW-144")
		require.NoError(t, r.Add("meter", 4500*time.Millisecond+1))

		often := newRig(t, rt, watchdog.Options{Every: 2 * s})
		require.ErrorIs(t, often.Add("pump", s), watchdog.ErrTooShort, "GW-143 half of what it is set to")
		require.NoError(t, often.Add("pump", s+1))
	})
}

func TestExpiry(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(t *testing.T, r *rig)
		want []watchdog.Expiry
		at   time.Duration
	}{
		{"GW-143 nobody is monitored", func(_ *testing.T, r *rig) {
			r.Start()
			r.run(100 * s)
		}, nil, 0},
		{"GW-147 the first one, once", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("alive", 10*s))
			require.NoError(t, r.Add("pump", 20*s))
			require.NoError(t, r.Add("meter", 10*s))
			r.patEvery(t, 8*s, "alive")
			r.patEvery(t, 8*s, "meter")
			r.loop.After(13*s, func() { require.NoError(t, r.Pat("pump")) })
			r.Start()
			r.run(300 * s)
		}, []watchdog.Expiry{{Name: "pump", Since: 23 * s, Allowed: 20 * s}}, 36 * s},
		{"GW-147 of two that expire the one that was added first", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("z", 10*s))
			require.NoError(t, r.Add("a", 5*s))
			r.Start()
			r.loop.After(8*s, func() { require.NoError(t, r.Pat("a")) })
			r.run(300 * s)
		}, []watchdog.Expiry{{Name: "z", Since: 18 * s, Allowed: 10 * s}}, 18 * s},
		{"GW-146 strictly later", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 9*s))
			r.Start()
			r.run(17 * s)
			require.Empty(t, r.expired)
			r.run(2 * s)
		}, []watchdog.Expiry{{Name: "pump", Since: 18 * s, Allowed: 9 * s}}, 18 * s},
		{"GW-145 the clocks begin at the start", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 20*s))
			r.loop.After(100*s, r.Start)
			r.run(126 * s)
			require.Empty(t, r.expired)
			r.run(2 * s)
		}, []watchdog.Expiry{{Name: "pump", Since: 27 * s, Allowed: 20 * s}}, 127 * s},
		{"GW-149 that of a name added later when it is added", func(t *testing.T, r *rig) {
			r.Start()
			r.loop.After(100*s, func() { require.NoError(t, r.Add("pump", 20*s)) })
			r.run(119 * s)
			require.Empty(t, r.expired)
			r.run(10 * s)
		}, []watchdog.Expiry{{Name: "pump", Since: 26 * s, Allowed: 20 * s}}, 126 * s},
		{"nobody expires after a stop", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 20*s))
			r.Start()
			r.loop.After(20*s, r.Stop)
			r.run(300 * s)
		}, nil, 0},
		{"nor before a start", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 20*s))
			r.run(300 * s)
		}, nil, 0},
		{"a watchdog that has ended starts again", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 20*s))
			r.Start()
			r.loop.After(30*s, r.Start)
			r.run(60 * s)
		}, []watchdog.Expiry{{Name: "pump", Since: 27 * s, Allowed: 20 * s}, {Name: "pump", Since: 27 * s, Allowed: 20 * s}}, 57 * s},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				r := newRig(t, v, watchdog.Options{})
				c.play(t, r)
				require.Equal(t, c.want, r.expired)
				if len(r.at) > 0 {
					require.Equal(t, c.at, r.at[len(r.at)-1])
				}
			})
		})
	}
}

func TestExpiryOnBothRuntimes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var expired []watchdog.Expiry
		w, err := watchdog.New(l, watchdog.Options{Every: 5 * time.Millisecond, Expired: func(x watchdog.Expiry) {
			expired = append(expired, x)
			l.Stop(0)
		}})
		require.NoError(t, err)
		require.NoError(t, w.Add("pump", 10*time.Millisecond))
		w.Start()
		l.Run()
		require.Len(t, expired, 1)
		require.Equal(t, "pump", expired[0].Name)
		require.Greater(t, expired[0].Since, expired[0].Allowed)
	})
}

func TestPatOfAnUnknownName(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, watchdog.Options{})
		require.NoError(t, r.Add("pump", 20*s))
		r.Start()
		r.loop.After(10*s, func() {
			err := r.Pat("pumpe")
			require.ErrorIs(t, err, watchdog.ErrUnknown, "GW-148")
			require.EqualError(t, err, `watchdog pat of "pumpe": it is not monitored: add it first, or look at how the name is written`)
		})
		r.run(26 * s)
		require.Empty(t, r.expired, "GW-148 nothing else comes of it")
		r.run(2 * s)
		require.Len(t, r.expired, 1, "GW-148 and it was nobody's pat")
	})
}

func TestExpirySays(t *testing.T) {
	require.Equal(t, `"pump" has not patted the watchdog for 27s, and may be silent for 20s`,
		watchdog.Expiry{Name: "pump", Since: 27 * s, Allowed: 20 * s}.String())
}

// Who starts the watchdog again as somebody expires, has it started.
func TestStartInExpired(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l, n := loop.New(v, loop.Options{}), 0
		var w *watchdog.Watchdog
		w, err := watchdog.New(l, watchdog.Options{Expired: func(watchdog.Expiry) { n++; w.Start() }})
		require.NoError(t, err)
		require.NoError(t, w.Add("pump", 20*s))
		w.Start()
		l.StopAfter(100*s, 0)
		l.Run()
		require.Equal(t, 3, n)
	})
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		_, err := watchdog.New(l, watchdog.Options{Every: -s})
		require.EqualError(t, err, "a watchdog that looks every -1s: it must be above zero, or zero for 9s")
		_, err = watchdog.New(l, watchdog.Options{})
		require.EqualError(t, err, "a watchdog that nobody hears: set Options.Expired")
		_, err = watchdog.New(l, watchdog.Options{Expired: func(watchdog.Expiry) {}, External: watchdog.Command{}})
		require.EqualError(t, err, "a watchdog with an External whose failures nobody hears: set Options.PatFailed")
	})
}
