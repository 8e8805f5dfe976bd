package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/sim/match"
)

// network is what lies between the broker and those who connect to it. Whether a
// client is cut follows from the list of cuts and the present instant alone: the
// order of cuts does not matter.
type network struct {
	world      *World
	cuts       []Cut
	turns      []time.Duration // when cuts begin and end, from the next one on
	due        clock.Timer     // of the next turn
	transports []*transport    // those that stand or wait to be connected again, oldest first
	clients    []string        // ids that have dialled
}

// owner is who makes connections: an app or a device.
type owner struct{ name, source string }

func (o owner) isApp() bool {
	return o.source == match.App || strings.HasPrefix(o.source, match.AppsPrefix)
}

// dialer connects on behalf of an owner. Whatever broker it asks for, there is
// one.
func (n *network) dialer(by owner) func(o link.DialOptions, wake func()) (link.Transport, error) {
	return func(o link.DialOptions, wake func()) (link.Transport, error) {
		if !slices.Contains(n.clients, o.ClientID) {
			n.clients = append(n.clients, o.ClientID)
		}
		t := &transport{network: n, owner: by, options: o, wake: wake}
		if until, cut := n.cutUntil(t); cut {
			return nil, fmt.Errorf("connect %q: %w until %v", o.ClientID, ErrCut, until)
		}
		if err := t.connect(); err != nil {
			return nil, fmt.Errorf("connect %q: %w", o.ClientID, err)
		}
		n.transports = append(slices.DeleteFunc(n.transports, (*transport).over), t)
		return t, nil
	}
}

// begin schedules the first turn.
func (n *network) begin() {
	for _, c := range n.cuts {
		n.turns = append(n.turns, c.At, c.end())
	}
	slices.Sort(n.turns)
	n.turns = slices.Compact(n.turns)
	if len(n.turns) > 0 && n.turns[0] == 0 {
		n.turns = n.turns[1:] // nobody has connected yet
	}
	n.due = n.world.clock.NewEvent(clock.LaneWorld, "cut", n.turn)
	n.schedule()
}

func (n *network) schedule() {
	if len(n.turns) > 0 {
		n.due.Start(n.turns[0])
	}
}

// turn loses the connections whose cut begins now, and then makes those again
// that no cut keeps away.
func (n *network) turn() {
	now := n.turns[0]
	n.turns = n.turns[1:]
	for _, t := range n.transports {
		if n.beginsFor(t, now) {
			t.lose()
		}
	}
	for _, t := range n.transports {
		if _, cut := n.cutUntil(t); t.waiting && !cut {
			t.reconnect()
		}
	}
	n.schedule()
}

func (n *network) beginsFor(t *transport, now time.Duration) bool {
	return slices.ContainsFunc(n.cuts, func(c Cut) bool { return c.At == now && c.names(t.owner, t.options.ClientID) })
}

// cutUntil reports whether a transport is cut now, and when the last of these
// cuts is over.
func (n *network) cutUntil(t *transport) (until time.Duration, cut bool) {
	now := n.world.Now()
	for _, c := range n.cuts {
		if c.At <= now && now < c.end() && c.names(t.owner, t.options.ClientID) {
			until, cut = max(until, c.end()), true
		}
	}
	return until, cut
}

// Clients lists whom a Cut's Client may name so far, each once: the apps,
// "app" where there are any, the devices' client ids, and those under which
// somebody has tried to connect.
func (w *World) Clients() (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, a := range w.apps {
		add(a.name)
	}
	if len(w.apps) > 0 {
		add(match.App)
	}
	for i := range w.devices {
		add(w.devices[i].clientID())
	}
	for _, id := range w.network.clients {
		add(id)
	}
	return names
}
