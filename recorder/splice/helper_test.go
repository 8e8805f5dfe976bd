package splice_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// start is the wall time of the tests' tapes.
var start = time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)

// bench is a folder with tapes, which are closed when the test ends.
type bench struct {
	t   require.TestingT
	dir string
	n   int
}

// newBench uses memory for a folder where the system has it: a tape is synced to
// the disk ten times, and a property makes hundreds of them.
func newBench(t testing.TB) *bench {
	dir, err := os.MkdirTemp("/dev/shm", "hubtape-splice-")
	if err != nil {
		return &bench{t: t, dir: t.TempDir()}
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return &bench{t: t, dir: dir}
}

// under makes another folder for one run of a property.
func (b *bench) under(t *rapid.T) *bench {
	dir, err := os.MkdirTemp(b.dir, "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &bench{t: t, dir: dir}
}

type cleaner interface{ Cleanup(func()) }

// create makes chunks small, so that a short tape has many.
func (b *bench) create(o recorder.Options) *recorder.Writer {
	if o.ChunkRecords == 0 {
		o.ChunkRecords = 7
	}
	b.n++
	w, err := recorder.Create(filepath.Join(b.dir, fmt.Sprintf("%d.hubtape", b.n)), o)
	require.NoError(b.t, err)
	b.t.(cleaner).Cleanup(func() { _ = w.Close() }) // where a test does not come to that
	return w
}

// open closes what was written and opens it for reading.
func (b *bench) open(w *recorder.Writer) *recorder.Tape {
	require.NoError(b.t, w.Close())
	tape, err := recorder.Open(w.Path())
	require.NoError(b.t, err)
	b.t.(cleaner).Cleanup(func() { _ = tape.Close() })
	return tape
}

// tape makes a tape.
func (b *bench) tape(o recorder.Options, records ...recorder.Record) *recorder.Tape {
	w := b.create(o)
	for _, r := range records {
		require.NoError(b.t, w.Append(r))
	}
	return b.open(w)
}

// begun are options with a start.
func begun(at time.Time, labels ...string) recorder.Options {
	o := recorder.Options{Start: at}
	for i := 0; i < len(labels); i += 2 {
		o.Labels = append(o.Labels, recorder.Label{Key: labels[i], Value: labels[i+1]})
	}
	return o
}

func records(t require.TestingT, tape *recorder.Tape) (out []recorder.Record) {
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		out = append(out, *c.Record())
	}
	require.NoError(t, c.Err())
	return out
}

// course writes records down.
func course(records []recorder.Record) []string {
	out := []string{}
	for _, r := range records {
		line := fmt.Sprintf("%d %v %v %s %s%s", r.Session, r.At, r.Kind, r.Topic, r.Payload, r.Text)
		if r.Kind == recorder.KindGap {
			line += fmt.Sprintf(" until %v", r.Until)
		}
		out = append(out, strings.Join(strings.Fields(line), " "))
	}
	return out
}

func say(at time.Duration, topic, payload string) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

func snapshot(at time.Duration, topic, payload string) recorder.Record {
	r := say(at, topic, payload)
	r.Kind, r.Retain = recorder.KindSnapshot, true
	return r
}

func gap(at, until time.Duration, text string) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindGap, Until: until, Text: text}
}

func note(at time.Duration, text string) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindNote, Text: text}
}

func jump(at, by time.Duration) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindClockJump, Until: by}
}

func sitting(session uint32, r recorder.Record) recorder.Record {
	r.Session = session
	return r
}

// draw draws a tape's worth of records; gaps are told at either end.
func draw(t *rapid.T, name string, gaps bool) []recorder.Record {
	var at time.Duration
	var session uint32
	out := make([]recorder.Record, rapid.IntRange(0, 40).Draw(t, name))
	for i := range out {
		at += time.Duration(rapid.IntRange(0, 3).Draw(t, "step"))
		if rapid.IntRange(0, 15).Draw(t, "sitting") == 0 {
			session++
		}
		kinds := []recorder.Kind{
			recorder.KindMessage, recorder.KindMessage, recorder.KindMessage, recorder.KindWill, recorder.KindSnapshot,
			recorder.KindConnect, recorder.KindSubscribe, recorder.KindNote, recorder.KindClockJump,
		}
		if gaps {
			kinds = append(kinds, recorder.KindGap, recorder.KindGap)
		}
		r := recorder.Record{Session: session, At: at, Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		if rapid.Bool().Draw(t, "dated") {
			r.Wall = start.UnixNano() + int64(at)
		}
		switch r.Kind {
		case recorder.KindGap:
			r.Until = max(at+time.Duration(rapid.IntRange(-20, 20).Draw(t, "until")), 0)
			r.Text = name
		case recorder.KindClockJump:
			r.Until = 5
		case recorder.KindNote:
			r.Text = name
		case recorder.KindConnect:
			r.Client = name
		default:
			r.Topic = rapid.SampledFrom([]string{"a", "b/c", "b/d", "e"}).Draw(t, "topic")
			r.Payload = fmt.Appendf(nil, "%s %d", name, i)
			r.Retain = r.Kind == recorder.KindSnapshot || rapid.Bool().Draw(t, "retain")
			r.QoS = byte(rapid.IntRange(0, 2).Draw(t, "qos"))
		}
		out[i] = r
	}
	return out
}

// split parts gaps from the rest.
func split(all []recorder.Record) (rest, gaps []recorder.Record) {
	for _, r := range all {
		if r.Kind == recorder.KindGap {
			gaps = append(gaps, r)
		} else {
			rest = append(rest, r)
		}
	}
	return rest, gaps
}

// covered returns the stretches that gaps cover, those that touch put together.
func covered(gaps []recorder.Record) (out [][2]time.Duration) {
	for _, r := range gaps {
		if from, until := r.Gap(); from < until {
			out = append(out, [2]time.Duration{from, until})
		}
	}
	slices.SortFunc(out, func(a, b [2]time.Duration) int { return cmp.Compare(a[0], b[0]) })
	n := 0
	for _, s := range out {
		if n > 0 && s[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out[n] = s
		n++
	}
	return out[:n]
}

// requireSame compares what records say.
func requireSame(t require.TestingT, want, got []recorder.Record) {
	if slices.EqualFunc(want, got, func(a, b recorder.Record) bool { return a.Equal(&b) }) {
		return
	}
	require.Equal(t, course(want), course(got))
	require.Equal(t, want, got)
}

// damage flips a bit in the payload of a tape's record, which has to be the only
// one of its chunk.
func damage(t testing.TB, tape *recorder.Tape, payload string) {
	b, err := os.ReadFile(tape.Path())
	require.NoError(t, err)
	i := bytes.Index(b, []byte(payload))
	require.GreaterOrEqual(t, i, 0)
	b[i] ^= 1
	require.NoError(t, os.WriteFile(tape.Path(), b, 0o600))
}
