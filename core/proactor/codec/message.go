package codec

import "encoding/json"

// Header says from whom, to whom and what a message is.
type Header struct {
	// Src and Dst are names with dots. Dst may be empty: whoever listens.
	Src, Dst string
	// MessageType is the payload's registered name. Encode fills it in.
	MessageType string
	// MessageID is what an ack names. Empty: nothing can ack it.
	MessageID string
	// AckRequired asks the receiver for an ack; it needs a MessageID.
	AckRequired bool
}

// Message is one envelope.
type Message struct {
	Header
	// Payload is a value of a registered type, or a Raw.
	Payload any
	// Version is the payload's. Empty for Encode: the last that was registered
	// for its type.
	Version string
}

// Raw is a payload of a type or version that is not registered, as it came. Its
// JSON is an object with the TypeName in it.
type Raw struct{ JSON json.RawMessage }

// AckType and PingType are the message types of Ack and Ping.
const (
	AckType  = "gridworks.ack"
	PingType = "gridworks.ping"
)

// Ack tells that a message was processed. Every codec knows it.
type Ack struct {
	// AckMessageID is the id in the header of that message.
	AckMessageID string
}

// Ping asks for nothing but an ack. Every codec knows it.
type Ping struct{}

// AckOf makes the ack of m, from src to dst; false: m does not ask for one, or
// has no id to name.
func AckOf(m Message, src, dst string) (Message, bool) {
	if !m.AckRequired || m.MessageID == "" {
		return Message{}, false
	}
	return Message{
		Header:  Header{Src: src, Dst: dst, MessageType: AckType},
		Payload: Ack{AckMessageID: m.MessageID},
	}, true
}

// envelope is a message on the wire; the fields stand in the order in which
// they are written.
type envelope struct {
	Header   header
	Payload  json.RawMessage
	TypeName string
}

type header struct {
	Src         string
	Dst         string
	MessageType string
	MessageID   string `json:"MessageId"`
	AckRequired bool
	TypeName    string
	Version     string
}

// What the parts of an envelope call themselves.
const (
	envelopeType  = "gw"
	headerType    = "gridworks.header"
	headerVersion = "001"
)
