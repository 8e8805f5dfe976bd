package link

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Returned by Publish and Subscribe.
var (
	// ErrDown: the connection is down and the message cannot be kept.
	ErrDown = errors.New("the connection to the broker is down")
	// ErrClosed: the link was closed.
	ErrClosed = errors.New("the link is closed")
)

// Transport carries messages between a link and a broker. Its methods are
// called on the link's loop and do not wait for the broker, but where they say.
type Transport interface {
	// ClientID is how the broker knows this client.
	ClientID() string
	// Publish hands a message over, in order. With QoS 1 and 2 a message
	// outlives a cut connection.
	Publish(m mqtt.Message) error
	// Subscribe asks for a filter's messages, and for the retained ones.
	Subscribe(filter string, qos byte) error
	// Unsubscribe takes that back.
	Unsubscribe(filter string) error
	// Receive returns the next thing that came in; false: nothing is queued.
	// When it returns false, the next arrival calls the wake function that the
	// transport was made with.
	Receive() (Arrival, bool)
	// Close leaves the broker in peace: no will.
	Close() error
}

// Arrival is what a transport received: a message, that the connection came up or
// went down, or what the broker says to a subscription.
type Arrival struct {
	Kind    ArrivalKind
	Message mqtt.Message
	Filter  string // of a subscription that was refused or granted
	Err     error  // why it went down, or was refused
}

// ArrivalKind says what arrived.
type ArrivalKind uint8

// The kinds of arrivals.
const (
	ArrivedMessage ArrivalKind = iota
	ArrivedUp
	ArrivedDown
	ArrivedRefusal // the broker refused the subscription to Filter
	ArrivedGrant   // the broker accepted the subscription to Filter
)

// Handler is called on the link's loop with each message, in order of arrival.
// Retain is true on messages that the broker had kept. It must not change
// the payload's bytes: the link's other handlers get the same.
type Handler func(m mqtt.Message)

// Link is an automation's connection. Its methods are for the tasks of the
// loop's runtime.
type Link struct {
	loop      *loop.Loop
	transport Transport
	log       *slog.Logger
	arrivals  *loop.Updater
	subs      []*Subscription
	watchers  []func(up bool)
	up        bool
	ups       int // connections so far
	closed    bool
	copier    mqtt.Copier
}

// Subscription is one handler of one filter.
type Subscription struct {
	link    *Link
	filter  string
	qos     byte
	handler Handler
	ended   bool
}

// New makes a link that is served by the loop. The transport comes from dial,
// which is given the wake function to call when something arrives.
func New(l *loop.Loop, dial func(wake func()) (Transport, error), log *slog.Logger) (*Link, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k := &Link{loop: l, log: log}
	k.arrivals = l.NewUpdater(k.receive, true)
	t, err := dial(k.arrivals.Trigger)
	if err != nil {
		return nil, err
	}
	k.transport, k.up = t, true
	k.arrivals.Trigger() // whatever came before there was a transport to ask
	return k, nil
}

// ClientID is how the broker knows this client.
func (k *Link) ClientID() string { return k.transport.ClientID() }

// Up reports whether the connection stands.
func (k *Link) Up() bool { return k.up }

// OnConnection adds a listener, called on the loop each time the connection
// goes down (false) or has come up again and the subscriptions with it (true).
func (k *Link) OnConnection(listen func(up bool)) {
	k.watchers = append(slices.Clip(k.watchers), listen)
}

// Publish hands a message to the broker. It does not wait for it. The payload is
// copied: its bytes may be used again afterwards.
func (k *Link) Publish(m mqtt.Message) error {
	if k.closed {
		return fmt.Errorf("publish to %q: %w", m.Topic, ErrClosed)
	}
	if err := mqtt.ValidateTopic(m.Topic); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if m.QoS > 2 {
		return fmt.Errorf("publish to %q: QoS %d: it is 0, 1 or 2", m.Topic, m.QoS)
	}
	m.Payload = k.copier.Copy(m.Payload)
	if err := k.transport.Publish(m); err != nil {
		return fmt.Errorf("publish to %q: %w", m.Topic, err)
	}
	return nil
}

// Subscribe lets the handler be called for messages that match the filter, the
// broker's retained ones first. Handlers whose filters overlap are all called,
// in the order they subscribed. Each Subscribe makes the broker send the
// filter's retained messages again. Subscriptions outlive a cut connection.
func (k *Link) Subscribe(filter string, qos byte, handler Handler) (*Subscription, error) {
	if k.closed {
		return nil, fmt.Errorf("subscribe to %q: %w", filter, ErrClosed)
	}
	if err := mqtt.ValidateFilter(filter); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	if qos > 2 {
		return nil, fmt.Errorf("subscribe to %q: QoS %d: it is 0, 1 or 2", filter, qos)
	}
	if err := k.transport.Subscribe(filter, max(qos, k.subscribedQoS(filter))); err != nil {
		return nil, fmt.Errorf("subscribe to %q: %w", filter, err)
	}
	s := &Subscription{link: k, filter: filter, qos: qos, handler: handler}
	k.subs = append(slices.Clip(k.subs), s) // a new slice: a handler may subscribe
	return s, nil
}

func (k *Link) subscribedQoS(filter string) (qos byte) {
	for _, s := range k.subs {
		if s.filter == filter {
			qos = max(qos, s.qos)
		}
	}
	return qos
}

// Close ends the subscription: its handler is not called again.
func (s *Subscription) Close() error {
	if s.ended {
		return nil
	}
	s.ended = true
	k := s.link
	others := false
	left := make([]*Subscription, 0, len(k.subs))
	for _, o := range k.subs {
		if o != s {
			left = append(left, o)
			others = others || o.filter == s.filter
		}
	}
	k.subs = left
	if others || k.closed {
		return nil
	}
	if err := k.transport.Unsubscribe(s.filter); err != nil {
		return fmt.Errorf("unsubscribe from %q: %w", s.filter, err)
	}
	return nil
}

// batchSize bounds how many arrivals are handled before other callbacks of the
// loop get their turn.
const batchSize = 256

// receive hands arrivals out; it runs on the loop.
func (k *Link) receive() {
	for range batchSize {
		a, ok := k.transport.Receive()
		if !ok || k.closed {
			return
		}
		switch a.Kind {
		case ArrivedMessage:
			k.dispatch(a.Message)
		case ArrivedUp:
			k.cameUp()
		case ArrivedDown:
			k.log.Warn("the connection went down", "error", a.Err)
			k.tell(false)
		case ArrivedRefusal:
			k.log.Error("nothing will be heard", "error", a.Err)
		}
	}
	k.arrivals.Trigger()
}

func (k *Link) dispatch(m mqtt.Message) {
	for _, s := range k.subs {
		if !s.ended && mqtt.Match(mqtt.Unshare(s.filter), m.Topic) {
			s.handler(m)
		}
	}
}

// cameUp subscribes again, then tells the watchers: what they publish is
// answered to a client that listens. New made the first connection. A later one
// may be told of before the loss of the one before it.
func (k *Link) cameUp() {
	if k.ups++; k.ups == 1 {
		return
	}
	asked := map[string]bool{}
	for _, s := range k.subs {
		if asked[s.filter] {
			continue
		}
		asked[s.filter] = true
		if err := k.transport.Subscribe(s.filter, k.subscribedQoS(s.filter)); err != nil {
			k.log.Warn("subscribe again", "filter", s.filter, "error", err)
		}
	}
	k.log.Info("the connection is up again")
	k.tell(true)
}

func (k *Link) tell(up bool) {
	k.up = up
	for _, watch := range k.watchers {
		watch(up)
	}
}

// Close leaves the broker. It is idempotent.
func (k *Link) Close() error {
	if k.closed {
		return nil
	}
	k.closed = true
	return k.transport.Close()
}
