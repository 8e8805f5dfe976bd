package pcap_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
)

// requireSound reads a capture to its end and checks what holds for any. what
// holds all bytes that a payload can come from; nil: they are not known.
func requireSound(t *testing.T, r *pcap.Reader, what []byte) (err error) {
	var last time.Duration
	for n := 0; ; n++ {
		var rec recorder.Record
		if err = r.Next(&rec); err != nil {
			break
		}
		if rec.At < last || !rec.Kind.Valid() || rec.QoS > 2 {
			t.Fatalf("%+v after %v", rec, last)
		}
		last = rec.At
		if rec.Kind.IsMessage() {
			if err := mqtt.ValidateTopic(rec.Topic); err != nil {
				t.Fatal(err)
			}
			if what != nil && !bytes.Contains(what, rec.Payload) {
				t.Fatalf("%q was not said", rec.Payload)
			}
			if rec.Kind == recorder.KindMessage && (rec.Client == "") == (rec.Text == "") {
				t.Fatalf("a message has one direction: %+v", rec)
			}
		}
		conns, kept, queue := r.Memory()
		if conns > 1<<14 || kept > 64<<20 || queue > 64<<20 {
			t.Fatalf("%d connections and %d bytes are kept, and %d in line", conns, kept, queue)
		}
	}
	if left := r.Idle(); left != 0 {
		t.Fatalf("%d is left at the end", left)
	}
	s := r.Stats()
	if s.LostBytes < 0 || (s.Skipped > 0) != (s.FirstSkipped != nil) {
		t.Fatalf("%+v", s)
	}
	return err
}

func FuzzReader(f *testing.F) {
	w := newWire(f)
	session(w, hall)
	c := w.meet(porch, broker)
	c.say(byClient, said{topic: "a", payload: "x"}.packet(5, []byte{0x23, 0, 1}), []byte{0x30, 0x7f})
	c.say(byServer, said{topic: "a", payload: "x", retain: true}.packet(5))
	for _, b := range [][]byte{
		w.pcap(), w.pcapng(), w.raw(binary.BigEndian, 0xa1b2c3d4, 1, time.Microsecond), w.raw(binary.BigEndian, 0xa1b23c4d, 276, time.Nanosecond), nil,
	} {
		f.Add(b, false, false, uint16(0))
		f.Add(b, true, true, uint16(1883))
		f.Add(b[:len(b)*2/3], true, false, uint16(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, dedupe, lenient bool, port uint16) {
		o := pcap.Options{Dedupe: dedupe, Lenient: lenient}
		if port != 0 {
			o.Ports = []uint16{port}
		}
		err := requireSound(t, pcap.NewReader(bytes.NewReader(b), o), nil)
		var where *pcap.PacketError
		if !errors.Is(err, io.EOF) && !errors.As(err, &where) {
			t.Fatal(err)
		}
		if lenient && !errors.Is(err, io.EOF) && len(b) > 1000 && pcap.Matches(b) && errors.Is(err, pcap.ErrTruncated) {
			t.Fatal(err)
		}
	})
}

// FuzzTraffic is about what is said on a connection.
func FuzzTraffic(f *testing.F) {
	begin := bytes.Join([][]byte{connectAs(5, ""), subscribe("a/#", 1), said{topic: "a", payload: "x", qos: 2}.packet(5), disconnect}, nil)
	f.Add(begin, append(connack(5), said{topic: "b", payload: "y", retain: true}.packet(5)...), uint8(7), uint8(0), true)
	f.Add(begin[20:], said{topic: "b", payload: "\x00y"}.packet(4), uint8(200), uint8(3), false)
	f.Add([]byte("GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n\x82\x87\x01\x02\x03\x04aaaaaaa"), []byte("HTTP/1.1 101 x\r\n\r\n\x82\x04\x20\x02\x00\x00"), uint8(50), uint8(0), true)
	f.Add(control(0x30, text(""), block([]byte{0x23, 0, 1}), []byte("z")), control(0xe0, []byte{0x8e}, block()), uint8(1), uint8(5), false)
	f.Fuzz(func(t *testing.T, client, server []byte, segment, lose uint8, whole bool) {
		if len(client)+len(server) > 1<<15 {
			return
		}
		w := newWire(t)
		c := w.meet(hall, broker)
		if whole {
			c.shake()
		}
		n, webSocket := 0, bytes.HasPrefix(client, []byte("GET "))
		for len(client)+len(server) > 0 {
			for side, b := range []*[]byte{&client, &server} {
				size := min(int(segment)+1, len(*b))
				if n++; size > 0 && (lose == 0 || n%(int(lose)+1) != 0) {
					c.say(side, (*b)[:size])
				} else {
					c.miss(side, (*b)[:size])
				}
				*b = (*b)[size:]
			}
		}
		c.hangUp()
		what := []byte{}
		for _, p := range w.packets { // a payload that was not said in a row is an invention
			what = append(what, p.data[min(54, len(p.data)):]...)
		}
		if webSocket || lose != 0 || segment < 255 {
			what = nil // it is masked, or stands among others
		}
		if err := requireSound(t, pcap.NewReader(bytes.NewReader(w.pcap()), pcap.Options{}), what); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}
