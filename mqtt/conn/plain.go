package conn

import (
	"encoding/binary"

	"github.com/hubtape/hubtape/mqtt"
)

const (
	propertySubscription = 0x0b // 2.2.2.2, a variable byte integer
	topicsKept           = 4096
)

// plain reads the PUBLISHes that nearly all messages of a hub are: QoS 0 or 1,
// and no property but the identifier of the subscription. The libraries take ten
// times as long for one. What is not plain, they read.
type plain struct {
	show   func(Incoming)
	copier mqtt.Copier
	topics map[string]string // seen before: a house says the same few all the time
}

// take shows a checked PUBLISH of QoS 0 or 1 that is whole in b, if it is a plain
// one. It is called by the reader, when the library has no message in hand, so
// that order holds.
func (p *plain) take(f frame, h publishHead, b []byte, v Version) bool {
	body := b[f.head:]
	at := 2 + int(binary.BigEndian.Uint16(body))
	topic := body[2:at]
	if h.qos > 0 {
		at += 2
	}
	in := Incoming{}
	if v == V5 {
		ok := false
		if in.Subscription, at, ok = onlySubscription(body, at); !ok || len(topic) == 0 {
			return false
		}
	}
	in.Message = mqtt.Message{Topic: p.topic(topic), Payload: p.copier.Copy(body[at:]), QoS: h.qos, Retain: f.flags&1 != 0, Dup: f.flags&8 != 0}
	p.show(in)
	return true
}

// onlySubscription reads the properties from at: none, or an identifier alone.
// It returns where the payload begins.
func onlySubscription(body []byte, at int) (id, payload int, ok bool) {
	switch n := int(body[at]); {
	case n == 0:
		return 0, at + 1, true
	case n > 5 || body[at+1] != propertySubscription: // an identifier has up to 4 bytes
		return 0, 0, false
	default:
		number, size := binary.Uvarint(body[at+2 : at+1+n])
		return int(number), at + 1 + n, size == n-1 && number > 0
	}
}

// topic returns b as a string, the same one each time.
func (p *plain) topic(b []byte) string {
	if t, ok := p.topics[string(b)]; ok {
		return t
	}
	if p.topics == nil || len(p.topics) == topicsKept {
		p.topics = make(map[string]string)
	}
	t := string(b)
	p.topics[t] = t
	return t
}
