package broker

import (
	"slices"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Mochi resends the deliveries of a resumed session all at once, whatever the
// client takes, in the order of the seconds of their creation, and loses those
// that are published while it hands the session over. So the broker hands it
// over before mochi does, and resends by itself: see conn.Write.

const (
	// firstServerID is where the ids of packets to network clients begin. Mochi
	// takes the ids of packets from a client and to it for the same: a SUBSCRIBE
	// whose id is also that of a delivery under way is refused, and a PUBLISH
	// makes it forget that delivery. Clients count from 1, so the broker does not.
	firstServerID = 1 << 12
	// stragglerIDs are left free for what is published to an earlier connection
	// when it is no longer there. Few are used: that is a matter of microseconds.
	stragglerIDs = 1 << 8
)

// prepareResume takes over what old, which may be nil, held for the session.
// Ids go on where those of old ended, so that their order stays that of the
// deliveries.
func (h *hook) prepareResume(cl *mochi.Client, c *conn, old *mochi.Client) {
	last := firstServerID
	if old != nil && !cl.Properties.Clean && (!old.Properties.Clean || old.Properties.ProtocolVersion == 5) {
		c.old, c.inflight = old, cl.State.Inflight
		for range 3 { // the first takes long enough for more to come
			for _, pk := range old.State.Inflight.GetAll(false) {
				c.inherit(&pk)
				old.State.Inflight.Delete(pk.PacketID)
			}
		}
		if next, err := old.NextPacketID(); err == nil {
			last = int(next) + stragglerIDs
		}
	}
	skipIDs(cl, last)
}

// inherit takes over one packet that mochi keeps.
func (c *conn) inherit(pk *packets.Packet) {
	c.inflight.Set(*pk)
	if isDelivery(pk) {
		c.inherited = append(c.inherited, pk.PacketID)
	}
}

// skipIDs lets a new client's packet ids begin after n others. About 25 ns an id.
func skipIDs(cl *mochi.Client, n int) {
	for range n {
		if _, err := cl.NextPacketID(); err != nil {
			return
		}
	}
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

// OnQosDropped takes over what mochi takes away from a client whose session
// another connection has resumed, and mochi's copy of it; it runs on that one's
// goroutine, before anybody can publish to it.
func (h *hook) OnQosDropped(old *mochi.Client, pk packets.Packet) {
	if !old.IsTakenOver() || pk.FixedHeader.Type == 0 {
		return
	}
	if pk.Expiry > 0 && pk.Expiry < time.Now().Unix() && isDelivery(&pk) { // rules: mochi's own expiry, which may run on another goroutine
		return
	}
	c := h.b.edge.present(old.ID)
	if c == nil || c.old != old {
		return
	}
	c.inherit(&pk)
	c.client.State.Inflight = c.inflight
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
	if c.old != nil {
		h.collectStragglers(cl, c)
	}
	c.old, c.inflight, c.inherited = nil, nil, nil
	h.sendBacklog(cl, c)
}

// collectStragglers takes over what was published to the earlier connection's
// client after mochi had emptied it.
func (h *hook) collectStragglers(cl *mochi.Client, c *conn) {
	c.inherited = c.inherited[:0]
	found := map[uint16]packets.Packet{}
	for _, pk := range c.old.State.Inflight.GetAll(false) {
		found[pk.PacketID] = pk
		c.inherited = append(c.inherited, pk.PacketID)
		c.old.State.Inflight.Delete(pk.PacketID)
	}
	for _, id := range inOrder(c.inherited) {
		pk := found[id]
		l := late{id: id}
		if _, taken := cl.State.Inflight.Get(id); !taken {
			cl.State.Inflight.Set(pk)
		} else if l = (late{packet: &pk}); !h.keep(cl, &l) {
			continue
		}
		c.backlog = append(c.backlog, l)
	}
}
