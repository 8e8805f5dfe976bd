package mqtt

import "bytes"

// Message is one application message (a PUBLISH). The zero value is a QoS 0
// message with an empty payload, and no topic, which no broker accepts.
//
// Nobody writes to a Payload once it is in a Message: the same bytes are
// handed to every subscriber without a copy.
type Message struct {
	Topic   string
	Payload []byte
	QoS     byte // 0, 1 or 2
	Retain  bool
	Dup     bool
	// Properties are those of MQTT 5; nil for none.
	Properties *Properties
}

// Properties are the MQTT 5 properties of a message that mean something to
// whoever receives it (MQTT 5, 3.3.2.3). Topic aliases and subscription
// identifiers belong to one connection and are not kept.
type Properties struct {
	PayloadFormat   *byte   // 0 bytes, 1 UTF-8 text; nil: not given
	ExpirySeconds   *uint32 // lifetime left; nil: never expires
	ContentType     string
	ResponseTopic   string
	CorrelationData []byte
	User            []UserProperty // in the order sent; keys may repeat
}

// UserProperty is one name and value that the sender chose.
type UserProperty struct{ Key, Value string }

// Equal reports whether two messages say the same, Dup included: topic,
// payload bytes, flags and properties.
func (m Message) Equal(o Message) bool {
	return m.Topic == o.Topic && m.QoS == o.QoS && m.Retain == o.Retain && m.Dup == o.Dup &&
		bytes.Equal(m.Payload, o.Payload) && m.Properties.Equal(o.Properties)
}

// Equal reports whether two sets of properties say the same; nil equals only
// nil.
func (p *Properties) Equal(o *Properties) bool {
	if p == nil || o == nil {
		return p == o
	}
	if !samePointed(p.PayloadFormat, o.PayloadFormat) || !samePointed(p.ExpirySeconds, o.ExpirySeconds) ||
		p.ContentType != o.ContentType || p.ResponseTopic != o.ResponseTopic ||
		!bytes.Equal(p.CorrelationData, o.CorrelationData) || len(p.User) != len(o.User) {
		return false
	}
	for i := range p.User {
		if p.User[i] != o.User[i] {
			return false
		}
	}
	return true
}

func samePointed[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
