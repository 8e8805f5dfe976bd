package cli

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

func TestRecordsOnAPage(t *testing.T) {
	message := mqtt.Message{Topic: "z/lamp", Payload: []byte("ON"), QoS: 1, Retain: true}
	said := report.Event{At: 5, Client: "c", Topic: "z/lamp", Payload: []byte("ON"), QoS: 1, Retain: true}
	of := func(kind report.EventKind) report.Event {
		e := said
		e.Kind = kind
		return e
	}
	for _, c := range []struct {
		record recorder.Record
		want   report.Event
	}{
		{recorder.Record{At: 5, Client: "c", Kind: recorder.KindMessage, Message: message}, of(report.Message)},
		{recorder.Record{At: 5, Client: "c", Kind: recorder.KindWill, Message: message}, of(report.Will)},
		{recorder.Record{At: 5, Client: "c", Kind: recorder.KindSnapshot, Message: message}, of(report.Snapshot)},
		{recorder.Record{Kind: recorder.KindConnect, Client: "c"}, report.Event{Kind: report.Connect, Client: "c"}},
		{recorder.Record{Kind: recorder.KindDisconnect, Text: "gone"}, report.Event{Kind: report.Disconnect, Text: "gone"}},
		{recorder.Record{Kind: recorder.KindSubscribe, Message: mqtt.Message{Topic: "#"}}, report.Event{Kind: report.Subscribe, Topic: "#"}},
		{recorder.Record{Kind: recorder.KindUnsubscribe, Message: mqtt.Message{Topic: "#"}}, report.Event{Kind: report.Note, Topic: "#", Text: "unsubscribed"}},
		{recorder.Record{Kind: recorder.KindClockJump, Until: -time.Hour}, report.Event{Kind: report.Note, Text: "the clock jumped by -1h0m0s"}},
		{recorder.Record{Kind: recorder.KindClockJump, Until: time.Hour, Text: "ntp"}, report.Event{Kind: report.Note, Text: "the clock jumped by 1h0m0s: ntp"}},
		{recorder.Record{Kind: recorder.KindNote, Text: "hello"}, report.Event{Kind: report.Note, Text: "hello"}},
	} {
		h := &report.History{}
		addRecord(h, &c.record)
		events, _, _ := h.Events()
		require.Len(t, events, 1)
		require.Equal(t, string(c.want.Payload), string(events[0].Payload))
		events[0].Payload, c.want.Payload = nil, nil
		require.Equal(t, c.want, events[0], c.record.Kind)
	}
}

// The records of a cursor are used again; what was gathered stays.
func TestPayloadsOnAPageAreCopies(t *testing.T) {
	h := &report.History{}
	r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte("one")}}
	addRecord(h, &r)
	copy(r.Payload, "two")
	events, _, _ := h.Events()
	require.Equal(t, "one", string(events[0].Payload))
}

// Gaps are spans, also those that stand where they end; a tape of nothing but gaps
// does not fill the memory with them.
func TestGapsOnAPage(t *testing.T) {
	h := &report.History{}
	addRecord(h, &recorder.Record{Kind: recorder.KindGap, At: 5, Until: 9, Text: "away"})
	addRecord(h, &recorder.Record{Kind: recorder.KindGap, At: 20, Until: -3})
	require.Equal(t, []report.Span{
		{Kind: report.GapSpan, From: 5, To: 9, Label: "gap", Text: "away"},
		{Kind: report.GapSpan, From: 0, To: 20, Label: "gap"},
	}, h.Spans)
	for range mostGaps {
		addRecord(h, &recorder.Record{Kind: recorder.KindGap, At: 30, Until: 30 + 2*time.Second, Text: "again"})
	}
	require.Len(t, h.Spans, mostGaps)
	events, _, _ := h.Events()
	require.Len(t, events, 2)
	require.Equal(t, report.Event{At: 30, Kind: report.Note, Text: "gap of 2s: again"}, events[0])
}
