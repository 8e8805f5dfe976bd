package broker

import (
	"cmp"
	"slices"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Mochi lets a connection take over a client id while the goroutine of the
// earlier one is still on its way out; at its end that goroutine may then take
// the newcomer off the list of clients, who never gets a message again. So the
// broker ends the earlier connection by itself, and waits for its goroutine,
// before mochi sees the newcomer.

// admit notes whose connection it is. Numbers are given in order of arrival.
func (e *edge) admit(c *conn, clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arrivals++
	c.clientID, c.number = clientID, e.arrivals
}

// earlier returns the connections of the same client id that arrived before.
func (e *edge) earlier(c *conn) []*conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []*conn
	for o := range e.conns { // sorted below
		if o.clientID == c.clientID && o.number > 0 && o.number < c.number {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.number, b.number) })
	return list
}

// takeOver ends the earlier connections of a client id [MQTT-3.1.4-2] and
// returns when their goroutines have ended. It runs on the newcomer's; each
// waits only for those before it, so none waits for another in a ring.
func (e *edge) takeOver(cl *mochi.Client) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	for _, o := range e.earlier(c) {
		old, known := e.b.server.Clients.Get(cl.ID)
		if known && old.Net.Conn == o && old.Properties.ProtocolVersion == 5 {
			_ = o.SetDeadline(time.Now().Add(leaveWithin)) // edge: a client that does not read
			_ = e.b.server.DisconnectClient(old, packets.ErrSessionTakenOver)
		}
		_ = o.Close() // it may be closed already
		<-o.done
	}
}

// leave is the end of a connection. A client that was lost before its CONNACK
// is still on mochi's list.
func (e *edge) leave(c *conn) {
	if c.clientID != "" {
		cl, ok := e.b.server.Clients.Get(c.clientID)
		if ok && cl.Net.Conn == c && !persistent(cl) {
			e.b.server.UnsubscribeClient(cl)
			e.b.server.Clients.Delete(c.clientID)
		}
		e.names.depart(c.clientID)
	}
	_ = c.Conn.Close() // there is nobody left to tell
	e.mu.Lock()
	delete(e.conns, c)
	e.mu.Unlock()
	close(c.done)
	e.running.Done()
}
