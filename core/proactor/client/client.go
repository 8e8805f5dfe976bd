package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// ErrOptions: the options make no client.
var ErrOptions = errors.New("mqtt client options")

// After a failed attempt the pauses are 2 s, 4 s, 8 s … PauseMax, and then begin
// anew (GW-172).
const (
	pauseFirst = 2 * time.Second
	// pauseLost is that after a connection which was made and lost, so that two
	// clients of one id do not throw each other out without a pause.
	pauseLost = time.Second
)

// PauseMaxDefault is the longest pause between two attempts (GW-172).
const PauseMaxDefault = 1024 * time.Second

// Events are what a client tells, on the loop. Those that are nil are not told.
type Events struct {
	Connected     func()
	ConnectFailed func(err error, retry time.Duration) // it tries again after retry
	Disconnected  func(err error)
	// Suback: the broker has acknowledged a subscription, and so many are pending.
	Suback func(pending int)
	// Refused: the broker has refused one, which stays pending.
	Refused func(err error)
	Message func(m mqtt.Message)
}

// Options say what a client connects to, and whom it tells.
type Options struct {
	// Name is what the client's tasks are called.
	Name string
	// Dial makes a connection that is not made again by itself (Once of
	// link.DialOptions). It is called off the loop and may take its time. Required.
	Dial   func(wake func()) (link.Transport, error)
	Events Events
	// PauseMax is the longest pause after a failed attempt; 0: PauseMaxDefault. One
	// below the first pause of 2 s is every pause.
	PauseMax time.Duration
}

// Client is a connection to a broker, for as long as it is not stopped. Make it
// with New.
type Client struct {
	loop      *loop.Loop
	o         Options
	transport link.Transport // nil: there is none
	up        bool           // the transport is there, and Connected was told
	arrivals  *loop.Updater
	again     *loop.Timer
	pause     time.Duration // after the next failure
	started   bool
	stopped   bool
	subs      []subscription
}

type subscription struct {
	filter  string
	qos     byte
	pending bool
}

// New makes a client that is served by the loop, and not connected.
func New(l *loop.Loop, o Options) (*Client, error) {
	if o.Dial == nil {
		return nil, fmt.Errorf("%w: %q has no Dial", ErrOptions, o.Name)
	}
	if o.PauseMax < 0 {
		return nil, fmt.Errorf("%w: %q has a PauseMax of %v: it must be above zero, or zero for %v", ErrOptions, o.Name, o.PauseMax, PauseMaxDefault)
	}
	if o.PauseMax == 0 {
		o.PauseMax = PauseMaxDefault
	}
	c := &Client{loop: l, o: o}
	c.pause = c.firstPause()
	c.arrivals = l.NewUpdater(c.receive, true)
	c.again = l.NewTimer(func(*loop.Timer) { c.dial() })
	return c, nil
}

// Start connects, and goes on until Stop. A client is started once.
func (c *Client) Start() {
	if c.started || c.stopped {
		return
	}
	c.started = true
	c.dial()
}

// Stop ends the connection, after what was published. Nothing is told any more,
// and what is published from now on is link.ErrClosed. An attempt that is under
// way is not waited for: the connection that it makes is closed. Stop is
// idempotent, and may be called when the loop runs no more. The error is that of
// closing the connection.
func (c *Client) Stop() error {
	c.stopped, c.up = true, false
	c.again.Stop()
	t := c.transport
	c.transport = nil
	if t == nil {
		return nil
	}
	var err error
	c.loop.Runtime().Blocking(func() { err = t.Close() })
	return err
}

// Connected reports whether the connection stands.
func (c *Client) Connected() bool { return c.up }

// Publish hands a message to the broker. It must not be changed afterwards. The
// error wraps link.ErrDown where there is no connection, link.ErrClosed after a
// Stop, mqtt.ErrTopic or what the transport says.
func (c *Client) Publish(m mqtt.Message) error {
	if err := c.publish(m); err != nil {
		return fmt.Errorf("publish to %q: %w", m.Topic, err)
	}
	return nil
}

func (c *Client) publish(m mqtt.Message) error {
	switch err := mqtt.ValidateTopic(m.Topic); {
	case err != nil:
		return err
	case m.QoS > 2:
		return qosError(m.QoS)
	case c.stopped:
		return link.ErrClosed
	case !c.up:
		return link.ErrDown
	}
	return c.transport.Publish(m)
}

// dial makes an attempt beside the loop. The transport is kept from the moment it
// is there, so that Stop closes it also where the loop never comes to tell of it.
func (c *Client) dial() {
	rt := c.loop.Runtime()
	rt.Go(c.o.Name, func() {
		var t link.Transport
		var err error
		rt.Blocking(func() { t, err = c.o.Dial(c.arrivals.Trigger) })
		switch {
		case c.stopped && err == nil:
			rt.Blocking(func() { _ = t.Close() }) // nobody waits for it any more
		case err != nil:
			c.loop.Post(func() { c.retry(err) })
		default:
			c.transport = t
			c.loop.Post(c.connected)
		}
	})
}

func (c *Client) connected() {
	if c.stopped {
		return
	}
	c.up, c.pause = true, c.firstPause()
	c.arrivals.Trigger() // what came before there was a transport to ask
	tell(c.o.Events.Connected)
}

func (c *Client) retry(err error) {
	if c.stopped {
		return
	}
	pause := c.pause
	if c.pause *= 2; c.pause > c.o.PauseMax {
		c.pause = c.firstPause()
	}
	c.again.StartOnce(pause)
	if told := c.o.Events.ConnectFailed; told != nil {
		told(err, pause)
	}
}

func (c *Client) firstPause() time.Duration { return min(pauseFirst, c.o.PauseMax) }

// leave closes a connection that is of no use any more, which may take a while.
func (c *Client) leave(t link.Transport) {
	rt := c.loop.Runtime()
	rt.Go(c.o.Name+" leaves", func() { rt.Blocking(func() { _ = t.Close() }) })
}

// lost is told by the transport.
func (c *Client) lost(err error) {
	c.leave(c.transport)
	c.transport, c.up = nil, false
	c.unsubscribed()
	c.again.StartOnce(pauseLost)
	if told := c.o.Events.Disconnected; told != nil {
		told(err)
	}
}

// batchSize bounds how many arrivals are handled before other callbacks of the
// loop get their turn.
const batchSize = 256

// receive hands arrivals out; it runs on the loop. An arrival whose handling
// panics does not keep those behind it, for which nobody would wake us again.
func (c *Client) receive() {
	for range batchSize {
		if !c.up {
			return
		}
		a, ok := c.transport.Receive()
		if !ok {
			return
		}
		loop.Protect(c.loop, c.arrived, a)
	}
	c.arrivals.Trigger()
}

func (c *Client) arrived(a link.Arrival) {
	switch a.Kind {
	case link.ArrivedMessage:
		if told := c.o.Events.Message; told != nil {
			told(a.Message)
		}
	case link.ArrivedGrant:
		c.granted(a.Filter)
	case link.ArrivedRefusal:
		if told := c.o.Events.Refused; told != nil {
			told(a.Err)
		}
	case link.ArrivedDown:
		c.lost(a.Err)
	case link.ArrivedUp: // Dial has returned it
	}
}

func tell(fn func()) {
	if fn != nil {
		fn()
	}
}
