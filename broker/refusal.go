package broker

import (
	"fmt"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// RefusalKind says what was refused.
type RefusalKind uint8

// The kinds of refusals.
const (
	// RefusedLogin: a client was not let in.
	RefusedLogin RefusalKind = 1 + iota
	// RefusedPublish: a message was not accepted.
	RefusedPublish
	// RefusedSubscribe: a subscription was not granted.
	RefusedSubscribe
)

// String is the kind's name in lower case.
func (k RefusalKind) String() string {
	switch k {
	case RefusedLogin:
		return "login"
	case RefusedPublish:
		return "publish"
	case RefusedSubscribe:
		return "subscribe"
	}
	return "unknown"
}

// Refusal is what a network client was not allowed, as Options.Refused sees it.
// It never holds a password.
type Refusal struct {
	Kind   RefusalKind
	Client string // the client id
	User   string // empty if none was sent
	Addr   string // the client's network address
	Topic  string // or filter; empty for a login, and where it was not read
	Reason string
}

// refuse tells of a refusal.
func (h *hook) refuse(cl *mochi.Client, kind RefusalKind, topic, reason string) {
	if h.b.refused == nil || cl.Net.Inline {
		return
	}
	h.b.refused(Refusal{
		Kind: kind, Client: cl.ID, User: string(cl.Properties.Username), Addr: cl.Net.Remote, Topic: topic, Reason: reason,
	})
}

// reasonNotAllowed is told where Options.Auth said no.
const reasonNotAllowed = "the user may not do that there"

// tooLargeBytes is a DISCONNECT of MQTT 5 with reason 0x95, Packet too large.
var tooLargeBytes = []byte{packets.Disconnect << 4, 2, packets.ErrPacketTooLarge.Code, 0}

// checkSize refuses a PUBLISH with a payload above Options.MaxMessageBytes: in
// MQTT 5 with a DISCONNECT that says so (3.14.2.1), in 3.1.1, which has no word
// for it, by closing the connection.
func (h *hook) checkSize(cl *mochi.Client, pk *packets.Packet) error {
	if len(pk.Payload) <= h.b.maxBytes {
		return nil
	}
	h.refuse(cl, RefusedPublish, pk.TopicName, fmt.Sprintf("its payload has %d bytes, and at most %d are taken", len(pk.Payload), h.b.maxBytes))
	if c, ok := cl.Net.Conn.(*conn); ok {
		c.tooLarge = true
	}
	if cl.Properties.ProtocolVersion == 5 {
		_ = h.b.server.DisconnectClient(cl, packets.ErrPacketTooLarge)
	}
	return reject(packets.ErrPacketTooLarge)
}

// reject is an error that makes mochi drop a packet and end the connection. It
// takes no other from OnPacketRead.
func reject(why packets.Code) error {
	return fmt.Errorf("%w: %w", packets.ErrRejectPacket, why)
}

// tooLong is the end of a client whose packet mochi has not even read. Mochi
// closes the connection without a word.
func (h *hook) tooLong(cl *mochi.Client) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok || c.tooLarge {
		return
	}
	c.tooLarge = true
	h.refuse(cl, RefusedPublish, "", fmt.Sprintf("its packet is too long for a payload of at most %d bytes", h.b.maxBytes))
	if cl.Properties.ProtocolVersion == 5 {
		c.out.lastWords(tooLargeBytes)
	}
}

// OnPacketEncode tells MQTT 5 clients how long a packet may be (3.2.2.3.6), and
// makes whoever sends to a client wait while too much waits for it already, or
// is not acknowledged. It is called before mochi takes the client's lock.
func (h *hook) OnPacketEncode(cl *mochi.Client, pk packets.Packet) packets.Packet {
	switch pk.FixedHeader.Type {
	case packets.Connack:
		if cl.Properties.ProtocolVersion == 5 {
			pk.Properties.MaximumPacketSize = h.b.server.Options.Capabilities.MaximumPacketSize
		}
	case packets.Disconnect: // who sends it has no time
	case packets.Publish:
		if c, ok := cl.Net.Conn.(*conn); ok {
			h.awaitTurn(cl, c, &pk)
		}
	default:
		if c, ok := cl.Net.Conn.(*conn); ok {
			c.out.waitForRoom()
		}
	}
	return pk
}
