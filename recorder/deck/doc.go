// Package deck runs a tape: it takes what hubs say from any number of
// goroutines, redacts it, places it in time, writes it, and makes it safe now
// and then.
//
//	d, err := deck.Open(deck.Options{Path: "evening.hubtape"})
//	hub := d.Source(deck.SourceOptions{})
//	go d.Run(ctx)                      // writes until ctx ends
//	hub.Put(recorder.Record{Kind: recorder.KindMessage, Message: m})
//	err = d.Close()
//
// A [Source] only queues; one goroutine, in Run, writes. The queue is bounded:
// when the disk does not keep up, Put waits and Offer drops, and what was
// dropped is counted and stands on the tape as a gap. So a slow disk costs
// memory up to a bound, and never more than that.
//
// Recordings that go on for weeks are cut into parts by size or by time, each a
// tape of its own that begins with what the hub had retained: see
// [Options.RotateBytes].
package deck
