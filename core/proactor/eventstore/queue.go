package eventstore

import (
	"bytes"
	"slices"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// batchMax is how many requests go to the store at once: what waits behind them
// waits no longer than that.
const batchMax = 1024

// Queue makes a store usable from a loop that must not wait for a disk. Requests
// are carried out in the order they were made, beside the loop, by one task at a
// time; what was asked for while the disk was busy goes to it in one batch. How
// each ended is told on the loop, in the same order, by the function that came
// with it; that of a Persist or a Clear may be nil.
//
// The store belongs to the queue until its Close. In a simulation the disk takes
// no virtual time. A Queue is for the tasks of its loop's runtime.
type Queue struct {
	loop    *loop.Loop
	rt      clock.Runtime
	store   Store
	waiting []request
	idle    *clock.Latch // nothing waits or is under way
	pending int          // as the store was after the last batch
	bytes   int64
}

// request is one thing to be done: a change, or a call of the store that returns
// what is to be told.
type request struct {
	change Change
	done   func(*problems.Problems, error)
	call   func(Store) (tell func()) // nil: the change
	reads  string                    // of a call that does nothing but read this event
}

// NewQueue makes a queue in front of a store.
func NewQueue(l *loop.Loop, s Store) *Queue {
	q := &Queue{loop: l, rt: l.Runtime(), store: s, idle: clock.NewLatch(l.Runtime(), "the event store"), pending: s.NumPending(), bytes: s.Bytes()}
	q.idle.Set()
	return q
}

// Persist asks for an event to be stored. With done's error nil it is stored, as
// durably as the store promises; until done is called it may be lost. The
// content is copied.
func (q *Queue) Persist(id string, content []byte, done func(*problems.Problems, error)) {
	q.put(request{change: Change{OpPersist, id, bytes.Clone(content)}, done: done})
}

// Clear asks for an event to be forgotten.
func (q *Queue) Clear(id string, done func(*problems.Problems, error)) {
	q.put(request{change: Change{Op: OpClear, ID: id}, done: done})
}

// Retrieve asks for an event's content, as it will be after what was asked for
// before.
func (q *Queue) Retrieve(id string, done func(content []byte, found bool, err error)) {
	q.put(request{reads: id, call: func(s Store) func() {
		content, found, err := s.Retrieve(id)
		return func() { done(content, found, err) }
	}})
}

// Pending asks for the ids of all events, in order.
func (q *Queue) Pending(done func(ids []string)) {
	q.put(request{call: func(s Store) func() {
		ids := s.Pending()
		return func() { done(ids) }
	}})
}

// Reindex asks the store to look again at what is stored. Its Pat is called
// beside the loop.
func (q *Queue) Reindex(done func(*problems.Problems, error)) {
	q.put(request{call: func(s Store) func() {
		found, err := s.Reindex()
		return func() { done(found, err) }
	}})
}

// NumPending is how many events were stored when the store was last idle.
func (q *Queue) NumPending() int { return q.pending }

// Bytes is how many bytes they had.
func (q *Queue) Bytes() int64 { return q.bytes }

// Flush waits until everything that was asked for is done; it may not have been
// told yet. It is for tasks; on the loop it holds the loop up.
func (q *Queue) Flush() error { return q.idle.Wait(clock.Forever) }

// Close closes the store behind everything that was asked for, and waits for it.
// What is asked for afterwards is answered with ErrClosed.
func (q *Queue) Close() (err error) {
	q.put(request{call: func(s Store) func() {
		err = s.Close()
		return func() {}
	}})
	if err := q.Flush(); err != nil {
		return err
	}
	return err
}

func (q *Queue) put(r request) {
	q.waiting = append(q.waiting, r)
	if q.idle.IsSet() {
		q.idle.Clear()
		q.rt.Go("event store", q.work)
	}
}

// work is a task, until nothing waits any more.
func (q *Queue) work() {
	for len(q.waiting) > 0 {
		n := min(batchMax, len(q.waiting))
		batch := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		var tell []func()
		q.rt.Blocking(func() { tell = carryOut(q.store, batch) })
		q.pending, q.bytes = q.store.NumPending(), q.store.Bytes()
		for _, fn := range tell {
			q.loop.Post(fn)
		}
	}
	q.waiting = nil
	q.idle.Set()
}

// carryOut does what is asked, as much as may be in one Apply.
func carryOut(s Store, batch []request) (tell []func()) {
	for len(batch) > 0 {
		n := together(batch)
		if n == 0 {
			tell = append(tell, batch[0].call(s))
			n = 1
		} else {
			tell = append(tell, apply(s, batch[:n])...)
		}
		batch = batch[n:]
	}
	return tell
}

// together is how many requests go to the store at once: changes, and reads of
// events that the clears before them leave alone. A reupload asks for one and the
// other in turns.
func together(batch []request) (n int) {
	cleared := map[string]bool{}
	persists := false // which may drop other events
	for n < len(batch) {
		switch r := &batch[n]; {
		case r.call == nil && r.change.Op == OpClear:
			cleared[r.change.ID] = true
		case r.call == nil:
			persists = true
		case r.reads == "" || persists || cleared[r.reads]:
			return n
		}
		n++
	}
	return n
}

// apply reads what is to be read, and then makes the changes.
func apply(s Store, batch []request) (tell []func()) {
	told := make([]func(), len(batch))
	var changes []Change
	var of []int // where in the batch they stand
	for i, r := range batch {
		if r.call != nil {
			told[i] = r.call(s)
			continue
		}
		changes, of = append(changes, r.change), append(of, i)
	}
	if len(changes) == 0 {
		return told
	}
	for n, result := range s.Apply(changes) {
		if done := batch[of[n]].done; done != nil {
			told[of[n]] = func() { done(result.Problems, result.Err) }
		}
	}
	return slices.DeleteFunc(told, func(fn func()) bool { return fn == nil })
}
