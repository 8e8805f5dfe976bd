// Package capture records what a live MQTT broker says, through a subscriber's
// eyes:
//
//	start := time.Now()
//	w, err := recorder.Create("evening.hubtape", recorder.Options{Start: start})
//	c, err := capture.New(w, capture.Options{Broker: "mqtt://hub:1883", Start: start})
//	err = c.Serve(ctx) // until ctx ends
//	err = w.Close()
//
// The first connection must succeed. After it a lost connection is made again,
// as often as need be, and the time between becomes a gap record.
//
// What the broker hands over because it had it retained comes as a snapshot
// record, with Retain set as received; everything else as a message. A
// subscriber cannot know who sent a message, so Client is always empty.
package capture
