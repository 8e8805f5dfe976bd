package pcap

import (
	"fmt"
	"unicode/utf8"

	"github.com/hubtape/hubtape/mqtt"
)

// The types of control packets (MQTT 5, 2.1.2).
const (
	typeConnect     = 1
	typeConnack     = 2
	typePublish     = 3
	typePuback      = 4
	typePubrec      = 5
	typePubrel      = 6
	typePubcomp     = 7
	typeSubscribe   = 8
	typeSuback      = 9
	typeUnsubscribe = 10
	typeUnsuback    = 11
	typePingreq     = 12
	typePingresp    = 13
	typeDisconnect  = 14
	typeAuth        = 15
)

// The levels of the protocol (3.1, 3.1.1, 5), and that of a connection whose
// beginning was not seen.
const (
	level31      = 3
	level311     = 4
	level5       = 5
	levelUnknown = 0
)

// header is the fixed header of a packet.
type header struct {
	first byte // type and flags
	size  int  // of itself
	body  int  // what follows
}

func (h header) kind() byte { return h.first >> 4 }
func (h header) total() int { return h.size + h.body }

// readHeader reads a fixed header. ok without more: b is too short.
func readHeader(b []byte) (h header, ok, more bool) {
	if len(b) < 1 {
		return h, true, true
	}
	h.first = b[0]
	if h.kind() == 0 {
		return h, false, false
	}
	for i := 1; i <= 4; i++ {
		if i == len(b) {
			return h, true, true
		}
		h.body |= int(b[i]&0x7f) << (7 * (i - 1))
		if b[i] < 0x80 {
			h.size = 1 + i
			return h, true, false
		}
	}
	return h, false, false // [MQTT-1.5.5]: four bytes at most
}

// strict reports whether the flags and the length of a packet are what its
// type may have, at any level.
func (h header) strict() bool {
	flags := h.first & 0x0f
	switch h.kind() {
	case typePublish:
		qos := flags >> 1 & 3
		return qos < 3 && (qos > 0 || flags&8 == 0) && h.body >= 3 // [MQTT-3.3.1-4] [MQTT-3.3.1-2]
	case typePubrel:
		return flags == 2 && h.body >= 2
	case typeSubscribe, typeUnsubscribe:
		// MQTT 3.1 lets these be marked as sent again, and gives PUBREL a QoS.
		return flags&^8 == 2 && h.body >= 5
	case typePuback, typePubrec, typePubcomp, typeConnack:
		return flags == 0 && h.body >= 2
	case typeSuback, typeUnsuback:
		return flags == 0 && h.body >= 2
	case typePingreq, typePingresp:
		return flags == 0 && h.body == 0
	case typeConnect:
		return flags == 0 && h.body >= 12
	}
	return flags == 0
}

// fields reads the fields of a packet; after an error it gives zeros.
type fields struct {
	b   []byte
	err error
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: "+format, append([]any{ErrPacket}, args...)...)
	}
	f.b = nil
}

func (f *fields) next(n int) []byte {
	if n > len(f.b) {
		f.fail("it ends within a field")
		return nil
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *fields) number(n int) uint32 {
	v := uint32(0)
	for _, b := range f.next(n) {
		v = v<<8 | uint32(b)
	}
	return v
}

func (f *fields) byte() byte     { return byte(f.number(1)) }
func (f *fields) uint16() uint16 { return uint16(f.number(2)) }

func (f *fields) bytes() []byte { return f.next(int(f.uint16())) }

func (f *fields) text() string {
	b := f.bytes()
	if !utf8.Valid(b) {
		f.fail("a text is not UTF-8") // [MQTT-1.5.4-1]
		return ""
	}
	return string(b)
}

func (f *fields) length() int {
	n := 0
	for shift := 0; shift < 28; shift += 7 {
		b := f.byte()
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	f.fail("a length has more than four bytes")
	return 0
}

// connect is what a CONNECT says. Name and password are not read.
type connect struct {
	level     byte
	bridge    bool // mosquitto and others mark a bridge by the level's top bit
	id        string
	will      *mqtt.Message
	willDelay uint32 // s
}

// connectHead are the bytes that a CONNECT has after its fixed header.
func connectHead(b []byte) (ok, more bool) {
	for _, name := range []string{"\x00\x04MQTT", "\x00\x06MQIsdp"} {
		n := min(len(b), len(name))
		if string(b[:n]) == name[:n] {
			return true, n < len(name)
		}
	}
	return false, false
}

func parseConnect(body []byte) (c connect, err error) {
	f := fields{b: body}
	if ok, more := connectHead(body); !ok || more {
		f.fail("a CONNECT for another protocol")
	}
	f.bytes()
	c.level = f.byte()
	c.bridge, c.level = c.level&0x80 != 0, c.level&0x7f
	if f.err == nil && (c.level < level31 || c.level > level5) {
		f.fail("protocol level %d is unknown", c.level)
	}
	flags := f.byte()
	f.number(2) // keep-alive
	if c.level == level5 {
		f.properties(typeConnect)
	}
	c.id = f.text()
	if flags&4 != 0 {
		c.will = &mqtt.Message{QoS: flags >> 3 & 3, Retain: flags&0x20 != 0}
		if c.level == level5 {
			p := f.properties(typeWill)
			c.will.Properties, c.willDelay = p.kept(), p.willDelay
		}
		c.will.Topic = f.text()
		c.will.Payload = f.bytes()
		if f.err == nil && c.will.QoS > 2 {
			f.fail("a will of QoS 3") // [MQTT-3.1.2-12]
		}
		if f.err == nil {
			if err := mqtt.ValidateTopic(c.will.Topic); err != nil {
				f.fail("the will: %w", err)
			}
		}
	}
	if flags&0x80 != 0 {
		f.bytes()
	}
	if flags&0x40 != 0 {
		f.bytes()
	}
	return c, f.err
}

// publish is what a PUBLISH says. The payload is part of the packet's bytes.
type publish struct {
	mqtt.Message
	id    uint16
	alias uint16
	// plain: it would be a PUBLISH of MQTT 3.1.1 with a payload that begins with
	// a zero just as well.
	plain bool
}

// parsePublish expects flags that are [header.strict].
func parsePublish(first byte, body []byte, level byte) (p publish, err error) {
	f := fields{b: body}
	p.QoS, p.Retain, p.Dup = first>>1&3, first&1 != 0, first&8 != 0
	p.Topic = f.text()
	if p.QoS > 0 {
		if p.id = f.uint16(); p.id == 0 {
			f.fail("a PUBLISH without identifier") // [MQTT-2.2.1-3]
		}
	}
	if level == level5 {
		before := len(f.b)
		props := f.properties(typePublish)
		p.Properties, p.alias = props.kept(), props.alias
		p.plain = before-len(f.b) == 1
	}
	if f.err == nil && (p.Topic != "" || p.alias == 0) {
		if err := mqtt.ValidateTopic(p.Topic); err != nil {
			f.fail("%w", err)
		}
	}
	p.Payload = f.b
	return p, f.err
}

// publishHead reports whether the part of a PUBLISH that has arrived is one so
// far, and whether its topic is in it.
func publishHead(h header, b []byte) (ok, more bool) {
	if len(b) < h.size+2 {
		return true, true
	}
	n := int(b[h.size])<<8 | int(b[h.size+1])
	if n+2 > h.body {
		return false, false
	}
	topic := b[h.size+2:]
	if len(topic) < n {
		return true, true
	}
	return n == 0 || mqtt.ValidateTopic(string(topic[:n])) == nil, false // a topic may be in an alias
}

// subscription is one filter of a SUBSCRIBE or an UNSUBSCRIBE.
type subscription struct {
	filter  string
	qos     byte
	retains bool // wants the retain flag as it was published (MQTT 5)
}

func parseSubscribe(body []byte, level byte, remove bool) (subs []subscription, err error) {
	f := fields{b: body}
	if f.uint16() == 0 {
		f.fail("a subscription without identifier") // [MQTT-2.2.1-3]
	}
	if level == level5 {
		f.properties(typeSubscribe)
	}
	for f.err == nil && (len(f.b) > 0 || len(subs) == 0) {
		s := subscription{filter: f.text()}
		if err := mqtt.ValidateFilter(s.filter); f.err == nil && err != nil {
			f.fail("%w", err)
		}
		if !remove {
			options := f.byte()
			s.qos, s.retains = options&3, options&8 != 0
			if s.qos == 3 || (level != level5 && options > 2) || options&0xc0 != 0 {
				f.fail("a subscription with options %#x", options) // [MQTT-3.8.3-5]
			}
		}
		subs = append(subs, s)
	}
	return subs, f.err
}

// connack is what a CONNACK says.
type connack struct {
	code byte
	id   string // that the broker gave a client without one (MQTT 5)
}

func parseConnack(body []byte, level byte) (c connack, err error) {
	f := fields{b: body}
	if f.byte() > 1 {
		f.fail("a CONNACK with flags that are not defined") // [MQTT-3.2.2-1]
	}
	c.code = f.byte()
	if level == level5 {
		c.id = f.properties(typeConnack).id
	}
	if f.err == nil && len(f.b) > 0 {
		f.fail("a CONNACK that is too long")
	}
	return c, f.err
}

// parseDisconnect returns the reason; 0 is a normal one.
func parseDisconnect(body []byte, level byte) (reason byte, err error) {
	f := fields{b: body}
	if level == level5 && len(body) > 0 {
		reason = f.byte()
		if len(f.b) > 0 {
			f.properties(typeDisconnect)
		}
	}
	if f.err == nil && len(f.b) > 0 {
		f.fail("a DISCONNECT that is too long")
	}
	return reason, f.err
}

// check reports what is wrong with a packet, of any type, at a level.
func check(h header, body []byte, level byte) error {
	var err error
	switch h.kind() {
	case typeConnect:
		_, err = parseConnect(body)
	case typeConnack:
		_, err = parseConnack(body, level)
	case typePublish:
		_, err = parsePublish(h.first, body, level)
	case typeSubscribe:
		_, err = parseSubscribe(body, level, false)
	case typeUnsubscribe:
		_, err = parseSubscribe(body, level, true)
	case typeDisconnect:
		_, err = parseDisconnect(body, level)
	case typePuback, typePubrec, typePubrel, typePubcomp:
		err = checkAck(h, body, level)
	case typeSuback:
		err = checkSuback(body, level)
	case typeUnsuback:
		if (level == level5) == (h.body == 2) { // only MQTT 5 has codes in it, and has to
			err = ErrPacket
		}
	case typeAuth:
		if level != level5 {
			err = ErrPacket
		}
	}
	return err
}

func checkAck(h header, body []byte, level byte) error {
	f := fields{b: body}
	if f.uint16() == 0 || (level != level5 && len(f.b) > 0) {
		f.fail("an acknowledgement of nothing, or a long one")
	}
	if len(f.b) > 0 {
		f.byte()
	}
	if len(f.b) > 0 {
		f.properties(h.kind())
	}
	if len(f.b) > 0 {
		f.fail("an acknowledgement that is too long")
	}
	return f.err
}

func checkSuback(body []byte, level byte) error {
	f := fields{b: body}
	if f.uint16() == 0 {
		f.fail("a SUBACK of nothing")
	}
	if level == level5 {
		f.properties(typeSuback)
	}
	if f.err == nil && len(f.b) == 0 {
		f.fail("a SUBACK without codes")
	}
	for _, code := range f.b {
		if code > 2 && code < 0x80 {
			f.fail("a SUBACK with code %#x", code)
		}
	}
	return f.err
}
