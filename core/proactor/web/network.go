package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// Listen opens a socket that listens, as net.Listen does.
type Listen func(network, address string) (net.Listener, error)

// network is where the requests of one site come in: goroutines of net/http,
// which enter the loop by CallFrom.
type network struct {
	site     *site
	addr     string // host:port
	listener net.Listener
	server   *http.Server
	source   *clock.Source
	grace    time.Duration
	ended    chan struct{} // closed when the listener is
}

// listen opens the socket. It may wait for a name to be looked up.
func listen(s *site, o Options) (*network, error) {
	addr := net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
	listener, err := o.Listen("tcp", addr)
	if err != nil {
		return nil, &ServerError{Server: s.name, Addr: addr, Err: err, Hint: hint(err)}
	}
	n := &network{site: s, addr: listener.Addr().String(), listener: listener, grace: o.Grace, ended: make(chan struct{})}
	n.server = &http.Server{
		Handler:           n,
		ReadHeaderTimeout: s.config.ReadHeaderTimeout,
		ReadTimeout:       s.config.Timeout,
		WriteTimeout:      2 * s.config.Timeout, // as long again for the client to take the answer
		ErrorLog:          slog.NewLogLogger(o.Log.With("server", s.name).Handler(), slog.LevelWarn),
	}
	return n, nil
}

// hint says what to do about a server that cannot listen.
func hint(err error) string {
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there: end it, or set another port (0: any that is free)"
	case errors.Is(err, syscall.EACCES):
		return "ports below 1024 are for the system's services: set another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "the host is no address of this machine: set localhost, or 0.0.0.0 to be reached from everywhere"
	case errors.As(err, &unknown):
		return "nobody knows the host's name: set localhost, or 0.0.0.0 to be reached from everywhere"
	}
	return "are host and port right?"
}

// serve lets requests in until shutdown, or the end of the runtime.
func (n *network) serve() {
	all := n.site.all
	n.source = all.rt.OpenSource("web server " + n.site.name)
	context.AfterFunc(all.rt.Context(), func() { _ = n.server.Close() })
	go func() {
		defer close(n.ended)
		if err := n.server.Serve(n.listener); !errors.Is(err, http.ErrServerClosed) {
			all.loop.Post(func() { n.site.serving = false })
			all.tell(&ServerError{Server: n.site.name, Addr: n.addr, Err: err, Hint: "it does not serve any more"})
		}
	}()
}

// ServeHTTP answers one request, on a goroutine of net/http.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), n.site.config.Timeout)
	defer cancel()
	n.site.respond(r, func(work func() Response) (Response, error) {
		return loop.CallFrom(ctx, n.site.all.loop, work)
	}).write(w)
}

// shutdown lets nobody in any more, waits for the requests that are being
// answered, and cuts off those that take too long.
func (n *network) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), n.grace)
	defer cancel()
	if n.server.Shutdown(ctx) != nil {
		n.close()
	}
	<-n.ended
	n.source.Close()
}

// close cuts everything off.
func (n *network) close() {
	_ = n.server.Close()
	_ = n.listener.Close()
}
