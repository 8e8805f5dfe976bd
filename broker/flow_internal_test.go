package broker

import (
	"net"
	"testing"
	"testing/synctest"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newWindow(limit int) *window {
	w := &window{}
	w.init()
	w.allow(limit)
	return w
}

// waits tells whether fn is still under way when nothing else is.
func waits(fn func()) (ended chan struct{}, waiting bool) {
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		fn()
	}()
	synctest.Wait()
	select {
	case <-ended:
		return ended, false
	default:
		return ended, true
	}
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(2)
		require.False(t, w.isOpen())
		first, waiting := waits(func() { w.await(0) })
		require.True(t, waiting, "it is held at first")
		require.True(t, w.take(1), "but not for the client's own goroutine")
		w.open()
		require.True(t, w.isOpen())
		synctest.Wait()
		select {
		case <-first:
			t.Fatal("open is not release")
		default:
		}
		w.release()
		<-first
		w.await(2)
		w.await(0) // QoS 0 needs no room
		require.True(t, w.take(0))
		require.False(t, w.take(3))
		third, waiting := waits(func() { w.await(3) })
		require.True(t, waiting)
		w.done(9) // nobody's
		w.done(1)
		<-third
		require.False(t, w.take(4), "the third took the room")
		w.count(4) // more than there is room for
		w.done(2)
		require.False(t, w.take(5))
		w.hold()
		held, waiting := waits(func() { w.await(0) })
		require.True(t, waiting)
		w.close()
		<-held
		w.await(6)
	})
}

// Whatever happens, no more is under way than allowed.
func TestWindowNeverExceedsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		w := newWindow(limit)
		under := map[uint16]bool{}
		id := rapid.Uint16Range(1, 9)
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				n := id.Draw(t, "id")
				if ok := w.take(n); ok != (len(under) < limit) {
					t.Fatalf("take(%d) is %v with %d of %d under way", n, ok, len(under), limit)
				} else if ok {
					under[n] = true
				}
			},
			"done": func(t *rapid.T) {
				n := id.Draw(t, "id")
				w.done(n)
				delete(under, n)
			},
		})
	})
}

// resumed is a client that resumes a session, as far as stragglers know.
func resumed(t *testing.T) (*hook, *mochi.Client, *conn, net.Conn) {
	b := open(t, Options{})
	c, there := pipe(t)
	cl := b.server.NewClient(c, "test", "x", false)
	cl.Properties.ProtocolVersion = 4
	c.client, c.earlier = cl, []*mochi.Inflight{mochi.NewInflights(), mochi.NewInflights()}
	c.window.allow(10)
	c.window.open()
	c.window.release()
	return &hook{b: b}, cl, c, there
}

func delivery(id uint16, payload string) packets.Packet {
	return packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, TopicName: "t", PacketID: id, Payload: []byte(payload),
	}
}

// What was published to the connection before is kept and sent in its order,
// with its id if that is free, by whichever goroutine comes by.
func TestStragglers(t *testing.T) {
	for name, come := range map[string]func(h *hook, cl *mochi.Client, c *conn){
		"reading": func(h *hook, cl *mochi.Client, _ *conn) { h.catchUp(cl) },
		"delivers": func(h *hook, cl *mochi.Client, c *conn) {
			h.awaitTurn(cl, c, &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}})
		},
		"begins": func(h *hook, cl *mochi.Client, c *conn) {
			c.window.hold()
			h.OnSessionEstablished(cl, packets.Packet{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, cl, c, there := resumed(t)
			require.Empty(t, h.stragglers(cl, c))
			cl.State.Inflight.Set(delivery(6, "its own"))
			for _, id := range []uint16{7, 5, 6} {
				c.earlier[id%2].Set(delivery(id, string(rune('0'+id))))
			}
			come(h, cl, c)
			require.Zero(t, c.earlier[0].Len()+c.earlier[1].Len())
			require.Equal(t, 4, cl.State.Inflight.Len())
			for i, want := range []string{"5", "6", "7"} {
				b := make([]byte, 8)
				_, err := there.Read(b[:])
				require.NoError(t, err)
				require.Equal(t, want, string(b[7]), "%d", i)
				pk, ok := cl.State.Inflight.Get(uint16(b[5])<<8 | uint16(b[6]))
				require.True(t, ok)
				require.Equal(t, want, string(pk.Payload))
				if want != "6" {
					require.Equal(t, want, string('0'+rune(b[6])))
				}
			}
			own, _ := cl.State.Inflight.Get(6)
			require.Equal(t, "its own", string(own.Payload))
			require.False(t, c.window.held)
		})
	}
}

// A client that does not come as far as its CONNACK leaves everything to the
// next, and holds nobody.
func TestAnEndedConnectionHoldsNoOther(t *testing.T) {
	h, cl, c, _ := resumed(t)
	old := h.b.server.NewClient(nil, "test", "x", false)
	before, _ := pipe(t)
	for range maxEarlier {
		before.earlier = append(before.earlier, mochi.NewInflights())
	}
	before.earlier[maxEarlier-1].Set(delivery(4, "4"))
	old.Net.Conn = before
	old.State.Inflight.Set(delivery(5, "5"))
	h.prepareResume(cl, c, old)
	require.Equal(t, []uint16{4, 5}, c.inherited)
	require.Len(t, c.earlier, maxEarlier, "of a row of connections the last ones are looked at")
	require.Same(t, old.State.Inflight, c.earlier[maxEarlier-1])
	before.earlier[maxEarlier-1].Set(delivery(6, "6"))
	require.Empty(t, h.stragglers(old, before), "that is for the next one now")
	require.Len(t, h.stragglers(cl, c), 1)
	cl.State.Inflight.Delete(6)
	straggler, err := old.NextPacketID()
	require.NoError(t, err)
	live, err := cl.NextPacketID()
	require.NoError(t, err)
	require.GreaterOrEqual(t, live, straggler+stragglerIDs-1, "what is published later has later ids")
	require.Zero(t, old.State.Inflight.Len())
	require.Equal(t, 2, cl.State.Inflight.Len())
	h.b.edge.running.Add(1)
	h.b.edge.leave(c)
	require.Nil(t, c.old)
	require.Nil(t, c.inflight)
	require.Empty(t, c.inherited)
	require.Equal(t, 2, cl.State.Inflight.Len())
}

// What is published to the old client until mochi has emptied it may be very much;
// what comes after has later ids all the same, or it would overtake when the
// session is resumed once more.
func TestLaterDeliveriesHaveLaterIDs(t *testing.T) {
	h, cl, c, _ := resumed(t)
	old := h.b.server.NewClient(nil, "test", "x", false)
	old.State.Inflight.Set(delivery(firstServerID, "first"))
	h.prepareResume(cl, c, old)
	var last uint16
	for range 5 * stragglerIDs {
		id, err := old.NextPacketID()
		require.NoError(t, err)
		last = uint16(id)
		old.State.Inflight.Set(delivery(last, "meanwhile"))
	}
	for _, pk := range old.State.Inflight.GetAll(false) {
		c.inheritLate(&pk)
	}
	require.Len(t, c.inherited, 1+5*stragglerIDs)
	for range 5 * stragglerIDs { // some are acknowledged, so their ids are free
		cl.State.Inflight.Delete(c.inherited[1])
		id, err := cl.NextPacketID()
		require.NoError(t, err)
		require.Positive(t, int16(uint16(id)-last))
		cl.State.Inflight.Set(delivery(uint16(id), "later"))
	}
}

// While whoever delivers sends stragglers, the client's own goroutine takes none:
// they would go before those.
func TestStragglersDoNotOvertake(t *testing.T) {
	h, cl, c, _ := resumed(t)
	c.earlier[0].Set(delivery(7, "7"))
	c.lookingBack = true
	h.catchUp(cl)
	require.Equal(t, 1, c.earlier[0].Len())
	require.False(t, c.window.held)
}

func TestMochiCountsNothing(t *testing.T) {
	h, cl, c, _ := resumed(t)
	cl.Properties.Props.ReceiveMaximum = 5
	cl.State.Inflight.ResetSendQuota(5)
	h.takeFlowControl(cl, c)
	require.Equal(t, 5, c.window.limit)
	require.Zero(t, cl.Properties.Props.ReceiveMaximum) // mochi would begin again from here
	h.takeFlowControl(cl, c)
	require.EqualValues(t, h.b.server.Options.Capabilities.MaximumInflight, c.window.limit)
}

// From before the broker looks what is retained until all that is sent, what is
// published waits.
func TestAReplayHoldsTheWindow(t *testing.T) {
	h, cl, c, _ := resumed(t)
	c.wants = []bool{true}
	h.prepareReplay(cl, packets.Subscriptions{{Filter: "t"}}, []byte{0})
	require.True(t, c.window.held)
	h.sendReplay(cl)
	require.False(t, c.window.held)
}

// A delivery is gone when it was acknowledged or expired, and also where the
// client began a message of its own with that id.
func TestALateDeliveryMayBeGone(t *testing.T) {
	h, cl, _, _ := resumed(t)
	cl.State.Inflight.Set(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrec}, PacketID: 5})
	_, ok := h.lift(cl, &late{id: 5})
	require.False(t, ok)
	_, ok = h.lift(cl, &late{id: 6})
	require.False(t, ok)
}
