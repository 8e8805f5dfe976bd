package broker

import (
	"slices"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Mochi resends the deliveries of a resumed session all at once, whatever the
// client takes, in the order of the seconds of their creation, and loses those
// that are published while it hands the session over. So the broker notes what
// the session held, and resends it by itself: see conn.Write.

// prepareResume gets ready to take over what old, which may be nil, held. Ids go
// on where those of old ended, so that their order stays that of the deliveries.
func (h *hook) prepareResume(cl *mochi.Client, c *conn, old *mochi.Client) {
	c.client, c.old = cl, old
	last := uint16(firstServerID)
	if old != nil {
		if ids := inOrder(deliveries(old)); len(ids) > 0 {
			last = ids[len(ids)-1]
		}
	}
	skipIDs(cl, last)
}

// deliveries are the packet ids of what is under way to a client.
func deliveries(cl *mochi.Client) (ids []uint16) {
	for _, pk := range cl.State.Inflight.GetAll(false) {
		if isDelivery(&pk) {
			ids = append(ids, pk.PacketID)
		}
	}
	return ids
}

func isDelivery(pk *packets.Packet) bool {
	return pk.FixedHeader.Type == packets.Publish || pk.FixedHeader.Type == packets.Pubrel
}

// inOrder puts packet ids into the order in which they were given [MQTT-4.6.0-1].
// They go round at 65,535: the oldest follows the widest gap.
func inOrder(ids []uint16) []uint16 {
	slices.Sort(ids)
	oldest, widest := 0, uint16(0)
	for i := range ids {
		if gap := ids[i] - ids[(i+len(ids)-1)%len(ids)]; gap > widest {
			oldest, widest = i, gap
		}
	}
	return append(slices.Clone(ids[oldest:]), ids[:oldest]...)
}

// OnQosDropped notes what mochi takes away from a client whose session another
// connection has resumed; it runs on that one's goroutine, before anybody can
// publish to it. Mochi has copied all this, but for what was published since.
func (h *hook) OnQosDropped(old *mochi.Client, pk packets.Packet) {
	if !old.IsTakenOver() || !isDelivery(&pk) {
		return
	}
	if pk.Expiry > 0 && pk.Expiry < time.Now().Unix() { // rules: mochi's own expiry, which may run on another goroutine
		return
	}
	c := h.b.edge.present(old.ID)
	if c == nil || c.old != old {
		return
	}
	if _, copied := c.client.State.Inflight.Get(pk.PacketID); !copied {
		c.client.State.Inflight.Set(pk)
	}
	c.inherited = append(c.inherited, pk.PacketID)
}

// OnSessionEstablished resends the deliveries of a resumed session, and then
// lets those begin that are published.
func (h *hook) OnSessionEstablished(cl *mochi.Client, _ packets.Packet) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	c.window.open()
	for _, id := range inOrder(c.inherited) {
		pk, ok := cl.State.Inflight.Get(id)
		if ok && pk.FixedHeader.Type == packets.Pubrel {
			c.window.count(id)
			_ = cl.WritePacket(pk) // a client that is gone gets it when it resumes
			continue
		}
		c.backlog = append(c.backlog, late{id: id, dup: true})
	}
	if c.resumed {
		h.collectStragglers(cl, c)
	}
	c.client, c.old, c.inherited = nil, nil, nil
	h.sendBacklog(cl, c)
}

// collectStragglers takes over what was published to the earlier connection's
// client after mochi had emptied it.
func (h *hook) collectStragglers(cl *mochi.Client, c *conn) {
	for _, id := range inOrder(deliveries(c.old)) {
		pk, ok := c.old.State.Inflight.Get(id)
		if !ok {
			continue
		}
		h.forget(c.old, id)
		if l := (late{packet: &pk}); h.keep(cl, &l) {
			c.backlog = append(c.backlog, l)
		}
	}
}
