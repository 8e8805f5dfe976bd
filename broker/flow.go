package broker

import (
	"bytes"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Mochi's flow control towards clients can deadlock: after each packet of a
// client it looks for deliveries that waited for room, and locks the table of
// them twice for reading; whoever publishes to that client in between waits for
// the first and makes the second wait. It also sends what waited in no order,
// and forgets it before it is acknowledged. So the broker keeps each client's
// Receive Maximum by itself, with a window, and tells mochi there is none.

// takeFlowControl puts the window in place of mochi's quota. It runs before
// mochi lets anybody publish to the client.
func (h *hook) takeFlowControl(cl *mochi.Client, c *conn) {
	props := &cl.Properties.Props
	limit := props.ReceiveMaximum // at most MaximumInflight, mochi sees to that
	if limit == 0 {               // MQTT 3.1.1 has none, and in MQTT 5 it is more than mochi keeps
		limit = h.b.server.Options.Capabilities.MaximumInflight
	}
	c.window.allow(int(limit))
	props.ReceiveMaximum = 0 // when a session is resumed, mochi sets its quota again from here
	// A message with an alias in place of its topic is worth nothing where the one
	// before it is dropped, comes later, or belongs to an earlier connection.
	props.TopicAliasMaximum = 0
	cl.State.Inflight.ResetSendQuota(0)
}

// awaitTurn makes whoever delivers wait until the packet may go: for the window,
// and for room in the outbox. It is called before mochi takes the client's lock.
func (h *hook) awaitTurn(cl *mochi.Client, c *conn, pk *packets.Packet) {
	switch {
	case resentByMochi(pk):
		pk.Mods.MaxSize = 0 // conn.Write drops it; one that is too long would end the connection here
		return
	case tooLong(pk):
		h.giveUp(cl, c, pk)
		return
	case !pk.Ignore:
		h.lookBack(cl, c)
		c.window.await(pk.PacketID)
	}
	c.out.waitForRoom()
}

// resentByMochi tells what mochi resends of a resumed session from all else:
// nothing that is published bears Dup, and what the broker resends, Ignore.
func resentByMochi(pk *packets.Packet) bool { return pk.FixedHeader.Dup && !pk.Ignore }

// tooLong tells whether a PUBLISH is longer than the client takes (MQTT 5,
// 3.1.2.11.4). Mochi finds out by encoding it, too late for us.
func tooLong(pk *packets.Packet) bool {
	if pk.Mods.MaxSize == 0 {
		return false
	}
	var buf bytes.Buffer
	trial := *pk
	err := trial.PublishEncode(&buf)
	return err == nil && uint32(buf.Len()) > pk.Mods.MaxSize
}

// giveUp drops a PUBLISH that the client does not take, and goes on as if it had
// been sent [MQTT-3.1.2-25].
func (h *hook) giveUp(cl *mochi.Client, c *conn, pk *packets.Packet) {
	if pk.PacketID > 0 {
		h.forget(cl, pk.PacketID)
		c.window.done(pk.PacketID)
	}
	h.drop(cl, pk, "it is longer than the client takes")
}

// heard makes room where the client has acknowledged a delivery, on the client's
// own goroutine.
func (h *hook) heard(cl *mochi.Client, pk *packets.Packet) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	if pk.FixedHeader.Type == packets.Pubrec && pk.ReasonCode < packets.ErrUnspecifiedError.Code && pk.ReasonCodeValid() {
		// Mochi takes it for a PUBLISH of the client's that is under way, and
		// disconnects a client that has too many of those.
		cl.State.Inflight.IncreaseReceiveQuota()
		return
	}
	c.window.done(pk.PacketID)
	if len(c.backlog) > 0 {
		h.sendBacklog(cl, c)
	}
}
