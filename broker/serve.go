package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/clock"
)

const (
	// connectWithin is how long a network client may take to say CONNECT.
	connectWithin = 10 * time.Second
	// leaveWithin is how long Close waits for a client to take the last words.
	leaveWithin = time.Second
)

// ListenOptions say where network clients connect.
type ListenOptions struct {
	// Address is host:port; port 0 takes a free one. Required.
	Address string
	// TLS encrypts; it must hold a certificate. Nil: plain text.
	TLS *tls.Config
	// WebSocket speaks MQTT over WebSocket (over TLS, if TLS is set).
	WebSocket bool
	// Source tags the clients of this listener for the tap. Empty: "network".
	Source string
}

// edge is the border between the broker and the goroutines of network clients.
// Everything in it may be touched from both sides.
type edge struct {
	b         *Broker
	names     names
	inbox     inbox
	source    *clock.Source // nil until the first Serve
	listeners []*listener   // in the order they were opened
	running   sync.WaitGroup
	leaving   atomic.Bool // close has begun: a broker that shuts down publishes no wills

	mu       sync.Mutex // all below, and clientID and number of every conn
	conns    map[*conn]struct{}
	byClient map[string][]*conn // those that are admitted, in order of arrival
	arrivals uint64
	closing  bool
}

func (e *edge) init(b *Broker) {
	e.b = b
	e.conns, e.byClient = map[*conn]struct{}{}, map[string][]*conn{}
	e.names.init(func(id string) bool {
		_, ok := b.server.Clients.Get(id)
		return ok
	})
	e.inbox.room.L = &e.inbox.mu
	e.inbox.drain = b.drain
	e.inbox.post = b.rt.Post
}

// Serve opens a network listener and returns its address. It can be called
// several times. From then on the broker's runtime waits for the network when
// nothing else is left to do. Errors wrap ErrListen, ErrOptions or ErrClosed,
// and the system's own.
func (b *Broker) Serve(o ListenOptions) (net.Addr, error) {
	if err := b.enter(); err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", o.Address, err)
	}
	defer b.leave()
	if o.TLS != nil && len(o.TLS.Certificates) == 0 && o.TLS.GetCertificate == nil && o.TLS.GetConfigForClient == nil {
		return nil, fmt.Errorf("%w: broker.ListenOptions.TLS has no certificate", ErrOptions)
	}
	l, err := b.edge.open(o)
	if err != nil {
		return nil, listenError(o.Address, err)
	}
	return l.net.Addr(), nil
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w on %q, the port is taken: stop the other program or choose another port: %w", ErrListen, address, err)
	}
	return fmt.Errorf("%w on %q: %w", ErrListen, address, err)
}

func (e *edge) open(o ListenOptions) (*listener, error) {
	var cfg net.ListenConfig
	ln, err := cfg.Listen(context.Background(), "tcp", o.Address)
	if err != nil {
		return nil, err
	}
	if o.TLS != nil {
		ln = tls.NewListener(ln, o.TLS)
	}
	if o.Source == "" {
		o.Source = "network"
	}
	server := e.b.server
	if e.source == nil {
		e.source = e.b.rt.OpenSource("network clients of the broker on " + ln.Addr().String())
		e.inbox.post = e.source.Post
		server.Options.Capabilities.MaximumClientWritesPending = int32(e.b.maxPend)
		if err := server.Serve(); err != nil { // its event loop; there are no listeners yet
			return nil, errors.Join(err, ln.Close())
		}
	}
	l := newListener(e, "listener-"+strconv.Itoa(len(e.listeners)+1), ln, o)
	if err := server.AddListener(l); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	e.listeners = append(e.listeners, l)
	e.running.Add(1) // until its Serve returns
	server.Listeners.Serve(l.id, server.EstablishConnection)
	return l, nil
}

// attach runs a connection until it ends, on the caller's goroutine.
func (e *edge) attach(nc net.Conn, l *listener) error {
	c := newConn(nc, l.source)
	e.mu.Lock()
	if e.closing {
		e.mu.Unlock()
		return nc.Close()
	}
	e.conns[c] = struct{}{}
	e.running.Add(1)
	e.mu.Unlock()
	defer e.leave(c)
	// mochi sets the deadline anew once the client is connected.
	if err := c.SetDeadline(time.Now().Add(connectWithin)); err != nil { // edge: real sockets, real time
		return errors.Join(err, c.Close())
	}
	return l.establish(l.id, c)
}

// close shuts the listeners, lets all clients leave, waits for their
// goroutines, and makes happen what they still did. Only then may mochi's
// Server.Close be called: it can deadlock with clients that are leaving.
func (e *edge) close() error {
	if e.source == nil {
		return nil
	}
	e.leaving.Store(true)
	e.inbox.close()
	var errs []error
	for _, l := range e.listeners {
		errs = append(errs, l.shut())
	}
	e.sayGoodbye()
	e.mu.Lock()
	e.closing = true
	for c := range e.conns { // all are closed, the order shows nowhere
		c.end(reasonClosed)
	}
	e.mu.Unlock()
	e.running.Wait()
	e.b.drain()
	e.source.Close()
	return errors.Join(errs...)
}

// reasonClosed is what the tap is told of connections that Close ends.
const reasonClosed = "the broker was closed"

// dropped tells of a message that mochi did not deliver, and of which nothing
// else is known.
func (e *edge) dropped(clientID, reason string) {
	e.inbox.push(Event{Kind: KindDrop, Receiver: clientID, Network: true, Reason: reason})
}

// sayGoodbye disconnects mochi's clients.
func (e *edge) sayGoodbye() {
	all := make([]*mochi.Client, 0, e.b.server.Clients.Len())
	for _, cl := range e.b.server.Clients.GetAll() { // sorted below
		all = append(all, cl)
	}
	slices.SortFunc(all, func(a, b *mochi.Client) int { return strings.Compare(a.ID, b.ID) })
	for _, cl := range all {
		if cl.Closed() || cl.Net.Conn == nil {
			continue
		}
		if c, ok := cl.Net.Conn.(*conn); ok {
			c.because(reasonClosed)
		}
		if cl.Properties.ProtocolVersion == 5 { // a 3.1.1 server just closes (3.14)
			_ = e.b.server.DisconnectClient(cl, packets.ErrServerShuttingDown)
		}
		cl.Stop(packets.ErrServerShuttingDown)
	}
}
