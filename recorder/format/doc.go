// Package format reads and writes recordings in the formats of others, record
// by record, so that memory does not grow with their length.
//
// A [Format] makes a [Decoder] for a file that was opened, and an [Encoder] for
// one to be written; [Lookup] finds one by name and [Detect] by content.
//
// Formats:
//
//   - "jsonl", hubtape's JSON lines, which carry a tape without loss, and the
//     JSON lines of a few others that cannot be mistaken for anything else
//   - "mosquitto", what mosquitto_sub prints: -F %j and %J, -v, also behind ts,
//     or a template of -F
//   - "mqtt-recorder", the CSV of the two programs of that name
//   - "mqttx", the JSON and CSV exports of MQTTX
//   - "ha-dump", what Home Assistant's action mqtt.dump leaves
//   - "pyziggy", its recorded sessions
//   - "gridworks", captures of GridWorks and of RabbitMQ's firehose
//   - "csv", for spreadsheets; it is only written
//
// Decoders give offsets that never step back, as a tape wants them: the first
// wall time is the start, a missing time is that of the record before, and
// where the source's step back, file order is kept, the time is held at the
// latest seen, and [Stats] counts it. What a source never says is in
// [Stats.Missing], what a format cannot hold in [Encoder.Lost].
//
// # Limits of what others write
//
// mosquitto_sub -v does not tell a payload of several lines from several
// messages, nor where a topic with spaces in it ends: lines that cannot be a
// message are errors, and a topic with spaces is taken for one where the rest is
// a JSON document only then, or where a line before had it. The template
// '%U\t%t\t%q\t%r\t%l\t%p' has neither gap; %j cuts payloads at a NUL.
//
// A file of mqtt-recorder does not say that its payloads are base64, and some
// texts are base64 by chance; so it is never guessed.
//
// Times without a zone are UTC, if [Options.Zone] does not say otherwise, and
// those of ts without a year are offsets alone.
//
// Decoders and encoders are for one goroutine at a time.
package format
