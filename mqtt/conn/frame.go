package conn

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// The kinds of packets (2.2.1).
const (
	kindConnack    = 2
	kindPublish    = 3
	kindPuback     = 4
	kindPubrec     = 5
	kindPubrel     = 6
	kindPubcomp    = 7
	kindSuback     = 9
	kindUnsuback   = 11
	kindPingresp   = 13
	kindDisconnect = 14
)

var kindNames = map[byte]string{
	1: "CONNECT", 2: "CONNACK", 3: "PUBLISH", 4: "PUBACK", 5: "PUBREC", 6: "PUBREL", 7: "PUBCOMP", 8: "SUBSCRIBE",
	9: "SUBACK", 10: "UNSUBSCRIBE", 11: "UNSUBACK", 12: "PINGREQ", 13: "PINGRESP", 14: "DISCONNECT", 15: "AUTH",
}

const (
	maxString = 65535 // bytes, of a string or of binary data on the wire (1.5)
	// maxControl is the longest packet that is taken, PUBLISH excepted: room for
	// a reason string and some user properties.
	maxControl = 96 << 10
	// readBuffer holds a whole control packet, or all of a PUBLISH up to its
	// payload that is looked at.
	readBuffer = 128 << 10
)

// frame is what the head of a packet says.
type frame struct {
	kind, flags byte
	head        int // bytes up to the variable header
	rest        int // bytes from there
}

// peekFrame reads the fixed header of the next packet and leaves it where it is.
func peekFrame(in *bufio.Reader) (frame, error) {
	b, err := in.Peek(2)
	if err != nil {
		return frame{}, err
	}
	f := frame{kind: b[0] >> 4, flags: b[0] & 0xf}
	for i := 1; ; i++ {
		f.rest |= int(b[i]&0x7f) << (7 * (i - 1))
		if b[i] < 0x80 {
			f.head = i + 1
			return f, nil
		}
		if i == 4 { // 1.5.5
			return f, malformed("a length of more than 4 bytes")
		}
		if b, err = in.Peek(i + 2); err != nil {
			return f, err
		}
	}
}

// lengths are those a packet may have, without its fixed header.
type lengths struct{ least, most int }

var (
	lengths311 = map[byte]lengths{
		kindConnack: {2, 2}, kindPuback: {2, 2}, kindPubrec: {2, 2}, kindPubrel: {2, 2}, kindPubcomp: {2, 2},
		kindSuback:   {3, maxControl},
		kindUnsuback: {2, 2}, kindPingresp: {0, 0},
	}
	lengths5 = map[byte]lengths{
		kindConnack: {2, maxControl}, // 2: an answer of 3.1.1
		kindPuback:  {2, maxControl}, kindPubrec: {2, maxControl}, kindPubrel: {2, maxControl}, kindPubcomp: {2, maxControl},
		kindSuback: {4, maxControl}, kindUnsuback: {4, maxControl},
		kindPingresp: {0, 0}, kindDisconnect: {0, maxControl},
	}
)

// check says whether a server may send such a packet, of any kind but PUBLISH
// (3.1 to 3.15).
func (f frame) check(v Version) error {
	allowed := lengths5
	if v == V311 {
		allowed = lengths311
	}
	l, ok := allowed[f.kind]
	if !ok {
		return malformed("a packet of kind %d %s, which no broker sends in MQTT %s", f.kind, kindNames[f.kind], v)
	}
	var flags byte
	if f.kind == kindPubrel { // [MQTT-3.6.1-1]
		flags = 2
	}
	if f.flags != flags { // [MQTT-2.2.2-2]
		return malformed("a %s with the flags %d", kindNames[f.kind], f.flags)
	}
	if f.rest < l.least || f.rest > l.most {
		return malformed("a %s of %d bytes", kindNames[f.kind], f.rest)
	}
	return nil
}

// publishHead is what is looked at of a PUBLISH before it is decoded.
type publishHead struct {
	qos byte
	id  uint16 // of QoS 1 and 2
}

// peekPublish checks all of a PUBLISH up to its payload, so that the libraries
// need not, and leaves it where it is.
func peekPublish(in *bufio.Reader, f frame, v Version) (publishHead, error) {
	h := publishHead{qos: f.flags >> 1 & 3}
	if h.qos == 3 { // [MQTT-3.3.1-4]
		return h, malformed("a PUBLISH with QoS 3")
	}
	at := 2 // after the topic's length
	if f.rest < at {
		return h, malformed("a PUBLISH of %d bytes", f.rest)
	}
	b, err := in.Peek(f.head + at)
	if err != nil {
		return h, err
	}
	at += int(binary.BigEndian.Uint16(b[f.head:]))
	topicEnd := at
	if h.qos > 0 {
		at += 2
	}
	if at > f.rest {
		return h, malformed("a PUBLISH that ends within its topic")
	}
	if b, err = in.Peek(f.head + at); err != nil {
		return h, err
	}
	b = b[f.head:]
	if err := checkTopic(b[2:topicEnd], v); err != nil {
		return h, err
	}
	if h.qos > 0 {
		if h.id = binary.BigEndian.Uint16(b[topicEnd:]); h.id == 0 { // [MQTT-2.2.1-3]
			return h, malformed("a PUBLISH with the packet identifier 0")
		}
	}
	if v == V5 {
		return h, peekProperties(in, f, at)
	}
	return h, nil
}

func checkTopic(topic []byte, v Version) error {
	switch {
	case len(topic) == 0 && v == V311: // MQTT 5 may have an alias instead
		return malformed("a PUBLISH without a topic")
	case !utf8.Valid(topic), bytes.IndexByte(topic, 0) >= 0: // [MQTT-1.5.4-1] [MQTT-1.5.4-2]
		return malformed("a PUBLISH whose topic %q is not UTF-8 or has a NUL", topic)
	case bytes.IndexByte(topic, '#') >= 0, bytes.IndexByte(topic, '+') >= 0: // [MQTT-3.3.2-2]
		return malformed("a PUBLISH whose topic %q has a wildcard", topic)
	}
	return nil
}

// peekProperties checks that the properties end within the packet.
func peekProperties(in *bufio.Reader, f frame, at int) error {
	n := 0
	for i := range 4 {
		if at+i >= f.rest {
			return malformed("a PUBLISH that ends before its properties")
		}
		b, err := in.Peek(f.head + at + i + 1)
		if err != nil {
			return err
		}
		last := b[len(b)-1]
		n |= int(last&0x7f) << (7 * i)
		if last < 0x80 {
			if n > f.rest-at-i-1 {
				return malformed("a PUBLISH that ends within its properties")
			}
			return nil
		}
	}
	return malformed("a length of properties of more than 4 bytes")
}
