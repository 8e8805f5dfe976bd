package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

func TestStop(t *testing.T) {
	on(t, "GW-172 while an attempt is under way: its connection is closed", func(t *testing.T, b *bench) {
		dialling, goOn := clock.NewLatch(b.rt, "dialling"), clock.NewLatch(b.rt, "go on")
		b.dials = func(*fake) error {
			dialling.Set()
			return goOn.Wait(clock.Forever)
		}
		b.Start()
		require.NoError(t, dialling.Wait(clock.In(b.rt, 5*s)))
		require.NoError(t, b.Stop(), "it does not wait")
		goOn.Set()
		for len(b.made) == 0 || b.last().closed == 0 {
			b.rt.Yield()
		}
		b.run(0)
		require.Empty(t, b.told)
	})
	on(t, "while an attempt is under way that fails", func(t *testing.T, b *bench) {
		dialling, goOn := clock.NewLatch(b.rt, "dialling"), clock.NewLatch(b.rt, "go on")
		b.dials = func(*fake) error {
			dialling.Set()
			_ = goOn.Wait(clock.Forever)
			return errAway
		}
		b.Start()
		require.NoError(t, dialling.Wait(clock.In(b.rt, 5*s)))
		require.NoError(t, b.Stop())
		goOn.Set()
		b.run(0)
		require.Empty(t, b.told)
	})
	inVirtual(t, "after an attempt that failed, before the loop comes to it", func(t *testing.T, b *bench) {
		b.dials = func(*fake) error { return errAway }
		b.Start()
		clock.Sleep(b.rt, s)
		require.NoError(t, b.Stop())
		b.run(10 * s)
		require.Empty(t, b.told)
		require.Len(t, b.tries, 1)
	})
	inVirtual(t, "when the loop runs no more, after a connection that it was not told of", func(t *testing.T, b *bench) {
		b.Start()
		clock.Sleep(b.rt, s)
		require.Len(t, b.made, 1)
		require.False(t, b.Connected(), "nobody was told")
		require.ErrorIs(t, b.Publish(mqtt.Message{Topic: "a"}), link.ErrDown)
		require.NoError(t, b.Subscribe("a", 0))
		require.Empty(t, b.last().asked)
		require.NoError(t, b.Stop())
		require.Equal(t, 1, b.last().closed)
		b.run(s)
		require.Empty(t, b.told)
		require.Equal(t, 1, b.last().closed)
	})
	on(t, "when the loop runs no more, while it is connected", func(t *testing.T, b *bench) {
		f := b.connect()
		f.closing = errAway
		require.ErrorIs(t, b.Stop(), errAway, "the error is that of closing")
		require.NoError(t, b.Stop())
	})
	on(t, "by what it tells", func(t *testing.T, b *bench) {
		f := b.connect()
		b.on["message"] = func() { require.NoError(t, b.Stop()) }
		f.comes(message("last"), message("too late"))
		b.until(func() bool { return f.closed == 1 })
		b.run(0)
		require.Equal(t, []string{"connected", "message last"}, b.told)
	})
	inVirtual(t, "by what it tells of a loss, and before the next attempt", func(t *testing.T, b *bench) {
		f := b.connect()
		b.on["lost"] = func() { require.NoError(t, b.Stop()) }
		f.comes(down)
		b.run(10 * s)
		require.Len(t, b.tries, 1)
		require.Equal(t, 1, f.closed)
	})
	on(t, "before the start", func(t *testing.T, b *bench) {
		require.NoError(t, b.Stop())
		b.Start()
		b.run(0)
		require.Empty(t, b.tries)
	})
}
