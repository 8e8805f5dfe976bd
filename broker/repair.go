package broker

import (
	"cmp"
	"slices"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Here is what mochi gets wrong with network clients and can be put right from
// outside.

// firstServerID is where the ids of packets to network clients begin. Mochi
// takes the ids of packets from a client and to it for the same: a SUBSCRIBE
// whose id is also that of a delivery under way is refused, and a PUBLISH
// makes it forget that delivery. Clients count from 1, so the broker does not.
const firstServerID = 1 << 12

// skipIDs lets a new client's packet ids begin at firstServerID. About 0.1 ms.
func skipIDs(cl *mochi.Client) {
	for range firstServerID {
		if _, err := cl.NextPacketID(); err != nil {
			return
		}
	}
}

// sortInflight makes mochi resend the deliveries of a resumed session in the
// order in which they were first sent [MQTT-4.6.0-1]. Mochi sorts by the second
// of their creation, not stably; so each gets a second of its own. Ids were
// given in order and go round at 65,535: the oldest follows the widest gap.
func sortInflight(old *mochi.Client) {
	list := old.State.Inflight.GetAll(false)
	if len(list) < 2 {
		return
	}
	slices.SortFunc(list, func(a, b packets.Packet) int { return cmp.Compare(a.PacketID, b.PacketID) })
	oldest, widest := 0, uint16(0)
	for i := range list {
		before := list[(i+len(list)-1)%len(list)].PacketID
		if gap := list[i].PacketID - before; gap > widest {
			oldest, widest = i, gap
		}
	}
	for i := range list {
		pk := list[(oldest+i)%len(list)]
		pk.Created = int64(i)
		old.State.Inflight.Set(pk)
	}
}

// emptyWill stands for a will without payload, which mochi would refuse with
// the whole CONNECT, though MQTT allows it (3.1.3.3).
var emptyWill = []byte{0}

// OnPacketRead lets a CONNECT with an empty will through, gives a PUBLISH with a
// topic alias its topic, and looks how large it is.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish {
		if err := h.unalias(cl, &pk); err != nil {
			return pk, err
		}
		return pk, h.checkSize(cl, &pk)
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
