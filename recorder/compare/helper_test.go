package compare_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/stretchr/testify/require"
)

// list is a stream of records. Like a transient cursor it uses its memory again.
type list struct {
	records []recorder.Record
	err     error
	now     recorder.Record
	memory  []byte
}

func stream(records []recorder.Record) *list { return &list{records: records} }

func (l *list) Next() bool {
	if len(l.records) == 0 {
		return false
	}
	for i := range l.memory {
		l.memory[i] = '!'
	}
	l.now, l.records = l.records[0], l.records[1:]
	l.memory = append(l.memory[:0], l.now.Payload...)
	l.now.Payload = l.memory
	return true
}

func (l *list) Record() *recorder.Record { return &l.now }

func (l *list) Err() error {
	if len(l.records) > 0 {
		return errors.New("not read to its end")
	}
	return l.err
}

var _ compare.Stream = (*recorder.Cursor)(nil)

func say(at time.Duration, topic, payload string) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

func snapshot(topic, payload string) recorder.Record {
	r := say(0, topic, payload)
	r.Kind = recorder.KindSnapshot
	return r
}

// said are messages of one topic, one a nanosecond.
func said(payloads ...string) (out []recorder.Record) {
	for i, p := range payloads {
		out = append(out, say(time.Duration(i), "a", p))
	}
	return out
}

func run(t require.TestingT, a, b []recorder.Record, o compare.Options) *compare.Report {
	r, err := compare.Compare(stream(a), stream(b), o)
	require.NoError(t, err)
	return r
}

// lines writes the differences of a report down.
func lines(r *compare.Report) []string {
	out := []string{}
	for i := range r.Differences {
		out = append(out, r.Differences[i].String())
	}
	return out
}

// house is a recording of many devices.
func house(n int) []recorder.Record {
	out := make([]recorder.Record, n)
	for i := range out {
		out[i] = say(time.Duration(i)*time.Second, fmt.Sprint("sensor ", i*7%23), fmt.Sprintf(`{"id":%d,"temperature":%d.5,"last_seen":"%d"}`, i, i%30, i*31))
	}
	return out
}

func without(records []recorder.Record, i int) []recorder.Record {
	return slices.Delete(slices.Clone(records), i, i+1)
}

func changed(records []recorder.Record, i int, old, payload string) []recorder.Record {
	out := slices.Clone(records)
	out[i].Payload = []byte(strings.Replace(string(out[i].Payload), old, payload, 1))
	return out
}

func requireKinds(t testing.TB, r *compare.Report, want ...compare.Kind) {
	t.Helper()
	var got []compare.Kind
	for _, d := range r.Differences {
		got = append(got, d.Kind)
	}
	require.Equal(t, want, got, r.String())
}
