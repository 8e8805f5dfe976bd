// Package recorder keeps what an MQTT hub said on a tape, and gives it back.
//
// A tape is one file, x.hubtape: records in the order they happened, each with
// a monotonic offset from the tape's start. A [Writer] appends:
//
//	w, err := recorder.Create("evening.hubtape", recorder.Options{Start: time.Now()})
//	err = w.Append(recorder.Record{At: at, Kind: recorder.KindMessage, Message: m})
//	err = w.Flush() // now and then: what was appended outlives a kill
//	err = w.Close()
//
// A [Tape] is read through cursors, which take only the chunks they need:
//
//	t, err := recorder.Open("evening.hubtape")
//	c := t.Cursor(recorder.Query{Topics: mqtt.Selection{Include: []string{"zigbee2mqtt/#"}}})
//	for c.Next() {
//		r := c.Record()
//	}
//	err = c.Err()
//
// Memory does not grow with the length of a tape, on either way. Records are
// kept in compressed chunks of about a thousand, each with a checksum. Damage
// never shortens a tape silently and never ends the program: it is a
// [DamageError] that names the chunk, [Verify] lists all of it, and [Salvage]
// copies what is whole.
//
// While a tape is being written its newest records stand in a side log beside
// it (x.hubtape-log), in small compressed steps. A killed recorder leaves both
// files; opening the tape reads both, and they belong together. FORMAT.md in
// this folder describes every byte.
//
// Capture from a live hub is package recorder/capture; other formats are
// package recorder/format.
package recorder
