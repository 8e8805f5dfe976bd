package broker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/mqtt"
)

// Session is one connection of an in-process client. It is made by
// Broker.Connect, and ends by Disconnect, Drop, a takeover of its client id,
// or Close of the broker; after that Receive has nothing, and the other methods
// return the reason. It belongs to the tasks of the broker's runtime.
type Session struct {
	b       *Broker
	client  *client
	present bool
	err     error
}

// ClientID is the client id, also where the broker chose it.
func (s *Session) ClientID() string { return s.client.id }

// Present reports whether an earlier session of this client id was resumed,
// with its subscriptions and what was queued for it [MQTT-3.2.2-2].
func (s *Session) Present() bool { return s.present }

// Err is nil while the session is connected, then ErrDisconnected, ErrDropped,
// ErrTakenOver or ErrClosed.
func (s *Session) Err() error { return s.err }

// Pending is how many deliveries Receive has left.
func (s *Session) Pending() int {
	if s.err != nil {
		return 0
	}
	return s.client.queue.size
}

// Receive takes the next delivery, in the order they came; false when there is
// none. That acknowledges it. The QoS is the lower of what was published and
// what was granted [MQTT-3.8.4-6]; Retain is true only on replays of retained
// messages [MQTT-3.3.1-8] [MQTT-3.3.1-9]. It does not allocate.
func (s *Session) Receive() (mqtt.Message, bool) {
	if s.err != nil {
		return mqtt.Message{}, false
	}
	return s.client.queue.pop()
}

// Publish sends a message to everybody who subscribes, this client included,
// and returns when it is in their queues; no code of theirs has run. Dup is
// ignored. Errors wrap mqtt.ErrTopic, ErrQoS, ErrTooLarge, ErrRefused or the
// reason that the session has ended. About 0.5 µs to one subscriber.
func (s *Session) Publish(m mqtt.Message) error {
	if err := s.publish(&m); err != nil {
		return opError("publish to", m.Topic, s.client.id, err)
	}
	return nil
}

func (s *Session) publish(m *mqtt.Message) error {
	if s.err != nil {
		return s.err
	}
	if err := s.b.checkPublish(s.client, m); err != nil {
		return err
	}
	if err := s.b.enter(); err != nil {
		return err
	}
	defer s.b.leave()
	return s.b.publish(s.client, *m, KindPublish)
}

// publish sends a checked message through mochi, whose hook calls fanOut.
func (b *Broker) publish(c *client, m mqtt.Message, kind Kind) error {
	p := &b.now
	p.client, p.message, p.kind, p.accepted = c, m, kind, false
	fillPacket(&p.packet, &m)
	// Without network clients and a message to keep, mochi has nobody to look
	// for: that saves its five allocations.
	p.alone = b.edge.source == nil && !m.Retain
	p.packet.Ignore = p.alone
	defer p.done() // also when a Tap panics
	err := b.server.InjectPacket(c.mochi, p.packet)
	accepted := p.accepted
	if err != nil {
		return fmt.Errorf("%w by mochi: %w", ErrRefused, err)
	}
	if !accepted {
		return fmt.Errorf("%w: a hook of mochi's rejected it", ErrRefused)
	}
	return nil
}

// done lets go of the message.
func (p *publishing) done() {
	p.client, p.message = nil, mqtt.Message{}
	emptyPacket(&p.packet)
}

// accept is called by mochi's hook for an in-process message it has taken.
func (b *Broker) accept(pk *packets.Packet) {
	p := &b.now
	p.accepted = true
	if pk.Ignore && !p.alone {
		return
	}
	m := p.message
	m.Topic, m.Payload, m.QoS, m.Retain = pk.TopicName, pk.Payload, pk.FixedHeader.Qos, pk.FixedHeader.Retain
	b.fanOut(m, p.kind, p.client.id, p.client.source, false)
}

// Subscribe makes a subscription, or replaces the one on the same filter
// [MQTT-3.8.4-3], and queues the retained messages that match, in topic order.
// It returns the QoS granted, which is the one asked for. A shared filter
// ("$share/group/filter") gets no retained messages (MQTT 5, 4.8.2). Errors
// wrap mqtt.ErrFilter, ErrQoS, ErrRefused or the reason that the session has
// ended.
func (s *Session) Subscribe(filter string, qos byte) (granted byte, err error) {
	if err := s.subscribe(filter, qos); err != nil {
		return 0, opError("subscribe to", filter, s.client.id, err)
	}
	return qos, nil
}

func (s *Session) subscribe(filter string, qos byte) error {
	if s.err != nil {
		return s.err
	}
	if err := mqtt.ValidateFilter(filter); err != nil {
		return err
	}
	if qos > 2 {
		return fmt.Errorf("%w, not %d", ErrQoS, qos) // [MQTT-3.8.3-4]
	}
	b, c := s.b, s.client
	inner, shared := splitShare(filter)
	if c.guarded && !b.maySubscribe(c.user, c.id, inner) {
		return fmt.Errorf("%w: user %q may not read there", ErrRefused, c.user)
	}
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	if sub := c.byFilter[filter]; sub != nil {
		sub.qos = qos // it keeps its place in the order
	} else if err := b.add(c, filter, qos, shared); err != nil {
		return err
	}
	if b.tap != nil {
		b.emit(Event{Kind: KindSubscribe, Client: c.id, Source: c.source, Filter: filter, QoS: qos})
	}
	if !shared {
		b.replay(c, filter, qos)
	}
	return nil
}

// add makes a new subscription.
func (b *Broker) add(c *client, filter string, qos byte, shared bool) error {
	if shared && !b.edge.names.joinShare(filter) {
		return fmt.Errorf("%w: network clients share it, and in-process sessions cannot take turns with them: choose another share name", ErrRefused)
	}
	b.subSeq++
	sub := &subscription{client: c, filter: filter, qos: qos, seq: b.subSeq}
	if shared {
		b.subs.join(sub)
	} else {
		b.subs.insert(sub)
	}
	if c.byFilter == nil {
		c.byFilter = map[string]*subscription{}
	}
	c.byFilter[filter] = sub
	c.subs = append(c.subs, sub)
	return nil
}

// replay queues the retained messages for a subscription just made.
func (b *Broker) replay(c *client, filter string, qos byte) {
	b.eachRetained(filter, func(m mqtt.Message, pk *packets.Packet) {
		m.QoS = min(m.QoS, qos)
		b.deliver(c, &m, 0, pk.Origin, "")
	})
}

// Unsubscribe ends a subscription. What is queued stays queued
// [MQTT-3.10.4-3]; a filter that is not subscribed to is no error
// [MQTT-3.10.4-5].
func (s *Session) Unsubscribe(filter string) error {
	if err := s.unsubscribe(filter); err != nil {
		return opError("unsubscribe from", filter, s.client.id, err)
	}
	return nil
}

func (s *Session) unsubscribe(filter string) error {
	if s.err != nil {
		return s.err
	}
	if err := mqtt.ValidateFilter(filter); err != nil {
		return err
	}
	if err := s.b.enter(); err != nil {
		return err
	}
	defer s.b.leave()
	b, c := s.b, s.client
	sub := c.byFilter[filter]
	if sub == nil {
		return nil
	}
	delete(c.byFilter, filter)
	c.subs = slices.DeleteFunc(c.subs, func(o *subscription) bool { return o == sub })
	b.drop(sub)
	if b.tap != nil {
		b.emit(Event{Kind: KindUnsubscribe, Client: c.id, Source: c.source, Filter: filter})
	}
	return nil
}

// Disconnect ends the connection as a client does that means it: its will is
// discarded [MQTT-3.14.4-3].
func (s *Session) Disconnect() error {
	return s.end(ErrDisconnected, "")
}

// Drop ends the connection as if the network had: the will is published
// [MQTT-3.1.2-8], and the session's owner is woken. An empty reason becomes
// "connection lost". On a session that has ended it does nothing.
func (s *Session) Drop(reason string) {
	if reason == "" {
		reason = "connection lost"
	}
	_ = s.end(ErrDropped, reason) // the session has ended, one way or the other
}

func (s *Session) end(why error, reason string) error {
	b, c := s.b, s.client
	err := s.err
	if err == nil {
		err = b.enter()
	}
	if err != nil {
		return fmt.Errorf("client %q cannot disconnect: %w", c.id, err)
	}
	defer b.leave()
	b.endConnection(c, why, reason)
	if errors.Is(why, ErrDisconnected) {
		c.will = nil
	}
	if !c.persistent {
		b.forget(c) // [MQTT-3.1.2-6]
	}
	b.sendWill(c)
	return nil
}
