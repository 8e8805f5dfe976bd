package retained_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/retained"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func snapshot(topic, payload string) recorder.Record {
	return recorder.Record{Kind: recorder.KindSnapshot, Message: mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}}
}

func live(topic, payload string) recorder.Record {
	return recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

func flagged(topic, payload string) recorder.Record {
	r := live(topic, payload)
	r.Retain = true
	return r
}

func will(topic, payload string) recorder.Record {
	r := flagged(topic, payload)
	r.Kind = recorder.KindWill
	return r
}

// lines writes a state down.
func lines(s *retained.State) []string {
	out := []string{}
	for _, m := range s.Messages() {
		out = append(out, fmt.Sprintf("%s=%s", m.Topic, m.Payload))
	}
	return out
}

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		records []recorder.Record
		want    []string
	}{
		"nothing":                 {nil, []string{}},
		"in topic order":          {[]recorder.Record{snapshot("b", "1"), snapshot("a", "2"), flagged("aa", "3")}, []string{"a=2", "aa=3", "b=1"}},
		"replaced [3.3.1-5]":      {[]recorder.Record{flagged("a", "1"), flagged("a", "2")}, []string{"a=2"}},
		"cleared [3.3.1-6]":       {[]recorder.Record{flagged("a", "1"), flagged("a", "")}, []string{}},
		"set again":               {[]recorder.Record{flagged("a", "1"), flagged("a", ""), flagged("a", "3")}, []string{"a=3"}},
		"not kept [3.3.1-8]":      {[]recorder.Record{live("a", "1")}, []string{}},
		"will":                    {[]recorder.Record{will("a", "offline")}, []string{"a=offline"}},
		"a gap's snapshot":        {[]recorder.Record{flagged("a", "1"), {Kind: recorder.KindGap}, snapshot("a", "2")}, []string{"a=2"}},
		"taken for retained":      {[]recorder.Record{snapshot("a", "1"), live("a", "2"), live("b", "2")}, []string{"a=2"}},
		"taken for cleared":       {[]recorder.Record{snapshot("a", "1"), live("a", "")}, []string{}},
		"and set again":           {[]recorder.Record{snapshot("a", "1"), live("a", ""), live("a", "3")}, []string{"a=3"}},
		"a snapshot is certain":   {[]recorder.Record{snapshot("a", "1"), live("a", "2"), snapshot("a", "3")}, []string{"a=3"}},
		"given up at a flag":      {[]recorder.Record{snapshot("a", "1"), live("a", "2"), flagged("b", "1")}, []string{"a=1", "b=1"}},
		"no more guesses":         {[]recorder.Record{snapshot("a", "1"), flagged("b", "1"), live("a", "2")}, []string{"a=1", "b=1"}},
		"a will shows flags":      {[]recorder.Record{snapshot("a", "1"), live("a", ""), will("b", "")}, []string{"a=1"}},
		"a subscribe is none":     {[]recorder.Record{snapshot("a", "1"), {Kind: recorder.KindSubscribe, Message: mqtt.Message{Topic: "a", Payload: []byte("x"), Retain: true}}}, []string{"a=1"}},
		"an empty snapshot":       {[]recorder.Record{snapshot("a", "")}, []string{}},
		"an empty one, then live": {[]recorder.Record{snapshot("a", ""), live("a", "1")}, []string{"a=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var s retained.State
			for i := range c.records {
				s.Apply(&c.records[i])
			}
			require.Equal(t, c.want, lines(&s))
			require.Equal(t, len(c.want), s.Len())
		})
	}
}

// What Messages returned does not change, and carries the flags of a retained
// message.
func TestMessagesAreTheCallers(t *testing.T) {
	var s retained.State
	seconds := uint32(9)
	payload := []byte("one")
	r := recorder.Record{Kind: recorder.KindSnapshot, Message: mqtt.Message{
		Topic: "a", Payload: payload, QoS: 1, Dup: true, Properties: &mqtt.Properties{ExpirySeconds: &seconds},
	}}
	s.Apply(&r)
	copy(payload, "xxx") // a transient cursor does that
	got := s.Messages()
	next := snapshot("a", "two")
	s.Apply(&next)
	require.Equal(t, []mqtt.Message{{Topic: "a", Payload: []byte("one"), QoS: 1, Retain: true, Properties: r.Properties}}, got)
	require.Equal(t, []string{"a=two"}, lines(&s))
}

// A state costs what is retained, however much was said.
func TestApplyMakesNoGarbage(t *testing.T) {
	var s retained.State
	first, next := snapshot("a", "first"), live("a", "later")
	s.Apply(&first)
	s.Apply(&next)
	require.Zero(t, testing.AllocsPerRun(1000, func() { s.Apply(&next) }))
	for i := range 10_000 {
		set, unset := flagged(fmt.Sprint(i), "x"), flagged(fmt.Sprint(i), "")
		s.Apply(&set)
		s.Apply(&unset)
	}
	require.Equal(t, 1, s.Len())
	require.Equal(t, 1, s.Topics(), "a cleared topic is forgotten")
}

func draw(t *rapid.T) []recorder.Record {
	var at time.Duration
	out := make([]recorder.Record, rapid.IntRange(0, 40).Draw(t, "records"))
	flags := rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(t, "flags")
	for i := range out {
		at += time.Duration(rapid.IntRange(0, 2).Draw(t, "step"))
		kinds := []recorder.Kind{recorder.KindMessage, recorder.KindMessage, recorder.KindSnapshot, recorder.KindWill, recorder.KindGap, recorder.KindSubscribe}
		r := recorder.Record{At: at, Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		if r.Kind != recorder.KindGap {
			r.Topic = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "topic")
			r.Payload = rapid.SampledFrom([][]byte{nil, {'1'}, []byte("22")}).Draw(t, "payload")
			r.Retain = r.Kind == recorder.KindSnapshot || rapid.IntRange(0, 9).Draw(t, "retain") < flags
		}
		out[i] = r
	}
	return out
}

// brute is the definition: whether there is a flag is known before the first
// record is looked at.
func brute(records []recorder.Record, at time.Duration) []string {
	records = slices.DeleteFunc(slices.Clone(records), func(r recorder.Record) bool { return r.At > at || !r.Kind.IsMessage() })
	flags := slices.ContainsFunc(records, func(r recorder.Record) bool { return r.Retain && r.Kind != recorder.KindSnapshot })
	kept, had := map[string]string{}, map[string]bool{}
	for _, r := range records {
		switch {
		case r.Kind == recorder.KindSnapshot, r.Retain, had[r.Topic] && !flags:
			kept[r.Topic] = string(r.Payload)
			had[r.Topic] = had[r.Topic] || r.Kind == recorder.KindSnapshot
		}
	}
	out := []string{}
	for _, topic := range slices.Sorted(maps.Keys(kept)) {
		if kept[topic] != "" {
			out = append(out, topic+"="+kept[topic])
		}
	}
	return out
}

func TestAtAgreesWithTheDefinition(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.hubtape")
	rapid.Check(t, func(t *rapid.T) {
		_ = os.Remove(path)
		records := draw(t)
		w, err := recorder.Create(path, recorder.Options{ChunkRecords: 5})
		require.NoError(t, err)
		for _, r := range records {
			require.NoError(t, w.Append(r))
		}
		require.NoError(t, w.Close())
		tape, err := recorder.Open(path)
		require.NoError(t, err)
		defer tape.Close()
		at := time.Duration(rapid.IntRange(-1, 60).Draw(t, "at"))
		s, err := retained.At(tape, at)
		require.NoError(t, err)
		require.Equal(t, brute(records, at), lines(s))
		require.Equal(t, len(s.Messages()), s.Len())
	})
}

// Damage before the instant is told, and damage after it is not met.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.hubtape")
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 1, CommitChunks: 1})
	require.NoError(t, err)
	for i := range 3 {
		r := snapshot(fmt.Sprintf("topic-%d", i), fmt.Sprintf("payload-%d", i))
		r.At = time.Duration(i) * time.Second
		require.NoError(t, w.Append(r))
	}
	require.NoError(t, w.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	i := slices.Index(b, 'p')
	for ; i >= 0 && string(b[i:i+9]) != "payload-1"; i++ {
	}
	b[i] ^= 1
	require.NoError(t, os.WriteFile(path, b, 0o600))
	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer tape.Close()
	s, err := retained.At(tape, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"topic-0=payload-0"}, lines(s))
	_, err = retained.At(tape, time.Minute)
	var d *recorder.DamageError
	require.ErrorAs(t, err, &d)
	require.Equal(t, 1, d.Chunk)
}
