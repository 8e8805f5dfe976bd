// Package hub is the broker that devices connect to, and that puts what they say
// on a tape.
//
//	d, err := deck.Open(deck.Options{Path: "evening.hubtape"})
//	h, err := hub.New(d, hub.Options{Listen: []hub.Listen{{Address: ":1883"}}})
//	err = h.Serve(ctx)                 // listens, and runs the deck, until ctx ends
//	err = d.Close()
//
// Beside the messages the tape has who sent them, who connected, subscribed and
// left and why, the wills, and notes of messages that a client did not get
// because it did not read. No record holds an address, a user name or a
// password.
//
// # The house comes first
//
// The tape never makes a device wait. When the disk does not keep up, records are
// dropped, and the tape has a gap that says how many. When the disk fails, the
// hub goes on as a broker without a tape, says so in the log every minute, and
// Serve returns the error at its end.
//
// # Parts
//
// Each further part of a recording begins with what is retained, in the order of
// its topics, and with who is connected and subscribed to what, as records whose
// Text is [AtTheHead].
package hub
