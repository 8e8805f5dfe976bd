package drivers

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// DefaultQueueMax is how many messages may wait for a driver.
const DefaultQueueMax = 100

// What is returned by the Put and Get of a Queue, and of what has one.
var (
	// ErrFull: there was no room, in all the time that was given.
	ErrFull = errors.New("the queue is full: give it more room, or wait longer")
	// ErrEmpty: there was no message, in all the time that was given.
	ErrEmpty = errors.New("the queue is empty")
	// ErrNotRunning: whoever takes messages has not been started or is to stop,
	// or the queue was closed.
	ErrNotRunning = errors.New("nobody takes messages: the queue's owner does not run")
	// ErrNoQueue: the driver takes no messages.
	ErrNoQueue = errors.New("it takes no messages: set Options.Handle or Options.QueueMax")
)

// Queue is first in, first out, with a bound. It is for the tasks of its runtime.
// Make it with NewQueue.
type Queue[M any] struct {
	rt     clock.Runtime
	max    int
	buf    []M
	closed bool
	some   *clock.Latch // not empty, or closed
	room   *clock.Latch // not full, or closed
}

// NewQueue makes an empty queue for at most max messages. A max below 1 is an
// error. The name is what a stalled run calls it.
func NewQueue[M any](rt clock.Runtime, name string, max int) (*Queue[M], error) {
	if max < 1 {
		return nil, fmt.Errorf("queue %q for %d messages: there must be room for one", name, max)
	}
	q := &Queue[M]{rt: rt, max: max, some: clock.NewLatch(rt, name+": a message"), room: clock.NewLatch(rt, name+": room")}
	q.room.Set()
	return q, nil
}

// Put adds a message at the end, waiting for room for as long as wait says: 0 is
// not at all, clock.Forever until there is room. The error is ErrFull or
// ErrNotRunning. A task that waits on the loop holds the loop.
func (q *Queue[M]) Put(m M, wait time.Duration) error {
	if err := await(q.rt, q.room, wait, ErrFull); err != nil {
		return err
	}
	if q.closed {
		return ErrNotRunning
	}
	q.buf = append(q.buf, m)
	q.changed()
	return nil
}

// Get removes the oldest message, waiting for one for as long as wait says. The
// error is ErrEmpty or ErrNotRunning.
func (q *Queue[M]) Get(wait time.Duration) (m M, err error) {
	if err := await(q.rt, q.some, wait, ErrEmpty); err != nil {
		return m, err
	}
	if q.closed {
		return m, ErrNotRunning
	}
	m, q.buf[0] = q.buf[0], m // the queue is not to keep it alive
	q.buf = q.buf[1:]
	q.changed()
	return m, nil
}

// Len is how many messages wait.
func (q *Queue[M]) Len() int { return len(q.buf) }

// Close drops what waits, and ends every Put and Get, now and later, with
// ErrNotRunning. It is idempotent.
func (q *Queue[M]) Close() {
	q.closed, q.buf = true, nil
	q.some.Set()
	q.room.Set()
}

// changed sets the latches to how full the queue is.
func (q *Queue[M]) changed() {
	q.some.Clear()
	q.room.Clear()
	if len(q.buf) > 0 {
		q.some.Set()
	}
	if len(q.buf) < q.max {
		q.room.Set()
	}
}

// await waits for the latch for as long as wait says; late is the error when it
// was not set in that time. Of many who wait, one may come and find it cleared
// again.
func await(rt clock.Runtime, l *clock.Latch, wait time.Duration, late error) error {
	until := deadline(rt, wait)
	for !l.IsSet() {
		if wait == 0 {
			return late
		}
		if err := l.Wait(until); errors.Is(err, clock.ErrTimeout) {
			return late
		} else if err != nil {
			return err
		}
	}
	return nil
}

// deadline is the instant at which a wait is over; below zero it never is.
func deadline(rt clock.Runtime, wait time.Duration) time.Duration {
	if wait < 0 {
		return clock.Forever
	}
	return clock.In(rt, wait)
}
