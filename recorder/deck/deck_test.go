package deck_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a deck that runs.
type rig struct {
	*deck.Deck
	stop context.CancelFunc
	done chan error
}

// open opens a deck; sources are added before run.
func open(t *testing.T, o deck.Options) *rig {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "a.hubtape")
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = 2 * time.Millisecond
	}
	d, err := deck.Open(o)
	require.NoError(t, err)
	return &rig{Deck: d, done: make(chan error, 1)}
}

func (r *rig) run(t *testing.T) *rig {
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.done <- r.Run(ctx) }()
	return r
}

func (r *rig) end(t *testing.T) {
	t.Helper()
	r.stop()
	require.NoError(t, <-r.done)
	require.NoError(t, r.Close())
}

// until waits for a condition on the progress.
func (r *rig) until(t *testing.T, what string, ok func(deck.Progress) bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 20_000 {
		if ok(r.Progress()) {
			return
		}
		<-tick.C
	}
	t.Fatalf("waited in vain for %s: %+v", what, r.Progress())
}

func say(topic, payload string) recorder.Record {
	return recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

func retained(topic, payload string) recorder.Record {
	r := say(topic, payload)
	r.Kind, r.Retain = recorder.KindSnapshot, true
	return r
}

func read(t *testing.T, path string) []recorder.Record {
	t.Helper()
	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer tape.Close()
	var out []recorder.Record
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		out = append(out, *c.Record())
	}
	require.NoError(t, c.Err())
	return out
}

// course writes records down without their times.
func course(records []recorder.Record) (out []string) {
	for _, r := range records {
		text := fmt.Sprintf("%d %v %s %s%s", r.Session, r.Kind, r.Topic, r.Payload, r.Text)
		out = append(out, strings.Join(strings.Fields(text), " "))
	}
	return out
}

func TestRecordsInOrder(t *testing.T) {
	r := open(t, deck.Options{})
	hub := r.Source(deck.SourceOptions{Prefix: "attic/"})
	r.run(t)
	hub.Put(retained("z/state", "old"))
	hub.HeadDone()
	for i := range 100 {
		hub.Put(say("z/hall", fmt.Sprint(i)))
	}
	hub.Offer(recorder.Record{Kind: recorder.KindConnect, Client: "lamp"})
	r.end(t)
	got := read(t, r.Path())
	require.Len(t, got, 103)
	require.Equal(t, "0 snapshot attic/z/state old", course(got)[0])
	for i := range 100 {
		require.Equal(t, fmt.Sprintf("0 message attic/z/hall %d", i), course(got)[i+1])
	}
	require.Equal(t, []string{"0 connect", "0 note the recording ended"}, course(got)[101:])
	for i := range got {
		require.NotZero(t, got[i].Wall)
		require.GreaterOrEqual(t, got[i].At, got[max(i-1, 0)].At)
	}
}

// Retained state stands before what was said while it came in.
func TestHeadComesFirst(t *testing.T) {
	r := open(t, deck.Options{})
	one, two := r.Source(deck.SourceOptions{}), r.Source(deck.SourceOptions{})
	one.Put(retained("a", "1"))
	one.Put(say("live", "1"))
	one.HeadDone()
	two.Put(say("live", "2"))
	two.Put(retained("b", "2"))
	two.HeadDone()
	two.Put(say("live", "3"))
	r.run(t).end(t)
	require.Equal(t, []string{
		"0 snapshot a 1", "0 snapshot b 2", "0 message live 1", "0 message live 2", "0 message live 3", "0 note the recording ended",
	}, course(read(t, r.Path())))
}

// Retained state that comes late does not make what was said before it later.
func TestLateHeadMovesNothing(t *testing.T) {
	r := open(t, deck.Options{})
	hub := r.Source(deck.SourceOptions{})
	hub.Put(say("live", "1"))
	said := r.Progress().Elapsed
	r.until(t, "some time to pass", func(p deck.Progress) bool { return p.Elapsed > said+5*time.Millisecond })
	hub.Put(retained("a", "1"))
	hub.HeadDone()
	r.run(t).end(t)
	got := read(t, r.Path())
	require.Equal(t, []string{"0 snapshot a 1", "0 message live 1", "0 note the recording ended"}, course(got))
	require.LessOrEqual(t, got[1].At, said)
}

// A source that never ends its head, and one that says a lot meanwhile, hold
// nobody up for ever.
func TestHeadIsBounded(t *testing.T) {
	r := open(t, deck.Options{QueueBytes: 1 << 30, FlushEvery: time.Hour}) // which is when the time is looked at
	hub := r.Source(deck.SourceOptions{})
	r.run(t)
	hub.Put(say("a", strings.Repeat("x", 17<<20)))
	r.until(t, "the large message", func(p deck.Progress) bool { return p.Messages == 1 })
	hub.Put(say("a", "2"))
	r.until(t, "another one", func(p deck.Progress) bool { return p.Messages == 2 })
	r.end(t)

	r = open(t, deck.Options{})
	hub = r.Source(deck.SourceOptions{})
	r.run(t)
	hub.Put(say("a", "1"))
	r.until(t, "the message", func(p deck.Progress) bool { return p.Messages == 1 })
	r.end(t)
}

func TestGaps(t *testing.T) {
	r := open(t, deck.Options{})
	one, two := r.Source(deck.SourceOptions{Name: "one"}), r.Source(deck.SourceOptions{Name: "two"})
	for _, s := range []*deck.Source{one, two} {
		s.HeadDone()
	}
	one.Put(say("a", "1"))
	one.Lost("cut")
	one.Lost("still cut")
	one.Heard()
	one.Heard()
	one.Lost("cut again")
	two.Put(say("b", "2"))
	one.Put(say("a", "3"))
	two.Lost("gone")
	r.run(t).end(t)
	got := read(t, r.Path())
	require.Equal(t, []string{
		"0 message a 1", "0 gap one: cut", "0 message b 2", "0 gap one: cut again", "0 message a 3", "0 gap two: gone",
		"0 note the recording ended",
	}, course(got))
	require.Less(t, got[1].At, got[1].Until)
	require.Greater(t, got[3].At, got[3].Until, "the other hub went on: the gap reaches back")
	from, until := got[3].Gap()
	require.Less(t, from, got[2].At)
	require.LessOrEqual(t, until, got[4].At)
	require.Less(t, got[5].At, got[5].Until)
}

// What finds no room is dropped when it must not wait, and the tape says so;
// what may wait, waits.
func TestFullQueue(t *testing.T) {
	r := open(t, deck.Options{QueueBytes: 1000})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	big := strings.Repeat("x", 400)
	hub.Put(say("a", big))
	for range 5 {
		hub.Offer(say("dropped", big))
	}
	require.EqualValues(t, 5, r.Progress().Dropped)
	var waited sync.WaitGroup
	waited.Go(func() { hub.Put(say("b", big)) })
	r.run(t)
	waited.Wait()
	r.until(t, "both", func(p deck.Progress) bool { return p.Messages == 2 })
	r.end(t)
	got := read(t, r.Path())
	require.Equal(t, []string{
		"0 message a " + big, "0 gap 5 records were dropped: the disk did not keep up", "0 message b " + big, "0 note the recording ended",
	}, course(got))
	require.LessOrEqual(t, got[1].At, got[1].Until)

	r = open(t, deck.Options{QueueBytes: 1000}) // dropped last, and nothing comes after it
	hub = r.Source(deck.SourceOptions{})
	hub.HeadDone()
	hub.Put(say("a", big))
	hub.Offer(say("dropped", big))
	r.run(t).end(t)
	require.Equal(t, "0 gap 1 records were dropped: the disk did not keep up", course(read(t, r.Path()))[1])
}

func TestRedactsEverything(t *testing.T) {
	r := open(t, deck.Options{WatchTopics: true, Redact: func(r *recorder.Record) {
		r.Text = strings.ReplaceAll(r.Text, "geheim", "xxx")
		r.Payload = []byte(strings.ReplaceAll(string(r.Payload), "geheim", "xxx"))
	}})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	hub.Put(say("a", "geheim 1"))
	hub.Lost("geheim 2")
	hub.Heard()
	r.run(t)
	r.until(t, "the message", func(p deck.Progress) bool { return p.Gaps == 1 })
	require.Equal(t, "xxx 1", string(r.Busiest(1)[0].Last))
	r.end(t)
	require.Equal(t, []string{"0 message a xxx 1", "0 gap xxx 2", "0 note the recording ended"}, course(read(t, r.Path())))
}

func TestSittings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	for i := range 3 {
		r := open(t, deck.Options{Path: path, Append: true, Tape: recorder.Options{Labels: []recorder.Label{{Key: "n", Value: fmt.Sprint(i)}}}})
		hub := r.Source(deck.SourceOptions{})
		hub.HeadDone()
		hub.Put(say("a", fmt.Sprint(i)))
		r.run(t).end(t)
	}
	got := read(t, path)
	require.Equal(t, []string{
		"0 message a 0", "0 note the recording ended",
		"1 gap the recorder was not running", "1 message a 1", "1 note the recording ended",
		"2 gap the recorder was not running", "2 message a 2", "2 note the recording ended",
	}, course(got))
	require.LessOrEqual(t, got[2].Until, got[3].At)
	_, err := deck.Open(deck.Options{Path: path})
	require.ErrorIs(t, err, recorder.ErrExists)
}

// The next sitting stands where the clock on the wall says.
func TestSittingsByTheClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	date := time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)
	for _, later := range []time.Duration{0, time.Hour, 0} { // the last one on a clock that was set back
		r := open(t, deck.Options{Path: path, Append: true, Date: date.Add(later)})
		r.Source(deck.SourceOptions{}).Heard()
		r.run(t).end(t)
	}
	got := read(t, path)
	require.Equal(t, []string{
		"0 note the recording ended", "1 gap the recorder was not running", "1 note the recording ended",
		"2 gap the recorder was not running", "2 note the recording ended",
	}, course(got))
	require.Equal(t, time.Hour, got[1].Until)
	require.GreaterOrEqual(t, got[3].At, time.Hour, "nothing steps back")
	require.Equal(t, got[3].At, got[3].Until)
}

// A sitting in which no hub was ever heard leaves the tape as it was.
func TestSilentSitting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	for range 3 {
		r := open(t, deck.Options{Path: path, Append: true})
		r.Source(deck.SourceOptions{})
		r.run(t).end(t)
		r = open(t, deck.Options{Path: path, Append: true})
		r.Source(deck.SourceOptions{}).Heard()
		r.run(t).end(t)
	}
	require.Equal(t, []string{
		"0 note the recording ended", "1 gap the recorder was not running", "1 note the recording ended",
		"2 gap the recorder was not running", "2 note the recording ended",
		"3 gap the recorder was not running", "3 note the recording ended",
	}, course(read(t, path)))
}

func TestParts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.hubtape")
	r := open(t, deck.Options{Path: path, RotateBytes: 20_000, Tape: recorder.Options{LogBytes: 4096}})
	var hub *deck.Source
	heads := 0
	hub = r.Source(deck.SourceOptions{Head: func() {
		heads++
		hub.Offer(say("live", "while the head comes in"))
		hub.Offer(retained("z/state", fmt.Sprint(heads)))
		hub.HeadDone()
	}})
	hub.HeadDone()
	r.run(t)
	total := 0
	for n := 0; r.Progress().Part < 4; n++ {
		hub.Put(say("z/"+fmt.Sprint(n%50), fmt.Sprintf("%x", n*7919)))
		if total++; n%100 == 0 {
			r.until(t, "what was put", func(p deck.Progress) bool { return p.Queued == 0 })
		}
	}
	r.end(t)
	kept, messages := 0, 0
	for n := 1; n <= 4; n++ {
		part := filepath.Join(dir, fmt.Sprintf("a-%04d.hubtape", n))
		got := read(t, part)
		lines := course(got)
		if n > 1 {
			require.Equal(t, fmt.Sprintf("0 snapshot z/state %d", n-1), lines[0])
			require.Less(t, got[0].At, time.Second)
			messages-- // that of the head
		}
		want := "0 note the recording goes on in the next part"
		if n == 4 {
			want = "0 note the recording ended"
		}
		require.Equal(t, want, lines[len(lines)-1])
		for _, l := range got {
			if l.Kind == recorder.KindMessage {
				messages++
			}
		}
		tape, err := recorder.Open(part)
		require.NoError(t, err)
		labels := tape.Info().Labels
		require.NoError(t, tape.Close())
		require.Equal(t, recorder.LabelPart, labels[1].Key)
		require.Equal(t, fmt.Sprint(n), labels[1].Value)
		kept++
	}
	require.Equal(t, total, messages)
	require.EqualValues(t, total+3+3, r.Progress().Messages, "snapshots and those of the heads are messages too")
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)

	// Another sitting begins another part, and older ones are deleted.
	r = open(t, deck.Options{Path: path, RotateEvery: time.Nanosecond, Keep: 2, Append: true})
	hub = r.Source(deck.SourceOptions{})
	hub.HeadDone()
	r.run(t)
	hub.Lost("cut")
	hub.Put(say("a", "1"))
	r.until(t, "another part", func(p deck.Progress) bool { return p.Part >= 6 })
	r.end(t)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 2)
	_, err = deck.Open(deck.Options{Path: path, RotateEvery: time.Hour})
	require.ErrorIs(t, err, recorder.ErrExists, "part 1 is gone, others are there")
}

// A gap goes on from part to part.
func TestGapOverParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	r := open(t, deck.Options{Path: path, RotateEvery: time.Nanosecond})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	hub.Put(say("a", "1"))
	hub.Lost("cut")
	r.run(t)
	r.until(t, "another part", func(p deck.Progress) bool { return p.Part >= 2 })
	hub.Heard()
	r.until(t, "its end", func(p deck.Progress) bool { return p.Gaps >= 2 })
	r.end(t)
	dir := filepath.Dir(path)
	require.Contains(t, course(read(t, filepath.Join(dir, "a-0001.hubtape"))), "0 gap cut")
	two := read(t, filepath.Join(dir, "a-0002.hubtape"))
	require.Equal(t, "0 gap cut", course(two)[0])
	require.Zero(t, two[0].At)
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]deck.Options{
		"no path":          {},
		"a clock backward": {Path: "x", TimeScale: -1},
		"a size below 0":   {Path: "x", RotateBytes: -1},
		"kept in no parts": {Path: "x", Keep: 3},
	} {
		_, err := deck.Open(o)
		require.ErrorIs(t, err, deck.ErrOptions, name)
	}
	_, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "no", "a.hubtape")})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "no", "a.hubtape"), RotateBytes: 1, Append: true})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A disk that fails ends the run, and nobody is left waiting.
func TestDiskFails(t *testing.T) {
	dir := t.TempDir()
	r := open(t, deck.Options{Path: filepath.Join(dir, "a.hubtape"), RotateEvery: time.Nanosecond, QueueBytes: 1000})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a-0002.hubtape"), nil, 0o600)) // in the way of the next part
	hub.Put(say("a", "1"))
	r.run(t)
	require.ErrorIs(t, <-r.done, recorder.ErrExists)
	for range 10 {
		hub.Put(say("a", strings.Repeat("x", 900)))
	}
	require.NoError(t, r.Close())
	require.Equal(t, "0 message a 1", course(read(t, filepath.Join(dir, "a-0001.hubtape")))[0])
}

// Whoever deletes the tape, or puts another in its place, ends the recording.
func TestTapeIsGone(t *testing.T) {
	for _, replace := range []bool{false, true} {
		r := open(t, deck.Options{})
		hub := r.Source(deck.SourceOptions{})
		hub.HeadDone()
		require.NoError(t, os.Rename(r.Path(), r.Path()+".away"))
		if replace {
			require.NoError(t, os.WriteFile(r.Path(), nil, 0o600))
		}
		r.run(t)
		require.ErrorIs(t, <-r.done, deck.ErrGone)
		_ = r.Close()
	}
}

func TestDiscard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	d, err := deck.Open(deck.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, d.Discard())
	_, err = os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, errors.Join(err, w.Append(recorder.Record{Kind: recorder.KindNote}), w.Close()))
	d, err = deck.Open(deck.Options{Path: path, Append: true})
	require.NoError(t, err)
	require.NoError(t, d.Discard())
	require.NotEmpty(t, read(t, path))
}

// A simulated hub's clock is that of the tape.
func TestTimeScale(t *testing.T) {
	date := time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)
	r := open(t, deck.Options{TimeScale: 1000, Date: date})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	r.run(t)
	hub.Put(say("a", "1"))
	r.until(t, "the message", func(p deck.Progress) bool { return p.Messages == 1 && p.Elapsed > time.Second })
	hub.Put(say("a", "2"))
	r.end(t)
	got := read(t, r.Path())
	require.Greater(t, got[1].At, time.Second)
	for _, g := range got {
		require.Equal(t, date.Add(g.At), g.Time())
	}
}
