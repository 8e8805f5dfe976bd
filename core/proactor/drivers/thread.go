package drivers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// ErrStarted: a thread is started once.
var ErrStarted = errors.New("it was started before: make a new one to start again")

// Thread runs a driver. Make it with New. It is for the tasks of its loop's
// runtime.
type Thread[M any] struct {
	loop  *loop.Loop
	rt    clock.Runtime
	o     Options[M]
	queue *Queue[M] // nil: none
	line  Line[M]

	ctx  context.Context // of the steps, and whether it is to run
	end  context.CancelFunc
	wake clock.Signal // ends a wait

	started bool
	ended   *clock.Latch
	step    Step          // that is under way; empty: none
	since   time.Duration // when the step began
	nextPat time.Duration // when a pat is due
	row     int           // turns that have failed, one after the other
}

// New makes a thread that does not run yet. What Options lack, and durations and
// sizes below zero, are errors.
func New[M any](l *loop.Loop, o Options[M]) (*Thread[M], error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("driver %q: %w", o.Name, err)
	}
	o.fill()
	rt := l.Runtime()
	t := &Thread[M]{loop: l, rt: rt, o: o, wake: rt.NewSignal(o.Name), ended: clock.NewLatch(rt, "the end of driver "+o.Name)}
	t.line.t = t
	t.ctx, t.end = context.WithCancel(rt.Context())
	if o.QueueMax > 0 {
		t.queue, _ = NewQueue[M](rt, o.Name, o.QueueMax) // the size is right
	}
	return t, nil
}

// Name is the thread's, under which it is to be monitored.
func (t *Thread[M]) Name() string { return t.o.Name }

// PatTimeout is after what silence the thread is to be taken to hang; below zero:
// it never pats, and is not to be monitored.
func (t *Thread[M]) PatTimeout() time.Duration { return t.o.PatTimeout }

// Start starts the thread. A second Start is ErrStarted, also when it has ended.
func (t *Thread[M]) Start() error {
	if t.started {
		return fmt.Errorf("start driver %q: %w", t.o.Name, ErrStarted)
	}
	t.started = true
	t.rt.Go(t.o.Name, t.run)
	return nil
}

// RequestStop asks the thread to end after the step that is under way: sleeps and
// pauses end at once, and what waits in the queue is dropped. If it has not been
// started, a Start later ends at once. It may be called again.
func (t *Thread[M]) RequestStop() {
	t.end()
	t.wake.Set()
	if t.queue != nil {
		t.queue.Close()
	}
}

// Join waits until the thread has ended, for as long as timeout says;
// clock.Forever is for as long as it takes. The error says what the thread still
// does, and is a clock.ErrTimeout. A thread that was not started counts as ended.
// Join asks nobody to stop. On the loop's task it holds the loop.
func (t *Thread[M]) Join(timeout time.Duration) error {
	if !t.started {
		return nil
	}
	if err := t.ended.Wait(deadline(t.rt, timeout)); err != nil {
		return fmt.Errorf("join driver %q: it %s: %w", t.o.Name, t.doing(), err)
	}
	return nil
}

func (t *Thread[M]) doing() string {
	if t.step == "" {
		return "is between two steps"
	}
	return fmt.Sprintf("has been in %s for %v", t.step, t.rt.Now()-t.since)
}

// Put gives the thread a message, waiting for room for as long as wait says: 0 is
// not at all. The error, with the thread's name, is ErrFull, ErrNotRunning (not
// started yet, asked to stop, or ended) or ErrNoQueue.
func (t *Thread[M]) Put(m M, wait time.Duration) error {
	if err := t.put(m, wait); err != nil {
		return fmt.Errorf("put to driver %q: %w", t.o.Name, err)
	}
	return nil
}

func (t *Thread[M]) put(m M, wait time.Duration) error {
	switch {
	case t.queue == nil:
		return ErrNoQueue
	case !t.started:
		return ErrNotRunning
	}
	return t.queue.Put(m, wait)
}
