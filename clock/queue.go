package clock

import (
	"math/bits"
	"time"
)

// Lane orders the events of one instant.
type Lane uint8

// The lanes, in the order they are served at one instant.
const (
	LaneWorld    Lane = iota // faults and clock jumps
	LaneTape                 // recorded messages
	LaneNormal               // everything else, in the order it was scheduled
	laneDeadline             // ends of waits: what happens at the deadline still counts
	laneSettled              // ends of Advance: after everything of the instant
)

const laneShift = 60 // a lane above a number that lasts for 10^18 events

func keyOf(lane Lane, seq uint64) uint64 { return uint64(lane)<<laneShift | seq }

// entry is one timed event, its key inline so that comparing touches no
// pointer.
type entry[T any] struct {
	at  time.Duration
	key uint64 // lane and number; with at a total order
	val *T
}

func (a *entry[T]) before(b *entry[T]) bool { return a.ahead(b) == 1 }

// ahead is 1 when a comes before b, else 0: at and key are compared as one
// number of 128 bits, without a branch that a processor would guess wrong half
// of the time. Instants are never negative.
func (a *entry[T]) ahead(b *entry[T]) int {
	_, borrow := bits.Sub64(a.key, b.key, 0)
	_, borrow = bits.Sub64(uint64(a.at), uint64(b.at), borrow)
	return int(borrow)
}

// queue is a binary heap of timed events. An event that is no longer wanted
// stays until it surfaces; whoever owns the queue tells it of such events
// (abandon) and it is swept once they are the majority.
//
// After a pop the top is a hole that the next push fills: a repeating timer
// costs one sift, not two.
type queue[T any] struct {
	heap  []entry[T]
	hole  bool
	stale int
}

// size is how many events are still wanted.
func (q *queue[T]) size() int {
	n := len(q.heap) - q.stale
	if q.hole {
		n--
	}
	return n
}

func (q *queue[T]) push(e entry[T]) {
	if q.hole {
		q.hole = false
		q.sink(e)
		return
	}
	q.heap = append(q.heap, e)
	q.up(len(q.heap) - 1)
}

// sink puts e where the hole at the top is. A timer that is armed again is
// mostly due after all others, so the hole goes straight to the bottom, one
// comparison a level, and e rises from there.
func (q *queue[T]) sink(e entry[T]) {
	h := q.heap
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) {
			child += h[right].ahead(&h[child])
		}
		h[i] = h[child]
		i = child
	}
	h[i] = e
	q.up(i)
}

// peek returns the first event, or nil. It is valid until the next call.
func (q *queue[T]) peek() *entry[T] {
	if q.hole {
		q.fill()
	}
	if len(q.heap) == 0 {
		return nil
	}
	return &q.heap[0]
}

// drop removes the event that peek returned.
func (q *queue[T]) drop() {
	q.heap[0].val = nil
	q.hole = true
}

func (q *queue[T]) fill() {
	q.hole = false
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = entry[T]{}
	q.heap = q.heap[:last]
	if last > 1 {
		q.down(0)
	}
}

const sweepAbove = 64 // below this many stale events a sweep is not worth it

// abandon counts one event as no longer wanted and sweeps when most are.
func (q *queue[T]) abandon(live func(*entry[T]) bool) {
	q.stale++
	if q.stale <= sweepAbove || 2*q.stale <= len(q.heap) {
		return
	}
	if q.hole {
		q.fill()
	}
	kept := q.heap[:0]
	for i := range q.heap {
		if live(&q.heap[i]) {
			kept = append(kept, q.heap[i])
		}
	}
	clear(q.heap[len(kept):])
	q.heap, q.stale = kept, 0
	for i := len(kept)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

func (q *queue[T]) up(i int) {
	e := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&q.heap[parent]) {
			break
		}
		q.heap[i] = q.heap[parent]
		i = parent
	}
	q.heap[i] = e
}

func (q *queue[T]) down(i int) {
	h := q.heap
	e := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) {
			child += h[right].ahead(&h[child])
		}
		if !h[child].before(&e) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = e
}
