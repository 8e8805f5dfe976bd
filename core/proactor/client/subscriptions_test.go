package client_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

func TestSubscribe(t *testing.T) {
	on(t, "GW-173 is remembered, and pending until its suback", func(t *testing.T, b *bench) {
		require.NoError(t, b.Subscribe("a/#", 1))
		require.NoError(t, b.Subscribe("b", 0))
		require.Equal(t, 2, b.Pending())
		f := b.connect()
		require.Empty(t, f.asked, "its owner calls SubscribeAll")
		require.NoError(t, b.SubscribeAll())
		require.Equal(t, []string{"a/# 1", "b 0"}, f.asked, "in the order they were made, a packet each")
		require.False(t, b.Subscribed())
		f.comes(grant("b"))
		b.until(b.heard("suback 1"))
		require.False(t, b.Subscribed())
		f.comes(grant("a/#"))
		b.until(b.heard("suback 0"))
		require.True(t, b.Subscribed())
		require.NoError(t, b.Stop())
		require.False(t, b.Subscribed(), "GW-175 not without a connection")
	})
	on(t, "while connected it is asked for at once", func(t *testing.T, b *bench) {
		f := b.connect()
		require.True(t, b.Subscribed(), "GW-175 there are no subscriptions at all")
		require.NoError(t, b.Subscribe("a", 0))
		require.Equal(t, []string{"a 0"}, f.asked)
		require.False(t, b.Subscribed())
		f.comes(grant("a"))
		b.until(b.heard("suback 0"))
		require.NoError(t, b.Subscribe("a", 2))
		require.Equal(t, []string{"a 0", "a 2"}, f.asked, "another QoS of one that is known")
		require.Equal(t, 1, b.Pending(), "and only one")
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "GW-174 after a loss all are pending again", func(t *testing.T, b *bench) {
		require.NoError(t, b.Subscribe("a", 0))
		require.NoError(t, b.Subscribe("b", 0))
		f := b.connect()
		require.NoError(t, b.SubscribeAll())
		f.comes(grant("a"), grant("b"))
		b.until(b.Subscribed)
		f.comes(down)
		b.until(func() bool { return !b.Connected() })
		require.Equal(t, 2, b.Pending())
		require.NoError(t, b.SubscribeAll(), "without a connection it does nothing")
		b.until(b.Connected)
		require.Equal(t, 2, b.Pending())
		require.NoError(t, b.SubscribeAll())
		require.Equal(t, []string{"a 0", "b 0"}, b.last().asked)
		b.last().comes(grant("a"))
		b.until(b.heard("suback 1"))
		require.NoError(t, b.SubscribeAll())
		require.Equal(t, 2, b.Pending(), "asked for anew")
		require.NoError(t, b.Stop())
	})
	on(t, "GW-176 a suback of an unknown one changes nothing", func(t *testing.T, b *bench) {
		require.NoError(t, b.Subscribe("a", 0))
		f := b.connect()
		require.NoError(t, b.SubscribeAll())
		f.comes(grant("b"), grant("a"), grant("a"), message("end"))
		b.until(b.heard("message end"))
		require.Equal(t, []string{"connected", "suback 0", "message end"}, b.told, "nor does a second one")
		require.NoError(t, b.Stop())
	})
	on(t, "GW-177 the QoS is 0, 1 or 2, and the filter one", func(t *testing.T, b *bench) {
		for qos := range byte(3) {
			require.NoError(t, b.Subscribe("a", qos))
		}
		require.EqualError(t, b.Subscribe("b", 3), `subscribe to "b": QoS 3: it is 0, 1 or 2`)
		require.ErrorIs(t, b.Subscribe("a/#/b", 0), mqtt.ErrFilter)
		require.Equal(t, 1, b.Pending(), "they are not remembered")
		require.NoError(t, b.Stop())
	})
	on(t, "one that the broker refuses stays pending", func(t *testing.T, b *bench) {
		require.NoError(t, b.Subscribe("a", 0))
		f := b.connect()
		require.NoError(t, b.SubscribeAll())
		f.comes(link.Arrival{Kind: link.ArrivedRefusal, Filter: "a", Err: errors.New("not for you")})
		b.until(b.heard("refused not for you"))
		require.Equal(t, 1, b.Pending())
		require.NoError(t, b.Stop())
	})
	on(t, "one that the transport does not take is remembered", func(t *testing.T, b *bench) {
		f := b.connect()
		f.refuses = link.ErrDown
		require.ErrorIs(t, b.Subscribe("a", 0), link.ErrDown)
		require.Equal(t, 1, b.Pending())
		err := b.SubscribeAll()
		require.EqualError(t, err, `subscribe to "a": the connection to the broker is down`)
		require.NoError(t, b.Stop())
	})
	on(t, "GW-175 without any, nothing is pending", func(t *testing.T, b *bench) {
		b.connect()
		require.NoError(t, b.SubscribeAll())
		b.until(b.heard("suback 0"))
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "GW-175 nor is anything told before the connection is", func(t *testing.T, b *bench) {
		b.Start()
		clock.Sleep(b.rt, s) // it is made, and the loop does not run yet
		require.NoError(t, b.SubscribeAll())
		b.run(s)
		require.Equal(t, []string{"connected"}, b.told)
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "GW-175 without any, nothing is told of a connection that is lost since", func(t *testing.T, b *bench) {
		b.on["connected"] = func() { require.NoError(t, b.SubscribeAll()) }
		b.on["lost"] = func() { b.on["connected"] = nil }
		b.dials = func(f *fake) error {
			if f.n == 1 {
				f.comes(down)
			}
			return nil
		}
		b.Start()
		b.run(3 * s)
		require.Equal(t, []string{"connected", "lost the broker is away", "connected"}, b.told)
		require.NoError(t, b.Stop())
	})
}
