package recorder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// house makes realistic messages: 50 Zigbee devices that report their state as
// JSON of about 180 bytes, at uneven moments.
type house struct {
	rnd  *rand.Rand
	at   time.Duration
	wall int64
	buf  []byte
	n    int
}

func newHouse() *house {
	return &house{rnd: rand.New(rand.NewPCG(1, 2)), wall: 1_800_000_000_000_000_000}
}

func (h *house) next() recorder.Record {
	dev := h.rnd.IntN(50)
	h.n++
	h.at += time.Duration(h.rnd.Int64N(int64(40 * time.Millisecond)))
	h.buf = fmt.Appendf(h.buf[:0], `{"battery":%d,"humidity":%d.%02d,"linkquality":%d,"pressure":%d,"temperature":%d.%02d,"voltage":%d,"last_seen":"2027-01-15T%02d:%02d:%02d+01:00","update":{"state":"idle"},"id":%d}`,
		50+dev, 40+h.rnd.IntN(20), h.rnd.IntN(100), 80+h.rnd.IntN(80), 990+h.rnd.IntN(8), 18+h.rnd.IntN(6), h.rnd.IntN(100), 2900+h.rnd.IntN(100),
		int(h.at.Hours())%24, int(h.at.Minutes())%60, int(h.at.Seconds())%60, 1000+dev)
	return recorder.Record{
		At: h.at, Wall: h.wall + int64(h.at), Kind: recorder.KindMessage,
		Message: mqtt.Message{Topic: deviceTopics[dev], Payload: h.buf, QoS: 0},
	}
}

var deviceTopics = func() (out []string) {
	for i := range 50 {
		out = append(out, fmt.Sprintf("zigbee2mqtt/floor %d/room %d/sensor %d", i%3, i%7, i))
	}
	return out
}()

// realistic returns records whose payloads are kept.
func realistic(n int) []recorder.Record {
	h := newHouse()
	out := make([]recorder.Record, n)
	for i := range out {
		out[i] = h.next()
		out[i].Payload = append([]byte(nil), out[i].Payload...)
	}
	return out
}

func BenchmarkWrite(b *testing.B) {
	records := realistic(200_000)
	b.ReportAllocs()
	var bytes int64
	n := 0
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "x.hubtape")
		w, err := recorder.Create(path, recorder.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range records {
			if err := w.Append(records[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		st, _ := os.Stat(path)
		bytes += st.Size()
		n += len(records)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
	b.ReportMetric(float64(bytes)/float64(n), "B/msg")
}

func BenchmarkScan(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	if err != nil {
		b.Fatal(err)
	}
	h := newHouse()
	const count = 500_000
	for range count {
		if err := w.Append(h.next()); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	t, err := recorder.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer t.Close()
	for _, transient := range []bool{true, false} {
		b.Run(fmt.Sprintf("transient=%v", transient), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				c := t.Cursor(recorder.Query{Transient: transient})
				for c.Next() {
					n++
				}
				if c.Err() != nil {
					b.Fatal(c.Err())
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
		})
	}
}
