package broker

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// acceptAgain is how long a listener waits after it could not take a connection.
const acceptAgain = 100 * time.Millisecond

// framing is the buffers of WebSocket connections that are sending.
var framing sync.Pool

// listener gives mochi the connections of one address. It keeps their number
// and their end in the hands of the edge.
type listener struct {
	id        string
	edge      *edge
	net       net.Listener
	source    string
	http      *http.Server // nil unless WebSocket
	establish listeners.EstablishFn
	stopped   chan struct{} // closed by shut
	once      sync.Once
	err       error // of closing
}

var _ listeners.Listener = (*listener)(nil)

func newListener(e *edge, id string, ln net.Listener, o ListenOptions) *listener {
	l := &listener{id: id, edge: e, net: ln, source: o.Source, stopped: make(chan struct{})}
	if o.WebSocket {
		l.http = &http.Server{
			Handler:           http.HandlerFunc(l.upgrade),
			ReadHeaderTimeout: connectWithin,
			ErrorLog:          slog.NewLogLogger(e.b.server.Log.Handler(), slog.LevelDebug),
		}
	}
	return l
}

// Init does nothing: the address is open already.
func (l *listener) Init(*slog.Logger) error { return nil }

// ID is the name that mochi knows the listener by.
func (l *listener) ID() string { return l.id }

// Address is what it listens on.
func (l *listener) Address() string { return l.net.Addr().String() }

// Protocol is what it speaks.
func (l *listener) Protocol() string {
	if l.http != nil {
		return "ws"
	}
	return "tcp"
}

// Serve takes connections until the listener is shut.
func (l *listener) Serve(establish listeners.EstablishFn) {
	defer l.edge.running.Done()
	l.establish = establish
	if l.http != nil {
		_ = l.http.Serve(l.net) // ErrServerClosed, or the address is gone
		return
	}
	for {
		nc, err := l.net.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// No file is left to open, or memory: that passes.
			l.edge.b.server.Log.Error("a connection could not be taken", "listener", l.id, "error", err)
			if !l.pause(acceptAgain) {
				return
			}
			continue
		}
		go func() { // edge: one goroutine a network connection, counted by attach
			if err := l.edge.attach(nc, l); err != nil {
				l.edge.b.server.Log.Debug("connection ended", "listener", l.id, "error", err)
			}
		}()
	}
}

// pause waits, and reports whether the listener is still open.
func (l *listener) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.stopped:
		return false
	}
}

// Close is called by mochi when the edge has shut the listener and seen every
// client off. It does not call back: that is what deadlocks.
func (l *listener) Close(listeners.CloseFn) { _ = l.shut() }

// shut takes no more connections. It is idempotent.
func (l *listener) shut() error {
	l.once.Do(func() {
		close(l.stopped)
		if l.http != nil {
			l.err = l.http.Close()
			return
		}
		l.err = l.net.Close()
	})
	return l.err
}

// upgrade turns an HTTP request into a connection, and runs it.
func (l *listener) upgrade(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{
		ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &framing, // else each keeps 8 KiB
		Subprotocols: []string{"mqtt"},                         // [MQTT-6.0.0-3] [MQTT-6.0.0-4]
		CheckOrigin:  func(*http.Request) bool { return true }, // any page's script may connect: the users and ACLs decide
	}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered the request
	}
	ws.SetReadLimit(int64(l.edge.b.maxBytes) + 1<<17)
	if err := l.edge.attach(&wsConn{Conn: ws.NetConn(), ws: ws}, l); err != nil {
		l.edge.b.server.Log.Debug("connection ended", "listener", l.id, "error", err)
	}
}
