package background

import (
	"iter"

	"github.com/hubtape/hubtape/core/internal/listeners"
)

// None is the result of a job that has none.
type None = struct{}

// Call runs fn as a job of the executor. Its future completes with what fn
// returns, or fails with its error or a *JobPanic. It is for the tasks of the
// runtime: ErrNotATask; an executor that stops refuses: *StateError. With a
// closed pool it is ErrPoolClosed.
func Call[R any](e *Executor, fn func(job *Job) (R, error)) (*Future[R], error) {
	t, err := submit(e, func(job *Job, _ func(None) bool) (R, error) { return fn(job) })
	if err != nil {
		return nil, err
	}
	return t.future, nil
}

// Iteration is the future of an Iterate.
type Iteration[T any] struct {
	*Future[None]
	items *listeners.List[T]
}

// OnItem adds a listener, called with each item delivered from now on, in the
// order listeners were added. The result removes it.
func (i *Iteration[T]) OnItem(fn func(T)) (remove func()) { return i.items.Add(fn) }

// Iterate runs fn as a job; each item that it yields is delivered, one by one,
// in order. Yield returns false when the job was cancelled: fn should clean up
// and return. It does not wait for the items to be delivered. Errors as Call.
func Iterate[T any](e *Executor, fn func(job *Job, yield func(T) bool) error) (*Iteration[T], error) {
	t, err := submit(e, func(job *Job, yield func(T) bool) (None, error) { return None{}, fn(job, yield) })
	if err != nil {
		return nil, err
	}
	return &Iteration[T]{t.future, t.items}, nil
}

// Each makes a sequence a function for Iterate.
func Each[T any](seq iter.Seq[T]) func(job *Job, yield func(T) bool) error {
	return func(_ *Job, yield func(T) bool) error {
		seq(yield)
		return nil
	}
}

// Progression is the future of a Progress.
type Progression[P, R any] struct {
	*Future[R]
	reports *listeners.List[P]
}

// OnProgress adds a listener, called with each report delivered from now on, in
// the order listeners were added. The result removes it.
func (p *Progression[P, R]) OnProgress(fn func(P)) (remove func()) { return p.reports.Add(fn) }

// Progress runs fn as a job; each of its reports is delivered, in order, and
// then the result. Once the job was cancelled reports come to nothing: fn should
// ask Job.Cancelled between them. Errors as Call.
func Progress[P, R any](e *Executor, fn func(job *Job, report func(P)) (R, error)) (*Progression[P, R], error) {
	t, err := submit(e, func(job *Job, send func(P) bool) (R, error) {
		return fn(job, func(x P) { send(x) })
	})
	if err != nil {
		return nil, err
	}
	return &Progression[P, R]{t.future, t.items}, nil
}
