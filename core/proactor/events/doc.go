// Package events is what a proactor tells upstream: payloads that are stored
// until the other side has them.
//
//	type Report struct {
//		events.Header
//		Watts int
//	}
//	err := codec.Register[Report](c, "report.event", "000")
//	...
//	p.Generate(&Report{Watts: 4500})
//
// Whatever embeds a [Header] is an event. The types here are those that every
// proactor knows: it starts and stops, has a problem, and its links come and go.
package events
