package link

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// onceTransport is a Transport on a connection that is not made again.
type onceTransport struct {
	conn     *conn.Conn
	arrivals *clock.Inbox[Arrival]
	outbox   outbox
	timeout  time.Duration
	lost     atomic.Bool
}

func dialOnce(ctx context.Context, o DialOptions, wake func()) (Transport, error) {
	if o.Keep {
		return nil, errors.New("a connection that is not made again has no session to keep")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultDialTimeout
	}
	t := &onceTransport{arrivals: clock.NewInbox[Arrival](nil, wake), timeout: o.Timeout}
	var err error
	t.conn, err = conn.Dial(ctx, conn.Options{
		Broker: o.Broker, User: o.User, Password: o.Password, ClientID: o.ClientID, TLS: o.TLS,
		Version: conn.V311, Timeout: o.Timeout, Will: o.Will,
		KeepAlive: o.KeepAlive, LocalAddr: o.LocalAddr,
		OnMessage: func(in conn.Incoming) { t.arrivals.Put(Arrival{Message: in.Message}) },
		OnLost:    t.wasLost,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, conn.Hint(err))
	}
	return t, nil
}

func (t *onceTransport) wasLost(err error) {
	t.lost.Store(true)
	t.arrivals.Put(Arrival{Kind: ArrivedDown, Err: err})
}

func (t *onceTransport) ClientID() string { return t.conn.ClientID() }

func (t *onceTransport) Receive() (Arrival, bool) { return t.arrivals.Take() }

// Publish: what cannot be sent any more is told as the loss.
func (t *onceTransport) Publish(m mqtt.Message) error {
	return t.later(func() { _ = t.conn.Publish(m, nil) })
}

func (t *onceTransport) Subscribe(filter string, qos byte) error {
	return t.later(func() {
		switch err := t.conn.Subscribe(context.Background(), conn.Subscription{Filter: filter, QoS: qos}); {
		case err == nil:
			t.arrivals.Put(Arrival{Kind: ArrivedGrant, Filter: filter})
		case errors.Is(err, conn.ErrSubscribe):
			t.arrivals.Put(Arrival{Kind: ArrivedRefusal, Filter: filter, Err: err})
		}
	})
}

func (t *onceTransport) Unsubscribe(filter string) error {
	return t.later(func() { _ = t.conn.Unsubscribe(context.Background(), filter) })
}

func (t *onceTransport) later(send func()) error {
	if t.lost.Load() {
		return ErrDown
	}
	t.outbox.put(send)
	return nil
}

// Close lets what was published last reach the broker.
func (t *onceTransport) Close() error {
	enough := time.NewTimer(t.timeout)
	defer enough.Stop()
	t.outbox.flush(enough.C) // what does not leave in time does not leave
	return t.conn.Close()
}
