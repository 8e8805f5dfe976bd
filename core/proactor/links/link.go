package links

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/client"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/pings"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/stats"
	"github.com/hubtape/hubtape/mqtt"
)

// LinkOptions say who is at the other end of a link, and how it is reached.
type LinkOptions struct {
	// Name is what we call the link. Required.
	Name string
	// Role is what it is for.
	Role linkstate.Role
	// Peer is whom messages come from, PeerShort whom ours go to, Self what the
	// peer calls us in topics. Required.
	Peer, PeerShort, Self string
	// Broker is where it connects. Its Once is set.
	Broker link.DialOptions
	// QoS of the subscription and of what is published. GridWorks uses 0.
	QoS byte
}

// Link is a connection to one peer. Its methods are for the tasks of the loop's
// runtime.
type Link struct {
	links  *Links
	o      LinkOptions
	state  *linkstate.Machine
	client *client.Client
	pings  *pings.Pings
	stats  *stats.Link

	era int // how often it has become active

	rubbish problems.Quota // messages that could not be read
}

// Add makes another link, before they are started. An error wraps ErrStarted,
// ErrOptions, or one of linkstate for a name or role that is taken; then nothing is
// added. A name that Options.Stats has counts for already goes on counting there.
func (k *Links) Add(o LinkOptions) (*Link, error) {
	if k.running || k.stopped {
		return nil, fmt.Errorf("link %q: %w", o.Name, ErrStarted)
	}
	filter, err := o.filter()
	if err != nil {
		return nil, fmt.Errorf("link %q: %w", o.Name, err)
	}
	if _, err := topic(k.o.Name, o.PeerShort, "x"); err != nil {
		return nil, fmt.Errorf("link %q: %w: PeerShort: %w", o.Name, ErrOptions, err)
	}
	one := &Link{links: k, o: o}
	one.o.Broker.Once = true
	one.client, err = client.New(k.loop, client.Options{
		Name:     "link " + o.Name,
		Dial:     func(wake func()) (link.Transport, error) { return k.o.Dial(one.o.Broker, wake) },
		Events:   one.events(),
		PauseMax: k.o.ReconnectMax,
	})
	if err != nil {
		return nil, err
	}
	if err := one.client.Subscribe(filter, o.QoS); err != nil {
		return nil, fmt.Errorf("link %q: %w", o.Name, err)
	}
	if one.pings, err = pings.New(k.loop, pings.Options{Link: o.Name, Every: k.o.Poll, Send: one.ping}); err != nil {
		return nil, err
	}
	if one.state, err = k.states.Add(o.Name, o.Role); err != nil {
		return nil, err
	}
	if one.stats, err = k.o.Stats.Link(o.Name); err != nil {
		one.stats, _ = k.o.Stats.AddLink(o.Name) // it is not there
	}
	k.links = append(k.links, one)
	if o.Role == linkstate.Upstream {
		k.upstream = one
	}
	return one, nil
}

// filter is what the link subscribes to.
func (o LinkOptions) filter() (string, error) {
	if o.PeerShort == "" {
		return "", fmt.Errorf("%w: PeerShort says whom messages go to", ErrOptions)
	}
	head, err := topic(o.Peer, o.Self, "x")
	if err != nil || o.Self == "" {
		return "", fmt.Errorf("%w: Peer %q and Self %q do not make a topic", ErrOptions, o.Peer, o.Self)
	}
	return head[:len(head)-1] + "#", nil
}

// Name is what we call the link.
func (one *Link) Name() string { return one.o.Name }

// State is where the link stands.
func (one *Link) State() linkstate.State { return one.state.State() }

// Role is what the link is for.
func (one *Link) Role() linkstate.Role { return one.o.Role }

// Filter is what the link subscribes to.
func (one *Link) Filter() string {
	filter, _ := one.o.filter() // Add has made sure of it
	return filter
}

// Waiting is how many acks are waited for.
func (one *Link) Waiting() int { return one.links.acks.Waiting(one.Name()) }

// Outgoing is a message to the peer of a link.
type Outgoing struct {
	Payload any // of a type that the codec knows
	// MessageID is what an ack names; empty where one is required: a new one.
	MessageID   string
	AckRequired bool
	// AckWithin is how long the ack may take; 0: as the options of all links say.
	AckWithin time.Duration
	// Topic is where it goes; empty: the link's, by the payload's type.
	Topic string
}

// Send publishes a message to the peer. It returns an error when there is no
// connection: a message that is no event is not kept.
func (one *Link) Send(m Outgoing) error {
	if m.AckRequired && m.MessageID == "" {
		m.MessageID = one.links.o.NewID()
	}
	w, err := one.links.write(one.o.PeerShort, codec.Message{
		Header:  codec.Header{MessageID: m.MessageID, AckRequired: m.AckRequired},
		Payload: m.Payload,
	})
	if err != nil {
		return fmt.Errorf("link %q: %w", one.Name(), err)
	}
	if m.Topic != "" {
		w.topic = m.Topic
	}
	if err := one.publish(w); err != nil {
		return err
	}
	if m.AckRequired {
		one.await(w.id, m.AckWithin, "")
	}
	return nil
}

// publish hands a message to the connection.
func (one *Link) publish(w written) error {
	if err := one.client.Publish(mqtt.Message{Topic: w.topic, Payload: w.text, QoS: one.o.QoS}); err != nil {
		return fmt.Errorf("link %q: %w", one.Name(), err)
	}
	one.links.o.Logs.MessageSummary("SND", one.links.o.Name, w.topic, w.kind, w.id)
	one.pings.Sent()
	return nil
}

// sent is what is known of a message that waits for its ack.
type sent struct {
	on    *Link
	event string // that is stored; "": it is no event
	era   int    // of the link, when it was sent
}

// await waits for the ack of a message, within a time of its own if that is above
// zero.
func (one *Link) await(id string, within time.Duration, event string) {
	if within <= 0 {
		one.links.acks.Start(one.Name(), id, sent{one, event, one.era})
		return
	}
	one.links.acks.StartFor(within, one.Name(), id, sent{one, event, one.era})
}

func (one *Link) ping() {
	if err := one.Send(Outgoing{Payload: codec.Ping{}, AckRequired: true}); err != nil {
		one.links.general.Warn("ping", "error", err)
	}
}

// Done says that a message of this link was processed: it is acknowledged, if it
// asks for that.
func (one *Link) Done(m codec.Message) {
	k := one.links
	ack, asked := codec.AckOf(m, k.o.Name, one.o.PeerShort)
	if !asked {
		return
	}
	w, err := k.write(one.o.PeerShort, ack)
	if err == nil {
		err = one.publish(w)
	}
	if err != nil { // the peer asks again
		k.general.Warn("ack", "link", one.Name(), "error", err)
	}
}
