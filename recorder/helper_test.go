package recorder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	goleak.VerifyTestMain(m)
}

// drawRecords draws a tape's worth of records of all kinds.
func drawRecords(t *rapid.T, most int) []recorder.Record {
	topic := rapid.SampledFrom([]string{"z/hall", "z/hall/set", "z/bridge/info", "$SYS/x", "a", "é/ü", "z/kitchen light (1)"})
	n := rapid.IntRange(0, most).Draw(t, "records")
	out := make([]recorder.Record, n)
	var at time.Duration
	var session uint32
	for i := range out {
		at += time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 999, 1e6, 1e9, 3e12}).Draw(t, "step"))
		if rapid.IntRange(0, 30).Draw(t, "sitting") == 0 {
			session++
		}
		r := recorder.Record{Session: session, At: at, Kind: recorder.Kind(rapid.IntRange(1, 10).Draw(t, "kind"))}
		r.Wall = rapid.SampledFrom([]int64{0, 1_800_000_000_000_000_000 + int64(at), -5, 1 << 62}).Draw(t, "wall")
		r.Client = rapid.SampledFrom([]string{"", "", "hall", "z/hall"}).Draw(t, "client")
		if r.Kind.IsMessage() || r.Kind == recorder.KindSubscribe {
			r.Topic = topic.Draw(t, "topic")
			r.QoS = byte(rapid.IntRange(0, 2).Draw(t, "qos"))
		}
		if r.Kind.IsMessage() {
			r.Payload = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")
			r.Retain, r.Dup = rapid.Bool().Draw(t, "retain"), rapid.Bool().Draw(t, "dup")
			r.Properties = drawProperties(t)
		} else {
			r.Text = rapid.SampledFrom([]string{"", "connection lost", "\x00\xff"}).Draw(t, "text")
			r.Until = time.Duration(rapid.Int64().Draw(t, "until"))
		}
		out[i] = r
	}
	return out
}

func drawProperties(t *rapid.T) *mqtt.Properties {
	if rapid.IntRange(0, 3).Draw(t, "v5") > 0 {
		return nil
	}
	p := &mqtt.Properties{
		ContentType:     rapid.SampledFrom([]string{"", "text/plain"}).Draw(t, "content"),
		ResponseTopic:   rapid.SampledFrom([]string{"", "r/1"}).Draw(t, "response"),
		CorrelationData: rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "correlation"),
	}
	if rapid.Bool().Draw(t, "format") {
		f := rapid.Byte().Draw(t, "f")
		p.PayloadFormat = &f
	}
	if rapid.Bool().Draw(t, "expiry") {
		e := rapid.Uint32().Draw(t, "e")
		p.ExpirySeconds = &e
	}
	for range rapid.IntRange(0, 2).Draw(t, "user") {
		p.User = append(p.User, mqtt.UserProperty{Key: "k", Value: "v"})
	}
	return p
}

func mustCreate(t testing.TB, path string, o recorder.Options) *recorder.Writer {
	t.Helper()
	w, err := recorder.Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// writeTape writes a closed tape.
func writeTape(t testing.TB, path string, o recorder.Options, records []recorder.Record) {
	t.Helper()
	w := mustCreate(t, path, o)
	for _, r := range records {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// readTape returns what a query selects, and the cursor's error.
func readTape(t testing.TB, path string, q recorder.Query) ([]recorder.Record, error) {
	t.Helper()
	tape, err := recorder.Open(path)
	if err != nil {
		return nil, err
	}
	defer tape.Close()
	c := tape.Cursor(q)
	var out []recorder.Record
	for c.Next() {
		r := *c.Record()
		if q.Transient {
			r.Payload = bytes.Clone(r.Payload)
		}
		out = append(out, r)
	}
	return out, c.Err()
}

func mustRead(t testing.TB, path string, q recorder.Query) []recorder.Record {
	t.Helper()
	out, err := readTape(t, path, q)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// same reports whether two lists of records say the same.
func same(a, b []recorder.Record) bool {
	return slices.EqualFunc(a, b, func(a, b recorder.Record) bool { return a.Equal(&b) })
}

// copyTape copies a tape with its side log, as a kill would leave them.
func copyTape(t testing.TB, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", recorder.LogSuffix} {
		copyFile(t, from+suffix, to+suffix)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if os.IsNotExist(err) {
		_ = os.Remove(to)
		return
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func tempTape(t testing.TB) string { return filepath.Join(t.TempDir(), "x.hubtape") }

// small makes chunks and commits small, so that a short tape has many.
func small() recorder.Options {
	return recorder.Options{ChunkRecords: 7, ChunkBytes: 400, CommitChunks: 3, LogBytes: 900}
}
