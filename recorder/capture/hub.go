package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
)

// The identifiers of the two subscriptions on MQTT 5, the one that asks for what
// is retained and the one that follows it: live messages keep their retain flag
// there, so the flag alone does not tell a message that had been retained. A
// live one that comes between the two is taken for one, which makes no
// difference to the state it leaves.
const (
	askingID = 1 + iota
	followingID
)

// notRetained is the retain handling that asks for no retained messages
// [MQTT-3.3.1-11].
const notRetained = 2

// quiet is how long no retained message has come when there will be no more:
// nothing in MQTT says that it was the last one.
const quiet = 200 * time.Millisecond

// hub is one broker that is listened to.
type hub struct {
	o      Options
	broker Broker
	source *deck.Source
	log    *slog.Logger
	ask    chan struct{} // the deck wants what is retained

	following atomic.Bool  // the second subscription stands
	retained  atomic.Int64 // when the latest retained message came, ns since 1970
}

func newHub(d *deck.Deck, b Broker, o Options) *hub {
	h := &hub{
		o: o, broker: b, ask: make(chan struct{}, 1),
		log: o.Log.With("broker", conn.Redacted(b.Connection.Broker)),
	}
	h.source = d.Source(deck.SourceOptions{Name: b.Name, Prefix: b.Prefix, Head: func() {
		select {
		case h.ask <- struct{}{}:
		default:
		}
	}})
	h.broker.Connection.OnMessage = h.received
	return h
}

// received runs on the connection's goroutine, in the order of the wire. It only
// queues.
func (h *hub) received(in conn.Incoming) {
	if mqtt.MatchAny(h.o.Exclude, in.Topic) {
		return
	}
	r := recorder.Record{Kind: recorder.KindMessage, Message: in.Message}
	if in.Retain && (in.Subscription == askingID || (in.Subscription == 0 && !h.following.Load())) {
		r.Kind = recorder.KindSnapshot
		h.retained.Store(time.Now().UnixNano())
	}
	if in.QoS == 0 {
		h.source.Offer(r)
		return
	}
	h.source.Put(r)
}

// listen records from the broker until ctx ends, and calls heard when the first
// connection stands. It returns an error when that fails; one that is lost later
// is made again.
func (h *hub) listen(ctx context.Context, heard func()) error {
	c, err := h.connect(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("stopped before %s answered: %w", conn.Redacted(h.broker.Connection.Broker), context.Cause(ctx))
	}
	if err != nil {
		return &connectError{err}
	}
	h.source.Heard()
	heard()
	h.log.Info("connected", "mqtt", c.Version(), "topics", h.o.Topics)
	for c != nil {
		err := h.follow(ctx, c)
		_ = c.Close()
		if ctx.Err() != nil {
			return nil
		}
		h.log.Warn("connection lost", "error", err)
		if silent := (*conn.SilentError)(nil); errors.As(err, &silent) {
			h.source.LostSince(silent.Since, err.Error())
		} else {
			h.source.Lost(err.Error())
		}
		if c = h.again(ctx); c != nil {
			h.source.Heard()
			h.log.Info("connected again", "mqtt", c.Version())
		}
	}
	return nil
}

// line is a connection, and where its loss is told. Each has a place of its own:
// a loss may be told when the connection was given up already, and is not that of
// the next one.
type line struct {
	*conn.Conn
	lost chan error
}

// connect dials and subscribes.
func (h *hub) connect(ctx context.Context) (*line, error) {
	h.following.Store(false)
	l := &line{lost: make(chan error, 1)}
	o := h.broker.Connection
	o.OnLost = func(err error) { l.lost <- err }
	var err error
	if l.Conn, err = conn.Dial(ctx, o); err != nil {
		return nil, err
	}
	select {
	case <-h.ask: // the deck has asked meanwhile: it gets what comes now
	default:
	}
	if err := h.subscribe(ctx, l.Conn); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// subscribe asks for what is retained and for what comes.
func (h *hub) subscribe(ctx context.Context, c *conn.Conn) error {
	ids := c.Version() == conn.V5 && c.Limits().SubscriptionIDs
	if err := c.Subscribe(ctx, h.subscriptions(askingID, ids)...); err != nil {
		return err
	}
	if c.Version() == conn.V5 {
		if err := c.Subscribe(ctx, h.subscriptions(followingID, ids)...); err != nil {
			return err
		}
		h.following.Store(true)
	}
	return nil
}

func (h *hub) subscriptions(id int, ids bool) []conn.Subscription {
	out := make([]conn.Subscription, 0, len(h.o.Topics))
	for _, f := range h.o.Topics {
		// The first one is "as published" already: mosquitto 2.0 does not change
		// that when a filter is subscribed to again.
		s := conn.Subscription{Filter: f, QoS: h.o.QoS, RetainAsPublished: true}
		if ids {
			s.ID = id
		}
		if id == followingID {
			s.RetainHandling = notRetained
		}
		out = append(out, s)
	}
	return out
}

// follow waits while the connection stands, and returns why it does not any
// more.
func (h *hub) follow(ctx context.Context, l *line) error {
	settled := time.NewTimer(quiet)
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-l.lost:
			return err
		case <-h.ask:
			h.following.Store(false)
			if err := h.subscribe(ctx, l.Conn); err != nil {
				return fmt.Errorf("asking for what is retained: %w", err)
			}
			settled.Reset(quiet)
		case <-settled.C:
			if since := time.Since(time.Unix(0, h.retained.Load())); since < quiet {
				settled.Reset(quiet - since)
			} else if len(h.ask) == 0 { // else the deck waits for another head already
				h.source.HeadDone()
			}
		}
	}
}

// again dials until it succeeds; nil when ctx has ended.
func (h *hub) again(ctx context.Context) *line {
	for pause := h.o.retryFirst; ; pause = min(2*pause, h.o.retryMost) {
		wait := time.NewTimer(pause/2 + rand.N(pause/2+1)) // several recorders do not all come at once
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		c, err := h.connect(ctx)
		if err == nil {
			return c
		}
		if ctx.Err() != nil {
			return nil
		}
		h.source.Lost(err.Error()) // what was heard before it failed has ended the gap
		h.log.Debug("not connected again yet", "error", err, "hint", conn.Hint(err))
	}
}
