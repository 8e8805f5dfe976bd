// Package match says what a message must look like: a [Pattern], and whether a
// message, seen as a [Subject], is like that.
//
//	p := match.Pattern{Topic: "zigbee2mqtt/+/set", JSON: map[string]any{"state": "ON"}, HasJSON: true}
//	var s match.Subject
//	s.Set(mqtt.Message{Topic: "zigbee2mqtt/hall/set", Payload: []byte(`{"state":"ON"}`)}, "hall", match.App, 0)
//	p.Match(&s) // true
//
// The rules:
//
//   - Every part of a pattern that is given must hold. The cheap parts are
//     looked at first; the payload is parsed only when a part needs it, and
//     once for all patterns that look at the same Subject.
//   - JSON is a subset match: objects key by key, arrays whole, numbers by
//     value (1 is 1.0, and integers of any size are compared exactly).
//   - Where is an expression in the expr language; see [CompileWhere] for its
//     variables and for what differs from plain expr.
//
// A Pattern and an [Expr] do not change once made and are safe for concurrent
// use. A Subject and a [Warnings] belong to one goroutine at a time.
package match
