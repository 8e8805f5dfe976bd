package broker

import (
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Here is what mochi gets wrong with network clients and can be put right from
// outside.

// emptyWill stands for a will without payload, which mochi would refuse with
// the whole CONNECT, though MQTT allows it (3.1.3.3).
var emptyWill = []byte{0}

// OnPacketRead lets a CONNECT with an empty will through, gives a PUBLISH with a
// topic alias its topic, looks how large it is, and makes room where something
// is acknowledged.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish {
		if err := h.unalias(cl, &pk); err != nil {
			return pk, err
		}
		return pk, h.checkSize(cl, &pk)
	}
	h.catchUp(cl)
	switch pk.FixedHeader.Type {
	case packets.Puback, packets.Pubrec, packets.Pubcomp:
		h.heard(cl, &pk)
	}
	if pk.FixedHeader.Type == packets.Connect && pk.Connect.WillFlag && len(pk.Connect.WillPayload) == 0 {
		if c, ok := cl.Net.Conn.(*conn); ok {
			c.emptyWill = true
			pk.Connect.WillPayload = emptyWill
		}
	}
	return pk, nil
}

// unalias gives a PUBLISH the topic that its alias stands for (MQTT 5, 3.3.2.3.4),
// before mochi asks whether the client may publish there: mochi asks about the
// empty topic, and publishes there where the alias stands for nothing.
func (h *hook) unalias(cl *mochi.Client, pk *packets.Packet) error {
	alias := pk.Properties.TopicAlias
	if alias == 0 || pk.TopicName != "" {
		return nil
	}
	if pk.TopicName = cl.State.TopicAliases.Inbound.Set(alias, ""); pk.TopicName == "" {
		_ = h.b.server.DisconnectClient(cl, packets.ErrTopicAliasInvalid)
		return reject(packets.ErrTopicAliasInvalid)
	}
	return nil
}

// OnWill gives such a will its empty payload back.
func (h *hook) OnWill(cl *mochi.Client, will mochi.Will) (mochi.Will, error) {
	if c, ok := cl.Net.Conn.(*conn); ok && c.emptyWill {
		will.Payload = nil
	}
	return will, nil
}
