package broker

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// outboxBytes is how much waits to be sent to one network client before
	// whoever has more for it waits too, and mochi's queue for it fills.
	outboxBytes = 1 << 20
	// keptBytes is how large a buffer may be to be used again.
	keptBytes = 64 << 10
)

// outbox sends to one connection without making anybody wait. Mochi writes while
// it holds the client's lock, which everybody needs who publishes to that client
// with QoS 1 or 2: one client that does not read would bring the others to a
// halt. It also writes each packet by itself; what comes while one is being
// written goes out with the next, in one piece.
//
// An idle one holds no buffer and no goroutine.
type outbox struct {
	to     net.Conn
	failed func() // called once, when the connection takes nothing more

	mu      sync.Mutex // rules: the border to network clients; held for a few instructions, with no other inside
	changed sync.Cond  // rules: the same
	waiting []byte     // not yet being written
	writing bool       // a goroutine is
	closed  bool       // nothing more is taken
	err     error      // why nothing more is written
}

// buffers are those of outboxes that have nothing to send.
var buffers = sync.Pool{New: func() any { return new([]byte) }} // rules: memory only, of the border to network clients

func (o *outbox) init(to net.Conn, failed func()) {
	o.to, o.failed = to, failed
	o.changed.L = &o.mu
}

// write takes a copy of p.
func (o *outbox) write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
		return 0, o.err
	case o.closed:
		return 0, net.ErrClosed
	}
	o.add(p)
	return len(p), nil
}

// lastWords takes p also after close, before drain.
func (o *outbox) lastWords(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.add(p)
	}
}

func (o *outbox) add(p []byte) {
	if o.waiting == nil {
		o.waiting = (*buffers.Get().(*[]byte))[:0]
	}
	o.waiting = append(o.waiting, p...)
	if !o.writing {
		o.writing = true
		go o.send() // rules: ends when nothing waits; drain waits for it
	}
}

// send writes until nothing waits.
func (o *outbox) send() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) > 0 && o.err == nil {
		p := o.waiting
		o.waiting = nil
		o.mu.Unlock()
		_, err := o.to.Write(p)
		if cap(p) <= keptBytes {
			buffers.Put(&p)
		}
		if err != nil {
			o.failed()
		}
		o.mu.Lock()
		o.err = err
		o.changed.Broadcast()
	}
	o.waiting, o.writing = nil, false
	o.changed.Broadcast()
}

// waitForRoom returns when not too much waits, or the connection ends.
func (o *outbox) waitForRoom() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) >= outboxBytes && o.err == nil && !o.closed {
		o.changed.Wait()
	}
}

// close takes nothing more, and lets everybody go who waits for room.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
}

// drain returns when everything is sent, or was not within leaveWithin: the
// connection is closed then.
func (o *outbox) drain() {
	enough := time.AfterFunc(leaveWithin, func() { _ = underneath(o.to).Close() }) // rules: real sockets, real time
	defer enough.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.changed.Wait()
	}
}

// underneath is the connection that TLS and WebSocket use.
func underneath(nc net.Conn) net.Conn {
	for {
		switch c := nc.(type) {
		case *wsConn:
			nc = c.Conn
		case *tls.Conn:
			nc = c.NetConn()
		default:
			return nc
		}
	}
}

// hearOut reads and drops what the client still sends, for leaveWithin: closing
// a connection with unread data resets it, and the client may never read why.
func hearOut(nc net.Conn) {
	nc = underneath(nc)
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = nc.SetReadDeadline(time.Now().Add(leaveWithin)) // rules: real sockets, real time
	_, _ = io.Copy(io.Discard, nc)                      // it ends by the deadline, or by the client's end
}
