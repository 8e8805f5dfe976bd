package broker

import (
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// conn is one network connection and whom it belongs to. What says nothing else
// is used by the connection's own goroutine only.
//
// Mochi closes a connection before it has taken the client's subscriptions away.
// So Close only stops reading, and the connection itself is closed when the
// broker is done: a client that sees its end knows that.
type conn struct {
	net.Conn
	source    string        // never changes
	clientID  string        // empty until the client is admitted; see edge.mu
	number    uint64        // in the order of admission, from 1; see edge.mu
	done      chan struct{} // closed when its goroutine has nothing left to do
	greeting  greeting
	connected bool   // the tap was told so, and not yet of its end
	emptyWill bool   // its will has no payload
	tooLarge  bool   // it said more than is taken, and may still be saying it
	wants     []bool // which filters of the present SUBSCRIBE want a replay
	replay    []late // of the present SUBSCRIBE
	backlog   []late
	client    *mochi.Client

	old       *mochi.Client   // whose session is being resumed; nil: nobody's
	inflight  *mochi.Inflight // what that session held
	inherited []uint16        // the packet ids of the deliveries among it

	// earlier is where stragglers are found: what the clients held that had the
	// session before, the oldest first. It does not change once the client is
	// listed.
	earlier     []*mochi.Inflight
	handover    sync.Mutex // rules: the border to network clients; held while stragglers are taken over
	handedOver  bool       // the session is another connection's; see handover
	lookingBack bool       // whoever sends what is published sends stragglers; see handover

	window window
	out    outbox

	mu     sync.Mutex // held alone, or with that of out inside
	closed bool       // see mu
	why    string     // what ended it, where the broker did; see mu
}

// past is a deadline that ends what waits for it.
var past = time.Unix(1, 0)

func newConn(nc net.Conn, source string) *conn {
	c := &conn{Conn: nc, source: source, done: make(chan struct{})}
	c.window.init()
	c.out.init(nc, func() { c.end("what was sent to it did not get through") })
	return c
}

// Read reads what the client says, once its first packet has a length that the
// broker takes from somebody it does not know.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if refused := c.greeting.check(p[:n]); refused != nil {
		return 0, refused
	}
	return n, err
}

// Write hands p, which is one packet, over to be sent, and does not wait for it.
// What mochi resends, before the window is open, is dropped: resume sends it.
// Safe from any goroutine.
func (c *conn) Write(p []byte) (int, error) {
	if kind := p[0] >> 4; (kind == packets.Publish || kind == packets.Pubrel) && !c.window.isOpen() {
		return len(p), nil
	}
	return c.out.write(p)
}

// Close ends what reads; what was written before is still sent. Safe from any
// goroutine.
func (c *conn) Close() error {
	c.end("")
	return nil
}

// because says why the connection is about to end. The first reason counts.
func (c *conn) because(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && c.why == "" {
		c.why = why
	}
}

// end is Close for a reason.
func (c *conn) end(why string) {
	c.because(why)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.window.close()
	c.out.close()
	_ = c.Conn.SetReadDeadline(past) // it fails on a connection that is gone
}

// reason is what the broker ended the connection for; empty: nothing it knows.
func (c *conn) reason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// SetDeadline does nothing after Close: mochi sets one for each packet.
func (c *conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return c.Conn.SetDeadline(t)
}
