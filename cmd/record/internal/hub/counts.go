package hub

import (
	"sync/atomic"

	"github.com/hubtape/hubtape/broker"
)

// Counts are what a hub's clients did so far.
type Counts struct {
	Connected         int    // now
	Ever              uint64 // connections, those that ended included
	RefusedLogins     uint64
	RefusedPublishes  uint64 // messages that were not accepted
	RefusedSubscribes uint64
	Dropped           uint64 // deliveries to clients that do not keep up
}

// counts may be used from any goroutine.
type counts struct {
	connected                    atomic.Int64
	ever, dropped                atomic.Uint64
	logins, publishes, subscribe atomic.Uint64
}

// Clients returns what the clients did so far. Safe from any goroutine.
func (h *Hub) Clients() Counts {
	c := &h.counts
	return Counts{
		Connected: int(c.connected.Load()), Ever: c.ever.Load(), Dropped: c.dropped.Load(),
		RefusedLogins: c.logins.Load(), RefusedPublishes: c.publishes.Load(), RefusedSubscribes: c.subscribe.Load(),
	}
}

func (c *counts) see(e *broker.Event) {
	switch e.Kind {
	case broker.KindConnect:
		c.connected.Add(1)
		c.ever.Add(1)
	case broker.KindDisconnect:
		c.connected.Add(-1)
	case broker.KindDrop:
		c.dropped.Add(1)
	}
}

func (c *counts) refuse(k broker.RefusalKind) {
	switch k {
	case broker.RefusedLogin:
		c.logins.Add(1)
	case broker.RefusedPublish:
		c.publishes.Add(1)
	case broker.RefusedSubscribe:
		c.subscribe.Add(1)
	}
}
