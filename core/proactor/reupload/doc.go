// Package reupload sends what is stored again, a few at a time.
//
//	r, err := reupload.New(5)
//	for _, id := range r.Begin(stored) { send(id) }
//	...
//	if next, ok := r.Acked(id); ok { send(next) }
//
// When the upstream link becomes active, everything in the store at that moment
// is sent in the order of the store, with at most a window of ids in flight:
// each ack of one lets exactly one go that waits. What arises meanwhile is sent
// at once by whoever made it, and is no part of it. An id that cannot be read is
// given back (Unreadable), and the one that takes its place may be unreadable
// too, so whoever sends does it in a loop:
//
//	for ok := true; ok && !send(id); {
//		id, ok = r.Unreadable(id)
//	}
//
// A disconnect or a timeout clears the bookkeeping, not the store: the next
// activation begins anew, with what is stored then. So an id may reach the peer
// more than once, and whoever stores it deletes it when its ack comes, also when
// it is no part of a reupload.
//
// The package is pure: it knows no store, no clock and no link. A Reupload is
// for the tasks of one runtime.
package reupload
