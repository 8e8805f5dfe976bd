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
	// when it is no longer there. That is a matter of microseconds, but on a busy
	// machine the goroutine that hands the session over may not run for some
	// milliseconds of them. More would let the ids go round too soon where a session
	// is resumed again and again.
	stragglerIDs = 1 << 10
	// maxEarlier is how many clients that had the session before are looked at for
	// stragglers. Whoever publishes may look one up, and then not run until the
	// session has gone on several times.
	maxEarlier = 8
)

// prepareResume takes over what old, which may be nil, held for the session.
// Ids go on where those of old ended, so that their order stays that of the
// deliveries.
func (h *hook) prepareResume(cl *mochi.Client, c *conn, old *mochi.Client) {
	last := firstServerID
	if old != nil && !cl.Properties.Clean && (!old.Properties.Clean || old.Properties.ProtocolVersion == 5) {
		c.old, c.inflight = old, cl.State.Inflight
		if before, ok := old.Net.Conn.(*conn); ok {
			c.earlier = before.handOver()
		}
		c.earlier = append(c.earlier, old.State.Inflight)
		for range 3 { // the first takes long enough for more to come
			for _, held := range c.earlier {
				for _, pk := range held.GetAll(false) {
					c.inherit(&pk)
					held.Delete(pk.PacketID)
				}
			}
		}
		if next, err := old.NextPacketID(); err == nil {
			last = int(next) + stragglerIDs
		}
	}
	skipIDs(cl, last)
}

// handOver ends the taking over of stragglers: from now on that is for the next
// connection, which gets where to look.
func (c *conn) handOver() []*mochi.Inflight {
	c.handover.Lock()
	defer c.handover.Unlock()
	c.handedOver = true
	return slices.Clone(c.earlier[max(0, len(c.earlier)-maxEarlier+1):])
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
	c.inheritLate(&pk)
}

// inheritLate is inherit for what was published to the old client while this one
// was prepared, which may be any number. The ids of deliveries to come lie behind
// theirs: else they would overtake when the session is resumed once more.
func (c *conn) inheritLate(pk *packets.Packet) {
	c.inherit(pk)
	c.client.State.Inflight = c.inflight
	if next, err := c.client.NextPacketID(); err == nil {
		if ahead := int16(pk.PacketID + stragglerIDs - uint16(next)); ahead > 0 {
			skipIDs(c.client, int(ahead))
		}
	}
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
	c.old, c.inflight, c.inherited = nil, nil, nil
	c.handover.Lock()
	c.backlog = append(c.backlog, h.stragglers(cl, c)...)
	c.handover.Unlock()
	h.sendBacklog(cl, c)
}

// stragglers takes over what was published to earlier clients of the session
// after they were emptied. That ends soon, but nobody knows when: whoever
// publishes may have looked up such a client long ago. So both goroutines that
// send deliveries look again. The caller holds c.handover: there is no moment in
// which nobody has a straggler.
func (h *hook) stragglers(cl *mochi.Client, c *conn) (list []late) {
	if c.handedOver {
		return nil
	}
	var found map[uint16]packets.Packet
	var ids []uint16
	for _, held := range c.earlier {
		if held.Len() == 0 {
			continue
		}
		if found == nil {
			found = map[uint16]packets.Packet{}
		}
		for _, pk := range held.GetAll(false) {
			held.Delete(pk.PacketID)
			found[pk.PacketID] = pk
			ids = append(ids, pk.PacketID)
		}
	}
	for _, id := range inOrder(ids) {
		pk := found[id]
		l := late{id: id}
		if _, taken := cl.State.Inflight.Get(id); !taken {
			cl.State.Inflight.Set(pk)
		} else if l = (late{packet: &pk}); !h.keep(cl, &l) {
			continue
		}
		list = append(list, l)
	}
	return list
}

// lookBack sends stragglers on the goroutine that sends what is published; they
// were published before.
func (h *hook) lookBack(cl *mochi.Client, c *conn) {
	c.window.await(0) // the backlog comes first
	for {
		c.handover.Lock()
		list := h.stragglers(cl, c)
		c.lookingBack = len(list) > 0
		c.handover.Unlock()
		if len(list) == 0 {
			return
		}
		for _, l := range list {
			if pk, ok := h.lift(cl, &l); ok {
				c.window.await(pk.PacketID)
				pk.Ignore = true       // see resentByMochi
				_ = cl.WritePacket(pk) // a client that is gone gets it when it resumes
			}
		}
	}
}

// catchUp sends stragglers on the client's own goroutine: perhaps nothing more is
// published. Where those before them are being sent, whoever does that looks
// again.
func (h *hook) catchUp(cl *mochi.Client) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	var list []late
	c.handover.Lock()
	if !c.lookingBack {
		list = h.stragglers(cl, c)
	}
	if len(list) > 0 {
		c.window.hold() // before anybody can overtake them
	}
	c.handover.Unlock()
	if len(list) > 0 {
		c.backlog = append(c.backlog, list...)
		h.sendBacklog(cl, c)
	}
}
