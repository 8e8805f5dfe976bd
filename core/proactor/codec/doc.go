// Package codec is GridWorks' wire format: envelopes of JSON whose payloads are
// Go types that were registered under a name, and the topics they travel on.
//
//	c := codec.New(codec.Options{})
//	_ = codec.Register[PowerWatts](c, "power.watts", "000")
//	text, err := c.Encode(codec.Message{
//		Header:  codec.Header{Src: "hw1.scada", Dst: "a"},
//		Payload: PowerWatts{Watts: 4500},
//	})
//	...
//	m, err := c.Decode("gw/hw1-scada/to/a/power-watts", text)
//	switch p := m.Payload.(type) {
//	case PowerWatts:
//
// A payload type says nothing about its name and version: both are written by
// Encode and checked by Decode. What cannot be understood is an [*Error] with
// topic, type, the fault and the beginning of the message; nothing that comes
// in panics. The same message gives the same bytes, always.
//
// A [Codec] belongs to one task once its types are registered; nothing here
// waits.
package codec
