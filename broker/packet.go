package broker

import (
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/mqtt"
)

// fillPacket makes an empty packet of a message, as mochi takes it. Payload and
// properties are shared, not copied.
func fillPacket(pk *packets.Packet, m *mqtt.Message) {
	pk.FixedHeader = packets.FixedHeader{Type: packets.Publish, Qos: m.QoS, Retain: m.Retain}
	pk.TopicName, pk.Payload = m.Topic, m.Payload
	if m.QoS > 0 {
		pk.PacketID = 1 // mochi wants one, and never looks at it for such clients [MQTT-2.3.1-1]
	}
	if m.Properties != nil {
		setProperties(&pk.Properties, m.Properties)
	}
}

// emptyPacket undoes fillPacket, and lets go of the message.
func emptyPacket(pk *packets.Packet) {
	pk.TopicName, pk.Payload, pk.PacketID = "", nil, 0
	p := &pk.Properties
	p.PayloadFormat, p.PayloadFormatFlag, p.MessageExpiryInterval = 0, false, 0
	p.ContentType, p.ResponseTopic, p.CorrelationData, p.User = "", "", nil, nil
}

func setProperties(to *packets.Properties, p *mqtt.Properties) {
	if p.PayloadFormat != nil {
		to.PayloadFormat, to.PayloadFormatFlag = *p.PayloadFormat, true
	}
	if p.ExpirySeconds != nil {
		to.MessageExpiryInterval = *p.ExpirySeconds
	}
	to.ContentType, to.ResponseTopic, to.CorrelationData = p.ContentType, p.ResponseTopic, p.CorrelationData
	for _, u := range p.User {
		to.User = append(to.User, packets.UserProperty{Key: u.Key, Val: u.Value})
	}
}

// fromPacket is what a packet of mochi's says, sharing its payload.
func fromPacket(pk *packets.Packet) mqtt.Message {
	return mqtt.Message{
		Topic:      pk.TopicName,
		Payload:    pk.Payload,
		QoS:        pk.FixedHeader.Qos,
		Retain:     pk.FixedHeader.Retain,
		Properties: getProperties(&pk.Properties),
	}
}

func getProperties(from *packets.Properties) *mqtt.Properties {
	if !from.PayloadFormatFlag && from.MessageExpiryInterval == 0 && from.ContentType == "" &&
		from.ResponseTopic == "" && len(from.CorrelationData) == 0 && len(from.User) == 0 {
		return nil
	}
	p := &mqtt.Properties{
		ContentType: from.ContentType, ResponseTopic: from.ResponseTopic, CorrelationData: from.CorrelationData,
	}
	if from.PayloadFormatFlag {
		format := from.PayloadFormat
		p.PayloadFormat = &format
	}
	if from.MessageExpiryInterval > 0 {
		expiry := from.MessageExpiryInterval
		p.ExpirySeconds = &expiry
	}
	for _, u := range from.User {
		p.User = append(p.User, mqtt.UserProperty{Key: u.Key, Value: u.Val})
	}
	return p
}
