package pcap

import (
	"container/list"
	"fmt"
	"net/netip"

	"github.com/hubtape/hubtape/mqtt"
)

// endpoints name a connection, whichever way a segment goes.
type endpoints struct{ low, high netip.AddrPort }

func endpointsOf(s *segment) (e endpoints, side int) {
	if s.from.Compare(s.to) <= 0 {
		return endpoints{s.from, s.to}, 0
	}
	return endpoints{s.to, s.from}, 1
}

func (e endpoints) of(side int) netip.AddrPort {
	if side == 0 {
		return e.low
	}
	return e.high
}

// What is known of a connection.
const (
	undecided = iota
	speaksMQTT
	other  // not MQTT, or not readable
	closed // nothing more is expected
)

// conn is a TCP connection, and the MQTT session on it.
type conn struct {
	r       *Reader
	id      uint64 // in the order of their beginnings
	ends    endpoints
	state   int
	halves  [2]half
	streams [2]stream
	begins  [2]trial // while undecided

	client int  // the side that is the client; -1: not known
	sure   bool // that side is certain, not guessed

	spoke     bool  // MQTT was understood
	missing   int64 // bytes, before that
	level     byte
	guessed   bool // level was
	bridge    bool
	retains   bool // a subscription wants the retain flag as it was published
	name      string
	named     place // of a CONNECT that left the name to the broker; nowhere: it is known
	connected bool
	over      bool
	ended     place // of the first FIN
	last      place // of the last record
	will      *mqtt.Message
	willDelay uint32

	held      []heldPacket // while the level is not known
	heldBytes int

	weight int   // bytes counted for it
	passed int64 // nothing waits any more for what began at this packet or before
	index  int   // among those that hold others back; -1: it does not
	since  place // where what it holds back has begun
	recent *list.Element
}

type heldPacket struct {
	s    *stream
	h    header
	body []byte
	at   place
}

func newConn(r *Reader, id uint64, ends endpoints) *conn {
	c := &conn{r: r, id: id, ends: ends, client: -1, index: -1}
	for i := range c.streams {
		c.streams[i] = stream{c: c, side: i}
		c.halves[i].to = &direction{c: c, side: i}
	}
	return c
}

// direction takes the bytes of a half to where they belong by now.
type direction struct {
	c    *conn
	side int
}

func (d *direction) take(b []byte, at place) {
	switch d.c.state {
	case undecided:
		d.c.begins[d.side].add(b, at)
		d.c.decide()
	case speaksMQTT:
		d.c.streams[d.side].take(b, at)
	}
}

func (d *direction) lose(n uint32, at place) {
	switch d.c.state {
	case undecided:
		d.c.begins[d.side].lose(n, at)
		d.c.decide()
	case speaksMQTT:
		d.c.streams[d.side].lose(n, at)
	}
}

// segment takes the next segment of the connection.
func (c *conn) segment(s *segment, side int) {
	here, there := &c.halves[side], &c.halves[1-side]
	if s.syn {
		c.client, c.sure = side, true
		if s.acks {
			c.client = 1 - side
		}
		c.begins[side].whole = true
	}
	if s.acks {
		there.acked(s.ack, c.r.clock)
	}
	if c.state == other {
		here.later, here.laterBytes = nil, 0
	}
	if s.rst {
		s.data, s.missing = nil, 0 // it may hold a text for people
	}
	here.push(s)
	here.check(c.r.clock)
	there.check(c.r.clock)
	if s.rst {
		c.flush()
		c.end(s.at, "connection reset", true)
		c.close()
		return
	}
	if s.fin && c.ended.packet == 0 {
		c.ended = s.at
	}
	c.finish()
}

// finish ends the session when one side has ended the connection and nothing of
// the other is on its way, and the connection when both have.
func (c *conn) finish() {
	ended := 0
	for i := range c.halves {
		switch h := &c.halves[i]; {
		case h.done():
			ended++
		case len(h.later) > 0:
			return
		}
	}
	if ended == 0 {
		return
	}
	c.unhold()
	c.end(c.ended, "connection closed", true)
	if ended == len(c.halves) {
		c.close()
	}
}

// hurry uses what has been waiting for so long that others no longer wait for
// it.
func (c *conn) hurry() {
	for i := range c.streams {
		c.streams[i].force()
	}
	c.unhold()
	c.named = place{}
	c.passed = c.waits().packet
}

// flush uses all that is waiting for something that will not come.
func (c *conn) flush() {
	for i := range c.halves {
		c.halves[i].end()
	}
	for i := range c.streams {
		c.streams[i].end()
	}
	c.unhold()
	c.named = place{}
}

// close forgets everything but what tells late segments from a new connection.
func (c *conn) close() {
	if c.state == closed {
		return
	}
	c.flush()
	if c.ended.packet != 0 {
		c.end(c.ended, "connection closed", true)
	}
	if !c.spoke && (c.halves[0].data || c.halves[1].data) {
		c.r.stats.NotMQTT++
	}
	c.state, c.begins, c.held, c.heldBytes, c.will = closed, [2]trial{}, nil, 0, nil
	for i := range c.streams {
		c.streams[i] = stream{c: c, side: i}
	}
}

// late reports whether a segment belongs to a connection that is over.
func (c *conn) late(s *segment, side int) bool {
	h := &c.halves[side]
	return !h.started || len(s.data) == 0 || !before(h.next, s.seq+uint32(len(s.data)))
}

// reopens reports whether a segment begins another connection between the same
// ends.
func (c *conn) reopens(s *segment, side int) bool {
	h := &c.halves[side]
	if c.state == closed {
		return s.syn || !c.late(s, side)
	}
	return s.syn && !s.acks && h.started && s.seq+1 != h.isn
}

// adopt takes the connection for one that speaks MQTT. whole: from its first
// byte.
func (c *conn) adopt(whole, webSocket bool) {
	c.state = speaksMQTT
	for i := range c.streams {
		s := &c.streams[i]
		s.seeking = !whole
		if webSocket {
			s.frames = &frames{s: s, http: true}
		}
	}
	begins := c.begins
	c.begins = [2]trial{}
	for {
		side := 0
		if a, b := begins[0].parts, begins[1].parts; len(a)+len(b) == 0 {
			return
		} else if len(a) == 0 || (len(b) > 0 && b[0].at.packet < a[0].at.packet) {
			side = 1
		}
		t := &begins[side]
		p := t.parts[0]
		if p.lost > 0 {
			c.streams[side].lose(p.lost, p.at)
		} else {
			c.streams[side].take(t.b[:p.size], p.at)
		}
		t.parts, t.b = t.parts[1:], t.b[p.size:]
	}
}

// reject takes the connection for something else.
func (c *conn) reject() {
	c.state, c.begins = other, [2]trial{}
}

// called returns the client's name, or its address.
func (c *conn) called() string {
	if c.name != "" {
		return c.name
	}
	return c.ends.of(max(c.client, 0)).String()
}

// waits returns where the first has begun of what is still kept back.
func (c *conn) waits() place {
	first := c.named
	sooner := func(p place) {
		if p.packet != 0 && (first.packet == 0 || p.packet < first.packet) {
			first = p
		}
	}
	for i := range c.streams {
		sooner(c.streams[i].waits())
		sooner(c.begins[i].since())
		if h := &c.halves[i]; len(h.later) > 0 && c.state != other && c.state != closed {
			sooner(h.laterSince)
		}
		if f := c.streams[i].frames; f != nil && len(f.head) > 0 {
			sooner(f.since)
		}
	}
	if len(c.held) > 0 {
		sooner(c.held[0].at)
	}
	return first
}

// weigh returns the memory that the connection takes, roughly.
func (c *conn) weigh() int {
	n := 1024 + len(c.name) + c.heldBytes
	for i := range c.streams {
		s := &c.streams[i]
		n += cap(s.buf) + s.aliasBytes + 64*len(s.aliases) + 40*cap(s.starts)
		n += c.halves[i].laterBytes + 48*cap(c.halves[i].later) + cap(c.begins[i].b) + 40*cap(c.begins[i].parts)
		if s.frames != nil {
			n += cap(s.frames.head) + cap(s.frames.scratch)
		}
	}
	if c.will != nil {
		n += len(c.will.Payload) + len(c.will.Topic)
	}
	return n
}

// checks reports whether a packet is one at the connection's level, or at any
// when that is not known.
func (c *conn) checks(h header, body []byte) bool {
	if c.level != levelUnknown {
		return check(h, body, c.level) == nil
	}
	return check(h, body, level311) == nil || check(h, body, level5) == nil
}

// packet takes a whole packet. Its bytes are valid during the call.
func (c *conn) packet(s *stream, h header, body []byte, at place) error {
	if !h.strict() {
		return fmt.Errorf("%w: type %d with flags %#x and %d bytes", ErrPacket, h.kind(), h.first&0x0f, h.body)
	}
	if err := c.sides(s.side, h.kind()); err != nil {
		return err
	}
	if c.level == levelUnknown && h.kind() != typeConnect {
		if wait, err := c.guess(s, h, body, at); wait || err != nil {
			return err
		}
	}
	err := c.use(s, h, body, at)
	if err == nil && !c.spoke {
		c.spoke = true
		c.r.stats.Streams++
		c.r.stats.LostBytes += c.missing
		if s.frames != nil {
			c.r.stats.WebSocket++
		}
	}
	return err
}

// lost counts bytes that are missing or passed over, once it is clear that they
// were MQTT.
func (c *conn) lost(n int) {
	if c.spoke {
		c.r.stats.LostBytes += int64(n)
		return
	}
	c.missing += int64(n)
}

// fromClient and fromBroker are the types that only one side sends.
const (
	fromClient = 1<<typeConnect | 1<<typeSubscribe | 1<<typeUnsubscribe | 1<<typePingreq
	fromBroker = 1<<typeConnack | 1<<typeSuback | 1<<typeUnsuback | 1<<typePingresp
)
