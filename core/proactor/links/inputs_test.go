package links_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestConnection(t *testing.T) {
	on(t, "GW-036, GW-039 connected, subscribed, pinged, and active with the first answer", func(t *testing.T, rt clock.Runtime) {
		x := newSide(t, rt)
		p := newParent(x)
		x.begin()
		x.untilState(linkstate.Active)
		require.Equal(t, []string{
			"parent: not_started + start_called -> connecting",
			"parent: connecting + mqtt_connected -> awaiting_setup_and_peer",
			"parent: awaiting_setup_and_peer + mqtt_suback with none pending -> awaiting_peer",
			"parent: awaiting_peer + message_from_peer -> active",
		}, x.moves[:4])
		x.untilDone()
		require.Equal(t, "connect 1, subscribed 1, active 1, timeout 0, disconnect 0", x.comm())
		require.True(t, x.hub.of("child").once, "whoever dials again is the client")
		require.Equal(t, []string{"mqtt.fully.subscribed", "ping"}, p.took()[:2], "GW-039 the ping at once")
		x.stop()
	})
	inVirtual(t, "GW-037 lost: nothing is waited for, and what is stored stays", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		p.mute = true
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		require.Equal(t, 2, x.link.Waiting(), "for the event's ack and for the ping's")
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		require.Zero(t, x.link.Waiting())
		require.Len(t, x.pending(), 3)
		require.Equal(t, "connect 1, subscribed 1, active 0, timeout 0, disconnect 1", x.comm())
		x.untilState(linkstate.AwaitingPeer)
		require.Equal(t, "connect 2, subscribed 2, active 0, timeout 0, disconnect 1", x.comm(), "GW-088")
		require.Len(t, x.pending(), 5)
		x.run(4 * s)
		require.Zero(t, x.counts().Timeouts, "those of the lost connection were cancelled")
		x.stop()
	})
	inVirtual(t, "GW-037 lost before it was subscribed: nothing is waited for either", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.holding = true
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		require.NoError(t, x.link.Send(links.Outgoing{Payload: command{}, AckRequired: true}))
		require.Equal(t, 1, x.link.Waiting())
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		require.Zero(t, x.link.Waiting(), "a later connection is not blamed for it")
		x.stop()
	})
	inVirtual(t, "GW-038 a failure to connect makes no event", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.away = true
		x.begin()
		x.run(7 * s)
		require.Equal(t, linkstate.Connecting, x.link.State())
		require.Equal(t, "parent: connecting + mqtt_connect_failed -> connecting", x.moves[3])
		require.Empty(t, x.pending())
		x.hub.away = false
		x.run(10 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		x.stop()
	})
	inVirtual(t, "a subscription that the broker refuses is a problem", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.holding = true
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		x.hub.of("child").comes(link.Arrival{Kind: link.ArrivedRefusal, Filter: "gw/hw1/to/c/#", Err: errAway})
		x.run(s)
		require.Equal(t, linkstate.AwaitingSetupAndPeer, x.link.State())
		require.Len(t, x.pending(), 2)
		require.Contains(t, x.log.String(), "link parent: nothing will be heard")
		x.stop()
	})
	inVirtual(t, "a subscription that the transport does not take is one too", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.denies = errors.New("not for you")
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		require.Contains(t, x.log.String(), "link parent: nothing will be heard")
		require.Len(t, x.pending(), 2)
		x.hub.denies = nil
		x.hub.cut("child")
		x.until("lost", func() bool { return x.link.State() == linkstate.Connecting })
		x.untilState(linkstate.AwaitingPeer)
		x.stop()
	})
	inVirtual(t, "lost before it could subscribe", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.options.Dial = nil
		lost := 0
		x.make(func(x *side) {
			x.options.Dial = func(o link.DialOptions, wake func()) (link.Transport, error) {
				c, err := x.hub.dial(o, wake)
				if lost++; lost == 1 {
					x.hub.cut("child")
				}
				return c, err
			}
		})
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		require.Equal(t, "connect 2, subscribed 1, active 0, timeout 0, disconnect 1", x.comm())
		require.Contains(t, x.log.String(), "the connection is lost already")
		require.NotContains(t, x.log.String(), "nothing will be heard")
		x.stop()
	})
}

func TestActivation(t *testing.T) {
	inVirtual(t, "GW-041 the peer-active event goes by itself and is no part of the reupload", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, window(1))
		p := newParent(x)
		p.mute = true
		for n := range 3 {
			x.report(n)
		}
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		x.run(s)
		require.Equal(t, []string{"mqtt.fully.subscribed", "ping"}, p.took())
		p.speak()
		x.run(s)
		require.Equal(t, []string{"peer.active", "report.event"}, p.took(), "one of the window, and the event")
		require.True(t, x.Reuploading())
		x.stop()
	})
	inVirtual(t, "GW-039 straight to active: both events, a ping, and the reupload", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		p.mute = true
		x.hub.holding = true
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		p.speak()
		x.untilState(linkstate.AwaitingSetup)
		require.Empty(t, p.took())
		x.hub.grant("child", 1)
		x.run(s)
		require.Equal(t, linkstate.Active, x.link.State())
		require.Equal(t, []string{
			"mqtt.fully.subscribed", "ping", "peer.active", "mqtt.connect", "mqtt.fully.subscribed",
		}, p.took(), "GW-081 the first one is in flight and sent again")
		x.stop()
	})
}

func TestAwaitingSetup(t *testing.T) {
	inVirtual(t, "GW-093 suback withheld: not active for anything", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.holding = true
		x.begin()
		x.run(100 * s)
		require.Equal(t, linkstate.AwaitingSetupAndPeer, x.link.State())
		require.Equal(t, "connect 1, subscribed 0, active 0, timeout 0, disconnect 0", x.comm())
		x.hub.grant("child", 1)
		x.untilState(linkstate.AwaitingPeer)
		x.stop()
	})
	inVirtual(t, "GW-093 lost while it is withheld", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.hub.holding = true
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		require.Equal(t, "connect 1, subscribed 0, active 0, timeout 0, disconnect 1", x.comm())
		x.stop()
	})
	inVirtual(t, "GW-094, GW-095 the peer before the suback: messages keep it, the suback activates", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		x.hub.holding = true
		x.begin()
		x.untilState(linkstate.AwaitingSetupAndPeer)
		for range 3 {
			p.speak()
			x.run(s)
			require.Equal(t, linkstate.AwaitingSetup, x.link.State())
		}
		require.Len(t, x.got, 3, "they are processed")
		x.hub.grant("child", 1)
		x.untilState(linkstate.Active)
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		x.stop()
	})
}

// While one link is being left, which may take a while, another may still hear.
func TestMessageThatTheLinkDoesNotTake(t *testing.T) {
	inVirtual(t, "GW-042 a message on a link that is stopped is logged and ignored", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		x.add(upLink)
		other := upLink
		other.Name, other.Role, other.Self, other.Broker.ClientID = "other", linkstate.Plain, "d", "second"
		x.add(other)
		require.NoError(t, x.Start())
		x.run(s)
		x.hub.of("child").closing = func() {
			p.raw("gw/hw1/to/d/send-command", `{"Header":{"Src":"hw1","Dst":"d","MessageType":"send.command","MessageId":"m","AckRequired":true,"TypeName":"gridworks.header","Version":"001"},"Payload":{"Watts":1,"TypeName":"send.command","Version":"000"},"TypeName":"gw"}`)
			x.run(s)
		}
		p.took()
		x.stop()
		require.Empty(t, x.got)
		require.Empty(t, p.took(), "and it is not acknowledged")
		require.Contains(t, x.log.String(), "takes no message_from_peer while it is stopped")
	})
}
