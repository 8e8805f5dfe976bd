package links_test

import (
	"errors"
	"slices"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

var errAway = errors.New("the broker is away")

// hub is a broker of a few lines: what one client publishes comes to those who
// have subscribed to it.
type hub struct {
	rt      clock.Runtime
	denies  error                     // what Subscribe returns
	away    bool                      // no connection is made
	holding bool                      // subacks are held back
	conns   []*conn                   // that were made, the lost ones too
	lose    func(m mqtt.Message) bool // on the way; nil: nothing
}

// conn is a client's connection.
type conn struct {
	hub      *hub
	id       string
	once     bool // as it was dialled
	wake     func()
	filters  []string
	asked    []string // filters whose suback is held back
	arrivals []link.Arrival
	dead     bool
	refuses  error  // what Publish returns
	closing  func() // called by Close
}

// dial is called off the loop.
func (h *hub) dial(o link.DialOptions, wake func()) (t link.Transport, err error) {
	h.rt.Rejoin(func() {
		if h.away {
			err = errAway
			return
		}
		c := &conn{hub: h, id: o.ClientID, once: o.Once, wake: wake}
		h.conns = append(h.conns, c)
		t = c
	})
	return t, err
}

// of is the latest connection of a client.
func (h *hub) of(id string) *conn {
	for _, c := range slices.Backward(h.conns) {
		if c.id == id {
			return c
		}
	}
	return nil
}

// cut ends a client's connection, if there is one.
func (h *hub) cut(id string) {
	if c := h.of(id); c != nil && !c.dead {
		c.dead = true
		c.comes(link.Arrival{Kind: link.ArrivedDown, Err: errAway})
	}
}

// grant gives up to n subacks that were held back to a client.
func (h *hub) grant(id string, n int) {
	c := h.of(id)
	for _, filter := range c.asked[:min(n, len(c.asked))] {
		c.comes(link.Arrival{Kind: link.ArrivedGrant, Filter: filter})
	}
	c.asked = c.asked[min(n, len(c.asked)):]
}

func (c *conn) comes(a link.Arrival) {
	c.arrivals = append(c.arrivals, a)
	if len(c.arrivals) == 1 {
		c.wake()
	}
}

func (c *conn) ClientID() string { return c.id }

func (c *conn) Publish(m mqtt.Message) error {
	switch {
	case c.dead:
		return link.ErrDown
	case c.refuses != nil:
		return c.refuses
	case c.hub.lose != nil && c.hub.lose(m):
		return nil
	}
	for _, to := range c.hub.conns {
		matches := func(filter string) bool { return mqtt.Match(filter, m.Topic) }
		if !to.dead && slices.ContainsFunc(to.filters, matches) {
			to.comes(link.Arrival{Message: m})
		}
	}
	return nil
}

func (c *conn) Subscribe(filter string, _ byte) error {
	if c.dead {
		return link.ErrDown
	}
	if c.hub.denies != nil {
		return c.hub.denies
	}
	c.filters = append(c.filters, filter)
	if c.asked = append(c.asked, filter); !c.hub.holding {
		c.hub.grant(c.id, 1)
	}
	return nil
}

func (c *conn) Unsubscribe(string) error { return nil }

func (c *conn) Receive() (link.Arrival, bool) {
	if len(c.arrivals) == 0 {
		return link.Arrival{}, false
	}
	a := c.arrivals[0]
	c.arrivals = c.arrivals[1:]
	return a, true
}

// Close is called off the loop.
func (c *conn) Close() error {
	c.hub.rt.Rejoin(func() {
		c.dead = true
		if c.closing != nil {
			c.closing()
		}
	})
	return nil
}
