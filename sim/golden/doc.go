// Package golden keeps what was said in a run as a file that people review: a
// golden file. Later runs are compared with it, by meaning.
//
//	heard := golden.NewRecorder(o)
//	world.Listen(heard.Hear)
//	… the run …
//	file, err := golden.Read("hall.golden.jsonl")
//	failures, err := file.Compare(heard.Messages(), o)
//
// # The file
//
// One message a line, in the order of time, as JSON:
//
//	{"t":0.250,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
//	{"t":300.000,"topic":"light/POWER","payload":"OFF","qos":1,"retain":true}
//
// t is the virtual time since the start, in seconds: three decimals, and more
// only where there are nanoseconds to tell. Objects have their keys sorted and
// ignored fields left out; numbers stand as they were said. qos and retain are
// there when they are not 0 and false. A payload that is a JSON object or array
// stands there as such, so that a diff shows the field that changed; anything
// else, the JSON values 5 and true included, is a text, and what is no UTF-8 is
// base64 with "payload_enc":"base64". Control characters are escaped: nothing in
// the file moves a terminal's cursor.
//
// Such lines are hubtape's JSON lines: record import and tape.file read them.
//
// Files that people have written are taken with keys in any order and numbers in
// any form; keys that do not belong to a message are passed over.
//
// # What is kept
//
// Without topics: all that automations and programs say. With topics: what they
// and the devices say there. What the tape fed and the scenario published is
// never kept: it is what the run was given, and stands in git already. Where a
// scenario has no automation, Options.Source is match.Any and everybody counts.
package golden
