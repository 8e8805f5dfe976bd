package drivers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/drivers"
)

const ms = time.Millisecond

func TestSleepWhile(t *testing.T) {
	for _, c := range []struct {
		name    string
		d, step time.Duration
		down    time.Duration // when the flag goes down
		want    time.Duration // when the sleep ends
		running bool
	}{
		{"GW-125 the asked time", time.Second, 0, time.Hour, time.Second, true},
		{"GW-125 the asked time, not whole steps", 250 * ms, 0, time.Hour, 250 * ms, true},
		{"GW-125 less than a step", 30 * ms, 0, time.Hour, 30 * ms, true},
		{"GW-125 at once if the flag is down", time.Second, 0, 0, 0, false},
		{"GW-125 within a step when it goes down", time.Second, 0, 510 * ms, 600 * ms, false},
		{"GW-125 a step of its own", time.Second, 20 * ms, 510 * ms, 520 * ms, false},
		{"GW-126 down as the time is over", time.Second, 0, time.Second, time.Second, false},
		{"no time", 0, 0, time.Hour, 0, true},
		{"no time, and the flag is down", 0, 0, 0, 0, false},
		{"below zero", -time.Second, -time.Second, time.Hour, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				require.Equal(t, c.running, drivers.SleepWhile(v, c.d, c.step, func() bool { return v.Now() < c.down }))
				require.Equal(t, c.want, v.Now())

				began := v.Now()
				stop := func() bool { return v.Now()-began >= c.down }
				require.Equal(t, c.running, drivers.SleepUntil(v, c.d, c.step, stop), "GW-126 the other way round")
				require.Equal(t, began+c.want, v.Now())
			})
		})
	}
}

func TestSleepOnBothRuntimes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		running, woke := true, clock.NewLatch(rt, "woke")
		rt.Go("sleeper", func() {
			require.False(t, drivers.SleepWhile(rt, time.Hour, ms, func() bool { return running }))
			woke.Set()
		})
		require.True(t, drivers.SleepWhile(rt, 20*ms, 0, func() bool { return true }))
		running = false
		require.NoError(t, woke.Wait(clock.Forever))
	})
}

func TestSleepAsksOncePerStep(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		asked := 0
		drivers.SleepWhile(v, time.Second, 0, func() bool { asked++; return true })
		require.Equal(t, 11, asked)
	})
}
