package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// DialOptions say which broker and who connects.
type DialOptions struct {
	// Broker is mqtt://host:1883, mqtts://, ws:// or wss://; a user in it
	// counts where User is empty.
	Broker   string
	ClientID string // "": the broker gives one
	User     string
	Password string
	TLS      *tls.Config   // nil: the system's roots
	Timeout  time.Duration // of the first connection and of each write; 0: 10 s
	// KeepAlive is how long the connection may be silent before the client shows
	// that it is there, in whole seconds; 0: 30 s.
	KeepAlive time.Duration
	// LocalAddr is the address and port of this machine to connect from, as
	// "10.0.0.2:0" for any port; "": the system chooses. Not for ws and wss.
	LocalAddr string
	// Keep makes the broker keep the session while the client is away. It needs
	// a ClientID.
	Keep bool
	Will *mqtt.Message // published by the broker when the client is lost
	// Once leaves a connection that was lost as it is; who dialled closes it.
	// Otherwise it is made again.
	Once bool
}

const (
	defaultDialTimeout = 10 * time.Second
	reconnectAtMost    = 30 * time.Second // paho doubles its pause up to this
	disconnectQuiesce  = 250              // ms that paho may take to send what is queued
)

// Dial connects and returns when the broker has accepted. Afterwards it reconnects
// by itself, by paho, unless Once is set. The result is for New's dial; MQTT 3.1.1.
func Dial(ctx context.Context, o DialOptions, wake func()) (Transport, error) {
	if o.Once {
		return dialOnce(ctx, o, wake)
	}
	opts, err := pahoOptions(o)
	if err != nil {
		return nil, err
	}
	t := &pahoTransport{id: o.ClientID, arrivals: clock.NewInbox[Arrival](nil, wake), timeout: opts.WriteTimeout}
	opts.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		t.arrivals.Put(Arrival{Message: mqtt.Message{
			Topic: m.Topic(), Payload: m.Payload(), QoS: m.Qos(), Retain: m.Retained(), Dup: m.Duplicate(),
		}})
	})
	opts.SetOnConnectHandler(func(paho.Client) { t.arrivals.Put(Arrival{Kind: ArrivedUp}) })
	opts.SetConnectionLostHandler(func(_ paho.Client, err error) {
		t.arrivals.Put(Arrival{Kind: ArrivedDown, Err: err})
	})
	t.client = paho.NewClient(opts)
	token := t.client.Connect()
	select {
	case <-token.Done():
		err = token.Error()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		t.client.Disconnect(0)
		return nil, fmt.Errorf("connect to %s: %w: %s", redacted(o.Broker), err, hint(err))
	}
	return t, nil
}

// hint says what to look at when a connection has failed.
func hint(err error) string {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return "the broker is there and refuses this user: check user name, password, and what the broker lets the user do"
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return "the broker is there and refuses this client id"
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		return "the broker is there and does not speak MQTT 3.1.1"
	}
	return conn.Hint(err)
}

func pahoOptions(o DialOptions) (*paho.ClientOptions, error) {
	u, err := url.Parse(o.Broker)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("broker %q is no URL: write mqtt://host:1883", redacted(o.Broker))
	}
	switch u.Scheme {
	case "mqtt":
		u.Scheme = "tcp"
	case "mqtts":
		u.Scheme = "ssl"
	case "ws", "wss":
	default:
		return nil, fmt.Errorf("broker %q: the scheme is one of mqtt, mqtts, ws, wss", redacted(o.Broker))
	}
	if o.User == "" && u.User != nil {
		o.User = u.User.Username()
		if p, ok := u.User.Password(); ok && o.Password == "" {
			o.Password = p
		}
	}
	u.User = nil
	if o.Timeout == 0 {
		o.Timeout = defaultDialTimeout
	}
	if o.Keep && o.ClientID == "" {
		return nil, errors.New("a session that is kept needs a client id")
	}
	opts := paho.NewClientOptions().AddBroker(u.String()).SetClientID(o.ClientID).
		SetUsername(o.User).SetPassword(o.Password).SetTLSConfig(o.TLS).SetProtocolVersion(4).
		SetCleanSession(!o.Keep).SetOrderMatters(true).SetResumeSubs(false).
		SetConnectTimeout(o.Timeout).SetWriteTimeout(o.Timeout).
		SetAutoReconnect(true).SetMaxReconnectInterval(reconnectAtMost)
	if o.KeepAlive > 0 {
		opts.SetKeepAlive(o.KeepAlive)
	}
	if o.LocalAddr != "" {
		from, err := net.ResolveTCPAddr("tcp", o.LocalAddr)
		if err != nil {
			return nil, fmt.Errorf("connect from %q: %w", o.LocalAddr, err)
		}
		opts.SetDialer(&net.Dialer{Timeout: o.Timeout, LocalAddr: from})
	}
	if w := o.Will; w != nil {
		opts.SetBinaryWill(w.Topic, w.Payload, w.QoS, w.Retain)
	}
	return opts, nil
}

// redacted is a URL without its password, for messages.
func redacted(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Redacted()
	}
	return "(not a URL)"
}

// pahoTransport is a Transport on a paho client. paho's own goroutines put into
// the inbox; everything else runs on the link's loop.
type pahoTransport struct {
	id       string
	client   paho.Client
	arrivals *clock.Inbox[Arrival]
	timeout  time.Duration
	outbox   outbox       // paho holds up whoever publishes while the broker reads slowly, or a connection is being lost
	sent     []paho.Token // publishes under way, oldest first; the outbox's
}

func (t *pahoTransport) ClientID() string { return t.id }

// Publish keeps a message of QoS 1 or 2 while paho connects again.
func (t *pahoTransport) Publish(m mqtt.Message) error {
	if !t.client.IsConnectionOpen() && (m.QoS == 0 || !t.client.IsConnected()) {
		return ErrDown
	}
	t.outbox.put(func() {
		for len(t.sent) > 0 && isDone(t.sent[0]) {
			t.sent = t.sent[1:]
		}
		t.sent = append(t.sent, t.client.Publish(m.Topic, m.QoS, m.Retain, m.Payload))
	})
	return nil
}

func (t *pahoTransport) Subscribe(filter string, qos byte) error {
	if !t.client.IsConnectionOpen() {
		return ErrDown
	}
	t.outbox.put(func() { go t.awaitGrant(filter, t.client.Subscribe(filter, qos, nil)) })
	return nil
}

// awaitGrant tells what the broker says to a subscription: 0x80 in its SUBACK is
// a refusal [MQTT-3.9.3-2]. It ends with the token, at the latest when the client leaves.
func (t *pahoTransport) awaitGrant(filter string, token paho.Token) {
	<-token.Done()
	granted, ok := token.(*paho.SubscribeToken)
	if !ok || token.Error() != nil {
		return
	}
	if granted.Result()[filter] == 0x80 {
		t.arrivals.Put(Arrival{Kind: ArrivedRefusal, Filter: filter, Err: fmt.Errorf("the broker refused the subscription to %s", filter)})
		return
	}
	t.arrivals.Put(Arrival{Kind: ArrivedGrant, Filter: filter})
}

func (t *pahoTransport) Unsubscribe(filter string) error {
	if !t.client.IsConnectionOpen() {
		return ErrDown
	}
	t.outbox.put(func() { t.client.Unsubscribe(filter) })
	return nil
}

func isDone(token paho.Token) bool {
	select {
	case <-token.Done():
		return true
	default:
		return false
	}
}

// Receive leaves out the loss of a connection that has been made again since:
// paho tells of the two on goroutines of their own, in either order.
func (t *pahoTransport) Receive() (Arrival, bool) {
	for {
		a, ok := t.arrivals.Take()
		if a.Kind != ArrivedDown || !t.client.IsConnectionOpen() {
			return a, ok
		}
	}
}

// Close lets what was published last reach the broker, an app's goodbye for
// one; paho's Disconnect would drop it.
func (t *pahoTransport) Close() error {
	if t.client.IsConnectionOpen() {
		enough := time.NewTimer(t.timeout)
		defer enough.Stop()
		if !t.flush(enough.C) {
			t.client.Disconnect(0)
			return fmt.Errorf("leave the broker: it did not take all messages within %v", t.timeout)
		}
	}
	t.client.Disconnect(disconnectQuiesce)
	return nil
}

func (t *pahoTransport) flush(enough <-chan time.Time) bool {
	if !t.outbox.flush(enough) {
		return false
	}
	for _, token := range t.sent {
		if !before(token.Done(), enough) {
			return false
		}
	}
	return true
}
