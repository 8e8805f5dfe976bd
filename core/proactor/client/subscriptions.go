package client

import (
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
)

// Subscribe remembers a subscription, and asks the broker for it if there is a
// connection. Of a filter that is known the QoS is changed. It is pending until
// the broker acknowledges it. A filter or a QoS that is none is an error, and is
// not remembered; where the transport returns one, the subscription is.
func (c *Client) Subscribe(filter string, qos byte) error {
	if err := mqtt.ValidateFilter(filter); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if qos > 2 {
		return fmt.Errorf("subscribe to %q: %w", filter, qosError(qos))
	}
	s := c.subscription(filter)
	if s == nil {
		c.subs = append(c.subs, subscription{filter: filter})
		s = &c.subs[len(c.subs)-1]
	}
	s.qos, s.pending = qos, true
	return c.ask(s)
}

// SubscribeAll asks the broker for every subscription, one packet each, so each
// has an acknowledgement of its own. All are pending from now on. Without any,
// Suback(0) is told, since nothing is pending. Without a connection it does
// nothing. The error is the first that the transport returns.
func (c *Client) SubscribeAll() error {
	if !c.up {
		return nil
	}
	c.unsubscribed()
	for i := range c.subs {
		if err := c.ask(&c.subs[i]); err != nil {
			return err
		}
	}
	if len(c.subs) == 0 {
		c.loop.Post(c.nothingPending)
	}
	return nil
}

// nothingPending tells so, unless the connection was lost meanwhile.
func (c *Client) nothingPending() {
	if told := c.o.Events.Suback; told != nil && c.up {
		told(0)
	}
}

// Pending is how many subscriptions the broker has not acknowledged.
func (c *Client) Pending() (n int) {
	for i := range c.subs {
		if c.subs[i].pending {
			n++
		}
	}
	return n
}

// Subscribed reports whether there is a connection on which nothing is pending.
func (c *Client) Subscribed() bool { return c.up && c.Pending() == 0 }

func (c *Client) ask(s *subscription) error {
	if !c.up {
		return nil // it is asked for when there is a connection
	}
	if err := c.transport.Subscribe(s.filter, s.qos); err != nil {
		return fmt.Errorf("subscribe to %q: %w", s.filter, err)
	}
	return nil
}

// granted is told by the transport. A filter that nobody subscribed to, or that
// is not pending, changes nothing.
func (c *Client) granted(filter string) {
	s := c.subscription(filter)
	if s == nil || !s.pending {
		return
	}
	s.pending = false
	if told := c.o.Events.Suback; told != nil {
		told(c.Pending())
	}
}

func (c *Client) subscription(filter string) *subscription {
	for i := range c.subs {
		if c.subs[i].filter == filter {
			return &c.subs[i]
		}
	}
	return nil
}

// unsubscribed makes all subscriptions pending: a session that ended, or that
// begins, knows none.
func (c *Client) unsubscribed() {
	for i := range c.subs {
		c.subs[i].pending = true
	}
}

func qosError(qos byte) error { return fmt.Errorf("QoS %d: it is 0, 1 or 2", qos) }
