package broker

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Kind says what an [Event] is about.
type Kind uint8

// The kinds of events. Their numbers do not change.
const (
	// KindPublish: a message was accepted.
	KindPublish Kind = 1 + iota
	// KindDeliver: a message was put into the queue of a session, or sent to a
	// network client. Only with Options.TapDeliveries.
	KindDeliver
	// KindSubscribe: a subscription was made or replaced.
	KindSubscribe
	// KindUnsubscribe: a subscription was ended by its client.
	KindUnsubscribe
	// KindConnect: a client connected.
	KindConnect
	// KindDisconnect: a client's connection ended; Reason is empty if the
	// client itself said so.
	KindDisconnect
	// KindWill: a client's will was accepted as a message. It stands in place
	// of KindPublish, not beside it.
	KindWill
	// KindDrop: a message was not delivered to Receiver; Reason says why.
	KindDrop
)

// String is the kind's name in lower case.
func (k Kind) String() string {
	switch k {
	case KindPublish:
		return "publish"
	case KindDeliver:
		return "deliver"
	case KindSubscribe:
		return "subscribe"
	case KindUnsubscribe:
		return "unsubscribe"
	case KindConnect:
		return "connect"
	case KindDisconnect:
		return "disconnect"
	case KindWill:
		return "will"
	case KindDrop:
		return "drop"
	}
	return "unknown"
}

// Event is one thing that happened in the broker, as Options.Tap sees it.
// Fields that say nothing about its kind are zero.
type Event struct {
	Kind Kind
	// At is when the runtime learnt of it.
	At time.Duration
	// Seq numbers the accepted messages of one broker from 1, wills included.
	// Deliver and drop events carry the number of their message, and 0 for
	// retained messages that are replayed.
	Seq uint64
	// Client is the client id: of the publisher, or of whom the event is about.
	// Deliveries of retained messages carry the client that published them, if
	// it is known.
	Client string
	// Source is the tag that Client's session chose (ConnectOptions.Source).
	Source string
	// Receiver is the client id that a message is delivered to or not.
	Receiver string
	// Message is the message as published, or as delivered: with that
	// delivery's QoS and retain flag.
	Message mqtt.Message
	// Filter and QoS (as granted) are those of a subscription.
	Filter string
	QoS    byte
	// Persistent and Present tell, at a connect, whether the session outlives
	// its connection and whether an earlier one was resumed.
	Persistent, Present bool
	// Version is, at a connect of a network client, 3 for MQTT 3.1, 4 for 3.1.1,
	// 5 for 5.
	Version byte
	// Reason is why a connection ended or a message was dropped.
	Reason string
	// Network is true for clients that came through Serve.
	Network bool
}
