package background

import (
	"container/list"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/internal/listeners"
)

// Future is what will come of a job. It is for the tasks of the runtime.
type Future[R any] struct {
	machine
	value R
	err   error
}

// State is where the future is now.
func (f *Future[R]) State() State { return f.phase.State }

// Done reports whether the job has ended, or will not begin.
func (f *Future[R]) Done() bool { return f.phase.Done() }

// Cancellable reports whether Cancel would change something.
func (f *Future[R]) Cancellable() bool { return f.job != nil && f.phase.Cancellable() }

// Cancel asks the job to end, and reports whether that changed something: it
// does once, before the future is done. Nothing that the job has sent, or sends,
// is delivered any more, and its result or error is dropped. A job that no
// worker has begun never runs. The future is Cancelling until the job has ended.
// From a goroutine outside: loop.CallFrom(ctx, l, f.Cancel).
func (f *Future[R]) Cancel() bool { return f.cancel() }

// OnState adds a listener, called with each new state, in the order listeners
// were added. The result removes it.
func (f *Future[R]) OnState(fn func(State)) (remove func()) { return f.watchers.Add(fn) }

// Result is what came of the job: its value, its error if it failed, or
// ErrCancelled; before the future is done, a *StateError.
func (f *Future[R]) Result() (R, error) {
	var none R
	switch f.phase.State {
	case Completed:
		return f.value, nil
	case Failed:
		return none, f.err
	case Cancelled:
		return none, ErrCancelled
	}
	return none, &StateError{Op: "read the result of", Name: f.name(), State: f.phase.State}
}

// Wait waits until the future is done and returns its Result, or an error of
// Router.WaitFor: a deadline (the absolute instant until; negative: none) is a
// clock.ErrTimeout. It can be called by every task; on the loop's own, and where
// no loop runs, it delivers messages itself, also those of other jobs.
func (f *Future[R]) Wait(until time.Duration) (R, error) {
	if err := f.wait(until); err != nil {
		var none R
		return none, err
	}
	return f.Result()
}

// machine is a future without its type.
type machine struct {
	phase    phase
	executor *Executor
	number   int
	job      *Job // nil: done
	watchers listeners.List[State]
	done     *clock.Latch  // made by the first Wait
	place    *list.Element // in the executor's jobs
}

func (m *machine) name() string {
	if m.executor == nil {
		return "a job that was not submitted"
	}
	return fmt.Sprintf("%s job %d", m.executor.name, m.number)
}

// move is the only way to another phase.
func (m *machine) move(e event) {
	next, legal := transitions[m.phase][e]
	if !legal {
		panic(fmt.Errorf("%s: the message %q is not possible while it is %s", m.name(), e, m.phase))
	}
	m.phase = next
}

func (m *machine) cancel() bool {
	if m.job == nil || !m.phase.Cancellable() {
		return false
	}
	m.move(cancelled)
	m.job.cancel()
	m.watchers.Call(m.executor.rt, Cancelling)
	return true
}

// finish lets go of what a future that is done does not need.
func (m *machine) finish() {
	m.job = nil
	if m.done != nil {
		m.done.Set()
	}
}

func (m *machine) wait(until time.Duration) error {
	if m.phase.Done() {
		return nil
	}
	if m.executor == nil {
		return &StateError{Op: "wait for", Name: m.name(), State: m.phase.State}
	}
	if m.done == nil {
		m.done = clock.NewLatch(m.executor.rt, m.name())
	}
	if err := m.executor.router.WaitFor(m.done, until); err != nil {
		return fmt.Errorf("wait for %s: %w", m.name(), err)
	}
	return nil
}
