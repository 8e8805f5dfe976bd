// Package core is what an automation is written on, in production and in
// simulation alike.
//
// An automation is an [App]. It is given an [Env]: a message loop, a link to
// the broker, time, a log and random streams. Everything it does happens on its
// loop, one callback after the other, so it needs no locks. To be the same in
// every run it draws from Env.Rand and does not publish while it ranges over a
// map, whose order Go draws by chance:
//
//	type Light struct{ Delay core.Duration }
//
//	func (l *Light) Start(env *core.Env) error {
//		off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("light/set", "OFF") })
//		return env.Subscribe("motion", func(m mqtt.Message) {
//			env.Publish("light/set", "ON")
//			off.StartOnce(time.Duration(l.Delay))
//		})
//	}
//
// An automation that outgrows one loop finds more below: typed events
// (core/event), work beside the loop (core/background), and trees of services
// that are restarted when they crash (core/service). One that talks to several
// brokers, or must outlive theirs, is a [Connector], as package core/proactor is.
//
// [Run] runs it against a real broker; package sim runs the very same code in a
// simulated world. What is shared has no
// goroutine, no select, no lock and no wall clock: that is what makes the two the
// same. Only Run, the CallFrom of loops and queues, and link.Dial meet the
// outside.
package core
