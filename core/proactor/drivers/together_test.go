package drivers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/drivers"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// watched is a thread that pats a watchdog, on one loop with it.
func watched(t *testing.T, l *loop.Loop, every time.Duration, o options, expired func(watchdog.Expiry)) *drivers.Thread[string] {
	t.Helper()
	w, err := watchdog.New(l, watchdog.Options{Every: every, Expired: expired})
	require.NoError(t, err)
	o.Name = "pump"
	o.Pat = func() { require.NoError(t, w.Pat("pump")) }
	o.Failed = func(err *drivers.StepError) { t.Error(err) }
	if o.Deliver == nil {
		o.Deliver = func(string) {}
	}
	th, err := drivers.New(l, o)
	require.NoError(t, err)
	if th.PatTimeout() > 0 {
		require.NoError(t, w.Add(th.Name(), th.PatTimeout()))
	}
	w.Start()
	require.NoError(t, th.Start())
	return th
}

func TestWatchedThread(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l, turns := loop.New(v, loop.Options{}), 0
		var expired []watchdog.Expiry
		th := watched(t, l, 0, options{Sleep: time.Second, Iterate: func(l *line) error {
			if turns++; turns == 100 {
				l.Sleep(time.Hour)
			}
			return nil
		}}, func(x watchdog.Expiry) {
			expired = append(expired, x)
			require.Equal(t, 117*time.Second, v.Now())
			l.Stop(0)
		})
		require.ErrorIs(t, th.Put("m", 0), drivers.ErrNoQueue, "GW-142 one that handles no messages refuses them")
		l.Run()
		require.Equal(t, []watchdog.Expiry{{Name: "pump", Since: 27 * time.Second, Allowed: 20 * time.Second}}, expired, "GW-142")
		th.RequestStop()
		require.NoError(t, th.Join(time.Second), "GW-142")
	})
}

func TestUnwatchedThread(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		th := watched(t, l, 0, options{PatTimeout: clock.Forever, Iterate: func(l *line) error {
			l.Sleep(time.Hour)
			return nil
		}}, func(x watchdog.Expiry) { t.Error("GW-142 it is not monitored: ", x) })
		l.StopAfter(10*time.Minute, 0)
		l.Run()
		th.RequestStop()
		require.NoError(t, th.Join(time.Second))
	})
}

// A real call that hangs holds neither the loop nor the watchdog.
func TestHangingCall(t *testing.T) {
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	err := rt.Run("test", func() {
		l, free := loop.New(rt, loop.Options{}), make(chan struct{})
		ticks := 0
		_, err := l.Every(ms, func() { ticks++ })
		require.NoError(t, err)
		th := watched(t, l, 10*ms, options{PatTimeout: 20 * ms, Iterate: func(*line) error {
			<-free
			return nil
		}}, func(x watchdog.Expiry) {
			require.Equal(t, "pump", x.Name)
			l.Stop(0)
		})
		l.Run()
		require.Positive(t, ticks)
		th.RequestStop()
		require.ErrorIs(t, th.Join(ms), clock.ErrTimeout)
		close(free)
		require.NoError(t, th.Join(clock.Forever))
	})
	require.NoError(t, err)
	require.NoError(t, rt.Close())
}
