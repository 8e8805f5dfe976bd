package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Conn is a connection that [Dial] has made. It is safe for concurrent use.
type Conn struct {
	o       Options
	version Version
	wire    *wire
	client  client
	id      string
	limits  Limits

	dialed chan struct{} // closed when Dial returns
	over   chan struct{} // closed when the connection has ended
	ending sync.Once     // closes over
	keeper sync.WaitGroup

	mu      sync.Mutex
	closing bool
	closed  chan struct{} // closed when Close is done
	err     error         // of Close

	showing sync.Mutex // held while OnMessage runs
	silent  bool       // OnMessage is not called any more
	copier  mqtt.Copier
}

// client is a library's part: who it is, what it subscribes to, how messages
// come, and the end. Its errors do not name the operation.
type client interface {
	// connect returns when the broker has accepted.
	connect(ctx context.Context) (accepted, error)
	// subscribe returns what became of each subscription, "" for a grant.
	subscribe(ctx context.Context, subs []Subscription) ([]string, error)
	unsubscribe(ctx context.Context, filters []string) ([]string, error)
	// disconnect says goodbye and returns when the library has ended.
	disconnect()
}

// accepted is what a broker says when it accepts.
type accepted struct {
	id        string
	limits    Limits
	keepAlive time.Duration
}

// Dial connects and returns when the broker has accepted. Errors wrap
// ErrAddress, ErrOptions, or ErrConnect with the cause; [Hint] says what to look
// at.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	o, u, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	v := o.Version
	if v == Auto {
		v = V5
	}
	c, err := dial(ctx, o, u, v)
	if err != nil && o.Version == Auto && onlyOld(err) && ctx.Err() == nil {
		c, err = dial(ctx, o, u, V311)
	}
	if err != nil {
		return nil, fmt.Errorf("%w to %s: %w", ErrConnect, Redacted(u.String()), err)
	}
	close(c.dialed)
	return c, nil
}

// onlyOld reports whether a broker may be one that knows no MQTT 5: it says so,
// answers in the old format, or closes the connection.
func onlyOld(err error) bool {
	var r *RefusedError
	if errors.As(err, &r) {
		return r.Old || r.Code == reasonVersion
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

var errNoAnswer = errors.New("it does not answer")

// dial makes one attempt.
func dial(ctx context.Context, o Options, u *url.URL, v Version) (*Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("%w within %v: %w", errNoAnswer, o.Timeout, context.DeadlineExceeded))
	defer cancel()
	nc, err := open(ctx, u, o.LocalAddr, cloneTLS(o.TLS))
	if err != nil {
		return nil, given(ctx, err)
	}
	c := &Conn{
		o: o, version: v, wire: newWire(nc, v),
		dialed: make(chan struct{}), over: make(chan struct{}), closed: make(chan struct{}),
	}
	c.wire.plain.show = c.deliver
	if v == V5 {
		c.client = &client5{c: c}
	} else {
		c.client = &client311{c: c}
	}
	release := context.AfterFunc(ctx, func() { c.wire.fail(context.Cause(ctx)) })
	a, err := c.client.connect(ctx)
	if err == nil && !release() {
		err = context.Cause(ctx)
		c.mu.Lock()
		c.closing = true // nobody is told of what nobody has seen
		c.mu.Unlock()
		close(c.dialed)
		c.client.disconnect()
	}
	if err != nil {
		release()
		err = given(ctx, c.wire.why(err))
		c.wire.fail(err)
		return nil, err
	}
	c.id, c.limits = a.id, a.limits
	c.keeper.Go(func() { c.wire.keep(a.keepAlive, c.over) })
	return c, nil
}

// given is err, or that the time was over where that is the reason.
func given(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func cloneTLS(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return cfg.Clone()
}

// Version is V311 or V5.
func (c *Conn) Version() Version { return c.version }

// ClientID is how the broker knows us: Options.ClientID, what was drawn for it,
// or what an MQTT 5 broker has given instead.
func (c *Conn) ClientID() string { return c.id }

// Limits are what the broker allows; in 3.1.1, where it cannot say, all but
// subscription identifiers.
func (c *Conn) Limits() Limits { return c.limits }

// Publish sends a message; messages of one goroutine go out in the order of its
// calls. It blocks while the network, or too much unacknowledged, makes it.
//
// When it returns nil, done, which may be nil, is called once, from any
// goroutine, possibly before Publish returns: with nil when a message of QoS 0
// was handed to the network, one of QoS 1 was acknowledged, one of QoS 2 was
// completed; with an error that wraps ErrPublish when the broker refuses it (MQTT
// 5), and ErrLost or ErrClosed when the connection ended first. done must not
// block, and not publish: acknowledgements are not read meanwhile.
//
// When it returns an error, nothing was sent and done is not called: ErrPublish
// for what cannot be sent on this connection, which goes on, and ErrLost or
// ErrClosed.
//
// Dup is not sent: it would say that this connection had sent it before. With
// 3.1.1 properties cannot be sent and are left out without a word.
func (c *Conn) Publish(m mqtt.Message, done func(error)) error {
	if err := sendable(m, c.version, c.limits); err != nil {
		return err
	}
	return c.wire.publisher.publish(m, done)
}

// show hands a message of a library to OnMessage.
func (c *Conn) show(in Incoming) {
	c.deliver(in)
	c.wire.messageDone()
}

func (c *Conn) deliver(in Incoming) {
	c.showing.Lock()
	defer c.showing.Unlock()
	if c.o.OnMessage != nil && !c.silent {
		c.o.OnMessage(in)
	}
}

// keepable is a payload that does not keep more memory than it needs.
func (c *Conn) keepable(payload []byte) []byte {
	if len(payload) > cap(payload)/2 {
		return payload
	}
	return c.copier.Copy(payload)
}

// lost is called by a library when the connection has ended, after the last
// message was shown.
func (c *Conn) lost(err error) {
	<-c.dialed
	first := false
	c.ending.Do(func() {
		first = true
		close(c.over)
	})
	if !first {
		return
	}
	err = lost(c.wire.why(err))
	c.wire.publisher.finish(err)
	c.mu.Lock()
	tell := !c.closing
	c.mu.Unlock()
	if tell && c.o.OnLost != nil {
		c.o.OnLost(err)
	}
}

// Close waits until what was published is acknowledged, at most Options.Timeout,
// says goodbye, and returns when OnMessage has returned for the last time and
// the connection's goroutines have ended. What was not acknowledged has its
// done called with ErrClosed, and Close returns an error that says how much it
// was, also when the connection was lost first. OnLost is not called any more.
// Close may be called again; it is not for OnMessage to call.
func (c *Conn) Close() error {
	c.mu.Lock()
	first := !c.closing
	c.closing = true
	c.mu.Unlock()
	if !first {
		<-c.closed
		return c.err
	}
	p := c.wire.publisher
	p.stop(ErrClosed)
	p.drain(c.over, c.o.Timeout)
	c.client.disconnect()
	c.ending.Do(func() { close(c.over) })
	c.keeper.Wait()
	c.showing.Lock()
	c.silent = true
	c.showing.Unlock()
	p.finish(ErrClosed)
	if n := p.unanswered(); n > 0 {
		c.err = fmt.Errorf("%w before %d messages were acknowledged", ErrClosed, n)
	}
	close(c.closed)
	return c.err
}
