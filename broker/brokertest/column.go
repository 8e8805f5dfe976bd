package brokertest

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Patience is how long a case waits for what must happen before it fails.
const Patience = 20 * time.Second

// ClientOptions say who connects.
type ClientOptions struct {
	ID         string        // required
	Persistent bool          // clean session off
	Will       *mqtt.Message // nil: none
}

// Client is one connection to the broker under test. A case uses it from one
// goroutine.
type Client interface {
	// Publish returns when the broker has the message, as far as its QoS tells.
	Publish(m mqtt.Message) error
	// Subscribe returns the QoS granted.
	Subscribe(filter string, qos byte) (granted byte, err error)
	Unsubscribe(filter string) error
	// Next returns the next delivery, or an error if none comes within the time.
	Next(within time.Duration) (mqtt.Message, error)
	// Present reports the session present flag of the connection.
	Present() bool
	// Disconnect says DISCONNECT, and returns when the broker has ended the
	// connection.
	Disconnect() error
	// Drop loses the connection, and returns when the broker knows.
	Drop() error
	// Lost is closed, or returns at once, when the connection has ended; it
	// returns an error if that does not happen within the time.
	Lost(within time.Duration) error
}

// Column is one broker under test.
type Column struct {
	// Dial connects a client.
	Dial func(o ClientOptions) (Client, error)
	// Traits say what the broker does where brokers may differ.
	Traits Traits
}

// Traits are what a broker does where the specification leaves it a choice, or
// where a known broker departs from it. The zero value is what package broker's
// sessions do.
type Traits struct {
	// OverlapAtFirst: where several filters match, the copy has the QoS of the
	// one the broker happens to find first, not the highest (against
	// [MQTT-3.3.5-1]).
	OverlapAtFirst bool
	// ReplayUnordered: retained messages are replayed in no order that is said.
	ReplayUnordered bool
	// SharedUnordered: members of a shared subscription do not take turns in
	// the order they subscribed.
	SharedUnordered bool
	// SharedReplays: retained messages are sent to a new member of a shared
	// subscription (against MQTT 5, 4.8.2).
	SharedReplays bool
	// PlusHashMissesParent: "+/#" does not match "a" (against 4.7.1.2).
	PlusHashMissesParent bool
	// CausesUnordered: a subscriber may see an answer before the message that
	// it answers, when another client published each (MQTT only orders the
	// messages of one).
	CausesUnordered bool
	// SysPublishSilent: a publish below $SYS is dropped without an error.
	SysPublishSilent bool
}
