package conn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/hubtape/hubtape/mqtt"
)

// maxAliases is how many topic aliases a broker may set. We ask for none
// (Topic Alias Maximum 0), so that a broker that drops a message for us cannot
// drop what a later one's topic depends on; one that sets them nevertheless is
// understood.
const maxAliases = 64

// client5 is MQTT 5, by paho.golang.
type client5 struct {
	c       *Conn
	paho    *paho.Client
	aliases map[uint16]string
}

func (k *client5) connect(ctx context.Context) (accepted, error) {
	o := k.c.o
	k.paho = paho.NewClient(paho.ClientConfig{
		ClientID:           o.ClientID,
		Conn:               &k.c.wire.parts,
		PingHandler:        noPinger{},
		PacketTimeout:      o.Timeout,
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){k.received},
		OnClientError:      k.c.lost,
		OnServerDisconnect: k.told,
	})
	ack, err := k.paho.Connect(ctx, connect5(o))
	if err != nil {
		return accepted{}, err
	}
	a := accepted{id: o.ClientID, keepAlive: o.KeepAlive, limits: everything}
	a.limits.SubscriptionIDs = true
	p := ack.Properties
	if p.AssignedClientID != "" {
		a.id = p.AssignedClientID
	}
	if p.ServerKeepAlive != nil { // [MQTT-3.2.2-21]
		a.keepAlive = time.Duration(*p.ServerKeepAlive) * time.Second
	}
	if p.MaximumQoS != nil {
		a.limits.MaxQoS = *p.MaximumQoS
	}
	if p.MaximumPacketSize != nil {
		a.limits.MaxPacket = *p.MaximumPacketSize
	}
	a.limits.ReceiveMaximum = maxString
	if p.ReceiveMaximum != nil {
		a.limits.ReceiveMaximum = *p.ReceiveMaximum
	}
	a.limits.RetainAvailable = p.RetainAvailable
	a.limits.WildcardAvailable = p.WildcardSubAvailable
	a.limits.SharedAvailable = p.SharedSubAvailable
	a.limits.SubscriptionIDs = p.SubIDAvailable
	k.c.wire.publisher.allow(min(int(a.limits.ReceiveMaximum), window5))
	return a, nil
}

func connect5(o Options) *paho.Connect {
	atOnce := uint16(aheadMessages)
	cp := &paho.Connect{
		ClientID: o.ClientID, CleanStart: true, KeepAlive: uint16(o.KeepAlive / time.Second),
		Username: o.User, UsernameFlag: o.User != "", Password: []byte(o.Password), PasswordFlag: o.Password != "",
		// Session expiry 0 and no maximum packet size are what it means to leave
		// them out.
		Properties: &paho.ConnectProperties{ReceiveMaximum: &atOnce, RequestProblemInfo: true},
	}
	if w := o.Will; w != nil {
		cp.WillMessage = &paho.WillMessage{Topic: w.Topic, Payload: w.Payload, QoS: w.QoS, Retain: w.Retain}
		cp.WillProperties = &paho.WillProperties{}
		if p := w.Properties; p != nil { // the library sends no other ones of a will
			for _, u := range p.User {
				cp.WillProperties.User.Add(u.Key, u.Value)
			}
		}
	}
	return cp
}

// received runs on the library's goroutine for messages, in the order of the
// wire; the library acknowledges when it has returned.
func (k *client5) received(r paho.PublishReceived) (bool, error) {
	p := r.Packet
	topic, err := k.topic(p)
	if err != nil {
		k.c.wire.fail(err)
		return true, err
	}
	in := Incoming{Message: mqtt.Message{
		Topic: topic, Payload: k.c.keepable(p.Payload), QoS: p.QoS, Retain: p.Retain, Dup: p.Duplicate(),
		Properties: properties(p.Properties),
	}}
	if id := p.Properties.SubscriptionIdentifier; id != nil {
		in.Subscription = *id
	}
	k.c.show(in)
	return true, nil
}

// topic resolves an alias (3.3.2.3.4).
func (k *client5) topic(p *paho.Publish) (string, error) {
	alias := p.Properties.TopicAlias
	if alias == nil {
		if p.Topic == "" { // [MQTT-3.3.2-8] is of what has one
			return "", malformed("a PUBLISH without a topic and without an alias")
		}
		return p.Topic, nil
	}
	if *alias == 0 || *alias > maxAliases {
		return "", malformed("a PUBLISH with the topic alias %d, where we asked for none", *alias)
	}
	if p.Topic == "" {
		topic, ok := k.aliases[*alias]
		if !ok {
			return "", malformed("a PUBLISH with the topic alias %d, which was not set", *alias)
		}
		return topic, nil
	}
	if k.aliases == nil {
		k.aliases = map[uint16]string{}
	}
	k.aliases[*alias] = p.Topic
	return p.Topic, nil
}

// told is called when the broker has said why it ends the connection.
func (k *client5) told(d *paho.Disconnect) {
	says := ""
	if d.Properties != nil {
		says = d.Properties.ReasonString
	}
	k.c.lost(fmt.Errorf("the broker ends it: %s", withReason(d.ReasonCode, says)))
}

// subscribe sends one SUBSCRIBE for each run of subscriptions with one
// identifier, since a packet has one.
func (k *client5) subscribe(ctx context.Context, subs []Subscription) ([]string, error) {
	refusals := make([]string, 0, len(subs))
	for len(subs) > 0 {
		n := 1
		for n < len(subs) && subs[n].ID == subs[0].ID {
			n++
		}
		why, err := k.subscribeOnce(ctx, subs[:n])
		if err != nil {
			return nil, err
		}
		refusals = append(refusals, why...)
		subs = subs[n:]
	}
	return refusals, nil
}

func (k *client5) subscribeOnce(ctx context.Context, subs []Subscription) ([]string, error) {
	packet := &paho.Subscribe{}
	if id := subs[0].ID; id != 0 {
		packet.Properties = &paho.SubscribeProperties{SubscriptionIdentifier: &id}
	}
	for _, s := range subs {
		packet.Subscriptions = append(packet.Subscriptions, paho.SubscribeOptions{
			Topic: s.Filter, QoS: s.QoS, RetainHandling: s.RetainHandling, NoLocal: s.NoLocal, RetainAsPublished: s.RetainAsPublished,
		})
	}
	ack, err := k.paho.Subscribe(ctx, packet)
	if ack == nil {
		return nil, said(err)
	}
	says := ""
	if ack.Properties != nil {
		says = ack.Properties.ReasonString
	}
	return k.verdicts("SUBACK", ack.Reasons, len(subs), says)
}

func (k *client5) unsubscribe(ctx context.Context, filters []string) ([]string, error) {
	ack, err := k.paho.Unsubscribe(ctx, &paho.Unsubscribe{Topics: filters})
	if ack == nil {
		return nil, said(err)
	}
	says := ""
	if ack.Properties != nil {
		says = ack.Properties.ReasonString
	}
	return k.verdicts("UNSUBACK", ack.Reasons, len(filters), says)
}

// said is an error of the library: of its arguments, which the broker's limits
// forbid, or of the context, or of the connection.
func said(err error) error {
	if errors.Is(err, paho.ErrInvalidArguments) {
		return fmt.Errorf("%w: %w", ErrSubscribe, err)
	}
	return err
}

func (k *client5) verdicts(kind string, codes []byte, n int, says string) ([]string, error) {
	if len(codes) != n { // [MQTT-3.9.3-1]
		err := malformed("a %s with %d reason codes for %d filters", kind, len(codes), n)
		k.c.wire.fail(err)
		return nil, err
	}
	why := make([]string, n)
	for i, code := range codes {
		if code >= refused {
			why[i] = withReason(code, says)
		}
	}
	return why, nil
}

func (k *client5) disconnect() {
	_ = k.paho.Disconnect(&paho.Disconnect{}) // an error: there is nobody to say goodbye to
}
