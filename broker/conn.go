package broker

import (
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// conn is one network connection and whom it belongs to. What says nothing else
// is used by the connection's own goroutine only.
//
// Mochi closes a connection before it has taken the client's subscriptions away.
// So Close only stops reading and writing, and the connection itself is closed
// when the broker is done: a client that sees its end knows that.
type conn struct {
	net.Conn
	source    string        // never changes
	clientID  string        // empty until the client is admitted; see edge.mu
	number    uint64        // in the order of admission, from 1; see edge.mu
	done      chan struct{} // closed when its goroutine has nothing left to do
	emptyWill bool          // its will has no payload
	wants     []bool        // which filters of the present SUBSCRIBE want a replay
	replay    []packets.Packet

	mu     sync.Mutex // held alone
	closed bool       // see mu
}

// past is a deadline that ends what waits for it.
var past = time.Unix(1, 0)

// Close ends what reads and writes. Safe from any goroutine.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return c.Conn.SetDeadline(past)
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
