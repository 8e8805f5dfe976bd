package hub

import (
	"fmt"
	"strings"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// tap puts what the broker tells on the tape. It runs on the broker's runtime,
// one call at a time, and never waits. A message needs no copy: mochi gives each
// packet memory of its own, to which nobody writes.
func (h *Hub) tap(e broker.Event) {
	h.counts.see(&e)
	if e.Kind == broker.KindDrop {
		h.drops.add(e.Receiver, e.Reason)
		return
	}
	if r, ok := record(&e); ok {
		h.source.Offer(r)
	}
}

// record is what stands on the tape for an event; false: nothing.
func record(e *broker.Event) (recorder.Record, bool) {
	r := recorder.Record{Client: e.Client}
	switch e.Kind {
	case broker.KindPublish:
		r.Kind, r.Message = recorder.KindMessage, e.Message
	case broker.KindWill:
		r.Kind, r.Message = recorder.KindWill, e.Message
	case broker.KindConnect:
		r.Kind, r.Text = recorder.KindConnect, session(e)
	case broker.KindDisconnect:
		r.Kind, r.Text = recorder.KindDisconnect, e.Reason
	case broker.KindSubscribe:
		r.Kind, r.Message = recorder.KindSubscribe, mqtt.Message{Topic: e.Filter, QoS: e.QoS}
	case broker.KindUnsubscribe:
		r.Kind, r.Message = recorder.KindUnsubscribe, mqtt.Message{Topic: e.Filter}
	case broker.KindDeliver:
		r.Kind, r.Client = recorder.KindNote, e.Receiver
		r.Text = fmt.Sprintf("delivered %s, %d bytes, QoS %d", e.Message.Topic, len(e.Message.Payload), e.Message.QoS)
	default:
		return r, false
	}
	return r, true
}

// session says what kind of session a client began.
func session(e *broker.Event) string {
	facts := []string{version(e.Version)}
	if e.Persistent {
		facts = append(facts, "persistent")
	}
	if e.Present {
		facts = append(facts, "resumed")
	}
	return strings.Join(facts, ", ")
}

// version names the version of the protocol as people do.
func version(level byte) string {
	switch level {
	case 3:
		return "MQTT 3.1"
	case 4:
		return "MQTT 3.1.1"
	}
	return fmt.Sprintf("MQTT %d", level)
}
