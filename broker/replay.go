package broker

import (
	"maps"
	"slices"
	"strings"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/mqtt"
)

// Mochi replays retained messages in the order of a map, leaves out "a" for
// "a/#", and shows "$x" to "#". So for network clients it is told not to, and
// the broker replays by itself right after the SUBACK. All of this runs on the
// client's own goroutine.

// noReplay is the retain handling of MQTT 5 (3.8.3.1) that asks for no replay.
const noReplay = 2

// OnSubscribe notes which filters want a replay, and takes it out of mochi's
// hands.
func (h *hook) OnSubscribe(cl *mochi.Client, pk packets.Packet) packets.Packet {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return pk
	}
	c.wants = c.wants[:0]
	for i := range pk.Filters {
		f := &pk.Filters[i]
		_, existed := cl.State.Subscriptions.Get(f.Filter)
		asked := f.RetainHandling == 0 || (f.RetainHandling == 1 && !existed) // [MQTT-3.3.1-9] [MQTT-3.3.1-10]
		c.wants = append(c.wants, asked && !mochi.IsSharedFilter(f.Filter))
		f.RetainHandling = noReplay
	}
	return pk
}

// prepareReplay notes, before the SUBACK, what is retained for the filters of a
// SUBSCRIBE that were granted. With a wildcard it looks at every retained message
// once.
func (h *hook) prepareReplay(cl *mochi.Client, filters packets.Subscriptions, codes []byte) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok || !slices.Contains(c.wants, true) {
		return
	}
	c.window.hold() // before it looks: what is published from now on comes after
	if !slices.ContainsFunc(filters, func(f packets.Subscription) bool { return strings.ContainsAny(f.Filter, "+#") }) {
		h.preparePlain(cl, c, filters, codes)
		return
	}
	all := h.b.server.Topics.Retained.GetAll()
	topics := slices.Sorted(maps.Keys(all))
	for i := range filters {
		if !c.wants[i] || codes[i] > packets.CodeGrantedQos2.Code {
			continue
		}
		for _, topic := range topics {
			if mqtt.Match(filters[i].Filter, topic) && h.OnACLCheck(cl, topic, false) {
				pk := all[topic]
				h.addReplay(cl, c, replayed(&pk, &filters[i]))
			}
		}
	}
}

// preparePlain is prepareReplay for filters without wildcards: it need not look
// at everything that is retained.
func (h *hook) preparePlain(cl *mochi.Client, c *conn, filters packets.Subscriptions, codes []byte) {
	for i := range filters {
		if !c.wants[i] || codes[i] > packets.CodeGrantedQos2.Code {
			continue
		}
		pk, ok := h.b.server.Topics.Retained.Get(filters[i].Filter)
		if ok && h.OnACLCheck(cl, pk.TopicName, false) {
			h.addReplay(cl, c, replayed(&pk, &filters[i]))
		}
	}
}

func replayed(pk *packets.Packet, sub *packets.Subscription) packets.Packet {
	out := pk.Copy(false)
	out.FixedHeader.Retain = true // [MQTT-3.3.1-8]
	out.FixedHeader.Qos = min(out.FixedHeader.Qos, sub.Qos)
	if sub.Identifier > 0 {
		out.Properties.SubscriptionIdentifier = []int{sub.Identifier} // [MQTT-3.3.4-3]
	}
	return out
}

// addReplay notes a retained message. It gets its packet id now, in its place
// among all that is published, and is kept for the session, as far as mochi
// would keep it.
func (h *hook) addReplay(cl *mochi.Client, c *conn, pk packets.Packet) {
	l := late{packet: &pk}
	if pk.FixedHeader.Qos > 0 && cl.State.Inflight.Len() < int(h.b.server.Options.Capabilities.MaximumInflight) && !h.keep(cl, &l) {
		return
	}
	c.replay = append(c.replay, l)
}

// sendReplay follows the SUBACK. No more waits than Options.MaxPending.
func (h *hook) sendReplay(cl *mochi.Client) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	most := max(h.b.maxPend, len(c.backlog))
	c.backlog = append(c.backlog, c.replay...)
	c.replay = nil
	h.sendBacklog(cl, c)
	for i := most; i < len(c.backlog); i++ {
		if pk, ok := h.lift(cl, &c.backlog[i]); ok {
			h.forget(cl, pk.PacketID)
			h.drop(cl, &pk, reasonFull)
		}
	}
	c.backlog = c.backlog[:min(most, len(c.backlog))]
}
