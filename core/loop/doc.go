// Package loop is a message loop: callbacks that were posted, and timers, run
// one after the other on the task that runs the loop.
//
//	l := loop.New(rt, loop.Options{Name: "hall"})
//	rt.Go("hall", func() { code = l.Run() })
//	l.Post(func() { ... })
//
// The same loop runs on every runtime of package clock. Under clock.Virtual its
// timers fire at exact multiples of their period and an hour takes no time.
//
// On timers stand three helpers for automations: Sequence runs steps one after
// the other, Barriers stop a dial that is turned too far, and Deduper keeps one
// value from being published twice.
//
// Each turn of the loop calls each timer that is due once and then what was
// posted by then, so neither starves the other.
//
// Post, Trigger, Stop and Mine may be used from any goroutine; CallFrom is for
// goroutines that are no tasks. Everything else is for the tasks of the loop's
// runtime.
package loop
