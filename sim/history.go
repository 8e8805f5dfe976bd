package sim

import (
	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/report"
)

// historyKinds says what the broker's events are in a report. Deliveries have no
// kind there: they follow from the messages and subscriptions.
var historyKinds = map[broker.Kind]report.EventKind{
	broker.KindPublish:    report.Message,
	broker.KindWill:       report.Will,
	broker.KindConnect:    report.Connect,
	broker.KindDisconnect: report.Disconnect,
	broker.KindSubscribe:  report.Subscribe,
	broker.KindDrop:       report.Drop,
}

// keepEvent adds what the broker told to a history.
func keepEvent(h *report.History, e *broker.Event) {
	kind, ok := historyKinds[e.Kind]
	if !ok {
		return
	}
	event := report.Event{
		At: e.At, Kind: kind, Client: e.Client, Source: e.Source, Text: e.Reason,
		Topic: e.Message.Topic, Payload: e.Message.Payload, QoS: e.Message.QoS, Retain: e.Message.Retain,
	}
	if e.Filter != "" {
		event.Topic, event.QoS = e.Filter, e.QoS
	}
	if e.Kind == broker.KindDrop {
		event.Text = "not delivered to " + e.Receiver + ": " + e.Reason
	}
	h.Add(event)
}

// keepSnapshot adds a message that was retained before the run.
func (w *World) keepSnapshot(topic string, payload []byte) {
	if h := w.options.History; h != nil {
		h.Add(report.Event{Kind: report.Snapshot, Topic: topic, Payload: payload, Retain: true})
	}
}
