package links_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/mqtt"
)

// active is a side whose peer has everything.
func active(t *testing.T, rt clock.Runtime, adjust ...func(*side)) (*side, *parent) {
	t.Helper()
	x := newSide(t, rt, adjust...)
	p := newParent(x)
	x.begin()
	x.untilState(linkstate.Active)
	x.untilDone()
	p.took()
	return x, p
}

func TestAcks(t *testing.T) {
	on(t, "GW-053 in time: the event is deleted", func(t *testing.T, rt clock.Runtime) {
		x, p := active(t, rt)
		x.report(7)
		require.Equal(t, 1, x.link.Waiting())
		x.untilDone()
		require.Equal(t, []int{7}, p.reports())
		x.stop()
	})
	inVirtual(t, "GW-054 too late: ignored, and the event is sent again at the next activation", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.mute = true
		id := x.report(7)
		x.run(6 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		require.Equal(t, []int{7}, p.reports())
		p.ack(id)
		x.until("it comes again", func() bool { return p.has(id) })
		require.Contains(t, x.pending(), id)
		p.release()
		x.untilDone()
		x.stop()
	})
	inVirtual(t, "GW-056, GW-057 a timeout is counted, told, and ends everything else; any message activates again", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v, window(2))
		p.mute = true
		for n := range 4 {
			x.report(n)
		}
		x.run(4999 * ms)
		require.Equal(t, 4, x.link.Waiting())
		require.Equal(t, linkstate.Active, x.link.State())
		require.Equal(t, []int{0, 1, 2, 3}, p.reports())
		x.run(1 * ms)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		require.Equal(t, 1, x.counts().Timeouts)
		x.run(0)
		require.Equal(t, []string{"response.timeout"}, p.took(), "which is sent, since sending goes on")
		require.Equal(t, 1, x.link.Waiting(), "only that is waited for")
		p.mute = false
		p.speak()
		x.untilDone()
		require.Equal(t, linkstate.Active, x.link.State())
		require.Equal(t, []int{0, 1, 2, 3}, p.reports())
		require.Equal(t, "connect 1, subscribed 1, active 2, timeout 1, disconnect 0", x.comm())
		require.Equal(t, 2, x.counts().ReuploadsCompleted)
		x.stop()
	})
	inVirtual(t, "GW-096 withheld, released, withheld while active, released", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		p.mute = true
		x.begin()
		x.run(20 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		require.Equal(t, 2, x.counts().Timeouts, "of the event and of the ping")
		require.Len(t, x.pending(), 2)
		require.Equal(t, "connect 1, subscribed 1, active 0, timeout 0, disconnect 0", x.comm(), "it was not active before")
		p.release()
		x.untilDone()
		require.Equal(t, linkstate.Active, x.link.State())
		p.mute = true
		x.report(1)
		x.run(6 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		p.release()
		x.untilDone()
		require.Equal(t, linkstate.Active, x.link.State())
		x.stop()
	})
	inVirtual(t, "GW-089 what was sent before the peer was heard says nothing of it when its time is over", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		p.conn.dead = true // not there yet
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		lost := x.report(1)
		x.run(4 * s)
		p.conn.dead = false
		p.speak()
		x.run(20 * s)
		require.Equal(t, "connect 1, subscribed 1, active 1, timeout 0, disconnect 0", x.comm())
		require.Equal(t, 1, x.counts().Timeouts, "of the ping: the events were sent again")
		require.True(t, p.has(lost))
		require.Zero(t, x.store.NumPending())
		x.stop()
	})
	inVirtual(t, "GW-048 a message may have a time of its own", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.mute = true
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{1}, AckRequired: true, AckWithin: 2 * s}))
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{1}, MessageID: "mine", AckRequired: true, AckWithin: 20 * s}))
		x.run(1999 * ms)
		require.Equal(t, linkstate.Active, x.link.State())
		x.run(1 * ms)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		require.True(t, p.has("mine"))
		x.stop()
	})
	inVirtual(t, "an ack of a message that is no event deletes none", func(t *testing.T, v *clock.Virtual) {
		book := &ledger{Memory: eventstore.NewMemory(0)}
		x, p := active(t, v, stored(book))
		p.mute = true
		id := x.report(1)
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{1}, MessageID: "mine", AckRequired: true}))
		p.ack("mine")
		x.run(s)
		require.Equal(t, []string{id}, x.pending())
		require.NotContains(t, book.cleared, "mine")
		require.Equal(t, 1, x.link.Waiting())
		x.stop()
	})
	inVirtual(t, "twice: the second one is ignored", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.twice = true
		x.report(1)
		x.report(2)
		x.untilDone()
		require.Equal(t, []int{1, 2}, p.reports())
		x.stop()
	})
}

func TestDone(t *testing.T) {
	ask := codec.Message{Header: codec.Header{MessageID: "m1", AckRequired: true}, Payload: command{5}}
	on(t, "GW-058 a message is acknowledged after it was processed", func(t *testing.T, rt clock.Runtime) {
		var from *links.Link
		var done codec.Message
		x, p := active(t, rt, func(x *side) {
			x.options.Handle = func(k *links.Link, m codec.Message) { from, done = k, m }
		})
		p.say(ask)
		x.until("it is handled", func() bool { return from != nil })
		require.Same(t, x.link, from)
		require.Empty(t, p.got, "not before")
		from.Done(done)
		x.until("it is acknowledged", func() bool { return len(p.got) == 1 })
		require.Equal(t, codec.Ack{AckMessageID: "m1"}, p.got[0].Payload)
		require.False(t, p.got[0].AckRequired, "GW-046")
		require.Equal(t, 1, x.counts().Types.Of("send.command"))
		x.stop()
	})
	inVirtual(t, "GW-058 not without an id, and not where it was not asked for", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.say(codec.Message{Header: codec.Header{MessageID: "m2"}, Payload: command{5}})
		x.run(s)
		p.raw("gw/hw1/to/c/send-command", `{"Header":{"Src":"hw1","MessageType":"send.command","AckRequired":true,"TypeName":"gridworks.header"},"Payload":{"Watts":1,"TypeName":"send.command","Version":"000"},"TypeName":"gw"}`)
		x.run(s)
		require.Len(t, x.got, 2)
		require.Empty(t, p.got)
		x.stop()
	})
	inVirtual(t, "a ping is acknowledged, and goes no further", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.say(codec.Message{Header: codec.Header{MessageID: "ping1", AckRequired: true}, Payload: codec.Ping{}})
		x.run(s)
		require.Equal(t, []string{"ack"}, p.took())
		require.Empty(t, x.got)
		x.stop()
	})
	inVirtual(t, "nobody handles messages: they are done with", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v, func(x *side) { x.options.Handle = nil })
		p.say(ask)
		x.run(s)
		require.Equal(t, []string{"ack"}, p.took())
		x.stop()
	})
	inVirtual(t, "without a connection the ack is lost, and the peer asks again", func(t *testing.T, v *clock.Virtual) {
		x, _ := active(t, v)
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		x.link.Done(ask)
		require.Contains(t, x.log.String(), "the connection to the broker is down")
		x.stop()
	})
}

func TestSend(t *testing.T) {
	inVirtual(t, "GW-060 on the link's topic, or GW-059 one that is given", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{1}}))
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{2}, Topic: "gw/hw1-child/to/p/x/send-command"}))
		var topics []string
		for _, a := range p.conn.arrivals {
			topics = append(topics, a.Message.Topic)
		}
		require.Equal(t, []string{"gw/hw1-child/to/p/send-command", "gw/hw1-child/to/p/x/send-command"}, topics)
		require.Zero(t, x.link.Waiting())
		p.conn.arrivals = p.conn.arrivals[:1]
		x.run(s)
		require.Equal(t, "hw1.child", p.got[0].Src)
		require.Equal(t, "p", p.got[0].Dst)
		x.stop()
	})
	inVirtual(t, "what cannot be sent is an error, and is not waited for", func(t *testing.T, v *clock.Virtual) {
		x, _ := active(t, v)
		require.ErrorIs(t, x.link.Send(links.Outgoing{Payload: 7}), codec.ErrUnknownType)
		require.ErrorIs(t, x.link.Send(links.Outgoing{}), codec.ErrUnknownType)
		require.ErrorIs(t, x.link.Send(links.Outgoing{Payload: command{}, Topic: "a/#", AckRequired: true}), mqtt.ErrTopic)
		x.hub.cut("child")
		err := x.link.Send(links.Outgoing{Payload: command{}, AckRequired: true})
		require.ErrorIs(t, err, link.ErrDown)
		require.ErrorContains(t, err, `link "parent": publish to "gw/hw1-child/to/p/send-command": `)
		require.Zero(t, x.link.Waiting())
		x.stop()
		require.ErrorIs(t, x.link.Send(links.Outgoing{Payload: command{}}), link.ErrClosed)
	})
}

func TestPings(t *testing.T) {
	inVirtual(t, "GW-061, GW-064 after a minute of silence, until the stop", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		x.run(59 * s)
		require.Empty(t, p.took())
		x.run(62 * s)
		require.Equal(t, []string{"ping", "ping"}, p.took())
		written := x.log.Len()
		x.stop()
		x.run(600 * s)
		require.Empty(t, p.took())
		require.NotContains(t, x.log.String()[written:], "ping", "GW-064 it is not even tried")
	})
	inVirtual(t, "GW-062 none while messages flow, acks among them", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v, func(x *side) { x.options.Poll = 10 * s })
		for range 20 {
			p.say(codec.Message{Header: codec.Header{MessageID: "m", AckRequired: true}, Payload: command{}})
			x.run(9 * s)
		}
		require.NotContains(t, p.took(), "ping")
		x.run(3 * s)
		require.Contains(t, p.took(), "ping")
		x.stop()
	})
	inVirtual(t, "GW-063 silence is noticed by a ping that is not acknowledged", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		p.mute = true
		x.run(64 * s)
		require.Equal(t, linkstate.Active, x.link.State())
		x.run(2 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		x.run(60 * s)
		require.Equal(t, []string{"ping", "response.timeout", "ping"}, p.took(), "it goes on")
		x.stop()
	})
	inVirtual(t, "GW-065 none without a connection", func(t *testing.T, v *clock.Virtual) {
		x, _ := active(t, v)
		x.hub.away = true
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		written := x.log.Len()
		x.run(300 * s)
		require.NotContains(t, x.log.String()[written:], "ping")
		x.stop()
	})
	inVirtual(t, "one that the connection does not take is logged", func(t *testing.T, v *clock.Virtual) {
		x, _ := active(t, v)
		x.hub.of("child").refuses = errAway
		x.run(61 * s)
		require.Contains(t, x.log.String(), "ping")
		require.Equal(t, linkstate.Active, x.link.State())
		x.stop()
	})
}
