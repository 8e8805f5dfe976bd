// Package router carries messages from senders, on any goroutine, to receivers
// on one task: the way in which background work reports.
//
//	r := router.New(rt, router.Options{Name: "uploads"})
//	_ = r.Start()
//	send, receive, _ := router.Pipe[int](r)
//	receive.OnMessage(func(done int) { ... })
//	_ = r.AttachTo(l) // deliver on a loop; or
//	_ = r.RouteUntil(func() bool { return enough }, deadline)
//
// Messages enter one queue, and are delivered in the order they entered it,
// across all pipes. The queue has no bound: who sends faster than the receivers
// work should wait for an answer now and then. Senders may be used from one
// goroutine each, any goroutine; everything else belongs to the tasks of the
// runtime.
package router
