package broker

import (
	"bytes"
	"errors"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/mqtt"
)

// hook is how mochi tells the broker what it does. For in-process clients it
// runs inside Session.Publish; for network clients on their goroutines, where
// it touches nothing but the edge.
type hook struct {
	mochi.HookBase
	b *Broker
}

// ID is the name that mochi logs.
func (h *hook) ID() string { return "hubtape" }

// Provides names the hooks that are used.
func (h *hook) Provides(which byte) bool {
	switch which {
	case mochi.OnConnect, mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSessionEstablish, mochi.OnDisconnect,
		mochi.OnSubscribe, mochi.OnSubscribed, mochi.OnUnsubscribed, mochi.OnPublished, mochi.OnPublishDropped,
		mochi.OnWill, mochi.OnWillSent, mochi.OnClientExpired, mochi.OnPacketRead, mochi.OnPacketEncode, mochi.OnPacketSent,
		mochi.OnSessionEstablished, mochi.OnQosDropped:
		return true
	}
	return false
}

// OnConnect decides whether a network client may have its client id, its user
// name and its will.
func (h *hook) OnConnect(cl *mochi.Client, pk packets.Packet) error {
	code := h.admit(cl, &pk)
	if code == packets.CodeSuccess {
		return nil
	}
	h.refuse(cl, RefusedLogin, "", code.Reason)
	answer := code
	if _, known := packets.V5CodesToV3[code]; !known && cl.Properties.ProtocolVersion < 5 {
		answer = packets.Err3NotAuthorized // mochi would send a code of MQTT 5, which paho takes for success
	}
	_ = h.b.server.SendConnack(cl, answer, false, nil) // the connection ends either way
	return code
}

func (h *hook) admit(cl *mochi.Client, pk *packets.Packet) packets.Code {
	user := string(pk.Connect.Username)
	if h.b.auth != nil && !h.b.auth.Authenticate(Login{
		ClientID: cl.ID, User: user, Password: pk.Connect.Password, Addr: cl.Net.Remote,
	}) {
		return packets.ErrBadUsernameOrPassword
	}
	if pk.Connect.WillFlag {
		topic := pk.Connect.WillTopic // mochi checks neither its form nor its permission
		if mqtt.ValidateTopic(topic) != nil || isSys(topic) {
			return packets.ErrTopicNameInvalid
		}
		if h.b.auth != nil && !h.b.auth.MayPublish(user, cl.ID, topic) {
			return packets.ErrNotAuthorized
		}
		if len(pk.Connect.WillPayload) > h.b.maxBytes {
			return packets.ErrPacketTooLarge
		}
	}
	if !h.b.edge.names.arrive(cl.ID) {
		return packets.ErrClientIdentifierNotValid
	}
	if c, ok := cl.Net.Conn.(*conn); ok {
		h.b.edge.admit(c, cl.ID)
	}
	return packets.CodeSuccess
}

// OnConnectAuthenticate lets in whom OnConnect has admitted.
func (h *hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnACLCheck is asked about topics that are published to or about to be
// delivered, and about filters that are subscribed to.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	if write {
		if h.b.auth == nil || h.b.auth.MayPublish(string(cl.Properties.Username), cl.ID, topic) {
			return true
		}
		h.refuse(cl, RefusedPublish, topic, reasonNotAllowed)
		return false
	}
	if mqtt.ValidateFilter(topic) != nil { // mochi takes "a#" for a filter
		return false
	}
	inner := topic
	if mochi.IsSharedFilter(topic) { // in any case of letters, unlike MQTT
		shared := false
		if inner, shared = splitShare(topic); !shared {
			return false
		}
	}
	if h.b.auth != nil && !h.b.maySubscribe(string(cl.Properties.Username), cl.ID, inner) {
		return false
	}
	return inner == topic || h.b.edge.names.joinShareFromNetwork(topic, cl.ID)
}

// OnSessionEstablish makes way for a network client, and tells that it is
// connected.
func (h *hook) OnSessionEstablish(cl *mochi.Client, _ packets.Packet) {
	h.b.edge.takeOver(cl)
	old, known := h.b.server.Clients.Get(cl.ID)
	if c, ok := cl.Net.Conn.(*conn); ok {
		c.client, c.connected = cl, true
		h.takeFlowControl(cl, c)
		h.prepareResume(cl, c, old)
	}
	h.tell(cl, Event{
		Kind: KindConnect, Version: cl.Properties.ProtocolVersion,
		Persistent: persistent(cl), Present: known && !cl.Properties.Clean && persistent(old),
	})
}

func persistent(cl *mochi.Client) bool {
	if cl.Properties.ProtocolVersion == 5 {
		return cl.Properties.Props.SessionExpiryInterval > 0
	}
	return !cl.Properties.Clean
}

// OnDisconnect tells of a network client whose connection has ended.
func (h *hook) OnDisconnect(cl *mochi.Client, err error, _ bool) {
	if errors.Is(err, packets.ErrPacketTooLarge) {
		h.tooLong(cl)
	}
	if c, ok := cl.Net.Conn.(*conn); ok {
		c.connected = false
	}
	h.tell(cl, Event{Kind: KindDisconnect, Reason: endReason(cl, err)})
}

// OnClientExpired lets go of what an expired session of mochi's had.
func (h *hook) OnClientExpired(cl *mochi.Client) { h.b.edge.names.leaveSharesFromNetwork(cl.ID) }

// OnSubscribed tells of the filters that were granted, and of those that were
// not.
func (h *hook) OnSubscribed(cl *mochi.Client, pk packets.Packet, codes []byte) {
	for i, f := range pk.Filters {
		if codes[i] <= packets.CodeGrantedQos2.Code {
			h.tell(cl, Event{Kind: KindSubscribe, Filter: f.Filter, QoS: codes[i]})
		} else {
			reason := reasonNotAllowed
			if err := mqtt.ValidateFilter(f.Filter); err != nil {
				reason = err.Error()
			}
			h.refuse(cl, RefusedSubscribe, f.Filter, reason)
		}
	}
	h.prepareReplay(cl, pk.Filters, codes)
}

// OnUnsubscribed tells of the filters of an UNSUBSCRIBE; it is also called,
// without a packet id, when a session ends.
func (h *hook) OnUnsubscribed(cl *mochi.Client, pk packets.Packet) {
	for _, f := range pk.Filters {
		h.b.edge.names.leaveShareFromNetwork(f.Filter, cl.ID)
		if pk.PacketID > 0 {
			h.tell(cl, Event{Kind: KindUnsubscribe, Filter: f.Filter})
		}
	}
}

// OnPublished is where every message comes by that mochi has accepted.
func (h *hook) OnPublished(cl *mochi.Client, pk packets.Packet) {
	if cl.Net.Inline {
		h.b.accept(&pk)
		return
	}
	if !pk.Ignore {
		h.b.edge.inbox.waitForRoom() // on the client's own goroutine: it slows down that client
		h.tell(cl, Event{Kind: KindPublish, Message: fromPacket(&pk)})
	}
}

// OnWillSent is OnPublished for the will of a network client.
func (h *hook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	if h.b.edge.leaving.Load() {
		return
	}
	h.tell(cl, Event{Kind: KindWill, Message: fromPacket(&pk)})
}

// reasonFull is told of what a network client would have to wait for too long.
const reasonFull = "the client's outbound queue is full"

// OnPublishDropped tells of a network client that does not keep up.
func (h *hook) OnPublishDropped(cl *mochi.Client, pk packets.Packet) { h.drop(cl, &pk, reasonFull) }

// drop tells of a message that a network client does not get.
func (h *hook) drop(cl *mochi.Client, pk *packets.Packet, reason string) {
	h.b.edge.inbox.push(Event{
		Kind: KindDrop, Client: pk.Origin, Receiver: cl.ID, Message: fromPacket(pk), Network: true, Reason: reason,
	})
}

// OnPacketSent tells of deliveries to network clients, and follows a SUBACK
// with the retained messages.
func (h *hook) OnPacketSent(cl *mochi.Client, pk packets.Packet, _ []byte) {
	switch {
	case pk.FixedHeader.Type == packets.Suback:
		h.sendReplay(cl)
		return
	case pk.FixedHeader.Type != packets.Publish || !h.b.tapEach || resentByMochi(&pk):
		return
	}
	m := fromPacket(&pk)
	m.Payload = bytes.Clone(m.Payload)
	h.b.edge.inbox.push(Event{Kind: KindDeliver, Client: pk.Origin, Receiver: cl.ID, Message: m, Network: true})
}

// tell hands an event of a network client over to the runtime.
func (h *hook) tell(cl *mochi.Client, e Event) {
	e.Client, e.Network = cl.ID, true
	if c, ok := cl.Net.Conn.(*conn); ok {
		e.Source = c.source
	}
	h.b.edge.inbox.push(e)
}
