package links

import (
	"errors"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/acks"
	"github.com/hubtape/hubtape/core/proactor/client"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/mqtt"
)

// events are what the link's client tells.
func (one *Link) events() client.Events {
	return client.Events{
		Connected:     one.connected,
		ConnectFailed: one.connectFailed,
		Disconnected:  one.disconnected,
		Suback:        one.suback,
		Refused:       one.refused,
		Message:       one.message,
	}
}

// connected: the event is generated even when the transition is not legal
// (GW-036).
func (one *Link) connected() {
	k := one.links
	k.apply(one, linkstate.MQTTConnected)
	k.comm(one, &events.Connected{PeerName: one.o.Peer})
	switch err := one.client.SubscribeAll(); {
	case errors.Is(err, link.ErrDown):
		k.general.Warn("the connection is lost already", "link", one.Name(), "error", err)
	case err != nil:
		one.refused(err)
	}
}

// refused: a link without its subscription stays as it is until its next
// connection.
func (one *Link) refused(err error) {
	one.links.problem(events.Error, "link "+one.Name()+": nothing will be heard", err.Error())
}

func (one *Link) connectFailed(err error, retry time.Duration) {
	one.links.general.Warn("cannot connect", "link", one.Name(), "error", err, "again_in", retry)
	one.links.apply(one, linkstate.MQTTConnectFailed)
}

func (one *Link) disconnected(err error) {
	k := one.links
	k.general.Warn("the connection was lost", "link", one.Name(), "error", err)
	k.apply(one, linkstate.MQTTDisconnected)
	k.forget(one)
	k.comm(one, &events.Disconnected{PeerName: one.o.Peer})
}

func (one *Link) suback(pending int) {
	if t, ok := one.links.apply(one, linkstate.Suback(pending)); ok {
		one.links.follow(one, t)
	}
}

// silent: the peer did not acknowledge in time. Of what was sent before the link
// became active that says nothing, since the peer was heard later; events of that
// time are sent again.
func (k *Links) silent(w acks.Wait[sent]) {
	one := w.Context.on
	one.stats.Timeouts++
	if w.Context.era != one.era {
		return
	}
	if t, ok := k.apply(one, linkstate.ResponseTimeout); ok && t.Deactivated() {
		k.forget(one)
		k.comm(one, &events.ResponseTimeout{PeerName: one.o.Peer})
	}
}

// forget ends what is waited for on a link that is lost, or whose peer is silent.
func (k *Links) forget(one *Link) {
	k.acks.CancelAll(one.Name())
	if one == k.upstream {
		k.attempt++
		k.reupload.Clear()
	}
}

// follow does what comes after a transition that may have made a link active.
func (k *Links) follow(one *Link, t linkstate.Transition) {
	if t.Activated() {
		one.era++
	}
	if t.SendActivated() {
		k.comm(one, &events.FullySubscribed{PeerName: one.o.Peer})
		one.ping()
	}
	if t.Activated() {
		if one == k.upstream {
			k.beginReupload() // before the event below exists, which goes out by itself (GW-041)
		}
		k.comm(one, &events.PeerActive{PeerName: one.o.Peer})
	}
}

// unreadable tells of a message that the codec refuses, if not too many came.
func (one *Link) unreadable(err error) {
	if details, ok := one.rubbish.Take(one.links.loop.Runtime().Now(), err.Error()); ok {
		one.links.problem(events.Warning, "link "+one.Name()+": a message cannot be read", details)
	}
}

// message came on the link, from whomever.
func (one *Link) message(in mqtt.Message) {
	k := one.links
	one.stats.Topic(in.Topic)
	m, err := k.o.Codec.Decode(in.Topic, in.Payload)
	if err != nil {
		one.unreadable(err)
		return
	}
	k.o.Logs.MessageSummary("RCV", k.o.Name, in.Topic, m.MessageType, m.MessageID)
	one.stats.Received(m.MessageType)
	t, ok := k.apply(one, linkstate.MessageFromPeer)
	if !ok {
		return // GW-042: told, and left alone
	}
	if ack, ok := m.Payload.(codec.Ack); ok {
		one.acked(ack.AckMessageID) // before what is stored is sent again
	}
	k.follow(one, t)
	switch m.Payload.(type) {
	case codec.Ack:
	case codec.Ping:
		one.Done(m)
	default:
		k.o.Handle(one, m)
	}
}
