package web

import (
	"cmp"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/proactor/layout"
)

const (
	// DefaultServer is the name of a server, and of a route's server, that has
	// none.
	DefaultServer = "default"
	// DefaultReadHeaderTimeout is how long a client may take for the head of a
	// request.
	DefaultReadHeaderTimeout = 10 * time.Second
	// DefaultTimeout is how long a request may take until it is answered.
	DefaultTimeout = time.Minute

	defaultHost = "localhost"
	portMax     = 65535
)

// Config says where a server listens. The zero value is the default server on a
// free port of this machine, which nobody outside of it can reach.
type Config struct {
	Name string // "": DefaultServer
	Host string // a name or an address of this machine; "": localhost
	Port int    // 0: a free one, which Servers.Addr tells
	// Disabled: it is configured, and does not start.
	Disabled bool
	// ReadHeaderTimeout is how long a client may take for the head of a request.
	// 0: DefaultReadHeaderTimeout.
	ReadHeaderTimeout time.Duration
	// Timeout is how long a request from the network may take until it has been
	// read and its work is done; then it is answered with 503, and work that has
	// not begun never does. 0: DefaultTimeout.
	Timeout time.Duration
}

// FromLayout returns the servers that a hardware layout wants, in its order.
func FromLayout(wanted []layout.WebServer) []Config {
	configs := make([]Config, len(wanted))
	for i, w := range wanted {
		configs[i] = Config{Name: w.Name, Host: w.Host, Port: w.Port, Disabled: !w.Enabled}
	}
	return configs
}

// named is the name that is meant by one that may be left out.
func named(server string) string { return cmp.Or(server, DefaultServer) }

// complete returns the config with its defaults, or what is wrong with it.
func (c Config) complete() (Config, error) {
	c.Name, c.Host = named(c.Name), cmp.Or(c.Host, defaultHost)
	if c.Port < 0 || c.Port > portMax {
		return c, fmt.Errorf("web server %q: port %d: it must be 1 to %d, or 0 for a free one", c.Name, c.Port, portMax)
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		or    time.Duration
	}{
		{"ReadHeaderTimeout", &c.ReadHeaderTimeout, DefaultReadHeaderTimeout},
		{"Timeout", &c.Timeout, DefaultTimeout},
	} {
		if *d.value < 0 {
			return c, fmt.Errorf("web server %q: %s %v: it must be above zero, or zero for %v", c.Name, d.name, *d.value, d.or)
		}
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	return c, nil
}
