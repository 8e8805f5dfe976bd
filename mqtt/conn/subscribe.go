package conn

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
)

// maxSubscriptionID is the largest that the wire can carry (3.8.2.1.2).
const maxSubscriptionID = 268_435_455

// Subscription is what to subscribe to. What is below QoS is sent in MQTT 5
// only; in 3.1.1 it is left out.
type Subscription struct {
	Filter string
	QoS    byte // the highest that messages come with
	// RetainAsPublished keeps the retain flag of live messages as their
	// publishers set it; without it, and in 3.1.1, only retained messages that
	// were there before have it.
	RetainAsPublished bool
	// RetainHandling: 0 retained messages are sent, 1 only if the subscription is
	// new, 2 they are not.
	RetainHandling byte
	// ID comes back in Incoming.Subscription; 0: none. The broker may not have
	// them, see Limits.
	ID      int
	NoLocal bool // what we publish ourselves is not sent to us
}

func (s Subscription) validate() error {
	if err := mqtt.ValidateFilter(s.Filter); err != nil {
		return fmt.Errorf("%w: %w", ErrSubscribe, err)
	}
	switch {
	case s.QoS > 2:
		return fmt.Errorf("%w: %q: QoS %d is none of 0, 1 and 2", ErrSubscribe, s.Filter, s.QoS)
	case s.RetainHandling > 2: // [MQTT-3.8.3-5]
		return fmt.Errorf("%w: %q: the retain handling %d is none of 0, 1 and 2", ErrSubscribe, s.Filter, s.RetainHandling)
	case s.ID < 0 || s.ID > maxSubscriptionID:
		return fmt.Errorf("%w: %q: the identifier %d is not from 0 to %d", ErrSubscribe, s.Filter, s.ID, maxSubscriptionID)
	case s.NoLocal && strings.HasPrefix(s.Filter, "$share/"): // [MQTT-3.8.3-4]
		return fmt.Errorf("%w: %q: a shared subscription cannot leave out our own messages", ErrSubscribe, s.Filter)
	}
	return nil
}

// Subscribe returns when the broker has answered. Its error wraps ErrSubscribe
// and names each filter that was refused and why; the others are subscribed to.
// It is ErrLost or ErrClosed when the connection ended, and the context's error
// when that did: then nothing is known.
func (c *Conn) Subscribe(ctx context.Context, subs ...Subscription) error {
	filters := make([]string, len(subs))
	subs = slices.Clone(subs)
	for i, s := range subs {
		if err := s.validate(); err != nil {
			return err
		}
		filters[i] = s.Filter
		if c.version != V5 {
			subs[i] = Subscription{Filter: s.Filter, QoS: s.QoS}
		}
	}
	return c.ask(ctx, filters, func(ctx context.Context) ([]string, error) { return c.client.subscribe(ctx, subs) })
}

// Unsubscribe is the reverse of Subscribe, with the same errors. A filter that
// was not subscribed to is no error.
func (c *Conn) Unsubscribe(ctx context.Context, filters ...string) error {
	for _, f := range filters {
		if err := mqtt.ValidateFilter(f); err != nil {
			return fmt.Errorf("%w: %w", ErrSubscribe, err)
		}
	}
	return c.ask(ctx, filters, func(ctx context.Context) ([]string, error) { return c.client.unsubscribe(ctx, filters) })
}

func (c *Conn) ask(ctx context.Context, filters []string, do func(context.Context) ([]string, error)) error {
	if len(filters) == 0 { // [MQTT-3.8.3-3]
		return nil
	}
	if err := c.wire.publisher.ended(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Timeout, fmt.Errorf("%w: the broker did not answer within %v", ErrSubscribe, c.o.Timeout))
	defer cancel()
	// The library for MQTT 5 can miss that the connection was lost.
	defer context.AfterFunc(c.wire.publisher.gone, cancel)()
	refusals, err := do(ctx)
	if ended := c.wire.publisher.ended(); err != nil && ended != nil {
		return ended
	}
	if err != nil {
		return given(ctx, err)
	}
	var bad []string
	for i, why := range refusals {
		if why != "" {
			bad = append(bad, fmt.Sprintf("%q: %s", filters[i], why))
		}
	}
	if bad != nil {
		return fmt.Errorf("%w: %s", ErrSubscribe, strings.Join(bad, "; "))
	}
	return nil
}
