package broker

import (
	"cmp"
	"slices"

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
	e.byClient[clientID] = append(e.byClient[clientID], c)
}

// earlier returns the connections of the same client id that arrived before.
func (e *edge) earlier(c *conn) []*conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.byClient[c.clientID]
	return slices.Clone(all[:slices.Index(all, c)])
}

// present is the first connection of a client id that has not ended; all others
// wait for it. Nil: there is none.
func (e *edge) present(clientID string) *conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	if all := e.byClient[clientID]; len(all) > 0 {
		return all[0]
	}
	return nil
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
		o.because("another connection took over the client id")
		old, known := e.b.server.Clients.Get(cl.ID)
		if known && old.Net.Conn == o && old.Properties.ProtocolVersion == 5 {
			_ = e.b.server.DisconnectClient(old, packets.ErrSessionTakenOver)
		}
		_ = o.Close()
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
		if c.connected { // mochi tells of no end before it has sent the CONNACK
			e.inbox.push(Event{
				Kind: KindDisconnect, Client: c.clientID, Source: c.source, Network: true,
				Reason: cmp.Or(c.reason(), "the connection was lost"),
			})
		}
		e.names.depart(c.clientID)
	}
	c.out.close()
	c.out.drain()
	if c.tooLarge {
		hearOut(c.Conn)
	}
	_ = c.Conn.Close()                             // there is nobody left to tell
	c.old, c.inflight, c.inherited = nil, nil, nil // else a row of clients that never got a CONNACK would hold each other
	e.mu.Lock()
	delete(e.conns, c)
	if left := slices.DeleteFunc(e.byClient[c.clientID], func(o *conn) bool { return o == c }); len(left) > 0 {
		e.byClient[c.clientID] = left
	} else {
		delete(e.byClient, c.clientID)
	}
	e.mu.Unlock()
	close(c.done)
	e.running.Done()
}
