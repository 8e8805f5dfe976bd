package watchdog_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

type externalFunc func(ctx context.Context) error

func (f externalFunc) Pat(ctx context.Context) error { return f(ctx) }

func TestExternal(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(t *testing.T, r *rig)
		want []time.Duration
	}{
		{"GW-156 at every look", func(_ *testing.T, r *rig) {
			r.Start()
			r.run(28 * s)
		}, []time.Duration{9 * s, 18 * s, 27 * s}},
		{"GW-147 not at the look that finds an expiry, nor later", func(t *testing.T, r *rig) {
			require.NoError(t, r.Add("pump", 10*s))
			r.Start()
			r.run(100 * s)
		}, []time.Duration{9 * s}},
		{"not after a stop", func(_ *testing.T, r *rig) {
			r.Start()
			r.loop.After(10*s, r.Stop)
			r.run(100 * s)
		}, []time.Duration{9 * s}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				var at []time.Duration
				r := newRig(t, v, watchdog.Options{External: externalFunc(func(context.Context) error {
					at = append(at, v.Now())
					return nil
				})})
				c.play(t, r)
				require.Equal(t, c.want, at)
				require.Empty(t, r.failed)
			})
		})
	}
}

// A loop that is held up looks no more, so nobody outside is patted.
func TestStuckLoop(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var at []time.Duration
		r := newRig(t, v, watchdog.Options{External: externalFunc(func(context.Context) error {
			at = append(at, v.Now())
			return nil
		})})
		r.Start()
		r.loop.After(10*s, func() { clock.Sleep(v, time.Minute) })
		r.run(80 * s)
		require.Equal(t, []time.Duration{9 * s, 70 * s, 72 * s}, at, "GW-156")
	})
}

func TestExternalFails(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var r *rig
		r = newRig(t, rt, watchdog.Options{
			Every:    time.Millisecond,
			External: externalFunc(func(context.Context) error { return io.ErrClosedPipe }),
			PatFailed: func(err error) {
				if r.failed = append(r.failed, err); len(r.failed) == 3 {
					r.loop.Stop(0)
				}
			},
		})
		r.Start()
		r.loop.Run()
		require.Equal(t, []error{io.ErrClosedPipe, io.ErrClosedPipe, io.ErrClosedPipe}, r.failed, "GW-156 each is told")
	})
}

// A pat that takes its time is not begun a second time, holds nobody up, and what
// comes of it after a stop is not told.
func TestSlowExternal(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var at []time.Duration
		r := newRig(t, v, watchdog.Options{External: externalFunc(func(context.Context) error {
			at = append(at, v.Now())
			clock.Sleep(v, 20*s)
			return io.EOF
		})})
		require.NoError(t, r.Add("pump", 10*s))
		r.patEvery(t, 5*s, "pump")
		r.Start()
		r.loop.After(50*s, r.Stop)
		r.run(100 * s)
		require.Equal(t, []time.Duration{9 * s, 36 * s}, at)
		require.Equal(t, []error{io.EOF}, r.failed)
		require.Empty(t, r.expired)
	})
}

// The context of a pat ends with the runtime, which a pat that hangs does not keep
// from ending.
func TestHangingExternal(t *testing.T) {
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	hangs := make(chan struct{})
	err := rt.Run("test", func() {
		ticks := 0
		r := newRig(t, rt, watchdog.Options{Every: time.Millisecond, External: externalFunc(func(ctx context.Context) error {
			close(hangs) // a second pat would panic here
			<-ctx.Done()
			return ctx.Err()
		})})
		_, err := r.loop.Every(time.Millisecond, func() {
			if ticks++; ticks == 20 {
				r.loop.Stop(0)
			}
		})
		require.NoError(t, err)
		r.Start()
		r.loop.Run()
	})
	require.NoError(t, err)
	<-hangs
	require.NoError(t, rt.Close())
}
