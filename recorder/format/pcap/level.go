package pcap

import "bytes"

// Limits of what is held until the level of the protocol is known.
const (
	heldCountMax = 4
	heldBytesMax = 64 << 10
)

// guess settles the level of a connection whose CONNECT was not seen by what its
// packets can be. A PUBLISH of MQTT 5 without properties has a zero where one of
// MQTT 3.1.1 has its payload; few payloads begin so, and several in a row none.
// wait: the packet is held until that is settled.
func (c *conn) guess(s *stream, h header, body []byte, at place) (wait bool, err error) {
	old, five := check(h, body, level311), check(h, body, level5)
	switch {
	case old != nil && five != nil:
		return false, old
	case five != nil:
		c.settle(level311)
		return false, nil
	case old != nil:
		c.settle(level5)
		return false, nil
	}
	if h.kind() != typePublish {
		return false, nil
	}
	if p, _ := parsePublish(h.first, body, level5); !p.plain {
		c.settle(level5)
		return false, nil
	}
	c.held = append(c.held, heldPacket{s: s, h: h, body: bytes.Clone(body), at: at})
	c.heldBytes += len(body)
	if len(c.held) >= heldCountMax || c.heldBytes > heldBytesMax {
		c.settle(level5)
	}
	return true, nil
}

// settle takes a level for the connection, if it has none, and uses what was
// held.
func (c *conn) settle(level byte) {
	if c.level != levelUnknown || c.state != speaksMQTT {
		return
	}
	c.level, c.guessed = level, true
	held := c.held
	c.held, c.heldBytes = nil, 0
	for _, p := range held {
		if err := c.packet(p.s, p.h, p.body, p.at); err != nil {
			c.r.skipped(p.at, err)
		}
	}
}

// unhold uses what was held when nothing more can tell.
func (c *conn) unhold() {
	if len(c.held) > 0 {
		c.settle(level5)
	}
}
