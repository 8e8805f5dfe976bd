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
	// PauseMax is the longest pause after a failed attempt; 0: PauseMaxDefault.
	PauseMax time.Duration
}

// Client is a connection to a broker, for as long as it is not stopped. Make it
// with New.
type Client struct {
	loop      *loop.Loop
	o         Options
	transport link.Transport // nil: there is no connection
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
	if o.PauseMax == 0 {
		o.PauseMax = PauseMaxDefault
	}
	c := &Client{loop: l, o: o, pause: pauseFirst}
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
// and what is published from now on is link.ErrClosed. It is idempotent, and may
// be called when the loop runs no more.
func (c *Client) Stop() error {
	if c.stopped {
		return nil
	}
	c.stopped = true
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
func (c *Client) Connected() bool { return c.transport != nil }

// Publish hands a message to the broker, or returns an error that wraps
// link.ErrDown or link.ErrClosed.
func (c *Client) Publish(m mqtt.Message) error {
	err := link.ErrDown
	switch {
	case c.stopped:
		err = link.ErrClosed
	case c.transport != nil:
		err = c.transport.Publish(m)
	}
	if err != nil {
		return fmt.Errorf("publish to %q: %w", m.Topic, err)
	}
	return nil
}

// dial makes an attempt beside the loop.
func (c *Client) dial() {
	rt := c.loop.Runtime()
	rt.Go(c.o.Name, func() {
		var t link.Transport
		var err error
		rt.Blocking(func() { t, err = c.o.Dial(c.arrivals.Trigger) })
		if c.stopped {
			if err == nil {
				rt.Blocking(func() { _ = t.Close() }) // nobody waits for it any more
			}
			return
		}
		c.loop.Post(func() { c.dialled(t, err) })
	})
}

func (c *Client) dialled(t link.Transport, err error) {
	switch {
	case c.stopped && err == nil:
		c.leave(t)
	case c.stopped:
	case err != nil:
		c.retry(err)
	default:
		c.transport, c.pause = t, pauseFirst
		tell(c.o.Events.Connected)
		c.arrivals.Trigger() // what came before there was a transport to ask
	}
}

func (c *Client) retry(err error) {
	pause := c.pause
	if c.pause *= 2; c.pause > c.o.PauseMax {
		c.pause = pauseFirst
	}
	c.again.StartOnce(pause)
	if told := c.o.Events.ConnectFailed; told != nil {
		told(err, pause)
	}
}

// leave closes a connection that is of no use any more, which may take a while.
func (c *Client) leave(t link.Transport) {
	rt := c.loop.Runtime()
	rt.Go(c.o.Name+" leaves", func() { rt.Blocking(func() { _ = t.Close() }) })
}

// lost is told by the transport.
func (c *Client) lost(err error) {
	c.leave(c.transport)
	c.transport = nil
	c.unsubscribed()
	c.again.StartOnce(pauseLost)
	if told := c.o.Events.Disconnected; told != nil {
		told(err)
	}
}

// batchSize bounds how many arrivals are handled before other callbacks of the
// loop get their turn.
const batchSize = 256

// receive hands arrivals out; it runs on the loop.
func (c *Client) receive() {
	for range batchSize {
		if c.transport == nil {
			return
		}
		a, ok := c.transport.Receive()
		if !ok {
			return
		}
		c.arrived(&a)
	}
	c.arrivals.Trigger()
}

func (c *Client) arrived(a *link.Arrival) {
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
