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
// Post, Trigger, Stop and Call may be used from any goroutine. Everything else
// is for the tasks of the loop's runtime.
package loop
