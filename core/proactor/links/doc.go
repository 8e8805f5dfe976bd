// Package links is all links of a proactor to its peers: what goes out and comes
// in on them, what must be acknowledged, and the events that are stored until the
// peer upstream has them.
//
//	k, err := links.New(l, links.Options{Name: "hw1.scada", Codec: c, Store: store, Handle: handle, ...})
//	parent, err := k.Add(links.LinkOptions{Name: "parent", Role: linkstate.Upstream, Peer: "hw1", PeerShort: "a", Self: "s"})
//	k.Start()
//	...
//	err = k.Generate(&Report{Watts: 4500})
//
// It joins the packages beside it, each of which knows one thing: client keeps
// the connection, linkstate says what may happen, acks what is waited for, pings
// when a link is silent, reupload what is sent again, eventstore what is kept.
//
// # An event's way
//
// An event is published upstream, if there is anybody to hear it, and stored in
// any case, in the same bytes. Its ack removes it. Whenever the link upstream
// becomes active, everything that is stored then is sent again, a few at a time.
// So the peer gets every event at least once, and may get one several times:
// an event has an id by which to know it.
//
// An event that cannot be read from the store is told of once, as a problem, and
// stays where it is. One that the connection does not take is lost on the way,
// like any other for which no ack comes: the loss of the connection or the timeout
// ends that, and the next activation sends it again.
//
// # Who is who
//
// What comes on a link is the peer's: its broker has matched the topic, which
// names both. The header may name others, such as an actor of the peer and one of
// ours.
//
// Links are for the tasks of the loop's runtime.
package links
