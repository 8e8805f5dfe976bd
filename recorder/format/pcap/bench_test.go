package pcap_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
)

// BenchmarkReader reads a capture in which each packet is a message.
func BenchmarkReader(b *testing.B) {
	w := newWire(b)
	c := w.dial(hall, broker)
	c.say(byClient, connectAs(4, "hall"))
	for range 10_000 {
		c.say(byClient, said{topic: "zigbee2mqtt/hall_light", payload: `{"state":"ON","brightness":120,"linkquality":88}`}.packet(4))
	}
	capture := w.pcap()
	b.SetBytes(int64(len(capture)))
	b.ReportAllocs()
	for b.Loop() {
		r := pcap.NewReader(bytes.NewReader(capture), pcap.Options{})
		var rec recorder.Record
		var err error
		for err == nil {
			err = r.Next(&rec)
		}
		if !errors.Is(err, io.EOF) || r.Stats().Records != 10_001 {
			b.Fatal(err, r.Stats())
		}
	}
}
