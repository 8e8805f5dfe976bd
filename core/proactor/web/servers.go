package web

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

const (
	// DefaultBodyMax is how long the body of a request may be, in bytes.
	DefaultBodyMax = 1 << 20
	// DefaultGrace is how long requests may take to end after a Stop.
	DefaultGrace = 5 * time.Second
)

// Options say how Servers behave.
type Options struct {
	// Servers are the first ones, as by AddServer.
	Servers []Config
	// Failed is called on the loop with each *ServerError and *RouteError.
	// Required.
	Failed func(error)
	// Listen opens the sockets: net.Listen. nil: there is no network, and
	// Transport is the only way in.
	Listen Listen
	// BodyMax is how long the body of a request may be, in bytes; a longer one is
	// answered with 413. 0: DefaultBodyMax.
	BodyMax int64
	// Grace is how long requests may take to end after Stop, in the machine's
	// time, before their connections are cut. 0: DefaultGrace.
	Grace time.Duration
	// Log is told what is odd and no failure, such as routes that nobody serves.
	// nil: nothing is logged.
	Log *slog.Logger
}

// Servers answer requests. They are for the tasks of the loop's runtime. Make
// them with New.
type Servers struct {
	loop    *loop.Loop
	rt      clock.Runtime
	o       Options
	sites   map[string]*site // also of names that only routes have; only looked up in
	servers []*site          // that are configured, in the order they were added
	routes  []Route
	started bool
	stopped bool
	open    int          // networks
	gone    *clock.Latch // none is open
}

// New makes Servers that have not started. No Failed, a bound below zero, and
// what AddServer returns, are errors.
func New(l *loop.Loop, o Options) (*Servers, error) {
	if o.Failed == nil {
		return nil, errNoFailed
	}
	if o.BodyMax < 0 || o.Grace < 0 {
		return nil, fmt.Errorf("web servers with bodies up to %d bytes and a grace of %v: neither may be below zero", o.BodyMax, o.Grace)
	}
	if o.BodyMax == 0 {
		o.BodyMax = DefaultBodyMax
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Servers{loop: l, rt: l.Runtime(), o: o, sites: map[string]*site{}, gone: clock.NewLatch(l.Runtime(), "web servers: the last request")}
	s.gone.Set()
	for _, c := range o.Servers {
		if err := s.AddServer(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

var errNoFailed = errors.New("web servers: nobody hears of one that fails: set Options.Failed")

// AddServer configures a server. A name that another one has is ErrExists, after
// Start it is ErrStarted; a port or a timeout that cannot be is an error too.
func (s *Servers) AddServer(c Config) error {
	c, err := c.complete()
	if err != nil {
		return err
	}
	at := s.site(c.Name)
	switch {
	case at.configured:
		return fmt.Errorf("web server %q: %w", c.Name, ErrExists)
	case s.started:
		return fmt.Errorf("web server %q: %w", c.Name, ErrStarted)
	}
	at.configured, at.config = true, c
	s.servers = append(s.servers, at)
	return nil
}

// AddRoute adds a route. One for a server that is not configured by Start is
// listed, and nobody serves it. After Start it is ErrStarted; a pattern that
// cannot be, or that overlaps with another one of the server, is an error too.
func (s *Servers) AddRoute(r Route) error {
	r.Server = named(r.Server)
	err := ErrStarted
	if !s.started {
		err = s.site(r.Server).add(r)
	}
	if err != nil {
		return fmt.Errorf("route %q of web server %q: %w", r.pattern(), r.Server, err)
	}
	s.routes = append(s.routes, r)
	return nil
}

// Configs returns how the servers are configured, defaults filled in, in the
// order they were added.
func (s *Servers) Configs() []Config {
	configs := make([]Config, len(s.servers))
	for i, at := range s.servers {
		configs[i] = at.config
	}
	return configs
}

// Routes returns the routes of a server, configured or not, in the order they
// were added.
func (s *Servers) Routes(server string) []Route {
	server = named(server)
	return slices.DeleteFunc(slices.Clone(s.routes), func(r Route) bool { return r.Server != server })
}

// Addr is where a server listens, host:port; empty while it does not.
func (s *Servers) Addr(server string) string {
	if at, ok := s.sites[named(server)]; ok && at.network != nil && at.serving {
		return at.network.addr
	}
	return ""
}

// Start lets all servers serve that are not disabled, in the order they were
// added, and returns when they listen. One that cannot is told to Failed, and
// the others start. Again, or after Stop, it does nothing. It waits for the
// network: it is for a task.
func (s *Servers) Start() {
	if s.started {
		return
	}
	s.started = true
	for _, r := range s.routes {
		if !s.sites[r.Server].configured {
			s.o.Log.Warn("nobody serves a route: its web server is not configured", "server", r.Server, "route", r.pattern())
		}
	}
	for _, at := range s.servers {
		if !at.config.Disabled && !s.stopped { // before, or by another task meanwhile
			at.start()
		}
	}
}

// Stop lets nobody in any more. It returns at once: requests that are being
// answered have until the end of Options.Grace, with the loop's help. It may be
// called again.
func (s *Servers) Stop() {
	if s.stopped {
		return
	}
	s.stopped = true
	for _, at := range s.servers {
		at.stop()
	}
}

// Join waits until no server listens and the connections have ended. At the
// absolute instant until (negative: never) it returns an error that wraps
// clock.ErrTimeout. On the loop's own task it holds up the requests that it
// waits for.
func (s *Servers) Join(until time.Duration) error {
	if err := s.gone.Wait(until); err != nil {
		return fmt.Errorf("%d web servers have not ended: %w; was Stop called?", s.open, err)
	}
	return nil
}

// site returns what there is under a name.
func (s *Servers) site(name string) *site {
	at, ok := s.sites[name]
	if !ok {
		at = newSite(s, name)
		s.sites[name] = at
	}
	return at
}

// tell reports a failure on the loop. Safe from any goroutine.
func (s *Servers) tell(err error) { s.loop.Post(func() { s.o.Failed(err) }) }
