package sim

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// What the broker tells becomes events for people; deliveries follow from the
// others.
func TestKeepEvent(t *testing.T) {
	var h report.History
	for _, e := range []broker.Event{
		{At: time.Second, Kind: broker.KindDrop, Receiver: "hall", Reason: "its session has gone", Message: mqtt.Message{Topic: "a", QoS: 1}},
		{At: time.Second, Kind: broker.KindSubscribe, Client: "hall", Filter: "a/#", QoS: 2},
		{At: time.Second, Kind: broker.KindDeliver, Receiver: "hall", Message: mqtt.Message{Topic: "a"}},
	} {
		keepEvent(&h, &e)
	}
	events, _, _ := h.Events()
	require.Equal(t, []report.Event{
		{At: time.Second, Kind: report.Drop, Topic: "a", QoS: 1, Text: "not delivered to hall: its session has gone"},
		{At: time.Second, Kind: report.Subscribe, Client: "hall", Topic: "a/#", QoS: 2},
	}, events)
}
