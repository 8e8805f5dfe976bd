package deck_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
)

// names lists a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		out = append(out, f.Name())
	}
	return out
}

// A recording that does not go on after the parts that are there would number its
// own below them, and delete those first.
func TestPartsOfAnotherRecording(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a-0005.hubtape"), nil, 0o600))
	_, err := deck.Open(deck.Options{Path: filepath.Join(dir, "a.hubtape"), RotateEvery: time.Hour, Keep: 1})
	require.ErrorIs(t, err, recorder.ErrExists)
	require.Equal(t, []string{"a-0005.hubtape"}, names(t, dir))
}

// Sittings that are shorter than a part leave no more parts than are kept, and
// nothing of those of a recorder that was killed.
func TestKeepsInNumberOverSittings(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a-0001.hubtape", "a-0001.hubtape-log", "a-0002.hubtape"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	o := deck.Options{Path: filepath.Join(dir, "a.hubtape"), RotateEvery: time.Hour, Keep: 2, Append: true}
	for n := 3; n <= 5; n++ {
		r := open(t, o)
		hub := r.Source(deck.SourceOptions{})
		hub.HeadDone()
		r.run(t)
		hub.Put(say("a", "1"))
		first := fmt.Sprintf("a-%04d.hubtape", n-2)
		r.until(t, "an old part to go", func(deck.Progress) bool {
			_, err := os.Stat(filepath.Join(dir, first))
			return os.IsNotExist(err)
		})
		r.end(t)
	}
	require.Equal(t, []string{"a-0004.hubtape", "a-0005.hubtape"}, names(t, dir))

	d, err := deck.Open(o) // one that is discarded takes nobody's place
	require.NoError(t, err)
	require.NoError(t, d.Discard())
	require.Equal(t, []string{"a-0004.hubtape", "a-0005.hubtape"}, names(t, dir))
}

// A source that has no retained state holds nobody up.
func TestNoHeadIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, deck.Options{RotateEvery: time.Minute, FlushEvery: time.Second})
		path := r.Path()
		hub := r.Source(deck.SourceOptions{})
		r.run(t)
		hub.HeadDone()
		hub.Put(say("a", "1"))
		<-time.After(time.Minute + time.Second) // of the bubble
		hub.Put(say("a", "2"))
		synctest.Wait()
		require.NotEqual(t, path, r.Path())
		require.EqualValues(t, 2, r.Progress().Messages)
		r.end(t)
	})
}

// A gap of dropped records begins where the first was dropped, also when another
// hub went on meanwhile.
func TestDropsBesideAnotherHub(t *testing.T) {
	r := open(t, deck.Options{QueueBytes: 2000})
	one, two := r.Source(deck.SourceOptions{}), r.Source(deck.SourceOptions{})
	one.HeadDone()
	two.HeadDone()
	big := strings.Repeat("x", 700)
	two.Offer(say("b", big))
	one.Offer(say("dropped", big))
	require.EqualValues(t, 1, r.Progress().Dropped)
	r.run(t)
	two.Put(say("b", "2"))
	r.until(t, "the other hub", func(p deck.Progress) bool { return p.Messages == 2 })
	one.Put(say("a", "3"))
	r.end(t)
	got := read(t, r.Path())
	require.Equal(t, recorder.KindGap, got[2].Kind, "%v", course(got))
	from, until := got[2].Gap()
	require.Less(t, from, got[1].At)
	require.Greater(t, until, got[1].At)
}

// Properties take room in the queue too.
func TestPropertiesAreCounted(t *testing.T) {
	for name, p := range map[string]mqtt.Properties{
		"user":        {User: []mqtt.UserProperty{{Key: strings.Repeat("k", 500), Value: strings.Repeat("v", 500)}}},
		"many":        {User: make([]mqtt.UserProperty, 100)},
		"correlation": {CorrelationData: make([]byte, 1000)},
		"content":     {ContentType: strings.Repeat("c", 1000)},
		"response":    {ResponseTopic: strings.Repeat("r", 1000)},
	} {
		r := open(t, deck.Options{QueueBytes: 1000})
		hub := r.Source(deck.SourceOptions{})
		hub.Put(say("a", "1"))
		large := say("a", "2")
		large.Properties = &p
		hub.Offer(large)
		require.EqualValues(t, 1, r.Progress().Dropped, name)
		r.run(t).end(t)
	}
}

// What a part took is counted with what its end has sealed.
func TestTapeBytesOfAllParts(t *testing.T) {
	r := open(t, deck.Options{RotateEvery: time.Nanosecond})
	hub := r.Source(deck.SourceOptions{})
	hub.HeadDone()
	noise := make([]byte, 50_000)
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	r.run(t)
	hub.Put(say("a", fmt.Sprintf("%x", noise)))
	r.until(t, "another part", func(p deck.Progress) bool { return p.Part >= 2 })
	tape, err := recorder.Open(filepath.Join(filepath.Dir(r.Path()), "a-0001.hubtape"))
	require.NoError(t, err)
	require.NoError(t, tape.Close())
	require.Greater(t, r.Progress().TapeBytes, int64(1000))
	r.end(t)
}

// A hub that has been silent is missed from when it was heard last, whatever other
// hubs said meanwhile, but not before its own last record.
func TestLostSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, deck.Options{})
		one, two := r.Source(deck.SourceOptions{}), r.Source(deck.SourceOptions{})
		one.HeadDone()
		two.HeadDone()
		r.run(t)
		one.Put(say("a", "1"))
		<-time.After(time.Second) // of the bubble
		heard := time.Now()
		<-time.After(time.Second)
		two.Put(say("b", "1"))
		<-time.After(time.Second)
		one.LostSince(heard, "silent")
		one.Heard()
		one.Put(say("a", "2"))
		<-time.After(time.Second)
		one.LostSince(heard, "silent again")
		one.Heard()
		synctest.Wait()
		r.end(t)
		var gaps [][2]time.Duration
		for _, rec := range read(t, r.Path()) {
			if rec.Kind == recorder.KindGap {
				from, until := rec.Gap()
				gaps = append(gaps, [2]time.Duration{from, until})
			}
		}
		require.Equal(t, [][2]time.Duration{{time.Second, 3 * time.Second}, {3 * time.Second, 4 * time.Second}}, gaps)
	})
}

// A recording that goes on with the next part tells of the time between, and does
// not take the parts of another recorder.
func TestPartsGoOn(t *testing.T) {
	dir := t.TempDir()
	o := deck.Options{Path: filepath.Join(dir, "a.hubtape"), RotateEvery: time.Hour, Append: true}
	for i := range 2 {
		r := open(t, o)
		hub := r.Source(deck.SourceOptions{})
		hub.HeadDone()
		hub.Put(say("a", fmt.Sprint(i)))
		r.run(t).end(t)
	}
	got := read(t, filepath.Join(dir, "a-0002.hubtape"))
	require.Equal(t, []string{"0 gap the recorder was not running", "0 message a 1", "0 note the recording ended"}, course(got))
	require.Negative(t, got[0].Until, "the gap reaches back to the part before")

	r := open(t, o)
	_, err := deck.Open(o)
	require.ErrorIs(t, err, recorder.ErrLocked)
	r.run(t).end(t)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a-0004.hubtape"), []byte("no tape"), 0o600))
	r = open(t, o)
	r.run(t).end(t)
	require.Equal(t, "0 gap the recorder was not running", course(read(t, filepath.Join(dir, "a-0005.hubtape")))[0], "a part that cannot be read keeps nobody from recording")
}
