// Package capture puts what brokers say on a tape.
//
//	d, err := deck.Open(deck.Options{Path: "evening.hubtape"})
//	c, err := capture.New(d, capture.Options{Brokers: []capture.Broker{{Connection: conn.Options{Broker: "mqtt://hub"}}}})
//	err = c.Serve(ctx) // until ctx ends
//	err = d.Close()
//
// The goroutine of a connection only queues; the deck writes. A broker that is
// lost is dialled again for as long as it takes, and the time between is a gap
// on the tape, with its reason.
//
// # Losing nothing, harming nobody
//
// When the disk does not keep up the deck's queue fills. Then messages at QoS 1
// and 2 wait: they are acknowledged when they have found room, so the broker
// keeps the next ones. Messages at QoS 0 the broker would drop without a word;
// they are dropped here, counted, and missed on the tape by a gap record.
//
// # Retained state
//
// A broker hands over what it has retained when somebody subscribes. That is
// what the snapshots on a tape are, at its start, after a gap, and at the head
// of each part of a recording that is cut into parts, for which the subscription
// is made again. On MQTT 5 it is made "as published", so that live messages keep
// their retain flag [MQTT-3.3.1-12], and is then made a second time under another
// identifier, which tells the two apart. On 3.1.1 live messages never have the
// flag [MQTT-3.3.1-9].
package capture
