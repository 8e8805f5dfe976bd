package pings_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/pings"
)

// pinged is a link with its pings; at is when they were sent.
type pinged struct {
	*pings.Pings
	loop *loop.Loop
	link *linkstate.Machine
	at   []time.Duration
}

func ping(t *testing.T, rt clock.Runtime, every time.Duration) *pinged {
	t.Helper()
	p := &pinged{loop: loop.New(rt, loop.Options{})}
	var err error
	p.Pings, err = pings.New(p.loop, pings.Options{
		Link: "parent", Every: every,
		Send: func() { p.at = append(p.at, rt.Now()) },
	})
	require.NoError(t, err)
	p.link = linkstate.New("parent", p.Observe)
	return p
}

func (p *pinged) apply(t *testing.T, inputs ...linkstate.Input) {
	t.Helper()
	for _, in := range inputs {
		_, err := p.link.Apply(in)
		require.NoError(t, err)
	}
}

// subscribe makes the link active for send.
func (p *pinged) subscribe(t *testing.T) {
	t.Helper()
	p.apply(t, linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast)
}

func (p *pinged) run(d time.Duration) {
	p.loop.StopAfter(d, 0)
	p.loop.Run()
}

func TestPings(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name string
		play func(t *testing.T, p *pinged)
		want []time.Duration
	}{
		{"GW-061 after a minute in which nothing was sent", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.run(185 * s)
		}, []time.Duration{60 * s, 120 * s, 180 * s}},
		{"GW-061 not while the link is not active for send", func(t *testing.T, p *pinged) {
			p.apply(t, linkstate.StartCalled, linkstate.MQTTConnected, linkstate.MessageFromPeer)
			p.run(185 * s)
		}, nil},
		{"GW-061 also while the peer is silent", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.apply(t, linkstate.MessageFromPeer, linkstate.ResponseTimeout)
			p.run(61 * s)
		}, []time.Duration{60 * s}},
		{"GW-062 none while other messages flow", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			for i := range 10 {
				p.loop.After(time.Duration(i)*59*s, p.Sent)
			}
			p.run(600 * s)
		}, []time.Duration{591 * s}},
		{"GW-063 what is received does not count", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			for i := range 10 {
				p.loop.After(time.Duration(i)*10*s, func() { p.apply(t, linkstate.MessageFromPeer) })
			}
			p.run(61 * s)
		}, []time.Duration{60 * s}},
		{"GW-064 none after a stop", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.loop.After(70*s, func() { p.apply(t, linkstate.StopCalled) })
			p.run(600 * s)
		}, []time.Duration{60 * s}},
		{"GW-065 a lost link waits for its next activation", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.loop.After(10*s, func() { p.apply(t, linkstate.MQTTDisconnected) })
			p.loop.After(200*s, func() { p.apply(t, linkstate.MQTTConnected, linkstate.SubackLast) })
			p.run(301 * s)
		}, []time.Duration{200 * s, 260 * s}},
		{"lost for a moment, the minute goes on", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.loop.After(10*s, func() {
				p.apply(t, linkstate.MQTTDisconnected, linkstate.MQTTConnected, linkstate.SubackLast)
			})
			p.run(61 * s)
		}, []time.Duration{60 * s}},
		{"lost after a ping, its minute goes on", func(t *testing.T, p *pinged) {
			p.subscribe(t)
			p.loop.After(70*s, func() { p.apply(t, linkstate.MQTTDisconnected) })
			p.loop.After(80*s, func() { p.apply(t, linkstate.MQTTConnected, linkstate.SubackLast) })
			p.run(121 * s)
		}, []time.Duration{60 * s, 120 * s}},
		{"sent as the link came back", func(t *testing.T, p *pinged) {
			p.loop.After(100*s, func() {
				p.subscribe(t)
				p.Sent()
			})
			p.run(161 * s)
		}, []time.Duration{160 * s}},
		{"other links do not count", func(t *testing.T, p *pinged) {
			p.Observe(linkstate.Transition{Link: "child", Old: linkstate.AwaitingSetup, New: linkstate.Active})
			p.run(61 * s)
			p.subscribe(t)
			p.Observe(linkstate.Transition{Link: "child", Old: linkstate.Active, New: linkstate.Connecting})
			p.run(1 * s)
		}, []time.Duration{61 * s}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				p := ping(t, v, 0)
				c.play(t, p)
				require.Equal(t, c.want, p.at)
			})
		})
	}
}

// The original went round 48,000 times in 0.2 s.
func TestInactiveLinkDoesNotSpin(t *testing.T) {
	turns := 0
	v := clock.NewVirtual(clock.VirtualOptions{Trace: func(time.Duration, string) { turns++ }})
	err := v.Run("test", func() {
		p := ping(t, v, time.Second)
		p.subscribe(t)
		p.apply(t, linkstate.MQTTDisconnected)
		before := turns
		p.run(time.Hour)
		require.LessOrEqual(t, turns-before, 10, "GW-065 nothing happens in an hour without a link")
		require.Empty(t, p.at)
	})
	require.NoError(t, err)
	require.NoError(t, v.Close())
}

func TestPingsOnBothRuntimes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		sent := 0
		p, err := pings.New(l, pings.Options{Link: "parent", Every: time.Millisecond, Send: func() {
			if sent++; sent == 3 {
				l.Stop(0)
			}
		}})
		require.NoError(t, err)
		link := linkstate.New("parent", p.Observe)
		for _, in := range []linkstate.Input{linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast} {
			_, err := link.Apply(in)
			require.NoError(t, err)
		}
		l.Run()
		require.Equal(t, 3, sent, "GW-061")
	})
}

func TestSendThatPanics(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		panics, sent := 0, 0
		l := loop.New(v, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
		p, err := pings.New(l, pings.Options{Link: "parent", Send: func() {
			sent++
			panic("no broker")
		}})
		require.NoError(t, err)
		p.Observe(linkstate.Transition{Link: "parent", Old: linkstate.AwaitingSetup, New: linkstate.Active})
		l.StopAfter(125*time.Second, 0)
		l.Run()
		require.Equal(t, 2, sent, "the next one is due all the same")
		require.Equal(t, 2, panics)
	})
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		_, err := pings.New(l, pings.Options{Link: "parent", Every: -time.Second, Send: func() {}})
		require.EqualError(t, err, `pings on link "parent" every -1s: it must be above zero, or zero for 1m0s`)
		_, err = pings.New(l, pings.Options{Link: "parent"})
		require.EqualError(t, err, `pings on link "parent": nothing says how to send one: set Options.Send`)
		clock.Sleep(v, time.Hour)
		late := ping(t, v, 0)
		late.subscribe(t)
		late.run(90 * time.Second)
		require.Equal(t, []time.Duration{time.Hour + time.Minute}, late.at, "the first minute begins when it is made")
		p := ping(t, v, math.MaxInt64)
		p.subscribe(t)
		p.run(1000 * time.Hour)
		require.Empty(t, p.at, "for ever, or nearly")
	})
}
