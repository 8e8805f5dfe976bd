package broker

import "github.com/hubtape/hubtape/mqtt"

// Auth says who may do what. Its methods are called on the goroutines of
// network clients, several at once, and in the tasks of the runtime: they must
// be safe for concurrent use, answer from what they have, and give the same
// answer to the same question for as long as a deterministic run lasts.
type Auth interface {
	// Authenticate reports whether a network client may connect. In-process
	// sessions are not asked for a password.
	Authenticate(l Login) bool
	// MayPublish reports whether a client may publish to a topic; it is also
	// asked about the topic of a will.
	MayPublish(user, clientID, topic string) bool
	// MayRead reports whether a client may see messages on a topic. A
	// subscription to a filter with wildcards is granted and each delivery is
	// asked about, as mosquitto does; one to a plain topic that may not be read
	// is refused.
	MayRead(user, clientID, topic string) bool
}

// Login is what a network client says about itself when it connects.
type Login struct {
	ClientID string
	User     string // empty if none was sent
	Password []byte // nil if none was sent
	Addr     string // the client's network address
}

// maySubscribe reports whether a filter without share name is granted.
func (b *Broker) maySubscribe(user, clientID, filter string) bool {
	return mqtt.ValidateTopic(filter) != nil || b.auth.MayRead(user, clientID, filter)
}
