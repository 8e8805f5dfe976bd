package client_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/client"
	"github.com/hubtape/hubtape/mqtt"
)

const (
	s  = time.Second
	ms = time.Millisecond
)

// on runs a body on both runtimes.
func on(t *testing.T, name string, body func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) { body(t, newBench(t, rt, loop.Options{})) })
	})
}

// inVirtual runs a body where instants are exact.
func inVirtual(t *testing.T, name string, body func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
			body(t, newBench(t, v, loop.Options{}))
		})
	})
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		_, err := client.New(l, client.Options{Name: "parent"})
		require.ErrorIs(t, err, client.ErrOptions)
		require.EqualError(t, err, `mqtt client options: "parent" has no Dial`)
		dial := func(func()) (link.Transport, error) { return nil, errAway }
		_, err = client.New(l, client.Options{Name: "parent", Dial: dial, PauseMax: -s})
		require.ErrorIs(t, err, client.ErrOptions)
		require.ErrorContains(t, err, "PauseMax of -1s")
	})
}

// A client without anybody to tell only goes on.
func TestNobodyListens(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		var f *fake
		tries := 0
		c, err := client.New(l, client.Options{Dial: func(wake func()) (link.Transport, error) {
			if tries++; tries == 1 {
				return nil, errAway
			}
			f = &fake{rt: v, wake: wake}
			return f, nil
		}})
		require.NoError(t, err)
		require.NoError(t, c.Subscribe("a", 0))
		c.Start()
		l.StopAfter(3*s, 0)
		l.Run()
		require.True(t, c.Connected())
		require.NoError(t, c.SubscribeAll())
		f.comes(message("a"), grant("a"), link.Arrival{Kind: link.ArrivedRefusal}, link.Arrival{Kind: link.ArrivedUp}, down)
		l.StopAfter(2*s, 0)
		l.Run()
		require.Equal(t, 3, tries)
		require.NoError(t, c.Stop())
	})
}

func TestPauses(t *testing.T) {
	away := func(*fake) error { return errAway }
	inVirtual(t, "GW-172 2 to 1024 seconds, and then anew", func(t *testing.T, b *bench) {
		b.dials = away
		b.Start()
		b.run(2061 * s)
		want := []time.Duration{0}
		for _, pause := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2, 4, 8} {
			want = append(want, want[len(want)-1]+pause*s)
		}
		require.Equal(t, want, b.tries)
		require.Equal(t, "failed the broker is away 2s", b.told[0])
		require.Equal(t, "failed the broker is away 17m4s", b.told[9])
		require.Equal(t, "failed the broker is away 2s", b.told[10])
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "GW-172 from the start after a success", func(t *testing.T, b *bench) {
		b.dials = func(f *fake) error {
			if f.n == 4 {
				return nil
			}
			return errAway
		}
		b.Start()
		b.until(b.Connected)
		require.Equal(t, 14*s, b.rt.Now(), "2 + 4 + 8")
		b.last().comes(down)
		b.run(20 * s)
		require.Equal(t, []time.Duration{0, 2 * s, 6 * s, 14 * s, 15 * s, 17 * s, 21 * s, 29 * s}, b.tries,
			"a second after the loss, then 2, 4 and 8 again")
		require.NoError(t, b.Stop())
	})
	for longest, want := range map[time.Duration][]time.Duration{
		10 * s: {0, 2 * s, 6 * s, 14 * s, 16 * s},
		4 * s:  {0, 2 * s, 6 * s, 8 * s, 12 * s, 14 * s},
		1 * s:  {0, 1 * s, 2 * s, 3 * s},
	} {
		t.Run(fmt.Sprint("a longest pause of ", longest), func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				b := newPaused(t, v, loop.Options{}, longest)
				b.dials = away
				b.Start()
				b.run(want[len(want)-1] + ms)
				require.Equal(t, want, b.tries)
				require.NoError(t, b.Stop())
			})
		})
	}
	inVirtual(t, "GW-172 cut short by a stop", func(t *testing.T, b *bench) {
		b.dials = away
		b.Start()
		b.run(3 * s)
		told := len(b.told)
		require.NoError(t, b.Stop())
		b.run(5000 * s)
		require.Len(t, b.tries, 2)
		require.Len(t, b.told, told)
	})
	inVirtual(t, "GW-172 an attempt may take its time, and the pause begins after it", func(t *testing.T, b *bench) {
		b.dials = func(*fake) error {
			clock.Sleep(b.rt, 10*s)
			return errAway
		}
		b.Start()
		b.run(40 * s)
		require.Equal(t, []time.Duration{0, 12 * s, 26 * s}, b.tries)
		require.NoError(t, b.Stop())
		clock.Sleep(b.rt, 10*s)
	})
}

func TestConnection(t *testing.T) {
	on(t, "is made, carries messages, and is left", func(t *testing.T, b *bench) {
		require.False(t, b.Connected())
		require.ErrorIs(t, b.Publish(mqtt.Message{Topic: "early"}), link.ErrDown)
		f := b.connect()
		b.Start() // again: nothing
		require.NoError(t, b.Publish(mqtt.Message{Topic: "out"}))
		f.comes(message("in 1"), message("in 2"))
		b.until(b.heard("message in 2"))
		require.Equal(t, []string{"connected", "message in 1", "message in 2"}, b.told)
		require.NoError(t, b.Stop())
		require.Equal(t, 1, f.closed)
		require.Equal(t, []string{"out"}, f.published)
		require.False(t, b.Connected())
		require.EqualError(t, b.Publish(mqtt.Message{Topic: "late"}), `publish to "late": the link is closed`)
		require.NoError(t, b.Stop(), "again")
		require.Equal(t, 1, f.closed)
		b.Start()
		f.comes(message("late"), down)
		b.run(0)
		require.Len(t, b.told, 3, "nothing is told after a stop")
		require.Len(t, b.tries, 1, "nor begun")
	})
	on(t, "what comes before Dial returns is told after Connected", func(t *testing.T, b *bench) {
		b.dials = func(f *fake) error {
			f.comes(link.Arrival{Kind: link.ArrivedUp}, message("early"))
			b.rt.Yield() // the loop looks, in vain
			return nil
		}
		b.Start()
		b.until(b.heard("message early"))
		require.Equal(t, []string{"connected", "message early"}, b.told)
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "lost while it is made", func(t *testing.T, b *bench) {
		b.dials = func(f *fake) error {
			if f.n == 1 {
				f.comes(down)
			}
			return nil
		}
		b.Start()
		b.run(2 * s)
		require.Equal(t, []string{"connected", "lost the broker is away", "connected"}, b.told)
		require.Equal(t, []time.Duration{0, 1 * s}, b.tries)
		require.NoError(t, b.Stop())
	})
	inVirtual(t, "lost and made again, and the old one is not heard", func(t *testing.T, b *bench) {
		old := b.connect()
		old.comes(message("1"), down, message("lost with it"))
		b.until(b.heard("lost the broker is away"))
		require.False(t, b.Connected())
		err := b.Publish(mqtt.Message{Topic: "between"})
		require.ErrorIs(t, err, link.ErrDown)
		require.EqualError(t, err, `publish to "between": the connection to the broker is down`)
		b.until(b.Connected)
		require.Equal(t, 1*s, b.rt.Now())
		require.Equal(t, 1, old.closed, "who dialled closes it")
		old.comes(message("stale"), down)
		old.wake()
		b.last().comes(message("2"))
		b.run(10 * s)
		require.Equal(t, []string{"connected", "message 1", "lost the broker is away", "connected", "message 2"}, b.told)
		require.NoError(t, b.Publish(mqtt.Message{Topic: "out"}))
		require.Empty(t, old.published)
		require.NoError(t, b.Stop())
		require.Equal(t, 1, old.closed)
		require.Equal(t, 1, b.last().closed)
	})
	on(t, "publishing refuses what a broker would end the connection for", func(t *testing.T, b *bench) {
		f := b.connect()
		require.ErrorIs(t, b.Publish(mqtt.Message{Topic: "a/+"}), mqtt.ErrTopic)
		require.ErrorIs(t, b.Publish(mqtt.Message{}), mqtt.ErrTopic)
		require.EqualError(t, b.Publish(mqtt.Message{Topic: "a", QoS: 3}), `publish to "a": QoS 3: it is 0, 1 or 2`)
		require.Empty(t, f.published)
		f.refuses = errAway
		require.ErrorIs(t, b.Publish(mqtt.Message{Topic: "a"}), errAway)
		require.NoError(t, b.Stop())
	})
}

func TestBatch(t *testing.T) {
	inVirtual(t, "many arrivals let other callbacks have their turn", func(t *testing.T, b *bench) {
		f := b.connect()
		before := 0
		b.on["message"] = func() {
			if len(b.told) == 2 { // the first one
				b.loop.Post(func() { before = len(b.told) })
			}
		}
		var many []link.Arrival
		for i := range 1000 {
			many = append(many, message(fmt.Sprint(i)))
		}
		f.comes(many...)
		b.until(b.heard("message 999"))
		require.Len(t, b.told, 1001)
		require.Less(t, before, 600)
		require.Greater(t, before, 100)
		require.NoError(t, b.Stop())
	})
	t.Run("a handler that panics does not keep the rest", func(t *testing.T) {
		clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
			panics := 0
			b := newBench(t, v, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
			f := b.connect()
			b.on["message"] = func() {
				if b.heard("message bad")() {
					panic("bad")
				}
			}
			f.comes(message("bad"), message("good"))
			b.until(b.heard("message good"))
			require.Equal(t, 1, panics)
			require.NoError(t, b.Stop())
		})
	})
	t.Run("a Connected that panics does not keep what comes", func(t *testing.T) {
		clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
			b := newBench(t, v, loop.Options{OnPanic: func(*loop.CallbackPanic) {}})
			b.on["connected"] = func() { panic("bad") }
			b.dials = func(f *fake) error {
				f.comes(message("early"))
				return nil
			}
			b.Start()
			b.until(b.heard("message early"))
			require.NoError(t, b.Stop())
		})
	})
}
