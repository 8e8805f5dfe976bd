package conn

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/hubtape/hubtape/mqtt"
)

// maxPacket is the longest packet without its fixed header (2.2.3).
const maxPacket = 1<<28 - 1

// sendable says whether a message can be sent: by the rules of the protocol,
// which some brokers answer a breach of by closing the connection, and by what
// this broker allows.
func sendable(m mqtt.Message, v Version, l Limits) error {
	if err := mqtt.ValidateTopic(m.Topic); err != nil {
		return fmt.Errorf("%w: %w", ErrPublish, err)
	}
	p := m.Properties
	if v != V5 {
		p = nil
	}
	size := 2 + len(m.Topic) + 2 + len(m.Payload) + sizeOf(p)
	switch {
	case m.QoS > 2:
		return fmt.Errorf("%w: %s: QoS %d is none of 0, 1 and 2", ErrPublish, m.Topic, m.QoS)
	case m.QoS > l.MaxQoS: // [MQTT-3.2.2-11]
		return fmt.Errorf("%w: %s: the broker takes QoS %d at most; lower it from %d", ErrPublish, m.Topic, l.MaxQoS, m.QoS)
	case m.Retain && !l.RetainAvailable: // [MQTT-3.2.2-14]
		return fmt.Errorf("%w: %s: the broker keeps no retained messages; publish without retain", ErrPublish, m.Topic)
	case size > maxPacket, l.MaxPacket != 0 && size+5 > int(l.MaxPacket): // [MQTT-3.2.2-15]
		return fmt.Errorf("%w: %s: %d bytes are more than the broker takes in one packet", ErrPublish, m.Topic, size)
	}
	return checkProperties(m.Topic, p)
}

// sizeOf is what properties take on the wire, or a little more.
func sizeOf(p *mqtt.Properties) int {
	if p == nil {
		return 1
	}
	n := 4 + 2 + 5 + 3 + len(p.ContentType) + 3 + len(p.ResponseTopic) + 3 + len(p.CorrelationData)
	for _, u := range p.User {
		n += 5 + len(u.Key) + len(u.Value)
	}
	return n
}

func checkProperties(topic string, p *mqtt.Properties) error {
	if p == nil {
		return nil
	}
	if p.PayloadFormat != nil && *p.PayloadFormat > 1 { // 3.3.2.3.2
		return fmt.Errorf("%w: %s: the payload format %d is neither 0 nor 1", ErrPublish, topic, *p.PayloadFormat)
	}
	if len(p.CorrelationData) > maxString {
		return fmt.Errorf("%w: %s: the correlation data are longer than 65,535 bytes", ErrPublish, topic)
	}
	if p.ResponseTopic != "" {
		if err := mqtt.ValidateTopic(p.ResponseTopic); err != nil { // [MQTT-3.3.2-14]
			return fmt.Errorf("%w: %s: the response topic: %w", ErrPublish, topic, err)
		}
	}
	if !goodString(p.ContentType) {
		return fmt.Errorf("%w: %s: the content type %.50q is not UTF-8, has a NUL, or is longer than 65,535 bytes", ErrPublish, topic, p.ContentType)
	}
	for _, u := range p.User {
		if !goodString(u.Key) || !goodString(u.Value) {
			return fmt.Errorf("%w: %s: the user property %.50q is not UTF-8, has a NUL, or is longer than 65,535 bytes", ErrPublish, topic, u.Key)
		}
	}
	return nil
}

// goodString: [MQTT-1.5.4-1] [MQTT-1.5.4-2].
func goodString(s string) bool {
	return len(s) <= maxString && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// packetProperties are ours in the words of the library.
func packetProperties(p *mqtt.Properties) *packets.Properties {
	if p == nil {
		return nil
	}
	out := &packets.Properties{
		PayloadFormat: p.PayloadFormat, MessageExpiry: p.ExpirySeconds, ContentType: p.ContentType,
		ResponseTopic: p.ResponseTopic, CorrelationData: p.CorrelationData,
	}
	for _, u := range p.User {
		out.User = append(out.User, packets.User{Key: u.Key, Value: u.Value})
	}
	return out
}

// properties are the library's in our words; nil if there is none.
func properties(p *paho.PublishProperties) *mqtt.Properties {
	if p == nil || p.PayloadFormat == nil && p.MessageExpiry == nil && p.ContentType == "" && p.ResponseTopic == "" &&
		p.CorrelationData == nil && len(p.User) == 0 {
		return nil
	}
	out := &mqtt.Properties{
		PayloadFormat: p.PayloadFormat, ExpirySeconds: p.MessageExpiry, ContentType: p.ContentType,
		ResponseTopic: p.ResponseTopic, CorrelationData: p.CorrelationData,
	}
	for _, u := range p.User {
		out.User = append(out.User, mqtt.UserProperty{Key: u.Key, Value: u.Value})
	}
	return out
}
