package pcap_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
	"pgregory.net/rapid"
)

// talk is a drawn conversation of several clients with a broker.
type talk struct {
	clients []*tcp
	bytes   [][2][]byte // what each has said and been told
	levels  []byte
}

func drawTalk(t *rapid.T, w *wire) *talk {
	k := &talk{}
	for i := range rapid.IntRange(1, 4).Draw(t, "clients") {
		level := rapid.SampledFrom([]byte{3, 4, 5}).Draw(t, "level")
		k.levels = append(k.levels, level)
		k.clients = append(k.clients, w.dial(fmt.Sprintf("10.0.0.%d:%d", 10+i, 40000+i), broker))
		k.bytes = append(k.bytes, [2][]byte{connectAs(level, fmt.Sprintf("client%d", i)), connack(level)})
	}
	return k
}

// TestAnyTraffic: however the bytes come in segments, in whatever order these
// are captured and however often, everything is given, once, in its order.
func TestAnyTraffic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWire(t)
		k := drawTalk(rt, w)
		want := make([][2][]string, len(k.clients))
		for range rapid.IntRange(0, 20).Draw(rt, "messages") {
			i, side := rapid.IntRange(0, len(k.clients)-1).Draw(rt, "client"), rapid.IntRange(0, 1).Draw(rt, "side")
			s := said{
				topic: rapid.StringMatching("[a-z]{1,8}(/[a-z0-9]{1,3}){0,3}").Draw(rt, "topic"), payload: string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "payload")),
				qos: rapid.ByteRange(0, 2).Draw(rt, "qos"), id: rapid.Uint16Min(1).Draw(rt, "id"), retain: rapid.Bool().Draw(rt, "retain"),
			}
			k.bytes[i][side] = append(k.bytes[i][side], s.packet(k.levels[i])...)
			want[i][side] = append(want[i][side], fmt.Sprint(s))
		}
		k.capture(rt, false)
		shuffle(rt, w, 3*len(k.clients))
		got, stats, err := readAll(w.pcap(), pcap.Options{})
		if err != nil || stats.Skipped != 0 || stats.LostBytes != 0 || stats.Held != 0 || stats.Streams != len(k.clients) {
			rt.Fatalf("%v, %+v", err, stats)
		}
		for i := range k.clients {
			for side := range 2 {
				if g := k.told(got, i, side); fmt.Sprint(g) != fmt.Sprint(want[i][side]) {
					rt.Fatalf("client %d, side %d: %q, want %q", i, side, g, want[i][side])
				}
			}
		}
	})
}

// TestAnyLoss: whatever is missing, what is given was said like that, in that
// order.
func TestAnyLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWire(t)
		k := drawTalk(rt, w)
		want := make([][2][]string, len(k.clients))
		for n := range rapid.IntRange(1, 40).Draw(rt, "messages") {
			i, side := rapid.IntRange(0, len(k.clients)-1).Draw(rt, "client"), rapid.IntRange(0, 1).Draw(rt, "side")
			s := said{topic: "house/room/thing", payload: fmt.Sprintf(`{"n":%d,"state":"ON"}`, n)}
			k.bytes[i][side] = append(k.bytes[i][side], s.packet(k.levels[i])...)
			want[i][side] = append(want[i][side], fmt.Sprint(s))
		}
		lost := k.capture(rt, true)
		got, stats, err := readAll(w.pcap(), pcap.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		n := 0
		for i := range k.clients {
			for side := range 2 {
				told := k.told(got, i, side)
				n += len(told)
				if !isPartOf(told, want[i][side]) {
					rt.Fatalf("client %d, side %d: %q is not of %q", i, side, told, want[i][side])
				}
			}
		}
		if !lost && stats.LostBytes != 0 {
			rt.Fatalf("nothing was lost, but %+v", stats)
		}
	})
}

// capture puts the bytes on the wire. With loss, some segments are not captured.
func (k *talk) capture(t *rapid.T, loss bool) (lost bool) {
	for {
		any := false
		for i, c := range k.clients {
			for side := range 2 {
				b := k.bytes[i][side]
				if len(b) == 0 {
					continue
				}
				any = true
				n := rapid.IntRange(1, min(len(b), 200)).Draw(t, "segment")
				k.bytes[i][side] = b[n:]
				if loss && rapid.IntRange(0, 9).Draw(t, "fate") == 0 {
					c.miss(side, b[:n])
					lost = true
					continue
				}
				c.say(side, b[:n])
			}
		}
		if !any {
			return lost
		}
	}
}

// shuffle changes places of neighbours, after the handshakes, and doubles some.
func shuffle(t *rapid.T, w *wire, handshakes int) {
	p := w.packets[handshakes:]
	for i := range p {
		j := min(i+rapid.IntRange(0, 4).Draw(t, "shift"), len(p)-1)
		p[i].data, p[j].data = p[j].data, p[i].data // the times stay
	}
	for i := 0; i < len(p); i++ {
		if rapid.IntRange(0, 9).Draw(t, "again") == 0 {
			again := p[i]
			again.at = w.packets[len(w.packets)-1].at
			w.packets = append(w.packets, again)
		}
	}
}

// told returns what was given of one direction of a client.
func (k *talk) told(records []recorder.Record, i, side int) []string {
	var out []string
	for _, r := range records {
		name := fmt.Sprintf("client%d", i)
		said := said{topic: r.Topic, payload: string(r.Payload), qos: r.QoS, retain: r.Retain}
		address := k.clients[i].client.String()
		from := r.Client == name || r.Client == address
		to := r.Text == "to "+name || r.Text == "to "+address
		if r.Kind.IsMessage() && (side == byClient && from || side == byServer && to) {
			out = append(out, fmt.Sprint(said))
		}
	}
	return out
}

// String leaves out what a record does not keep.
func (s said) String() string {
	return fmt.Sprintf("%s %q %d %v", s.topic, s.payload, s.qos, s.retain)
}

func isPartOf(some, all []string) bool {
	for _, s := range all {
		if len(some) > 0 && some[0] == s {
			some = some[1:]
		}
	}
	return len(some) == 0
}
