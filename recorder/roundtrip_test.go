package recorder_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"pgregory.net/rapid"
)

// What is written is read back, whatever is flushed when.
// PZ-69: what is written is read back the same.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(dir, "x.hubtape")
		_ = os.Remove(path)
		want := drawRecords(rt, 60)
		w := mustCreate(t, path, small())
		for i, r := range want {
			if err := w.Append(r); err != nil {
				rt.Fatal(err)
			}
			want[i].Seq = uint64(i)
			if rapid.IntRange(0, 5).Draw(rt, "flush") == 0 {
				if err := w.Flush(); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		got := mustRead(t, path, recorder.Query{})
		if !same(got, want) {
			rt.Fatalf("got %+v\nwant %+v", got, want)
		}
		for i := range got {
			if got[i].Seq != want[i].Seq || got[i].Session != want[i].Session {
				rt.Fatalf("record %d stands at sitting %d, %d", i, got[i].Session, got[i].Seq)
			}
		}
		if rep, err := recorder.Verify(path, nil); err != nil || !rep.OK() || rep.Records != uint64(len(want)) {
			rt.Fatalf("Verify = %+v, %v", rep, err)
		}
		if _, err := os.Stat(path + recorder.LogSuffix); !os.IsNotExist(err) {
			rt.Fatalf("a closed tape leaves no side log: %v", err)
		}
	})
}

// A query gives what picking from all records gives.
func TestQueryAgreesWithPicking(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(dir, "x.hubtape")
		_ = os.Remove(path)
		all := drawRecords(rt, 80)
		writeTape(t, path, small(), all)
		filters := rapid.SliceOfN(rapid.SampledFrom([]string{"#", "z/#", "z/+", "$SYS/#", "a", "nowhere", "+/ü"}), 0, 2)
		moment := rapid.SampledFrom([]time.Duration{0, 1, time.Millisecond, time.Second, 3 * time.Second, time.Hour, 2 * time.Hour})
		q := recorder.Query{
			From:      moment.Draw(rt, "from"),
			Topics:    mqtt.Selection{Include: filters.Draw(rt, "include"), Exclude: filters.Draw(rt, "exclude")},
			Transient: rapid.Bool().Draw(rt, "transient"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			q.Until = max(q.From, moment.Draw(rt, "until"))
		}
		if rapid.Bool().Draw(rt, "kinds") {
			q.Kinds = recorder.MessageKinds()
		}
		var want []recorder.Record
		for _, r := range all {
			if q.Matches(&r) {
				want = append(want, r)
			}
		}
		if got := mustRead(t, path, q); !same(got, want) {
			rt.Fatalf("%+v: got %d records, want %d", q, len(got), len(want))
		}
	})
}

// A seek and a rare topic cost a chunk or two, not the tape.
func TestQueryReadsOnlyWhatItNeeds(t *testing.T) {
	path := tempTape(t)
	var records []recorder.Record
	for i := range 10_000 {
		r := recorder.Record{At: time.Duration(i) * time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "often"}}
		if i == 5_555 {
			r.Topic = "rare"
		}
		if i == 7_777 {
			r.Kind, r.Topic = recorder.KindNote, ""
		}
		records = append(records, r)
	}
	writeTape(t, path, recorder.Options{ChunkRecords: 100}, records)
	tape, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	for _, c := range []struct {
		name            string
		q               recorder.Query
		records, chunks int
	}{
		{"all", recorder.Query{}, 10_000, 100},
		{"seek", recorder.Query{From: 4_242 * time.Second, Until: 4_250 * time.Second}, 9, 1},
		{"rare topic", recorder.Query{Topics: mqtt.Selection{Include: []string{"rare"}}}, 1, 1},
		{"no such topic", recorder.Query{Topics: mqtt.Selection{Include: []string{"never"}}}, 0, 0},
		{"all but one topic", recorder.Query{Topics: mqtt.Selection{Exclude: []string{"often"}}}, 2, 2},
		{"notes", recorder.Query{Kinds: []recorder.Kind{recorder.KindNote}}, 1, 1},
		{"after the end", recorder.Query{From: 3 * time.Hour}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cur, n := tape.Cursor(c.q), 0
			for cur.Next() {
				n++
			}
			if n != c.records || cur.ChunksRead() != c.chunks || cur.Err() != nil {
				t.Errorf("%d records from %d chunks (%v), want %d from %d", n, cur.ChunksRead(), cur.Err(), c.records, c.chunks)
			}
		})
	}
}

// Payloads and topics outlive the cursor's next step.
func TestPayloadsStay(t *testing.T) {
	path := tempTape(t)
	want := realistic(5_000)
	writeTape(t, path, recorder.Options{}, want)
	if got := mustRead(t, path, recorder.Query{}); !same(got, want) {
		t.Error("payloads were written again")
	}
}

// Scanning makes no garbage per record.
func TestScanAllocations(t *testing.T) {
	path := tempTape(t)
	writeTape(t, path, recorder.Options{}, realistic(20_000))
	tape, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	c := tape.Cursor(recorder.Query{})
	for range 3_000 {
		c.Next()
	}
	if n := testing.AllocsPerRun(10, func() {
		for range 1_000 {
			c.Next()
		}
	}); n > 20 {
		t.Errorf("1,000 records made %v allocations", n)
	}
}

func TestContentHash(t *testing.T) {
	dir := t.TempDir()
	records := realistic(500)
	hash := func(name string, o recorder.Options, records []recorder.Record) [32]byte {
		t.Helper()
		path := filepath.Join(dir, name)
		writeTape(t, path, o, records)
		tape, err := recorder.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer tape.Close()
		sum, err := tape.ContentHash()
		if err != nil {
			t.Fatal(err)
		}
		told := false
		rep, err := recorder.Verify(path, func(done, total uint64) { told = done < total })
		if err != nil || rep.Content != sum || !told {
			t.Errorf("Verify has the hash %x, want %x; it told how far it was: %v; %v", rep.Content, sum, told, err)
		}
		return sum
	}
	want := hash("a", recorder.Options{}, records)
	if got := hash("b", small(), records); got != want {
		t.Error("the hash depends on how the tape is cut into chunks")
	}
	sittings := slices.Clone(records)
	for i := range sittings {
		sittings[i].Session = uint32(i / 100)
	}
	if got := hash("c", recorder.Options{Labels: []recorder.Label{{Key: "a", Value: "b"}}}, sittings); got != want {
		t.Error("the hash depends on sittings or labels")
	}
	records[250].Retain = true
	if got := hash("d", recorder.Options{}, records); got == want {
		t.Error("the hash does not see a retain flag")
	}
}

func TestInfoAndTopics(t *testing.T) {
	path := tempTape(t)
	start := time.Date(2026, 3, 1, 18, 0, 0, 5, time.UTC)
	w := mustCreate(t, path, recorder.Options{Start: start, Labels: []recorder.Label{{Key: "house", Value: "ours"}}, Program: "test 1", ChunkRecords: 2, CommitChunks: 2})
	for i, r := range []recorder.Record{
		{Kind: recorder.KindSnapshot, Message: mqtt.Message{Topic: "b", Payload: []byte("12345"), Retain: true}},
		{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte("1")}},
		{Kind: recorder.KindGap, Text: "cut", Until: time.Minute},
		{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "b"}},
		{Session: 1, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "c"}},
	} {
		r.At = time.Duration(i) * time.Minute
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	killed := path + "2"
	copyTape(t, path, killed)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, killed} { // the second has its end in the side log
		tape, err := recorder.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		i := tape.Info()
		if i.Records != 5 || i.Messages != 4 || i.Bytes != 6 || i.Topics != 3 || i.Gaps != 1 || i.Sittings != 2 ||
			i.Duration != 4*time.Minute || !i.Start.Equal(start) || i.Program != "test 1" || len(i.Labels) != 1 || i.Clean != (p == path) {
			t.Errorf("%s: Info = %+v", p, i)
		}
		topics, err := tape.Topics()
		want := []recorder.TopicInfo{{Topic: "a", Records: 1}, {Topic: "b", Records: 2}, {Topic: "c", Records: 1}}
		if err != nil || !slices.Equal(topics, want) {
			t.Errorf("%s: Topics = %v, %v", p, topics, err)
		}
		_ = tape.Close()
	}
}

func TestAppendRefuses(t *testing.T) {
	w := mustCreate(t, tempTape(t), recorder.Options{})
	defer w.Close()
	ok := recorder.Record{Session: 1, At: time.Second, Kind: recorder.KindNote}
	if err := w.Append(ok); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r    recorder.Record
		want error
	}{
		"time back":    {recorder.Record{Session: 1, At: 1, Kind: recorder.KindNote}, recorder.ErrTimeBack},
		"sitting back": {recorder.Record{At: time.Second, Kind: recorder.KindNote}, recorder.ErrTimeBack},
		"no kind":      {recorder.Record{Session: 1, At: time.Second}, recorder.ErrRecord},
		"QoS 3":        {recorder.Record{Session: 1, At: time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{QoS: 3}}, recorder.ErrRecord},
		"before start": {recorder.Record{Session: 1, At: -1, Kind: recorder.KindNote}, recorder.ErrRecord},
	} {
		if err := w.Append(c.r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := w.Append(ok); err != nil {
		t.Errorf("a refused record must not end the tape: %v", err)
	}
}
