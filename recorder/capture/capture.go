package capture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// Capture records from a broker to a tape.
type Capture struct {
	o      Options
	w      *recorder.Writer
	q      *queue
	client paho.Client
	keeper keeper
	watch  watch
}

// New prepares a capture to w, which stays the caller's to close. Nothing is
// connected yet.
func New(w *recorder.Writer, o Options) (*Capture, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.ClientID == "" {
		o.ClientID = fmt.Sprintf("hubtape-%08x", rand.Uint32())
	}
	c := &Capture{o: o, w: w, q: newQueue(o.QueueBytes)}
	c.client = paho.NewClient(c.pahoOptions())
	return c, nil
}

func (c *Capture) pahoOptions() *paho.ClientOptions {
	p := paho.NewClientOptions().
		AddBroker(c.o.Broker).
		SetClientID(c.o.ClientID).
		SetUsername(c.o.User).
		SetPassword(c.o.Password).
		SetCleanSession(true).
		SetProtocolVersion(4).
		SetOrderMatters(true).
		SetAutoReconnect(true).
		SetConnectRetry(false).
		SetMaxReconnectInterval(10 * time.Second).
		SetConnectTimeout(c.o.ConnectTimeout).
		SetKeepAlive(30 * time.Second).
		SetPingTimeout(20 * time.Second).
		SetDefaultPublishHandler(c.received).
		SetOnConnectHandler(func(paho.Client) { c.q.put(item{kind: itemUp}) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { c.q.put(item{kind: itemDown, err: err}) })
	if c.o.TLS != nil {
		p.SetTLSConfig(c.o.TLS)
	}
	return p
}

// received runs on paho's goroutine, in the order of the wire. It only queues.
func (c *Capture) received(_ paho.Client, m paho.Message) {
	if mqtt.MatchAny(c.o.Exclude, m.Topic()) {
		return
	}
	c.q.put(item{topic: m.Topic(), data: m.Payload(), qos: m.Qos(), retain: m.Retained(), dup: m.Duplicate()})
}

// Serve connects and records until ctx ends, which is no error, or until it
// cannot go on: ErrConnect when the first connection fails, else the Writer's
// error. Everything that was received before it returns is on the tape, and
// flushed. It may be called once.
func (c *Capture) Serve(ctx context.Context) error {
	if c.o.Start.IsZero() {
		c.o.Start = time.Now()
	}
	if c.o.Date.IsZero() {
		c.o.Date = c.o.Start
	}
	c.keeper = keeper{w: c.w, start: c.o.Start, date: c.o.Date, scale: time.Duration(c.o.TimeScale)}
	c.watch.begin(c.o.Start)
	if err := c.connect(ctx); err != nil {
		c.client.Disconnect(0)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	err := c.loop(ctx)
	c.q.unbound()
	c.client.Disconnect(250)
	if err == nil {
		err = c.drain(nil)
	}
	if err == nil {
		err = c.keeper.end(time.Now())
	}
	if err == nil {
		err = c.w.Sync()
	}
	c.publish()
	return err
}

// connect makes the first connection and subscription.
func (c *Capture) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.ConnectTimeout+time.Second, errors.New("it does not answer"))
	defer cancel()
	if err := wait(ctx, c.client.Connect()); err != nil {
		return fmt.Errorf("%w at %s: %w", ErrConnect, c.o.Broker, err)
	}
	t := c.subscribe()
	err := wait(ctx, t)
	if err == nil {
		err = refused(t)
	}
	if err != nil {
		return fmt.Errorf("%w at %s: it did not accept the subscription: %w", ErrConnect, c.o.Broker, err)
	}
	c.o.Log.Info("connected", "broker", c.o.Broker, "topics", c.o.Topics)
	return nil
}

func wait(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Capture) subscribe() *paho.SubscribeToken {
	filters := make(map[string]byte, len(c.o.Topics))
	for _, f := range c.o.Topics {
		filters[f] = c.o.QoS
	}
	t, _ := c.client.SubscribeMultiple(filters, nil).(*paho.SubscribeToken)
	return t
}

// refused returns an error when the broker did not grant a filter
// [MQTT-3.9.3-1].
func refused(t *paho.SubscribeToken) error {
	for _, granted := range t.Result() {
		if granted == 0x80 {
			return errors.New("a topic filter is not allowed to this user")
		}
	}
	return nil
}

// loop writes what is queued, and makes it safe now and then.
func (c *Capture) loop(ctx context.Context) error {
	flush, sync := time.NewTicker(c.o.FlushEvery), time.NewTicker(c.o.SyncEvery)
	defer flush.Stop()
	defer sync.Stop()
	var spare []item
	var pending *paho.SubscribeToken
	var subscribed <-chan struct{}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-c.q.ready:
			spare = c.q.take(spare)
			var up bool
			if up, err = c.keep(spare); up && err == nil {
				pending = c.subscribe()
				subscribed = pending.Done()
			}
			clear(spare)
		case <-subscribed:
			subscribed = nil
			err = c.resubscribed(pending)
		case <-flush.C:
			err = c.w.Flush()
		case <-sync.C:
			if err = c.w.Sync(); c.keeper.back && subscribed == nil && err == nil { // refused: ask again
				pending = c.subscribe()
				subscribed = pending.Done()
			}
		}
		if err != nil {
			return err
		}
		c.publish()
	}
}

// resubscribed ends a gap, unless the connection went again before that.
func (c *Capture) resubscribed(t *paho.SubscribeToken) error {
	err := t.Error()
	if err == nil {
		err = refused(t)
	}
	if err != nil {
		c.o.Log.Warn("subscribing again failed", "broker", c.o.Broker, "error", err)
		return nil
	}
	c.o.Log.Info("connected again", "broker", c.o.Broker)
	return c.keeper.heard(time.Now())
}

// keep writes items, and reports whether a connection was made among them that
// still stands.
func (c *Capture) keep(items []item) (up bool, err error) {
	for i := range items {
		it := &items[i]
		switch it.kind {
		case itemUp:
			up = c.keeper.connected()
		case itemDown:
			up = false
			c.o.Log.Warn("connection lost", "broker", c.o.Broker, "error", it.err)
			c.keeper.lost(it)
		default:
			if err := c.keeper.message(it); err != nil {
				return false, err
			}
		}
	}
	return up, nil
}

// drain writes what came in while the loop ended.
func (c *Capture) drain(spare []item) error {
	_, err := c.keep(c.q.take(spare))
	return err
}
