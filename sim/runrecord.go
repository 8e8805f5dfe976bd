package sim

import (
	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
)

// runRecord keeps a whole run as a tape.
type runRecord struct {
	writer *recorder.Writer
	clock  *clock.Virtual
	err    error // the first; the run goes on without
}

// recordKinds says what the broker's events are on a tape. Deliveries have no
// kind there: they follow from the messages and subscriptions.
var recordKinds = [...]recorder.Kind{
	broker.KindPublish:     recorder.KindMessage,
	broker.KindSubscribe:   recorder.KindSubscribe,
	broker.KindUnsubscribe: recorder.KindUnsubscribe,
	broker.KindConnect:     recorder.KindConnect,
	broker.KindDisconnect:  recorder.KindDisconnect,
	broker.KindWill:        recorder.KindWill,
	broker.KindDrop:        recorder.KindNote,
}

func (x *runRecord) event(e *broker.Event) {
	if x.err != nil || int(e.Kind) >= len(recordKinds) || recordKinds[e.Kind] == 0 {
		return
	}
	r := recorder.Record{
		At: e.At, Wall: x.clock.Wall().UnixNano(), Kind: recordKinds[e.Kind],
		Client: e.Client, Message: e.Message, Text: e.Reason,
	}
	if e.Filter != "" {
		r.Topic, r.QoS = e.Filter, e.QoS
	}
	x.err = x.writer.Append(r)
}
