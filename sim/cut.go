package sim

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/hubtape/hubtape/sim/match"
)

// Cut takes the network away from a client. At the instant At, before all else
// that happens then, its connection is lost: its will is published, and what was
// under way to it is gone, unless the broker keeps the session. Until At+For to
// connect as that client is an error.
//
// The world's connections do what production's do: but for those made with
// link.DialOptions.Once they are made again at At+For, before all else of that
// instant. Messages of QoS 1 and 2 published meanwhile are said then, in order;
// those of QoS 0 are refused with link.ErrDown.
type Cut struct {
	// Client is a client id; or the name of an app, for all connections that it
	// makes; or "app", for those of all apps.
	Client string
	At     time.Duration // after the start; at 0 nobody has connected yet
	For    time.Duration // 0: the connection is lost, and can be made again at once
}

// ErrCut is why a client cannot connect, and what its transport says of the
// loss.
var ErrCut = errors.New("the connection is cut")

// Cut adds a cut of a client's network. Where several cuts of one client overlap,
// it is cut while any of them lasts.
func (w *World) Cut(c Cut) error {
	if err := w.notStarted("cut a connection"); err != nil {
		return err
	}
	if err := c.validate(); err != nil {
		return err
	}
	w.network.cuts = append(w.network.cuts, c)
	return nil
}

func (c Cut) validate() error {
	switch {
	case c.Client == "":
		return errors.New("cut a connection: say whose, by a client id or an app's name")
	case isWorlds(c.Client):
		return fmt.Errorf("cut the connection of %q: it is the world's own, and has no network; choose an app or a device", c.Client)
	case c.At < 0 || c.For < 0:
		return fmt.Errorf("cut the connection of %q at %v for %v: neither can be negative", c.Client, c.At, c.For)
	}
	return nil
}

// isWorlds reports whether a client id is that of a tape or of the scenario.
func isWorlds(client string) bool {
	return client == match.Scenario || client == match.Tape || strings.HasPrefix(client, match.Tape+" ")
}

// end is the first instant at which it is over.
func (c Cut) end() time.Duration {
	if c.For > math.MaxInt64-c.At {
		return math.MaxInt64
	}
	return c.At + c.For
}

// names reports whether the cut is about connections of a client id that an app
// or device makes.
func (c Cut) names(o owner, clientID string) bool {
	return c.Client == clientID || c.Client == o.name || c.Client == match.App && o.isApp()
}
