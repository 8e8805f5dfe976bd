package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

// Defaults of [Options].
const (
	// DefaultMaxMessageBytes is the longest payload that a packet can carry
	// with the longest topic (MQTT 3.1.1, 2.2.3, less 64 KiB).
	DefaultMaxMessageBytes = 268_435_455 - 1<<16
	// DefaultMaxQueued is mosquitto's max_queued_messages.
	DefaultMaxQueued = 1000
	// DefaultMaxPending is mochi's own.
	DefaultMaxPending = 1 << 13
	maxPending        = 1 << 20 // 8 MiB a connection
)

// Options say how a broker behaves. Only Runtime has no usable zero value.
type Options struct {
	// Runtime is the time, and the tasks that the broker belongs to. Required.
	Runtime clock.Runtime
	// Tap is called with every event, in order, in the middle of the operation
	// that caused it. It must not call the broker. Nil: nobody listens.
	Tap func(Event)
	// TapDeliveries adds the events of KindDeliver, one a receiver.
	TapDeliveries bool
	// Auth says who may connect, publish and read. Nil: everybody may
	// everything.
	Auth Auth
	// MaxMessageBytes limits a payload. A network client that says more is
	// disconnected; one of MQTT 5 is told why, and the limit when it connects. 0:
	// DefaultMaxMessageBytes.
	MaxMessageBytes int
	// MaxQueued limits the messages kept for a persistent session while it is
	// away; further ones are dropped, with an event. Nothing limits a session
	// that is connected. 0: DefaultMaxQueued; below 0: no limit.
	MaxQueued int
	// MaxPending limits the messages that wait for a network client which does
	// not read, beside 1 MiB that waits to be sent; further ones are dropped, with
	// an event. Each takes 8 bytes of every connection. 0: DefaultMaxPending.
	MaxPending int
	// Refused is called with everything that a network client was not allowed, on
	// the goroutines of network clients, several at once. It must not wait. Nil:
	// nobody listens.
	Refused func(Refusal)
	// Log is where mochi writes its own lines, without what clients said. Nil:
	// nowhere.
	Log *slog.Logger
}

// Broker is an embedded MQTT broker. It is made by New and ended by Close, and
// belongs to the tasks of its runtime.
type Broker struct {
	rt        clock.Runtime
	tap       func(Event)
	tapEach   bool
	auth      Auth
	refused   func(Refusal)
	maxBytes  int
	maxQueued int
	maxPend   int

	server   *mochi.Server
	subs     trie
	retained retainedTopics
	clients  map[string]*client // by client id; only looked up in
	order    []*client          // the same, in the order they came
	seq      uint64             // of accepted messages
	subSeq   uint64             // of subscriptions
	gen      uint64             // of fan-outs, see client.gen
	targets  []target           // reused by fanOut
	anon     uint64             // client ids given to clients without one
	now      publishing         // what is on its way through mochi
	busy     bool               // in an operation
	closed   bool
	edge     edge
}

// publishing is the in-process message that mochi is working on.
type publishing struct {
	client   *client
	message  mqtt.Message
	kind     Kind
	accepted bool           // by mochi
	alone    bool           // mochi was told not to look for subscribers
	packet   packets.Packet // reused: it is large
}

// target is one session that a message goes to.
type target struct {
	client *client
	qos    byte
}

// New makes a broker that nobody can reach over the network: see Serve.
func New(o Options) (*Broker, error) {
	if o.Runtime == nil {
		return nil, fmt.Errorf("%w: broker.Options.Runtime is nil: give it the runtime whose tasks use the broker", ErrOptions)
	}
	if o.MaxMessageBytes < 0 || o.MaxMessageBytes > DefaultMaxMessageBytes {
		return nil, fmt.Errorf("%w: broker.Options.MaxMessageBytes is %d: it must be from 0 to %d", ErrOptions, o.MaxMessageBytes, DefaultMaxMessageBytes)
	}
	if o.MaxPending < 0 || o.MaxPending > maxPending {
		return nil, fmt.Errorf("%w: broker.Options.MaxPending is %d: it must be from 0 to %d", ErrOptions, o.MaxPending, maxPending)
	}
	b := &Broker{
		rt: o.Runtime, tap: o.Tap, tapEach: o.TapDeliveries && o.Tap != nil, auth: o.Auth, refused: o.Refused,
		maxBytes: o.MaxMessageBytes, maxQueued: o.MaxQueued, maxPend: o.MaxPending,
		retained: newRetainedTopics(),
		clients:  map[string]*client{},
	}
	if b.maxBytes == 0 {
		b.maxBytes = DefaultMaxMessageBytes
	}
	if b.maxQueued == 0 {
		b.maxQueued = DefaultMaxQueued
	}
	if b.maxPend == 0 {
		b.maxPend = DefaultMaxPending
	}
	b.edge.init(b)
	b.server = newServer(o, b.edge.dropped)
	if err := b.server.AddHook(&hook{b: b}, nil); err != nil {
		return nil, fmt.Errorf("%w: mochi does not take the broker's hook: %w", ErrOptions, err)
	}
	return b, nil
}

// newServer is a mochi that does nothing by itself until it is served.
func newServer(o Options, dropped func(clientID, reason string)) *mochi.Server {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumMessageExpiryInterval = 0 // else every retained message goes after a day of the system's time
	caps.MaximumClientWritesPending = 1   // in-process clients have no outbound queue: see Serve
	if o.MaxMessageBytes > 0 {
		caps.MaximumPacketSize = uint32(o.MaxMessageBytes) + 1<<17 // topic and properties on top
	}
	return mochi.New(&mochi.Options{
		Capabilities:           caps,
		Logger:                 slog.New(mochiLog{to: log.Handler(), dropped: dropped}),
		SysTopicResendInterval: 1 << 30, // each time stops the world: once is enough
		// Each packet is one Write: what mochi would keep back until it has more to
		// write, a client with a small window would never acknowledge.
		ClientNetWriteBufferSize: 1,
	})
}

// enter begins an operation that changes something.
func (b *Broker) enter() error {
	if b.closed {
		return ErrClosed
	}
	if b.busy {
		return ErrReentrant
	}
	b.busy = true
	return nil
}

func (b *Broker) leave() { b.busy = false }

// emit tells the tap; callers look whether there is one first, so that no event
// is built for nobody.
func (b *Broker) emit(e Event) {
	e.At = b.rt.Now()
	b.tap(e)
}

// checkMessage says why a message can not be published by anybody.
func (b *Broker) checkMessage(m *mqtt.Message) error {
	if err := mqtt.ValidateTopic(m.Topic); err != nil {
		return err
	}
	if m.QoS > 2 {
		return fmt.Errorf("%w, not %d", ErrQoS, m.QoS) // [MQTT-3.3.1-4]
	}
	if len(m.Payload) > b.maxBytes {
		return fmt.Errorf("%w: %d bytes, and at most %d are taken", ErrTooLarge, len(m.Payload), b.maxBytes)
	}
	return nil
}

// checkPublish says why a client may not publish a message.
func (b *Broker) checkPublish(c *client, m *mqtt.Message) error {
	if err := b.checkMessage(m); err != nil {
		return err
	}
	if isSys(m.Topic) { // MQTT 3.1.1, 4.7.2
		return fmt.Errorf("%w: topics below $SYS are the broker's own", ErrRefused)
	}
	if c.guarded && !b.auth.MayPublish(c.user, c.id, m.Topic) {
		return fmt.Errorf("%w: user %q may not publish there", ErrRefused, c.user)
	}
	return nil
}

func isSys(topic string) bool {
	return strings.HasPrefix(topic, "$SYS") && (len(topic) == 4 || topic[4] == '/')
}

// opError is an error as a sentence: what, where, who, why.
func opError(op, what, clientID string, err error) error {
	if clientID == "" {
		return fmt.Errorf("cannot %s %q: %w", op, what, err)
	}
	return fmt.Errorf("client %q cannot %s %q: %w", clientID, op, what, err)
}

// Close ends all sessions (their wills are not published, as when a broker
// shuts down), then every network client and listener, and returns when the
// last goroutine has ended. It is idempotent.
func (b *Broker) Close() error {
	if b.busy {
		return fmt.Errorf("cannot close the broker: %w", ErrReentrant)
	}
	if b.closed {
		return nil
	}
	b.busy = true
	for _, c := range b.order {
		if c.conn != nil {
			b.endConnection(c, ErrClosed, "the broker was closed")
		}
	}
	b.busy = false
	err := b.edge.close()
	b.closed = true
	for _, c := range b.order {
		c.mochi.Stop(nil)
	}
	if closeErr := b.server.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	return err
}
