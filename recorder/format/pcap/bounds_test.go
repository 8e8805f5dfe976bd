package pcap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
	"github.com/stretchr/testify/require"
)

// bounds are limits of a reader's memory.
type bounds struct{ conns, bytes, queue int }

// watch reads a capture to its end and returns the most that was kept, looking
// as often as the reader reads.
func watch(t testing.TB, w *wire, o pcap.Options, limits bounds) (told []string, most bounds, stats pcap.Stats) {
	t.Helper()
	file := bytes.NewReader(w.pcap())
	var r *pcap.Reader
	look := func() {
		conns, bytes, queue := r.Memory()
		most = bounds{max(most.conns, conns), max(most.bytes, bytes), max(most.queue, queue)}
	}
	r = pcap.NewReader(readerFunc(func(b []byte) (int, error) {
		look()
		return file.Read(b[:min(len(b), 1000)])
	}), o)
	if limits != (bounds{}) {
		r.WithLimits(limits.conns, limits.bytes, limits.queue)
	}
	for {
		var rec recorder.Record
		err := r.Next(&rec)
		look()
		if errors.Is(err, io.EOF) {
			require.Zero(t, r.Idle())
			return told, most, r.Stats()
		}
		require.NoError(t, err)
		told = append(told, tell([]recorder.Record{rec})...)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestManyConnections(t *testing.T) {
	w := newWire(t)
	var want []string
	for i := range 500 {
		c := w.dial(fmt.Sprintf("10.1.%d.%d:4000", i/250, i%250), broker)
		id := fmt.Sprintf("client%d", i)
		c.say(byClient, connectAs(4, id))
		want = append(want, "connect by "+id)
	}
	got, most, stats := watch(t, w, pcap.Options{}, bounds{20, 1 << 20, 1 << 20})
	require.Equal(t, want, got)
	require.Equal(t, 20, most.conns)
	require.Equal(t, 480, stats.Skipped)
	require.ErrorIs(t, stats.FirstSkipped, pcap.ErrLimit)
	require.ErrorContains(t, stats.FirstSkipped, "10.1.0.0:4000")
	require.Equal(t, 500, stats.Streams)
}

// TestClosedConnectionsGiveRoom: that one is forgotten which is over is no loss.
func TestClosedConnectionsGiveRoom(t *testing.T) {
	w := newWire(t)
	for i := range 100 {
		session(w, fmt.Sprintf("10.1.0.%d:4000", i))
	}
	got, most, stats := watch(t, w, pcap.Options{}, bounds{10, 1 << 20, 1 << 20})
	require.Len(t, got, 300)
	require.Equal(t, 10, most.conns)
	require.Equal(t, pcap.Stats{Records: 300, Streams: 100}, stats)
}

// TestBusyConnectionsStay: the one that was silent for longest goes.
func TestBusyConnectionsStay(t *testing.T) {
	w := newWire(t)
	busy := w.dial(hall, broker)
	busy.say(byClient, connectAs(4, "busy"))
	for i := range 30 {
		w.dial(fmt.Sprintf("10.1.0.%d:4000", i), broker)
		busy.say(byClient, said{topic: "a", payload: "x"}.packet(4))
	}
	got, _, _ := watch(t, w, pcap.Options{}, bounds{5, 1 << 20, 1 << 20})
	require.Equal(t, `message by busy a "x"`, got[30])
}

// TestMemoryOfHeldMessages: it is soon enough clear which level a connection has.
func TestMemoryOfHeldMessages(t *testing.T) {
	w := newWire(t)
	c := w.meet(hall, broker)
	for range 500 {
		c.say(byClient, said{topic: "a", payload: "\x00" + strings.Repeat("x", 1000)}.packet(5))
	}
	got, most, _ := watch(t, w, pcap.Options{}, bounds{})
	require.Len(t, got, 500)
	require.Less(t, most.bytes, 20_000)
}

func TestMemoryOfMessages(t *testing.T) {
	w := newWire(t)
	long := said{topic: "long", payload: strings.Repeat("x", 100_000)}.packet(4)
	for i := range 50 { // each stops in the middle
		c := w.dial(fmt.Sprintf("10.1.0.%d:4000", i), broker)
		c.say(byClient, connectAs(4, "hall"))
		c.say(byClient, each(1000, long)[:60]...)
	}
	got, most, stats := watch(t, w, pcap.Options{}, bounds{1000, 400_000, 1 << 20})
	require.Len(t, got, 50)
	require.Less(t, most.bytes, 400_000+1)
	require.ErrorIs(t, stats.FirstSkipped, pcap.ErrLimit)
	require.Greater(t, stats.Skipped, 50, "each is not whole, and some were given up")
}

// TestMemoryOfOrder: what waits for a message that takes long is given when it
// becomes too much.
func TestMemoryOfOrder(t *testing.T) {
	w := newWire(t)
	a, b := w.dial(hall, broker), w.dial(porch, broker)
	a.say(byClient, connectAs(4, "hall"))
	b.say(byClient, connectAs(4, "porch"))
	long := said{topic: "long", payload: "x"}.packet(4)
	a.say(byClient, long[:5])
	for range 200 {
		b.say(byClient, said{topic: "b", payload: strings.Repeat("y", 1000)}.packet(4))
	}
	a.say(byClient, long[5:])
	got, most, stats := watch(t, w, pcap.Options{}, bounds{10, 1 << 20, 20_000})
	require.Len(t, got, 203)
	require.Less(t, most.queue, 22_000)
	require.Contains(t, got[100:], `message by hall long "x"`, "it is late, and not lost")
	require.Equal(t, 1, stats.Held)
}

// TestMemoryBehindAHole: segments that wait for a missing one are limited in
// number and size.
func TestMemoryBehindAHole(t *testing.T) {
	for _, size := range []int{1, 60_000} {
		w := newWire(t)
		c := w.dial(hall, broker)
		c.say(byClient, connectAs(4, "hall"))
		c.miss(byClient, []byte("this never comes"))
		w.clock = started // so that it is not time that tells
		garbage := make([]byte, 6<<20)
		if size == 1 {
			garbage = garbage[:20_000]
		}
		for _, part := range each(size, garbage) {
			c.send(byClient, layers.TCP{}, part)
			w.clock = started
		}
		c.say(byClient, said{topic: "a", payload: "x"}.packet(4))
		got, most, stats := watch(t, w, pcap.Options{}, bounds{})
		require.Equal(t, []string{"connect by hall", `message by hall a "x"`}, got)
		if size == 1 {
			require.Less(t, most.bytes, 500_000)
		}
		require.Less(t, most.bytes, 5<<20)
		require.EqualValues(t, 16+len(garbage), stats.LostBytes)
	}
}

// TestSentAgainBehindAHole: the same over and over does not use up what may wait.
func TestSentAgainBehindAHole(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"))
	at, hole := w.clock, c.seq
	c.miss(byClient, said{topic: "a", payload: "1"}.packet(4))
	behind := c.seq
	for range 5000 {
		w.clock, c.seq = at, behind
		c.say(byClient, said{topic: "a", payload: "2"}.packet(4))
	}
	c.seq = hole
	c.say(byClient, said{topic: "a", payload: "1"}.packet(4))
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Equal(t, []string{"connect by hall", `message by hall a "1"`, `message by hall a "2"`}, got)
	require.Zero(t, stats.LostBytes)
}

// TestMemoryIsCounted: what a client makes the reader keep counts.
func TestMemoryIsCounted(t *testing.T) {
	for name, say := range map[string]func(c *tcp){
		"aliases": func(c *tcp) {
			c.say(byClient, connectAs(5, "hall"))
			for i := range 20 {
				c.say(byClient, said{topic: strings.Repeat("t", 20_000), payload: "x"}.packet(5, []byte{0x23, 1, byte(i)}))
			}
		},
		"name": func(c *tcp) {
			c.say(byClient, each(50_000, control(0x10, text("MQTT"), []byte{4, 6, 0, 60}, text(strings.Repeat("i", 65_000)), text("w"), text(strings.Repeat("p", 60_000))))...)
		},
		"beginning": func(c *tcp) { c.say(byServer, make([]byte, 60_000)) },
		"held": func(c *tcp) {
			c.say(byClient, said{topic: "a", payload: "\x00" + strings.Repeat("p", 60_000)}.packet(5))
		},
	} {
		w := newWire(t)
		c := w.dial(hall, broker)
		floor := 60_000
		switch name {
		case "held":
			w = newWire(t)
			c = w.meet(hall, broker)
		case "aliases":
			floor = 400_000
		case "name":
			floor = 125_000
		}
		say(c)
		_, most, _ := watch(t, w, pcap.Options{}, bounds{})
		require.Greater(t, most.bytes, floor, name)
	}
}

// TestMemoryOfGarbage: where nothing can be made out, what was searched is let
// go.
func TestMemoryOfGarbage(t *testing.T) {
	w := newWire(t)
	c := w.meet(hall, broker)
	const size = 1 << 20
	c.say(byClient, each(1400, bytes.Repeat([]byte("no packet begins with a letter. "), size/32))...)
	c.say(byClient, said{topic: "a", payload: "x"}.packet(4))
	got, most, stats := watch(t, w, pcap.Options{}, bounds{})
	require.Equal(t, []string{`message by 10.0.0.5:40000 a "x"`}, got)
	require.Less(t, most.bytes, 300<<10)
	require.EqualValues(t, size, stats.LostBytes)
}

// TestMemoryOfCopies: the memory of Dedupe is bounded in messages, and in those
// who got them.
func TestMemoryOfCopies(t *testing.T) {
	at := started
	w := newWire(t)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"))
	for i := range 20_000 {
		w.clock = at // so that it is not time that tells
		c.send(byClient, layers.TCP{}, said{topic: "a", payload: fmt.Sprint(i)}.packet(4))
	}
	r := pcap.NewReader(bytes.NewReader(w.pcap()), pcap.Options{Dedupe: true})
	most := 0
	var rec recorder.Record
	for r.Next(&rec) == nil {
		messages, _ := r.Copies()
		most = max(most, messages)
	}
	require.Equal(t, 1<<14, most)
}

// TestHugePackets: what says that it is huge is not waited for, unless it is a
// PUBLISH that begins like one.
func TestHugePackets(t *testing.T) {
	for name, head := range map[string][]byte{
		"SUBSCRIBE": {0x82, 0xff, 0xff, 0xff, 0x7f, 0, 1},
		"PUBLISH":   {0x30, 0xff, 0xff, 0xff, 0x7f, 0, 3, 'a', '#', 'b'},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			c := w.dial(hall, broker)
			c.say(byClient, connectAs(4, "hall"), head, said{topic: "a", payload: "x"}.packet(4))
			got, stats := read(t, w.pcap(), pcap.Options{})
			require.Equal(t, []string{"connect by hall", `message by hall a "x"`}, got)
			require.Equal(t, 1, stats.Skipped)
			require.EqualValues(t, len(head), stats.LostBytes)
		})
	}
	t.Run("properties", func(t *testing.T) {
		w := newWire(t)
		c := w.dial(hall, broker)
		many := bytes.Repeat([]byte{0x26, 0, 0, 0, 0}, 250_000)
		c.say(byClient, connectAs(5, "hall"))
		c.say(byServer, connack(5))
		c.say(byClient, each(60_000, said{topic: "a", payload: "x"}.packet(5, many))...)
		c.say(byClient, said{topic: "a", payload: "x"}.packet(5))
		got, stats := read(t, w.pcap(), pcap.Options{})
		require.Equal(t, []string{"connect by hall", `message by hall a "x"`}, got)
		require.ErrorContains(t, stats.FirstSkipped, "1250000 bytes")
	})
}

// TestGarbageTakesLinearWork is about bytes that come one by one, and about
// packets that are bad in turns: the work per byte must not grow with what came
// before. It counts nothing, and would not end in the time of a test.
func TestGarbageTakesLinearWork(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	garbage := make([]byte, 1<<20)
	for i := range garbage {
		garbage[i] = []byte{0x30, 0x32, 0xc0, 0x00, 0x01, 0x02, 0x40, 'a'}[rng.IntN(8)]
	}
	for _, size := range []int{1, 16, 60_000} {
		w := newWire(t)
		c := w.meet(hall, broker)
		part := garbage
		if size == 1 {
			part = garbage[:30_000]
		}
		for _, b := range each(size, part) {
			w.packets = append(w.packets, packet{at: w.clock, data: c.frame(byClient, layers.TCP{}, b)})
			c.seq[byClient] += uint32(len(b))
		}
		_, stats, err := readAll(w.pcap(), pcap.Options{})
		require.NoError(t, err)
		require.NotZero(t, stats.LostBytes)
	}
}

func TestPanicOfTheLibrary(t *testing.T) {
	w := newWire(t)
	session(w, hall)
	r := pcap.NewReader(bytes.NewReader(w.pcap()), pcap.Options{})
	require.NoError(t, r.PanicAt(6))
	var rec recorder.Record
	require.NoError(t, r.Next(&rec))
	require.Equal(t, recorder.KindConnect, rec.Kind)
	err := r.Next(&rec)
	require.ErrorIs(t, err, pcap.ErrDamaged)
	require.ErrorContains(t, err, "input: packet 6: ")
}

// TestImpossibleTimes: a time that has no name is none.
func TestImpossibleTimes(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	w.clock = time.Unix(-1000, 0) // it is written without a sign
	c.say(byClient, connectAs(4, "hall"))
	got, _, err := readAll(w.pcapng(), pcap.Options{})
	require.NoError(t, err)
	require.Zero(t, got[0].Wall)
	require.Zero(t, got[0].At)
}

// TestClockJumps: times that no clock shows do no harm.
func TestClockJumps(t *testing.T) {
	w := newWire(t)
	c := w.dial(hall, broker)
	for i, at := range []time.Time{started, time.Unix(1<<32-1, 0), time.Unix(0, 0), started} {
		w.clock = at
		if i == 0 {
			c.say(byClient, connectAs(4, "hall"))
			continue
		}
		c.say(byClient, said{topic: "a", payload: "x"}.packet(4))
	}
	got, stats := read(t, w.pcap(), pcap.Options{})
	require.Len(t, got, 4)
	require.Equal(t, 2, stats.Held)
}
