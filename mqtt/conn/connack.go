package conn

import (
	"bytes"
	"errors"

	"github.com/eclipse/paho.golang/packets"
)

// What a broker turns out to be that was spoken to in the wrong way.
var (
	errSpeaksTLS  = errors.New("it answers in TLS")
	errSpeaksHTTP = errors.New("it answers in HTTP")
)

// checkConnack returns a RefusedError for any CONNACK that is not an acceptance
// in our version.
func checkConnack(body, whole []byte, v Version) error {
	code := body[1]
	if v == V311 || len(body) == 2 {
		if code == 0 && v == V311 {
			return nil
		}
		return &RefusedError{Version: v, Code: code, Old: v == V5}
	}
	p, err := packets.ReadPacket(bytes.NewReader(whole))
	if err != nil {
		return malformed("a CONNACK that cannot be decoded: %v", err)
	}
	a, ok := p.Content.(*packets.Connack)
	if !ok {
		return malformed("a CONNACK that is none")
	}
	if code != 0 {
		return &RefusedError{Version: v, Code: code, Reason: a.Properties.ReasonString}
	}
	if max := a.Properties.ReceiveMaximum; max != nil && *max == 0 { // 3.2.2.3.3
		return malformed("a CONNACK with the Receive Maximum 0")
	}
	if a.Properties.AuthMethod != "" { // 4.12: only where we began it
		return malformed("a CONNACK with an authentication method, which we did not ask for")
	}
	return nil
}

// Limits are what the broker allows on this connection (MQTT 5, 3.2.2.3).
type Limits struct {
	MaxQoS            byte
	RetainAvailable   bool
	MaxPacket         uint32 // bytes of a packet to the broker; 0: no limit but the protocol's
	WildcardAvailable bool
	SharedAvailable   bool
	SubscriptionIDs   bool   // false in 3.1.1
	ReceiveMaximum    uint16 // how many messages of QoS 1 and 2 may be under way to it; in 3.1.1 how many we allow ourselves
}

// everything is what 3.1.1 allows, and has no words to forbid.
var everything = Limits{MaxQoS: 2, RetainAvailable: true, WildcardAvailable: true, SharedAvailable: true, ReceiveMaximum: window311}
