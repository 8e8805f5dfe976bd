package reupload

import (
	"fmt"
	"slices"
)

// WindowError says that a window lets nothing through.
type WindowError struct{ Window int }

func (e *WindowError) Error() string {
	return fmt.Sprintf("a reupload window of %d: at least 1 must be in flight, or nothing is ever sent", e.Window)
}

// Counts is how many reuploads there were. Those that were cleared were started
// and not completed.
type Counts struct {
	Started, Completed uint64
}

// Reupload is the bookkeeping of what is sent again over one link. Make it with
// New.
type Reupload struct {
	window    int
	observers []func(Event)
	counts    Counts

	left     map[string]stage // what is in flight and what waits
	queue    []string         // in order; ids that have left, or are there twice, stay in it until it is their turn
	inFlight int
}

type stage uint8

const (
	waiting stage = iota + 1
	sent
)

// New makes a Reupload that has at most window ids in flight. A window below 1
// is a *WindowError. The observers are told in the order given, when the
// bookkeeping is done and before the call that caused it returns; they only
// look.
func New(window int, observers ...func(Event)) (*Reupload, error) {
	if window < 1 {
		return nil, &WindowError{Window: window}
	}
	return &Reupload{window: window, observers: observers}, nil
}

// Begin takes the ids of everything stored, in the order of the store, and
// returns the first of them, to be sent now; all others wait. An id that is
// there twice counts once. Without ids, and while a reupload is in progress,
// nothing begins.
func (r *Reupload) Begin(ids []string) (send []string) {
	if len(ids) == 0 || r.InProgress() {
		return nil
	}
	r.left = make(map[string]stage, len(ids))
	for _, id := range ids {
		r.left[id] = waiting
	}
	r.queue = slices.Clone(ids)
	r.counts.Started++
	for len(send) < r.window {
		id, ok := r.next()
		if !ok {
			break
		}
		send = append(send, id)
	}
	r.tell(r.event(Started))
	return send
}

// Acked takes an id that the peer has acknowledged. If it was in flight, the
// result is the one to be sent in its place, if any waits. One that waits will
// not be sent; an unknown one changes nothing.
func (r *Reupload) Acked(id string) (next string, ok bool) { return r.leave(id) }

// Unreadable takes an id that cannot be sent, because the store no longer has it
// or cannot read it. The result is the one to be sent in its place, so the
// window stays full; otherwise it is as in Acked.
func (r *Reupload) Unreadable(id string) (next string, ok bool) { return r.leave(id) }

// leave ends an id's part and refills the window.
func (r *Reupload) leave(id string) (next string, ok bool) {
	was := r.left[id]
	if was == 0 {
		return "", false
	}
	delete(r.left, id)
	if was == waiting {
		return "", false
	}
	r.inFlight--
	next, ok = r.next()
	if len(r.left) == 0 {
		r.counts.Completed++
		r.left, r.queue = nil, nil
		r.tell(r.event(Completed))
	}
	return next, ok
}

// next takes the first id that waits into flight.
func (r *Reupload) next() (id string, ok bool) {
	for len(r.queue) > 0 {
		id, r.queue = r.queue[0], r.queue[1:]
		if r.left[id] == waiting {
			r.left[id] = sent
			r.inFlight++
			return id, true
		}
	}
	return "", false
}

// Clear forgets what is in flight and what waits: the link was lost, or the peer
// is silent. Nothing is completed. Without a reupload it does nothing.
func (r *Reupload) Clear() {
	if !r.InProgress() {
		return
	}
	cleared := r.event(Cleared)
	r.left, r.queue, r.inFlight = nil, nil, 0
	r.tell(cleared)
}

// InProgress reports whether ids are in flight or wait.
func (r *Reupload) InProgress() bool { return len(r.left) > 0 }

// InFlight is how many ids were sent and not acknowledged.
func (r *Reupload) InFlight() int { return r.inFlight }

// Waiting is how many ids were not sent.
func (r *Reupload) Waiting() int { return len(r.left) - r.inFlight }

// Counts is how many reuploads there were so far.
func (r *Reupload) Counts() Counts { return r.counts }
