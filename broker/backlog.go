package broker

import (
	"sync/atomic"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// late is a delivery that a client's own goroutine sends as its window lets it:
// of a resumed session, or a retained message after a SUBACK. What is published
// meanwhile goes after it.
type late struct {
	id     uint16          // of the packet that mochi keeps for it; 0: none
	packet *packets.Packet // where it is not kept
	dup    bool            // it may have been sent before
}

// sendBacklog sends as much of the backlog as may go now.
func (h *hook) sendBacklog(cl *mochi.Client, c *conn) {
	for len(c.backlog) > 0 {
		first := &c.backlog[0]
		pk, ok := h.lift(cl, first)
		if ok && !c.window.take(pk.PacketID) {
			return
		}
		*first = late{}
		c.backlog = c.backlog[1:]
		if ok {
			pk.Ignore = true       // see resentByMochi
			_ = cl.WritePacket(pk) // a client that is gone gets it when it resumes, if it is kept
		}
	}
	c.backlog = nil
	c.window.release()
}

// lift is the packet of a late delivery; false: there is none any more, it
// expired.
func (h *hook) lift(cl *mochi.Client, l *late) (packets.Packet, bool) {
	if l.id == 0 {
		if l.packet.FixedHeader.Qos == 0 {
			return *l.packet, true
		}
		if !h.keep(cl, l) {
			return packets.Packet{}, false
		}
	}
	pk, ok := cl.State.Inflight.Get(l.id)
	pk.FixedHeader.Dup = l.dup // [MQTT-3.3.1-1]
	return pk, ok && pk.FixedHeader.Type == packets.Publish
}

// keep gives a delivery its packet id, and to mochi until it is acknowledged. It
// is false if no id is left.
func (h *hook) keep(cl *mochi.Client, l *late) bool {
	id, err := cl.NextPacketID()
	if err != nil {
		h.drop(cl, l.packet, "all packet ids are in use")
		return false
	}
	l.packet.PacketID = uint16(id) // [MQTT-2.3.1-1]
	cl.State.Inflight.Set(*l.packet)
	atomic.AddInt64(&h.b.server.Info.Inflight, 1)
	*l = late{id: uint16(id)}
	return true
}

// forget takes back what keep, or mochi, keeps.
func (h *hook) forget(cl *mochi.Client, id uint16) {
	if cl.State.Inflight.Delete(id) {
		atomic.AddInt64(&h.b.server.Info.Inflight, -1)
	}
}
