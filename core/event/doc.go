// Package event tells handlers that something has happened: they are registered
// with an event, and called on their loop's task each time it is emitted.
//
//	opened := event.New[string](l, event.Options{Name: "opened"})
//	_, err := opened.On(func(door string) { ... })
//	opened.Emit("front door")
//
// An Event is a variable with a type, so the compiler knows what its handlers
// are given. A Bus finds events by name, for what is named at run time only.
//
// # Order
//
// Emit calls nobody: it takes the handlers registered at that moment and queues
// one callback a loop, among everything else that is posted to that loop. So on
// one loop handlers are called in the order they were registered, emits are
// delivered in the order they were made, and both keep their place between other
// posts. This holds for all handlers: one that waits holds up those behind it,
// so what takes its time belongs in a task of its own. What is emitted to a
// loop that does not run stays queued until it does; nothing is lost, and
// nothing needs to be tried again. Between loops there is no order.
//
// # Goroutines
//
// Registering, removing and emitting are safe from any goroutine, and inside
// handlers. Wait and EmitAfter are for the tasks of the loop's runtime.
package event
