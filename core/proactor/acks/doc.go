// Package acks waits for acknowledgements: a timer for each message that the
// peer of a link has to acknowledge.
//
//	waits, err := acks.New(l, acks.Options[Event]{OnTimeout: silent})
//	waits.Start("parent", id, event)
//	...
//	if w, ok := waits.Acked("parent", id); ok { forget(w.Context) }
//
// A wait ends once: by the ack, by its timeout, or by being cancelled, as all
// waits of a link are when the link is lost or its peer is silent. Whatever ends
// a wait returns its whole record, with the context that the caller gave. An id
// that nobody waits for is no error: an ack may come after its timeout, or
// twice.
//
// # Time
//
// Timeouts are callbacks of the loop. At one instant they come in the order in
// which the waits were started, among the loop's other timers too. A wait that
// has ended never times out, not even when it ended at the very instant at which
// it was due and another began under its id: the clock leaves out a timer that
// was stopped, or started again, after it fired.
//
// # Cost
//
// Starting, acknowledging and cancelling cost the same whatever else is waited
// for, as long as delays are equal; with many different delays a start costs the
// logarithm of the number of waits. Records are used again, so nothing is
// allocated once as many were waited for at once as ever will be.
//
// Timers are for the tasks of the loop's runtime.
package acks
