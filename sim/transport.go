package sim

import (
	"fmt"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// transport is the link.Transport of a simulated world: an in-process session of
// the broker and, like production's, a new one after the network was cut.
type transport struct {
	network  *network
	owner    owner
	options  link.DialOptions
	wake     func()
	session  *broker.Session
	told     bool           // that the session has ended
	waiting  bool           // to be connected again
	kept     []mqtt.Message // said meanwhile at QoS 1 and 2
	arrivals []link.Arrival // that come before what the session has
	copier   mqtt.Copier
}

// connect begins a session. What was kept is said before anything else.
func (t *transport) connect() error {
	s, err := t.network.world.broker.Connect(broker.ConnectOptions{
		ClientID: t.options.ClientID, Persistent: t.options.Keep, Will: t.options.Will, Source: t.owner.source, Wake: t.wake,
	})
	if err != nil {
		return err
	}
	t.session, t.told, t.waiting = s, false, false
	t.arrive(link.Arrival{Kind: link.ArrivedUp})
	for _, m := range t.kept {
		if err := s.Publish(m); err != nil {
			t.network.world.note("a message that was kept while its connection was cut is left out: %v", err)
		}
	}
	t.kept = nil
	return nil
}

// lose ends the session as if the network had gone.
func (t *transport) lose() {
	if t.session.Err() != nil {
		return
	}
	t.told, t.waiting = true, !t.options.Once
	t.arrive(link.Arrival{Kind: link.ArrivedDown, Err: ErrCut})
	t.session.Drop(ErrCut.Error())
}

func (t *transport) reconnect() {
	if err := t.connect(); err != nil {
		t.network.world.note("a connection that was cut is not made again: %v", err)
	}
}

func (t *transport) arrive(a link.Arrival) {
	t.arrivals = append(t.arrivals, a)
	t.wake()
}

// over reports whether nothing will become of it any more.
func (t *transport) over() bool { return t.session.Err() != nil && !t.waiting }

// down is an error while there is no connection.
func (t *transport) down() error {
	if t.waiting {
		return link.ErrDown
	}
	if err := t.session.Err(); err != nil {
		return fmt.Errorf("%w: %w", link.ErrDown, err)
	}
	return nil
}

func (t *transport) ClientID() string { return t.session.ClientID() }

func (t *transport) Publish(m mqtt.Message) error {
	if t.waiting && m.QoS > 0 {
		t.kept = append(t.kept, m)
		return nil
	}
	if err := t.down(); err != nil {
		return err
	}
	return t.session.Publish(m)
}

func (t *transport) Subscribe(filter string, qos byte) error {
	if err := t.down(); err != nil {
		return err
	}
	if _, err := t.session.Subscribe(filter, qos); err != nil {
		return err
	}
	t.arrive(link.Arrival{Kind: link.ArrivedGrant, Filter: filter})
	return nil
}

func (t *transport) Unsubscribe(filter string) error {
	if err := t.down(); err != nil {
		return err
	}
	return t.session.Unsubscribe(filter)
}

func (t *transport) Receive() (link.Arrival, bool) {
	if t.network.world.flooded { // or who answers itself would keep the world from ending
		return link.Arrival{}, false
	}
	if len(t.arrivals) > 0 { // a grant comes before the retained messages
		a := t.arrivals[0]
		t.arrivals = t.arrivals[1:]
		return a, true
	}
	if m, ok := t.session.Receive(); ok {
		// Over a network each client has bytes of its own: what one does to them
		// must not reach another, nor the tape, nor the scenario.
		m.Payload = t.copier.Copy(m.Payload)
		return link.Arrival{Message: m}, true
	}
	if err := t.session.Err(); err != nil && !t.told {
		t.told = true
		return link.Arrival{Kind: link.ArrivedDown, Err: err}, true
	}
	return link.Arrival{}, false
}

func (t *transport) Close() error {
	t.waiting = false
	if t.session.Err() != nil {
		return nil
	}
	return t.session.Disconnect()
}
