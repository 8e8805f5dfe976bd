// Package format reads and writes recordings in the formats of others, record
// by record, so that memory does not grow with their length.
//
// A [Format] makes a [Decoder] for a file that was opened, and an [Encoder] for
// one to be written; [Lookup] finds one by name and [Detect] by content.
//
// Formats: "jsonl", hubtape's JSON lines, which carry a tape without loss, and
// "mosquitto", what mosquitto_sub prints with -F %j or %J.
//
// Decoders give offsets that never step back, as a tape wants them: where the
// source's do, file order is kept, the time is held at the latest seen, and
// [Stats] counts it.
package format
