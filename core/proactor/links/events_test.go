package links_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestGenerate(t *testing.T) {
	on(t, "GW-066, GW-068 what is missing is filled in, then it is published and stored", func(t *testing.T, rt clock.Runtime) {
		date := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
		x, p := active(t, rt, func(x *side) { x.options.Wall = func() time.Time { return date } })
		p.mute = true
		r := &report{N: 3}
		require.NoError(t, x.Generate(r))
		require.Equal(t, events.Header{MessageID: x.ids[len(x.ids)-1], TimeNS: date.UnixNano(), Src: "hw1.child"}, r.Header)
		x.until("it came", func() bool { return p.has(r.MessageID) })
		require.Equal(t, *r, p.got[0].Payload)
		require.True(t, p.got[0].AckRequired)
		require.Equal(t, []string{r.MessageID}, x.pending(), "stored also when it was published")
		own := &report{Header: events.Header{MessageID: "mine", TimeNS: 7, Src: "hw1.child.meter"}}
		require.NoError(t, x.Generate(own))
		require.Equal(t, events.Header{MessageID: "mine", TimeNS: 7, Src: "hw1.child.meter"}, own.Header)
		require.Zero(t, x.counts().CommEvents.Of("report.event"))
		x.stop()
	})
	inVirtual(t, "GW-067 without an active link it is only stored, in the bytes that are sent later", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		id := x.report(1)
		require.Equal(t, []string{id}, x.pending())
		x.begin()
		x.untilState(linkstate.Active)
		x.untilDone()
		require.Equal(t, []int{1}, p.reports())
		x.stop()
		late := x.report(2)
		require.Equal(t, []string{late}, x.pending(), "also after a stop")
	})
	inVirtual(t, "GW-067 without any link upstream it is stored, for whoever listens", func(t *testing.T, v *clock.Virtual) {
		disk := eventstore.NewMemory(0)
		x := newSide(t, v, stored(disk))
		x.options.Store = x.store
		x.add(links.LinkOptions{Name: "plain", Peer: "hw2", PeerShort: "q", Self: "c"})
		require.NoError(t, x.Start())
		require.Nil(t, x.Upstream())
		id := x.report(1)
		require.Contains(t, x.pending(), id)
		text, found, err := disk.Retrieve(id)
		require.NoError(t, err)
		require.True(t, found)
		m, err := newCodec().Decode("gw/hw1-child/report-event", text)
		require.NoError(t, err)
		require.Empty(t, m.Dst)
		x.stop()
	})
	inVirtual(t, "what is no event of the codec is an error, and not stored", func(t *testing.T, v *clock.Virtual) {
		type unknown struct{ events.Header }
		x := newSide(t, v)
		require.ErrorIs(t, x.Generate(&unknown{}), codec.ErrUnknownType)
		require.Empty(t, x.pending())
	})
	inVirtual(t, "one that cannot be stored is logged, and sent all the same", func(t *testing.T, v *clock.Virtual) {
		disk := &double{Memory: eventstore.NewMemory(0)}
		x, p := active(t, v, stored(disk))
		disk.full = errors.New("no space left")
		x.report(1)
		x.run(s)
		require.Equal(t, []int{1}, p.reports())
		require.Contains(t, x.log.String(), "no space left")
		require.Equal(t, linkstate.Active, x.link.State(), "nothing follows from that")
		x.stop()
	})
	inVirtual(t, "a full store drops the oldest", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, stored(eventstore.NewMemory(1000)))
		p := newParent(x)
		for n := range 20 {
			x.report(n)
		}
		kept := len(x.pending())
		require.Less(t, kept, 10)
		x.begin()
		x.untilState(linkstate.Active)
		x.untilDone()
		require.LessOrEqual(t, len(p.reports()), kept)
		x.stop()
	})
	inVirtual(t, "an event that the peer has and that cannot be deleted is logged, and sent again", func(t *testing.T, v *clock.Virtual) {
		disk := &double{Memory: eventstore.NewMemory(0)}
		x, p := active(t, v, stored(disk))
		disk.stuck = errors.New("read-only file system")
		x.report(1)
		x.run(s)
		require.Contains(t, x.log.String(), "read-only file system")
		disk.stuck = nil
		x.hub.cut("child")
		x.until("lost", func() bool { return x.link.State() == linkstate.Connecting })
		x.untilState(linkstate.Active)
		x.untilDone()
		require.Equal(t, []int{1, 1}, p.reports())
		x.stop()
	})
}

func TestForward(t *testing.T) {
	theirs := report{Header: events.Header{MessageID: "theirs", TimeNS: 7, Src: "hw1.child.leaf"}, N: 4}
	inVirtual(t, "GW-069 with its own source and id, and not counted as ours", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		x.until("started", func() bool { return x.Upstream() == x.link })
		require.NoError(t, x.Forward(theirs))
		x.untilDone()
		require.Equal(t, theirs, p.got[0].Payload)
		require.Equal(t, "theirs", p.got[0].MessageID)
		require.Equal(t, "hw1.child", p.got[0].Src)
		require.NoError(t, x.Forward(events.Connected{Header: theirs.Header, PeerName: "leaf"}))
		require.Equal(t, "connect 1, subscribed 1, active 1, timeout 0, disconnect 0", x.comm())
		x.stop()
	})
	inVirtual(t, "what is no event with an id is refused", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		require.EqualError(t, x.Forward(command{}), "links_test.command is no event with an id")
		require.Error(t, x.Forward(report{}))
		require.Error(t, x.Forward(nil))
		require.Error(t, x.Forward(&theirs), "a message brings values")
	})
	relayed := codec.Message{Header: codec.Header{MessageID: "theirs", AckRequired: true}, Payload: theirs}
	relay := func(x *side) {
		x.options.Handle = func(k *links.Link, m codec.Message) { require.NoError(x.t, k.Relay(m)) }
	}
	inVirtual(t, "one that is relayed is acknowledged when it is stored", func(t *testing.T, v *clock.Virtual) {
		disk := &double{Memory: eventstore.NewMemory(0)}
		x, p := active(t, v, relay, stored(disk))
		x.hub.cut("child")
		p.mute = true
		x.run(5 * s)
		p.took()
		var atAck []string
		x.hub.lose = nil
		p.say(relayed)
		x.until("acknowledged", func() bool {
			for _, m := range p.got {
				if _, ok := m.Payload.(codec.Ack); ok {
					atAck = disk.Pending()
					return true
				}
			}
			return false
		})
		require.Contains(t, atAck, "theirs")
		x.stop()
	})
	inVirtual(t, "one that is relayed and cannot be stored is not acknowledged", func(t *testing.T, v *clock.Virtual) {
		disk := &double{Memory: eventstore.NewMemory(0)}
		x, p := active(t, v, relay, stored(disk))
		disk.full = errors.New("no space left")
		p.say(relayed)
		x.run(s)
		require.Equal(t, []string{"report.event"}, p.took())
		disk.full = nil
		p.say(relayed)
		x.run(s)
		require.Equal(t, []string{"report.event", "ack"}, p.took(), "it came again")
		x.stop()
	})
	inVirtual(t, "what is no event is not relayed", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		require.Error(t, x.link.Relay(codec.Message{Header: relayed.Header, Payload: command{}}))
		x.run(s)
		require.Empty(t, p.took())
		x.stop()
	})
}
