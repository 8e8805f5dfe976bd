package broker

import (
	"slices"

	mochi "github.com/mochi-mqtt/server/v2"

	"github.com/hubtape/hubtape/mqtt"
)

// client is an in-process client and its session state, connected or not.
type client struct {
	id      string
	user    string
	source  string
	guarded bool // Options.Auth applies
	// persistent: the state outlives the connection.
	persistent bool
	will       *mqtt.Message
	wake       func()
	conn       *Session // nil while it is away
	mochi      *mochi.Client
	queue      queue
	subs       []*subscription          // in the order they were made
	byFilter   map[string]*subscription // the same; only looked up in
	gen        uint64                   // the fan-out that saw it last,
	slot       int                      // and its place in Broker.targets
}

// fanOut gives an accepted message its number, tells the tap, and puts it into
// the queues of those who subscribe. Message is as published.
func (b *Broker) fanOut(m mqtt.Message, kind Kind, clientID, source string, network bool) {
	b.seq++
	m.Dup = false // [MQTT-3.3.1-3]
	if m.Retain {
		b.retained.note(m.Topic, len(m.Payload) > 0)
	}
	if b.tap != nil {
		b.emit(Event{Kind: kind, Seq: b.seq, Client: clientID, Source: source, Message: m, Network: network})
	}
	b.targets = b.targets[:0]
	b.gen++
	for _, s := range b.subs.match(m.Topic) {
		c := s.client
		if c.gen != b.gen {
			c.gen, c.slot = b.gen, len(b.targets)
			b.targets = append(b.targets, target{c, s.qos})
		} else if t := &b.targets[c.slot]; t.qos < s.qos {
			t.qos = s.qos // overlapping filters: the highest [MQTT-3.3.5-1]
		}
	}
	m.Retain = false // [MQTT-3.3.1-9]
	qos := m.QoS
	for _, t := range b.targets {
		m.QoS = min(qos, t.qos)
		b.deliver(t.client, &m, b.seq, clientID, source)
	}
}

// deliver puts one message into one queue.
func (b *Broker) deliver(c *client, m *mqtt.Message, seq uint64, from, source string) {
	if c.guarded && !b.auth.MayRead(c.user, c.id, m.Topic) {
		return
	}
	if c.conn == nil {
		if m.QoS == 0 {
			return
		}
		if b.maxQueued >= 0 && c.queue.size >= b.maxQueued {
			if b.tap != nil {
				b.emit(Event{
					Kind: KindDrop, Seq: seq, Client: from, Source: source, Receiver: c.id, Message: *m,
					Reason: "the queue of a session that is away is full",
				})
			}
			return
		}
	}
	c.queue.push(*m)
	if b.tapEach {
		b.emit(Event{Kind: KindDeliver, Seq: seq, Client: from, Source: source, Receiver: c.id, Message: *m})
	}
	if c.queue.size == 1 && c.wake != nil {
		c.wake()
	}
}

// endConnection takes the connection off a client. What is kept of its queue
// is what a persistent session may not lose.
func (b *Broker) endConnection(c *client, why error, reason string) {
	s := c.conn
	s.err = why
	c.conn = nil
	if b.tap != nil {
		b.emit(Event{Kind: KindDisconnect, Client: c.id, Source: c.source, Reason: reason})
	}
	wake := c.wake
	c.wake = nil
	c.queue.forgetQoS0()
	if wake != nil && why != ErrDisconnected {
		wake() // so that whoever waits looks again
	}
}

// sendWill publishes a client's will, once [MQTT-3.1.2-10].
func (b *Broker) sendWill(c *client) {
	will := c.will
	c.will = nil
	if will == nil {
		return
	}
	if err := b.publish(c, *will, KindWill); err != nil && b.tap != nil {
		b.emit(Event{Kind: KindDrop, Client: c.id, Source: c.source, Message: *will, Reason: "the will was refused"})
	}
}

// forget ends a client's session state: its subscriptions and its queue.
func (b *Broker) forget(c *client) {
	for _, s := range c.subs {
		b.drop(s)
	}
	c.subs, c.byFilter, c.queue = nil, nil, queue{}
	delete(b.clients, c.id)
	b.order = slices.DeleteFunc(b.order, func(o *client) bool { return o == c })
	b.edge.names.release(c.id)
	c.mochi.Stop(nil)
}

// drop takes a subscription out of the trie.
func (b *Broker) drop(s *subscription) {
	if s.share == nil {
		b.subs.remove(s)
	} else if b.subs.part(s) {
		b.edge.names.leaveShare(s.filter)
	}
}
