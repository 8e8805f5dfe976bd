package pcap

// trialBytesMax is how much is kept of a direction until it is clear what the
// connection speaks.
const trialBytesMax = 64 << 10

// enoughPackets that can only be MQTT make a connection one that speaks it, when
// neither its beginning nor its ports tell.
const enoughPackets = 2

// trialPartsMax is in how many segments that may come.
const trialPartsMax = 4096

// trial is the beginning of one direction, kept until it is clear what it is.
type trial struct {
	whole bool   // from its first byte
	b     []byte // without what is lost
	head  int    // how much of b comes before the first hole
	parts []part
	found int    // packets that can only be MQTT
	kinds uint16 // the types of packets seen, as bits
}

// part is what came in one segment, or what did not come.
type part struct {
	at   place
	size int
	lost uint32
}

func (t *trial) add(b []byte, at place) {
	if t.head == len(t.b) && (len(t.parts) == 0 || t.parts[len(t.parts)-1].lost == 0) {
		t.head += len(b)
	}
	t.parts = append(t.parts, part{at: at, size: len(b)})
	t.b = append(t.b, b...)
	found, kinds := packetsIn(b)
	t.found += found
	t.kinds |= kinds
}

func (t *trial) lose(n uint32, at place) {
	t.parts = append(t.parts, part{at: at, lost: n})
	if len(t.parts) == 1 {
		t.whole = false
	}
}

func (t *trial) since() place {
	if len(t.parts) == 0 {
		return place{}
	}
	return t.parts[0].at
}

// packetsIn looks at a segment. When it is made of whole packets it returns how
// many of them can hardly be anything else, and their types.
func packetsIn(b []byte) (found int, kinds uint16) {
	for len(b) > 0 {
		h, ok, more := readHeader(b)
		if !ok || more || !h.strict() || len(b) < h.total() {
			return 0, 0
		}
		body := b[h.size:h.total()]
		if check(h, body, level311) != nil && check(h, body, level5) != nil {
			return 0, 0
		}
		kinds |= 1 << h.kind()
		switch h.kind() {
		case typePublish, typeSubscribe, typeUnsubscribe:
			found++
		}
		b = b[h.total():]
	}
	return found, kinds
}

// What the first bytes of a direction are.
const (
	headUnclear = iota // too few
	headConnect
	headWebSocket
	headTLS
	headOther
)

func readHead(b []byte) int {
	if len(b) == 0 {
		return headUnclear
	}
	if b[0]>>4 == typeConnect && b[0]&0x0f == 0 {
		h, ok, more := readHeader(b)
		if more {
			return headUnclear
		}
		if ok {
			ok, more = connectHead(b[h.size:])
		}
		switch {
		case !ok:
			return headOther
		case more:
			return headUnclear
		}
		return headConnect
	}
	if b[0] >= 0x14 && b[0] <= 0x17 { // TLS records of versions up to 1.3
		if len(b) < 3 {
			return headUnclear
		}
		if b[1] == 3 && b[2] <= 4 {
			return headTLS
		}
		return headOther
	}
	switch ok, more := upgrades(b); {
	case ok && more:
		return headUnclear
	case ok:
		return headWebSocket
	}
	return headOther
}

// decide looks whether it is clear by now what the connection speaks.
func (c *conn) decide() {
	for side := range c.begins {
		t := &c.begins[side]
		switch readHead(t.b[:t.head]) {
		case headUnclear:
			if t.head > 0 {
				return
			}
		case headConnect:
			c.client, c.sure = side, true
			c.adopt(true, false)
			return
		case headWebSocket:
			c.client, c.sure = side, true
			c.adopt(true, true)
			return
		case headTLS:
			if c.r.o.expectsTLS(c.ends.low.Port()) || c.r.o.expectsTLS(c.ends.high.Port()) {
				c.r.stats.Encrypted++
			}
			c.reject()
			return
		}
	}
	if c.sure && c.begins[c.client].whole {
		// It is all there, and it is no CONNECT; or only the other side has spoken
		// so far, as brokers do not.
		if len(c.begins[c.client].b) > 0 || c.tried() {
			c.reject()
		}
		return
	}
	c.try()
}

// expected reports whether MQTT is to be expected by the ports.
func (c *conn) expected() bool {
	return c.r.o.expects(c.ends.low.Port()) || c.r.o.expects(c.ends.high.Port())
}

// tried reports whether enough was kept of the beginning.
func (c *conn) tried() bool {
	a, b := &c.begins[0], &c.begins[1]
	return len(a.b)+len(b.b) > trialBytesMax || len(a.parts)+len(b.parts) > trialPartsMax
}

// try decides about a connection whose beginning is missing.
func (c *conn) try() {
	switch {
	case c.expected() || c.begins[0].found+c.begins[1].found >= enoughPackets:
		c.guessClient()
		c.adopt(false, false)
	case c.tried():
		c.reject()
	}
}

// guessClient takes a side for the client when nothing is certain: the one that
// speaks like it, the one that has not MQTT's port, the one with the higher port.
func (c *conn) guessClient() {
	low, high := c.ends.low.Port(), c.ends.high.Port()
	a, b := c.begins[0].kinds, c.begins[1].kinds
	switch {
	case c.sure:
	case a&fromClient != 0 || b&fromBroker != 0:
		c.client = 0
	case b&fromClient != 0 || a&fromBroker != 0:
		c.client = 1
	case c.r.o.expects(low) != c.r.o.expects(high):
		c.client = 0
		if c.r.o.expects(low) {
			c.client = 1
		}
	case low > high:
		c.client = 0
	default:
		c.client = 1
	}
}
