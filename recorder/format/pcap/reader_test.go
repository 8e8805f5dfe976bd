package pcap_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
	"github.com/stretchr/testify/require"
)

const (
	hall   = "10.0.0.5:40000"
	porch  = "10.0.0.6:40001"
	broker = "10.0.0.1:1883"
)

// read reads a capture that has to be whole.
func read(t testing.TB, b []byte, o pcap.Options) ([]string, pcap.Stats) {
	t.Helper()
	got, stats, err := readAll(b, o)
	require.NoError(t, err)
	require.Equal(t, len(got), stats.Records)
	last := time.Duration(0)
	for _, r := range got {
		require.GreaterOrEqual(t, r.At, last)
		last = r.At
	}
	return tell(got), stats
}

// session is a whole connection that says one thing.
func session(w *wire, client string) {
	c := w.dial(client, broker)
	c.say(byClient, connectAs(4, "hall"))
	c.say(byServer, connack(4))
	c.say(byClient, said{topic: "hall/light", payload: "ON", qos: 1}.packet(4))
	c.say(byServer, []byte{0x40, 2, 0, 1})
	c.say(byClient, disconnect)
	c.hangUp()
}

var sessionTold = []string{"connect by hall", `message by hall hall/light "ON" qos1`, "disconnect by hall"}

func TestFilesAndLinks(t *testing.T) {
	micro, nano := uint32(0xa1b2c3d4), uint32(0xa1b23c4d)
	check := func(name string, b []byte) {
		t.Run(name, func(t *testing.T) {
			require.True(t, pcap.Matches(b))
			got, stats := read(t, b, pcap.Options{})
			require.Equal(t, sessionTold, got)
			require.Equal(t, pcap.Stats{Records: 3, Streams: 1}, stats)
		})
	}
	for name, link := range map[string]layers.LinkType{
		"Ethernet": layers.LinkTypeEthernet, "null": layers.LinkTypeNull, "loop": layers.LinkTypeLoop, "raw": layers.LinkTypeRaw,
		"raw BSD": 12, "raw OpenBSD": 14, "IPv4": layers.LinkTypeIPv4, "SLL": layers.LinkTypeLinuxSLL, "SLL2": layers.LinkTypeLinuxSLL2,
	} {
		w := newWire(t)
		w.link = link
		session(w, hall)
		check(name, w.pcap())
		check(name+" ng", w.pcapng())
		check(name+" big-endian", w.raw(binary.BigEndian, micro, uint32(link), time.Microsecond))
		check(name+" little-endian ns", w.raw(binary.LittleEndian, nano, uint32(link), time.Nanosecond))
		check(name+" with a checksum's length", w.raw(binary.BigEndian, nano, uint32(link)|0x44000000, time.Nanosecond))
	}
	w := newWire(t)
	w.vlan = true
	session(w, hall)
	check("VLAN", w.pcap())
}

func TestIPv6(t *testing.T) {
	w := newWire(t)
	c := w.dial("[fe80::5]:40000", "[fe80::1]:1883")
	c.say(byClient, connectAs(4, ""), said{topic: "a", payload: "x"}.packet(4))
	got, _ := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by [fe80::5]:40000", `message by [fe80::5]:40000 a "x"`}, got)
}

func TestTimes(t *testing.T) {
	w := newWire(t)
	w.clock = started.Add(123 * time.Nanosecond)
	c := w.dial(hall, broker) // 0, 1 and 2 ms
	c.say(byClient, connectAs(4, "hall"))
	w.wait(time.Hour)
	long := said{topic: "a", payload: strings.Repeat("x", 100)}.packet(4)
	c.say(byClient, long[:5], long[5:])
	w.wait(-2 * time.Hour) // the clock is set back
	c.say(byClient, said{topic: "a", payload: "late"}.packet(4))
	got, stats, err := readAll(w.raw(binary.LittleEndian, 0xa1b23c4d, 1, 1), pcap.Options{})
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i, at := range []time.Duration{3 * time.Millisecond, time.Hour + 4*time.Millisecond, time.Hour + 4*time.Millisecond} {
		require.Equal(t, at, got[i].At)
	}
	require.Equal(t, started.Add(123+3*time.Millisecond).UnixNano(), got[0].Wall)
	require.Equal(t, started.Add(123+time.Hour+4*time.Millisecond).UnixNano(), got[1].Wall)
	require.Equal(t, started.Add(123-time.Hour+6*time.Millisecond).UnixNano(), got[2].Wall, "the wall time is what the capture says")
	require.Equal(t, 1, stats.Held)
}

// TestOrder: a message stands where it began, also when others that began later
// were whole before.
func TestOrder(t *testing.T) {
	w := newWire(t)
	a, b := w.dial(hall, broker), w.dial(porch, broker)
	a.say(byClient, connectAs(4, "hall"))
	b.say(byClient, connectAs(4, "porch"))
	long := each(1000, said{topic: "firmware", payload: strings.Repeat("x", 256<<10)}.packet(4))
	for _, part := range long {
		a.say(byClient, part)
		b.say(byClient, said{topic: "porch", payload: "tick"}.packet(4))
	}
	got, stats, err := readAll(w.pcap(), pcap.Options{})
	require.NoError(t, err)
	require.Len(t, got, 3+len(long))
	require.Equal(t, "message by hall firmware 262144 bytes", tell(got)[2])
	require.Equal(t, strings.Repeat("x", 256<<10), string(got[2].Payload))
	require.Zero(t, stats.Held)
	for i := 3; i < len(got); i++ {
		require.Equal(t, got[i-1].At+time.Millisecond*time.Duration(min(i-2, 2)), got[i].At)
	}
}

// TestEndOutOfOrder: the end of a connection stands after all that was said,
// also when it was captured before.
func TestEndOutOfOrder(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"), said{topic: "a", payload: "x"}.packet(4))
	c.hangUp()
	p := w.packets
	p[4].data, p[5].data, p[6].data = p[5].data, p[6].data, p[4].data // the message comes after both ends
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by hall", `message by hall a "x"`, "disconnect by hall (connection closed)"}, got)
	require.Zero(t, stats.LostBytes)
}

// TestEndBehindAHole: an end that nothing but time can reach has its place.
func TestEndBehindAHole(t *testing.T) {
	w := newWire(t)
	other, c := w.dial(porch, broker), w.dial(hall, broker)
	other.say(byClient, connectAs(4, "porch"))
	c.say(byClient, connectAs(4, "hall"))
	c.miss(byClient, said{topic: "a", payload: "x"}.packet(4))
	c.hangUp()
	want := []string{"connect by porch", "connect by hall", "disconnect by hall (connection closed)"}
	for range 3 {
		w.wait(20 * time.Second)
		other.say(byClient, said{topic: "b", payload: "y"}.packet(4))
		want = append(want, `message by porch b "y"`)
	}
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, want, got)
	require.Zero(t, stats.Held)
}

// TestAfterTheEnd: what is sent again is late, what goes on beyond the end is
// another connection of which the beginning is missing.
func TestAfterTheEnd(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	begin := c.seq
	c.say(byClient, connectAs(4, "hall"))
	c.hangUp()
	end := c.seq
	c.seq = begin
	c.say(byClient, connectAs(4, "hall"))
	c.seq = [2]uint32{end[byClient] + 100_000, end[byServer] + 100_000}
	c.say(byClient, connectAs(4, "again"))
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by hall", "disconnect by hall (connection closed)", "connect by again"}, got)
	require.Equal(t, pcap.Stats{Records: 3, Streams: 2}, stats)
}

// TestWhoIsTheClient: without a beginning the packets tell, then MQTT's port,
// then the higher port.
func TestWhoIsTheClient(t *testing.T) {
	for _, c := range []struct {
		client, server string
		b              []byte
	}{
		{"10.0.0.5:1000", "10.0.0.1:9999", subscribe("a", 0)},
		{"10.0.0.1:1000", "10.0.0.5:9999", subscribe("a", 0)},
		{"10.0.0.5:1000", "10.0.0.1:1883", nil},
		{"10.0.0.1:1000", "10.0.0.5:1883", nil},
		{"10.0.0.5:9999", "10.0.0.1:1000", nil},
		{"10.0.0.1:9999", "10.0.0.5:1000", nil},
	} {
		w := newWire(t)
		conn := w.meet(c.client, c.server)
		want := []string{"message by " + c.client + ` a "1"`}
		conn.say(byClient, said{topic: "a", payload: "1"}.packet(4))
		if c.b != nil { // it comes after what it tells about
			conn.say(byClient, c.b)
			want = append(want, "subscribe by "+c.client+" a")
		}
		conn.say(byClient, said{topic: "a", payload: "2"}.packet(4))
		want = append(want, "message by "+c.client+` a "2"`)
		got, _ := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got)
	}
}

// TestTimeWithinASegment: what begins in the segment in which another message
// ends has that segment's time.
func TestTimeWithinASegment(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"))
	long := said{topic: "a", payload: "long"}.packet(4)
	c.say(byClient, long[:6])
	c.say(byClient, append(long[6:len(long):len(long)], said{topic: "a", payload: "next"}.packet(4)...))
	got, _, err := readAll(w.pcap(), pcap.Options{})
	require.NoError(t, err)
	require.Equal(t, []time.Duration{3 * time.Millisecond, 4 * time.Millisecond, 5 * time.Millisecond}, []time.Duration{got[0].At, got[1].At, got[2].At})
}

// TestOrderDoesNotWaitForever: what stopped in the middle holds the others back
// for half a minute of the capture, and no longer.
func TestOrderDoesNotWaitForever(t *testing.T) {
	w := newWire(t)
	a, b := w.dial(hall, broker), w.dial(porch, broker)
	a.say(byClient, connectAs(4, "hall"))
	b.say(byClient, connectAs(4, "porch"))
	long := said{topic: "a", payload: "stops here"}.packet(4)
	a.say(byClient, long[:6])
	b.say(byClient, said{topic: "b", payload: "1"}.packet(4))
	w.wait(time.Minute)
	b.say(byClient, said{topic: "b", payload: "2"}.packet(4))
	a.say(byClient, long[6:])
	b.say(byClient, said{topic: "b", payload: "3"}.packet(4))
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{
		"connect by hall", "connect by porch", `message by porch b "1"`, `message by porch b "2"`,
		`message by hall a "stops here"`, `message by porch b "3"`,
	}, got)
	require.Equal(t, 1, stats.Held)
}

func TestSegments(t *testing.T) {
	payload := strings.Repeat("0123456789", 50)
	packets := bytes.Join([][]byte{
		connectAs(4, "hall"), said{topic: "a", payload: payload}.packet(4), said{topic: "b", payload: "x", qos: 2}.packet(4), disconnect,
	}, nil)
	want := []string{"connect by hall", "message by hall a 500 bytes", `message by hall b "x" qos2`, "disconnect by hall"}
	make := func(n int) *wire {
		w := newWire(t)
		w.dial(hall, broker).say(byClient, each(n, packets)...)
		return w
	}
	same := func(t *testing.T, w *wire) {
		t.Helper()
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got)
		require.Equal(t, pcap.Stats{Records: 4, Streams: 1}, stats)
	}
	for _, n := range []int{1, 2, 3, 7, 100, 1 << 20} {
		same(t, make(n))
	}
	t.Run("out of order", func(t *testing.T) {
		w := make(20)
		p := w.packets[3:] // after the handshake
		for i := 0; i+3 < len(p); i += 4 {
			p[i], p[i+1], p[i+2], p[i+3] = p[i+3], p[i], p[i+1], p[i+2]
		}
		same(t, w)
	})
	t.Run("backwards", func(t *testing.T) {
		w := make(20)
		p := w.packets[3:]
		for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
			p[i], p[j] = p[j], p[i]
		}
		same(t, w)
	})
	t.Run("sent again", func(t *testing.T) {
		w := make(20)
		var twice []packet
		for i, p := range w.packets {
			twice = append(twice, p, w.packets[max(0, i-3)])
		}
		w.packets = twice
		same(t, w)
	})
	t.Run("sent again in other pieces", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, broker)
		begin := c.seq
		c.say(byClient, each(20, packets)[:20]...)
		c.seq = begin
		c.say(byClient, each(33, packets)...)
		same(t, w)
	})
	t.Run("alive", func(t *testing.T) { // a probe has the last byte again, or any
		w := newWire(t)
		c := w.dial(hall, broker)
		c.say(byClient, packets[:90])
		c.seq[byClient]--
		c.say(byClient, []byte{0})
		c.say(byClient, packets[90:])
		same(t, w)
	})
}

func TestLostSegment(t *testing.T) {
	tell3 := func(c *tcp) [][]byte {
		return [][]byte{
			said{topic: "a", payload: "first"}.packet(4),
			said{topic: "a", payload: "second, which is the one that gets lost"}.packet(4),
			said{topic: "a", payload: "third"}.packet(4),
		}
	}
	begin := func() (*wire, *tcp, [][]byte) {
		w := newWire(t)
		c := w.dial(hall, broker)
		c.say(byClient, connectAs(4, "hall"))
		c.say(byServer, connack(4))
		return w, c, tell3(c)
	}
	want := []string{"connect by hall", `message by hall a "first"`, `message by hall a "third"`}
	t.Run("whole packet", func(t *testing.T) {
		w, c, p := begin()
		c.say(byClient, p[0])
		c.miss(byClient, p[1])
		c.say(byClient, p[2])
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got)
		require.EqualValues(t, len(p[1]), stats.LostBytes)
	})
	t.Run("middle of a packet", func(t *testing.T) {
		w, c, p := begin()
		c.say(byClient, p[0], p[1][:10])
		c.miss(byClient, p[1][10:20])
		c.say(byClient, append(bytes.Clone(p[1][20:]), p[2]...)) // the next packet is not at a segment's beginning
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got)
		require.EqualValues(t, 10, stats.LostBytes)
		require.Equal(t, 1, stats.Skipped)
		require.ErrorIs(t, stats.FirstSkipped, pcap.ErrLost)
		var where *pcap.PacketError
		require.ErrorAs(t, stats.FirstSkipped, &where)
		require.EqualValues(t, 7, where.Packet)
	})
	t.Run("end of one and begin of the next", func(t *testing.T) {
		w, c, p := begin()
		all := bytes.Join([][]byte{p[0], p[1], p[1], p[2]}, nil)
		from, to := len(p[0])+20, len(p[0])+len(p[1])+20
		c.say(byClient, all[:from])
		c.miss(byClient, all[from:to])
		c.say(byClient, all[to:])
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got)
		require.EqualValues(t, 2*len(p[1])-20, stats.LostBytes, "with what had to be passed over")
	})
	late := func(acked bool, wait time.Duration) ([]string, pcap.Stats) {
		w, c, p := begin()
		other := w.dial(porch, broker)
		other.say(byClient, connectAs(4, "porch"))
		c.say(byClient, p[0])
		missing := c.seq
		c.miss(byClient, p[1])
		c.say(byClient, p[2])
		if acked {
			c.acks(byServer)
		}
		w.wait(wait)
		other.say(byClient, pingreq) // by now the hole is given up, or is not
		c.seq = missing
		c.say(byClient, p[1])
		return read(t, w.pcap(), pcap.Options{})
	}
	others := []string{"connect by hall", "connect by porch"}
	t.Run("acknowledged", func(t *testing.T) { // what the broker has will not be sent again
		got, stats := late(true, 2*time.Second)
		require.Equal(t, append(others[:2:2], want[1:]...), got)
		require.NotZero(t, stats.LostBytes)
	})
	for _, acked := range []bool{false, true} {
		t.Run("late", func(t *testing.T) {
			wait := 20 * time.Second
			if acked {
				wait = time.Second / 2 // captures of several interfaces are not in order
			}
			got, stats := late(acked, wait)
			require.Equal(t, append(others[:2:2], `message by hall a "first"`,
				`message by hall a "second, which is the one that gets lost"`, `message by hall a "third"`), got)
			require.Zero(t, stats.LostBytes)
		})
	}
	t.Run("too late", func(t *testing.T) {
		got, stats := late(false, time.Minute)
		require.Equal(t, append(others[:2:2], want[1:]...), got)
		require.NotZero(t, stats.LostBytes)
	})
	t.Run("another hole has its own time", func(t *testing.T) {
		w, c, p := begin()
		c.miss(byClient, p[1])
		c.say(byClient, p[0])
		w.wait(29 * time.Second)
		missing := c.seq
		c.miss(byClient, p[1])
		c.say(byClient, p[2])
		behind := c.seq
		w.wait(2 * time.Second) // the first is given up
		c.say(byClient, pingreq)
		w.wait(2 * time.Second)
		c.seq = missing
		c.say(byClient, p[1])
		c.seq = behind
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{
			want[0], want[1], `message by hall a "second, which is the one that gets lost"`, want[2],
		}, got)
		require.EqualValues(t, len(p[1]), stats.LostBytes)
	})
	t.Run("another hole is not acknowledged", func(t *testing.T) {
		w, c, p := begin()
		c.miss(byClient, p[1])
		c.say(byClient, p[0])
		c.acks(byServer)
		missing := c.seq
		c.miss(byClient, p[1])
		c.say(byClient, p[2])
		behind := c.seq
		w.wait(2 * time.Second) // the first is given up
		c.say(byClient, pingreq)
		w.wait(2 * time.Second)
		c.seq = missing
		c.say(byClient, p[1])
		c.seq = behind
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{
			want[0], want[1], `message by hall a "second, which is the one that gets lost"`, want[2],
		}, got)
		require.EqualValues(t, len(p[1]), stats.LostBytes)
	})
	t.Run("first", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, broker)
		c.miss(byClient, connectAs(4, "hall"))
		c.say(byClient, said{topic: "a", payload: "after"}.packet(4))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{`message by 10.0.0.5:40000 a "after"`}, got)
		require.EqualValues(t, len(connectAs(4, "hall")), stats.LostBytes)
	})
}

// TestBadPackets: one bad packet is passed over by its length; after several,
// lengths are not believed.
func TestBadPackets(t *testing.T) {
	bad := []byte{0x41, 0} // a PUBACK of nothing
	begin := func() (*wire, *tcp) {
		w := newWire(t)
		c := w.dial(hall, broker)
		c.say(byClient, connectAs(4, "hall"))
		return w, c
	}
	t.Run("one", func(t *testing.T) {
		w, c := begin()
		c.say(byClient, append(bad[:2:2], append(subscribe("a/#", 1), bad...)...), subscribe("b", 0))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", "subscribe by hall a/# qos1", "subscribe by hall b"}, got)
		require.Equal(t, 2, stats.Skipped)
		require.Zero(t, stats.LostBytes)
	})
	t.Run("several", func(t *testing.T) {
		w, c := begin()
		c.say(byClient, bad, bad, []byte{0x51, 0xff, 0x7f}, said{topic: "a", payload: "x"}.packet(4))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", `message by hall a "x"`}, got)
		require.Equal(t, 2, stats.Skipped)
		require.EqualValues(t, 3, stats.LostBytes)
	})
	t.Run("after a hole that ends with a packet", func(t *testing.T) {
		w, c := begin()
		long := said{topic: "a", payload: "the end of this is missing"}.packet(4)
		c.say(byClient, long[:20])
		c.miss(byClient, long[20:])
		c.say(byClient, append(subscribe("a/#", 1), bad...), said{topic: "a", payload: "x"}.packet(4))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", "subscribe by hall a/# qos1", `message by hall a "x"`}, got)
		require.EqualValues(t, len(long)-20, stats.LostBytes)
	})
	t.Run("holes one after the other in a packet", func(t *testing.T) {
		w, c := begin()
		long := said{topic: "a", payload: "several parts of this are missing"}.packet(4)
		c.say(byClient, long[:20])
		c.miss(byClient, long[20:22])
		c.say(byClient, long[22:30])
		c.miss(byClient, long[30:])
		c.say(byClient, append(subscribe("a/#", 1), bad...), said{topic: "a", payload: "x"}.packet(4))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", "subscribe by hall a/# qos1", `message by hall a "x"`}, got)
		require.Equal(t, 2, stats.Skipped, "the message, once, and the bad packet")
	})
	t.Run("a hole beyond a packet's end", func(t *testing.T) {
		w, c := begin()
		long := said{topic: "a", payload: "the end of this is missing"}.packet(4)
		c.say(byClient, long[:20])
		c.miss(byClient, long[20:22])
		c.say(byClient, long[22:24])
		c.miss(byClient, append(long[24:len(long):len(long)], bad...))
		c.say(byClient, said{topic: "a", payload: "x"}.packet(4))
		got, _ := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", `message by hall a "x"`}, got)
	})
	t.Run("what could be anything", func(t *testing.T) { // two bytes that would be a DISCONNECT
		w := newWire(t)
		c := w.meet(hall, broker)
		c.say(byClient, append([]byte{0xe0, 0}, "and then none"...), said{topic: "a", payload: "x"}.packet(4))
		got, _ := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{`message by 10.0.0.5:40000 a "x"`}, got)
	})
	t.Run("from the wrong side", func(t *testing.T) {
		w, c := begin()
		c.say(byServer, subscribe("a", 0), connectAs(4, "x"))
		c.say(byClient, connack(4), connectAs(4, "again"))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall"}, got)
		require.Equal(t, 4, stats.Skipped)
	})
}

func TestMalformedPackets(t *testing.T) {
	for name, c := range map[string]struct {
		level byte
		side  int
		b     []byte
	}{
		"options of 5 in 3.1.1":      {4, byClient, subscribe("a", 4)},
		"QoS 3 asked":                {5, byClient, control(0x82, number(1), block(), text("a"), []byte{3})},
		"filter":                     {4, byClient, subscribe("a/#/b", 0)},
		"no filter":                  {5, byClient, control(0x82, number(1), block(), nil, nil, []byte{0, 0, 0})},
		"subscription without id":    {4, byClient, control(0x82, number(0), text("a"), []byte{0})},
		"wildcard in a topic":        {4, byClient, control(0x30, text("a/+"), []byte("x"))},
		"no topic":                   {4, byClient, control(0x30, text(""), []byte("x"))},
		"no topic and no alias":      {5, byClient, control(0x30, text(""), block(), []byte("x"))},
		"alias 0":                    {5, byClient, said{topic: "a"}.packet(5, []byte{0x23, 0, 0})},
		"message without id":         {4, byClient, control(0x32, text("a"), number(0))},
		"unknown property":           {5, byClient, said{topic: "a"}.packet(5, []byte{0x7f, 0})},
		"property of another packet": {5, byClient, said{topic: "a"}.packet(5, []byte{0x11, 0, 0, 0, 1})},
		"property twice":             {5, byClient, said{topic: "a"}.packet(5, []byte{1, 1}, []byte{1, 1})},
		"cut property":               {5, byClient, said{topic: "a"}.packet(5, []byte{2, 0, 0})},
		"properties beyond the end":  {5, byClient, control(0x30, text("a"), []byte{9, 1})},
		"text":                       {5, byClient, said{topic: "a"}.packet(5, []byte{3}, text("\xff"))},
		"long DISCONNECT":            {4, byClient, control(0xe0, []byte{0})},
		"long PINGREQ":               {4, byClient, control(0xc0, []byte{0})},
		"PUBACK of nothing":          {4, byServer, control(0x40, number(0))},
		"long PUBACK":                {4, byServer, control(0x40, number(1), []byte{0})},
		"code of a SUBACK":           {4, byServer, control(0x90, number(1), []byte{3})},
		"SUBACK of nothing":          {4, byServer, control(0x90, number(0), []byte{0})},
		"UNSUBACK of 5":              {4, byServer, control(0xb0, number(1), []byte{0})},
		"flags of a CONNACK":         {4, byServer, control(0x20, []byte{2, 0})},
		"long CONNACK":               {4, byServer, control(0x20, []byte{0, 0, 0})},
		"AUTH in 3.1.1":              {4, byServer, control(0xf0)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			conn := w.dial(hall, broker)
			conn.say(byClient, connectAs(c.level, "hall"))
			conn.say(byServer, connack(c.level))
			conn.say(c.side, c.b)
			conn.say(byClient, said{topic: "after", payload: "x"}.packet(c.level))
			got, stats := read(t, w.pcap(), pcap.Options{})
			require.Equal(t, []string{"connect by hall", `message by hall after "x"`}, got)
			require.Equal(t, 1, stats.Skipped)
			require.ErrorIs(t, stats.FirstSkipped, pcap.ErrPacket)
		})
	}
	for name, b := range map[string][]byte{
		"level":       control(0x10, text("MQTT"), []byte{6, 0, 0, 60}, text("hall")),
		"protocol":    control(0x10, text("MQTX"), []byte{4, 0, 0, 60}, text("hall")),
		"will of QoS": control(0x10, text("MQTT"), []byte{4, 0x1c, 0, 60}, text("hall"), text("w"), text("p")),
		"will topic":  control(0x10, text("MQTT"), []byte{4, 4, 0, 60}, text("hall"), text("w/#"), text("p")),
		"no password": control(0x10, text("MQTT"), []byte{4, 0x40, 0, 60}, text("hall")),
	} {
		t.Run("CONNECT with a bad "+name, func(t *testing.T) {
			w := newWire(t)
			c := w.dial(hall, broker)
			c.say(byClient, b, pingreq)
			got, stats := read(t, w.pcap(), pcap.Options{})
			require.Empty(t, got)
			if name == "protocol" {
				require.Equal(t, 1, stats.NotMQTT)
				return
			}
			require.Equal(t, 1, stats.Skipped)
		})
	}
}

func TestMidstream(t *testing.T) {
	for name, level := range map[string]byte{"3.1.1": 4, "5": 5} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			c := w.meet(hall, broker)
			rest := said{topic: "a", payload: "of this the beginning is missing"}.packet(level)[9:]
			c.say(byClient, rest)
			var want []string
			for _, payload := range []string{"21.5", "\x00\x01binary", "", "{}"} {
				c.say(byClient, said{topic: "a", payload: payload}.packet(level))
				want = append(want, tell([]recorder.Record{{Kind: recorder.KindMessage, Client: hall, Message: mqtt.Message{Topic: "a", Payload: []byte(payload)}}})...)
			}
			got, stats := read(t, w.pcap(), pcap.Options{})
			require.Equal(t, want, got)
			require.Equal(t, 1, stats.Streams)
			require.EqualValues(t, len(rest), stats.LostBytes)
		})
	}
	t.Run("5 settled by a CONNACK", func(t *testing.T) {
		w := newWire(t)
		c := w.meet(hall, broker)
		c.say(byServer, control(0x20, []byte{0, 0}, block([]byte{0x12}, text("given"))))
		c.say(byClient, said{topic: "a", payload: "x"}.packet(5))
		got, _ := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{`message by given a "x"`}, got)
	})
	t.Run("taken for 5, and is not", func(t *testing.T) {
		w := newWire(t)
		c := w.meet(hall, broker)
		for range 5 {
			c.say(byClient, said{topic: "a", payload: "\x00x"}.packet(4))
		}
		c.say(byClient, said{topic: "a", payload: "text"}.packet(4))
		got, _ := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, `message by 10.0.0.5:40000 a "text"`, got[5])
	})
	t.Run("unknown alias", func(t *testing.T) {
		w := newWire(t)
		c := w.meet(hall, broker)
		c.say(byServer, connack(5))
		c.say(byClient, control(0x30, text(""), block([]byte{0x23, 0, 1}), []byte("x")))
		c.say(byClient, said{topic: "a", payload: "y"}.packet(5, []byte{0x23, 0, 1}))
		c.say(byClient, control(0x30, text(""), block([]byte{0x23, 0, 1}), []byte("z")))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{`message by 10.0.0.5:40000 a "y"`, `message by 10.0.0.5:40000 a "z"`}, got)
		require.ErrorIs(t, stats.FirstSkipped, pcap.ErrAlias)
	})
}

func TestPorts(t *testing.T) {
	make := func(port string, begin bool) []byte {
		w := newWire(t)
		c := w.meet(hall, "10.0.0.1:"+port)
		if begin {
			c.shake()
			c.say(byClient, connectAs(4, "hall"))
		}
		c.say(byClient, said{topic: "a", payload: "1"}.packet(4), said{topic: "a", payload: "2"}.packet(4))
		return w.pcap()
	}
	told := []string{"connect by hall", `message by hall a "1"`, `message by hall a "2"`}
	guessed := []string{`message by 10.0.0.5:40000 a "1"`, `message by 10.0.0.5:40000 a "2"`}
	for _, c := range []struct {
		port  string
		begin bool
		o     pcap.Options
		want  []string
	}{
		{"1883", true, pcap.Options{}, told},
		{"9999", true, pcap.Options{}, told},
		{"9999", false, pcap.Options{}, guessed},
		{"9999", false, pcap.Options{Ports: []uint16{1, 9999}}, guessed},
		{"1883", true, pcap.Options{Ports: []uint16{9999}}, []string{}},
	} {
		got, _ := read(t, make(c.port, c.begin), c.o)
		require.Equal(t, c.want, got, "port %s", c.port)
	}
}

func TestNotMQTT(t *testing.T) {
	w := newWire(t)
	web := w.dial(hall, "10.0.0.1:80")
	web.say(byClient, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	web.say(byServer, []byte("HTTP/1.1 200 OK\r\n\r\n"), said{topic: "a", payload: "in a page"}.packet(4))
	mail := w.dial(hall, "10.0.0.1:25")
	mail.say(byServer, []byte("220 hello\r\n"))
	odd := w.dial(hall, broker) // on MQTT's port, and is not
	odd.say(byClient, []byte("\x00\x00\x00\x0esomething else"))
	midway := w.meet(porch, "10.0.0.1:99")
	midway.say(byClient, bytes.Repeat([]byte("0123456789"), 7000))
	w.meet(hall, "10.0.0.1:98").say(byClient, said{topic: "a", payload: "chance"}.packet(4)) // one is not enough
	secret := w.dial(hall, "10.0.0.1:8883")
	secret.say(byClient, []byte{0x16, 3, 1, 0, 200, 1, 0}, make([]byte, 100))
	secret = w.dial(porch, "10.0.0.1:443")
	secret.say(byClient, []byte{0x16, 3, 3, 0, 200, 1, 0})
	w.dial(porch, broker).hangUp() // it says nothing
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Empty(t, got)
	require.Equal(t, pcap.Stats{NotMQTT: 7, Encrypted: 1}, stats)
}

func TestSessions(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	will := control(0x10, text("MQTT"), []byte{4, 0x2e, 0, 60}, text("hall"), text("hall/state"), text("offline"))
	c.say(byClient, will)
	c.say(byServer, connack(4))
	c.say(byClient, subscribe("hall/#", 1))
	c.say(byServer, []byte{0x90, 3, 0, 1, 1})
	c.say(byServer, said{topic: "hall/light", payload: "stored", retain: true}.packet(4))
	c.say(byServer, said{topic: "hall/light", payload: "live", qos: 1, dup: true}.packet(4))
	c.say(byClient, pingreq)
	c.say(byServer, pingresp)
	c.say(byClient, control(0xa2, number(2), text("hall/#"), text("b")))
	c.say(byServer, []byte{0xb0, 2, 0, 2})
	c.hangUp()
	want := []string{
		"connect by hall", "subscribe by hall hall/# qos1",
		`snapshot hall/light "stored" retain (to hall)`, `message hall/light "live" qos1 dup (to hall)`,
		"unsubscribe by hall hall/#", "unsubscribe by hall b",
		"disconnect by hall (connection closed)", `will by hall hall/state "offline" qos1 retain (as announced when it connected)`,
	}
	c = w.dial(hall, broker) // the same ports again
	c.say(byClient, will)
	c.send(byServer, layers.TCP{RST: true}, []byte("go away"))
	want = append(want, "connect by hall", "disconnect by hall (connection reset)", `will by hall hall/state "offline" qos1 retain (as announced when it connected)`)
	c = w.dial(porch, broker)
	c.say(byClient, will, disconnect)
	c.hangUp()
	want = append(want, "connect by hall", "disconnect by hall")
	c = w.dial(porch, broker)
	c.say(byClient, will)
	c.say(byServer, control(0x20, []byte{0, 5}))
	c.hangUp()
	want = append(want, "connect by hall", "disconnect by hall (refused by the broker: reason 0x05)")
	c = w.dial(porch, broker)
	c.say(byClient, will)
	c = w.meet(porch, broker) // its end was not captured
	c.seq[byClient] = 5_000_000
	c.shake()
	c.say(byClient, connectAs(3, "old"))
	want = append(want, "connect by hall", "disconnect by hall (connection lost)", `will by hall hall/state "offline" qos1 retain (as announced when it connected)`, "connect by old")
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, want, got)
	require.Equal(t, 6, stats.Streams)
	require.Zero(t, stats.Skipped, "%v", stats.FirstSkipped)
	require.Zero(t, stats.LostBytes)
}

func TestLevel5(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	delayed := block([]byte{0x18, 0, 0, 0, 30})
	c.say(byClient, control(0x10, text("MQTT"), []byte{5, 6, 0, 60}, block([]byte{0x21, 0, 9}), text(""), delayed, text("w"), text("gone")))
	// The broker gives it a name, which all that it said before has too.
	c.say(byClient, control(0x82, number(1), block([]byte{0x0b, 7}), text("a/#"), []byte{0x2a}))
	c.say(byServer, control(0x20, []byte{0, 0}, block([]byte{0x12}, text("auto-1"), []byte{0x21, 0, 5})))
	c.say(byClient, said{topic: "a/b", payload: "x", qos: 1}.packet(5,
		[]byte{1, 1}, []byte{2, 0, 0, 1, 0}, []byte{3}, text("json"), []byte{8}, text("re"), []byte{9}, text("co"),
		[]byte{0x26}, text("k"), text("v"), []byte{0x26}, text("k"), text("w"), []byte{0x23, 0, 3}))
	c.say(byClient, control(0x30, text(""), block([]byte{0x23, 0, 3}), []byte("by alias")))
	c.say(byServer, said{topic: "a/b", payload: "x", retain: true}.packet(5, []byte{0x0b, 7}, []byte{0x0b, 8}))
	c.say(byServer, control(0xe0, []byte{0x8e}, block()))
	got, stats, err := readAll(w.pcap(), pcap.Options{})
	require.NoError(t, err)
	require.Zero(t, stats.Skipped, "%v", stats.FirstSkipped)
	require.Equal(t, []string{
		"connect by auto-1", "subscribe by auto-1 a/# qos2", `message by auto-1 a/b "x" qos1`, `message by auto-1 a/b "by alias"`,
		`message a/b "x" retain (to auto-1)`, // it asked for the flag as it was published
		"disconnect by auto-1 (closed by the broker: reason 0x8e; its will is due after 30 s)",
	}, tell(got))
	one, expiry := byte(1), uint32(256)
	require.Equal(t, &mqtt.Properties{
		PayloadFormat: &one, ExpirySeconds: &expiry, ContentType: "json", ResponseTopic: "re", CorrelationData: []byte("co"),
		User: []mqtt.UserProperty{{Key: "k", Value: "v"}, {Key: "k", Value: "w"}},
	}, got[2].Properties)
	require.Nil(t, got[3].Properties)
}

func TestBridge(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(0x84, "bridge"))
	c.say(byServer, said{topic: "a", payload: "x", retain: true}.packet(4))
	got, _ := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by bridge", `message a "x" retain (to bridge)`}, got)
}

func TestDedupe(t *testing.T) {
	w := newWire(t)
	pub, a, b := w.dial(hall, broker), w.dial(porch, broker), w.dial("10.0.0.7:40002", broker)
	pub.say(byClient, connectAs(4, "hall"))
	a.say(byClient, connectAs(4, "a"))
	b.say(byClient, connectAs(4, "b"))
	copies := func(s said) {
		a.say(byServer, s.packet(4))
		b.say(byServer, s.packet(4))
	}
	copies(said{topic: "t", payload: "stored", retain: true})
	for range 2 { // the same twice is said twice
		pub.say(byClient, said{topic: "t", payload: "on", qos: 1}.packet(4))
		copies(said{topic: "t", payload: "on"})
	}
	pub.say(byClient, said{topic: "t", payload: "on", qos: 1, dup: true}.packet(4)) // its PUBACK was lost
	copies(said{topic: "t", payload: "by nobody here"})
	copies(said{topic: "t", payload: "by nobody here"})
	w.wait(2 * time.Minute)
	copies(said{topic: "t", payload: "on"}) // nobody said it lately
	got, stats := read(t, w.pcap(), pcap.Options{Dedupe: true})
	require.Equal(t, []string{
		"connect by hall", "connect by a", "connect by b",
		`snapshot t "stored" retain (to a)`,
		`message by hall t "on" qos1`, `message by hall t "on" qos1`,
		`message t "by nobody here" (to a)`, `message t "by nobody here" (to a)`,
		`message t "on" (to a)`,
	}, got)
	require.Equal(t, 1+4+1+2+1, stats.Duplicates)
	all, _ := read(t, w.pcap(), pcap.Options{})
	require.Len(t, all, 3+2+6+1+4+2)
}

// TestDedupeForgets: a message is forgotten a minute after it was seen last.
func TestDedupeForgets(t *testing.T) {
	w := newWire(t)
	pub, sub := w.dial(hall, broker), w.dial(porch, broker)
	pub.say(byClient, connectAs(4, "hall"))
	sub.say(byClient, connectAs(4, "porch"))
	a, b := said{topic: "t", payload: "a"}.packet(4), said{topic: "t", payload: "b"}.packet(4)
	pub.say(byClient, a, b)
	w.wait(50 * time.Second)
	sub.say(byServer, a)
	w.wait(20 * time.Second)
	sub.say(byServer, b)                                                           // too late
	sub.say(byServer, said{topic: "t", payload: "b", qos: 1, dup: true}.packet(4)) // the same again
	sub.say(byServer, a)                                                           // said again, by somebody else
	r := pcap.NewReader(bytes.NewReader(w.pcap()), pcap.Options{Dedupe: true})
	var got []recorder.Record
	var rec recorder.Record
	for r.Next(&rec) == nil {
		got = append(got, rec)
	}
	require.Equal(t, []string{
		"connect by hall", "connect by porch", `message by hall t "a"`, `message by hall t "b"`,
		`message t "b" (to porch)`, `message t "a" (to porch)`,
	}, tell(got))
	messages, receivers := r.Copies()
	require.Equal(t, [2]int{2, 2}, [2]int{messages, receivers})
}

func TestWebSocket(t *testing.T) {
	frame := func(opcode byte, mask uint32, b []byte) []byte {
		out := []byte{opcode}
		size := byte(len(b))
		switch {
		case len(b) > 65535:
			size = 127
		case len(b) > 125:
			size = 126
		}
		masked := byte(0)
		if mask != 0 {
			masked = 0x80
		}
		out = append(out, masked|size)
		switch size {
		case 126:
			out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
		case 127:
			out = binary.BigEndian.AppendUint64(out, uint64(len(b)))
		}
		if mask == 0 {
			return append(out, b...)
		}
		key := binary.BigEndian.AppendUint32(nil, mask)
		out = append(out, key...)
		for i := range b {
			out = append(out, b[i]^key[i&3])
		}
		return out
	}
	request := "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: x, mqttv3.1\r\n\r\n"
	response := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
	long := said{topic: "long", payload: strings.Repeat("x", 70_000)}.packet(4)
	fromClient := bytes.Join([][]byte{
		[]byte(request), frame(0x82, 0x01020304, connectAs(4, "web")[:7]), frame(0x82, 0xf1020304, connectAs(4, "web")[7:]),
		frame(0x89, 0x55555555, []byte("ping")), // a control frame may stand anywhere
		frame(0x02, 0x11111111, long), frame(0x80, 0x22222222, said{topic: "a", payload: strings.Repeat("y", 200)}.packet(4)),
	}, nil)
	fromBroker := bytes.Join([][]byte{[]byte(response), frame(0x82, 0, connack(4)), frame(0x82, 0, said{topic: "b", payload: "z"}.packet(4))}, nil)
	want := []string{"connect by web", "message by web long 70000 bytes", "message by web a 200 bytes", `message b "z" (to web)`}
	for _, n := range []int{13, 1400, 60_000} {
		w := newWire(t)
		c := w.dial(hall, "10.0.0.1:9001")
		c.say(byClient, each(n, fromClient)...)
		c.say(byServer, each(n, fromBroker)...)
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, want, got, "segments of %d", n)
		require.Equal(t, pcap.Stats{Records: 4, Streams: 1, WebSocket: 1}, stats)
	}
	t.Run("byte by byte", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, "10.0.0.1:9001")
		c.say(byClient, each(1, append([]byte(request), frame(0x82, 7, connectAs(4, "web"))...))...)
		c.say(byServer, each(1, fromBroker)...)
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{want[0], want[3]}, got)
		require.Equal(t, pcap.Stats{Records: 2, Streams: 1, WebSocket: 1}, stats)
	})
	t.Run("compressed", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, "10.0.0.1:9001")
		c.say(byClient, []byte(request), frame(0xc2, 1, connectAs(4, "web")))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Empty(t, got)
		require.ErrorContains(t, stats.FirstSkipped, "extension")
	})
	t.Run("lost in a frame", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, "10.0.0.1:9001")
		c.say(byClient, []byte(request), frame(0x82, 9, connectAs(4, "web")))
		f := frame(0x82, 0x01020304, append(bytes.Clone(long), said{topic: "a", payload: "x"}.packet(4)...))
		c.say(byClient, f[:5000])
		c.miss(byClient, f[5000:5003])
		c.say(byClient, f[5003:60003], f[60003:])
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by web", `message by web a "x"`}, got)
		require.EqualValues(t, 3, stats.LostBytes)
	})
	t.Run("lost between frames", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, "10.0.0.1:9001")
		c.say(byClient, []byte(request), frame(0x82, 9, connectAs(4, "web")))
		c.miss(byClient, frame(0x82, 3, pingreq))
		f := frame(0x82, 9, said{topic: "a", payload: "x"}.packet(4))
		c.say(byClient, f)
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by web"}, got)
		require.EqualValues(t, len(f)+8, stats.LostBytes)
		require.Equal(t, 1, stats.Skipped)
	})
}

func TestCutShort(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"), said{topic: "a", payload: strings.Repeat("x", 500)}.packet(4), said{topic: "a", payload: "y"}.packet(4))
	p := &w.packets[4]
	p.size, p.data = len(p.data), p.data[:200]
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by hall", `message by hall a "y"`}, got)
	require.Equal(t, 1, stats.CutShort)
	require.EqualValues(t, p.size-200, stats.LostBytes)
	require.ErrorIs(t, stats.FirstSkipped, pcap.ErrLost)
}

func TestFragments(t *testing.T) {
	w := newWire(t)
	session(w, hall)
	p := &w.packets[5]
	p.data[14+6] |= 0x20 // more fragments
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by hall", "disconnect by hall"}, got)
	require.Equal(t, 1, stats.Fragments)
}

func TestFragmentsOfIPv6(t *testing.T) {
	w := newWire(t)
	c := w.dial("[fe80::5]:40000", "[fe80::1]:1883")
	c.say(byClient, connectAs(4, "hall"))
	p := &w.packets[3]
	const head = 14 + 40
	piece := []byte{6 /* TCP */, 0, 0, 1 /* more */, 0, 0, 0, 1}
	p.data[14+6] = 44
	p.data = append(p.data[:head:head], append(piece, p.data[head:]...)...)
	binary.BigEndian.PutUint16(p.data[14+4:], uint16(len(p.data)-head))
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Empty(t, got)
	require.Equal(t, 1, stats.Fragments)
}

func TestOtherPackets(t *testing.T) {
	w := newWire(t)
	session(w, hall)
	arp := make([]byte, 60)
	arp[12], arp[13] = 8, 6
	udp := bytes.Clone(w.packets[3].data)
	udp[14+9] = 17
	headless := bytes.Clone(w.packets[3].data)[:14+20+8]
	w.packets = append(w.packets, packet{at: w.clock, data: arp}, packet{at: w.clock, data: headless}, packet{at: w.clock, data: udp}, packet{at: w.clock, data: []byte{1}})
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, sessionTold, got)
	require.Equal(t, pcap.Stats{Records: 3, Streams: 1}, stats)
}

func TestBrokenFiles(t *testing.T) {
	w := newWire(t)
	session(w, hall)
	whole := w.pcap()
	for name, b := range map[string][]byte{"pcap": whole, "pcapng": w.pcapng()} {
		t.Run(name, func(t *testing.T) {
			for cut := len(b) - 1; cut > 24; cut -= 5 {
				got, _, err := readAll(b[:cut], pcap.Options{File: "evening.pcap"})
				require.LessOrEqual(t, len(got), 3)
				require.Equal(t, sessionTold[:len(got)], tell(got))
				lenient, stats, lerr := readAll(b[:cut], pcap.Options{Lenient: true})
				if err == nil { // between two packets
					require.NoError(t, lerr)
					require.Zero(t, stats.Skipped)
					continue
				}
				require.ErrorIs(t, err, pcap.ErrTruncated)
				var where *pcap.PacketError
				require.ErrorAs(t, err, &where)
				require.Equal(t, "evening.pcap", where.File)
				if errors.Is(lerr, pcap.ErrTruncated) {
					require.Empty(t, got, "not even the file's head is whole")
					continue
				}
				require.NoError(t, lerr)
				require.Equal(t, tell(got), tell(lenient))
				require.Equal(t, 1, stats.Skipped)
				require.ErrorIs(t, stats.FirstSkipped, pcap.ErrTruncated)
			}
		})
	}
	t.Run("where", func(t *testing.T) {
		got, _, err := readAll(whole[:len(whole)-3], pcap.Options{File: "evening.pcap"})
		require.Equal(t, sessionTold, tell(got))
		require.EqualError(t, err, "evening.pcap: packet 11: the capture breaks off in the middle of a packet; --lenient takes it as the end")
	})
	t.Run("damaged", func(t *testing.T) {
		b := bytes.Clone(whole)
		at := 24
		for range 5 {
			at += 16 + int(binary.LittleEndian.Uint32(b[at+8:]))
		}
		b[at+11] = 0x7f // a packet of 2 GB
		got, _, err := readAll(b, pcap.Options{})
		require.Equal(t, sessionTold[:1], tell(got))
		require.ErrorIs(t, err, pcap.ErrDamaged)
		require.ErrorContains(t, err, "input: packet 6: ")
		_, stats, err := readAll(b, pcap.Options{Lenient: true})
		require.NoError(t, err)
		require.Equal(t, 1, stats.Skipped)
	})
	t.Run("no capture", func(t *testing.T) {
		for _, b := range []string{"", "\xa1", "{\"topic\":\"a\"}", "\x0a\x0d\x0d\x0a\x00\x00\x00\x1cnone"} {
			require.False(t, pcap.Matches([]byte(b)))
			for _, lenient := range []bool{false, true} {
				_, _, err := readAll([]byte(b), pcap.Options{Lenient: lenient})
				require.ErrorIs(t, err, pcap.ErrNotCapture)
			}
		}
	})
	t.Run("link type", func(t *testing.T) {
		w.link = layers.LinkTypeLinuxUSB
		_, _, err := readAll(w.pcap(), pcap.Options{})
		require.ErrorIs(t, err, pcap.ErrNotCapture)
		require.ErrorContains(t, err, "220")
		_, stats, err := readAll(w.pcapng(), pcap.Options{}) // others of its interfaces may do
		require.NoError(t, err)
		require.Equal(t, len(w.packets), stats.Skipped)
		require.ErrorIs(t, stats.FirstSkipped, pcap.ErrNotCapture)
	})
	t.Run("reader fails", func(t *testing.T) {
		bad := errors.New("the disk is on fire")
		r := pcap.NewReader(io.MultiReader(bytes.NewReader(whole[:300]), iotest.ErrReader(bad)), pcap.Options{Lenient: true})
		var rec recorder.Record
		var err error
		for err == nil {
			err = r.Next(&rec)
		}
		require.ErrorIs(t, err, bad)
		require.ErrorIs(t, r.Next(&rec), bad, "it is final")
	})
}
