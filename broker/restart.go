package broker

import (
	"fmt"
	"slices"

	"github.com/mochi-mqtt/server/v2/packets"
)

// restartReason is what the tap is told of connections that Restart ends.
const restartReason = "the broker restarted"

// Restart is what clients see when a broker without a database is killed and
// started again at once: every connection is lost (ErrDropped), in the order
// the clients first came, no will is published, and sessions, subscriptions and
// queues are gone, those of persistent sessions too. Retained messages are kept
// or not. A broker that was served cannot do it: errors wrap ErrRefused or
// ErrClosed.
func (b *Broker) Restart(keepRetained bool) error {
	if err := b.enter(); err != nil {
		return fmt.Errorf("cannot restart the broker: %w", err)
	}
	defer b.leave()
	if b.edge.source != nil {
		return fmt.Errorf("cannot restart the broker: %w: it has network clients, which would not notice", ErrRefused)
	}
	for _, c := range slices.Clone(b.order) {
		c.will = nil
		if c.conn != nil {
			b.endConnection(c, ErrDropped, restartReason)
		}
		b.forget(c)
	}
	if keepRetained {
		return nil
	}
	for _, topic := range b.retained.matching("#") {
		b.server.Topics.RetainMessage(packets.Packet{TopicName: topic}) // an empty one takes it away
	}
	b.retained = newRetainedTopics()
	return nil
}
