// Package pings keeps a link from being silent: a ping is due when nothing has
// been sent for a while.
//
//	p, err := pings.New(l, pings.Options{Link: "parent", Send: ping})
//	links := linkstate.NewLinks(log, p.Observe)
//	...
//	publish(message)
//	p.Sent()
//
// Pings are sent while the link is active for send, by each side on its own, and
// none while other messages flow. In every other state nothing is timed: the
// next transition that makes the link active for send begins it again, and one
// that stops the link ends it.
//
// A ping should require an ack. That a peer is silent is noticed by the ack that
// does not come, and by nothing else: how long nothing was received is not
// watched.
//
// Pings are for the tasks of the loop's runtime.
package pings
