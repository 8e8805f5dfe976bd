package background

import (
	"container/list"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/internal/listeners"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

// Options say where an executor delivers, and how much it does at once. Exactly
// one of Loop and Router is given.
type Options struct {
	Name string // for errors and logs; "": "background"
	// Loop is where futures change: the executor makes a router of its own for
	// it, with the first job, and stops it with itself.
	Loop *loop.Loop
	// Router is an open router of somebody else, who delivers its messages, by a
	// loop or by RouteUntil, and stops it after the executor.
	Router  *router.Router
	Workers int          // jobs at once, in a pool of the executor's own; 0: 4
	Pool    *Pool        // a pool shared with other executors, instead
	Log     *slog.Logger // what goes wrong, and the router's lines; nil: none
}

// Executor runs jobs, and knows those that have not ended. It is for the tasks
// of its runtime. Make it with New.
type Executor struct {
	rt       clock.Runtime
	name     string
	log      *slog.Logger
	loop     *loop.Loop
	router   *router.Router // nil: there was no job so far
	workers  int
	pool     *Pool
	ownPool  bool
	state    ExecutorState
	watchers listeners.List[ExecutorState]
	jobs     list.List // of *machine: those that are not done, oldest first
	made     int
	stopped  *clock.Latch
	probe    clock.Signal
}

// New makes an executor that runs. It costs nothing until its first job.
func New(rt clock.Runtime, o Options) (*Executor, error) {
	if o.Name == "" {
		o.Name = "background"
	}
	if err := o.check(rt); err != nil {
		return nil, fmt.Errorf("new executor %q: %w", o.Name, err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Executor{
		rt: rt, name: o.Name, log: o.Log, loop: o.Loop, router: o.Router,
		workers: o.Workers, pool: o.Pool, ownPool: o.Pool == nil,
		stopped: clock.NewLatch(rt, o.Name), probe: rt.NewSignal(o.Name),
	}, nil
}

func (o *Options) check(rt clock.Runtime) error {
	switch {
	case (o.Loop == nil) == (o.Router == nil):
		return errors.New("give either a Loop or a Router to deliver on")
	case o.Pool != nil && o.Workers != 0:
		return errors.New("give either Workers or a Pool, which has its own number of them")
	case o.Workers < 0:
		return fmt.Errorf("%d workers: it must be above zero, or zero for %d", o.Workers, defaultWorkers)
	case o.Loop != nil && o.Loop.Runtime() != rt:
		return errors.New("the Loop is one of another runtime")
	case o.Router != nil && o.Router.Runtime() != rt:
		return errors.New("the Router is one of another runtime")
	case o.Pool != nil && o.Pool.rt != rt:
		return errors.New("the Pool is one of another runtime")
	}
	return nil
}

// State is where the executor is now.
func (e *Executor) State() ExecutorState { return e.state }

// Jobs is how many jobs have not ended.
func (e *Executor) Jobs() int { return e.jobs.Len() }

// OnState adds a listener, called with each new state, in the order listeners
// were added. The result removes it.
func (e *Executor) OnState(fn func(ExecutorState)) (remove func()) { return e.watchers.Add(fn) }

// Stop refuses new jobs and cancels all that have not ended. It returns at once:
// the executor is Stopping until the last job has ended, and Stopped then. After
// a Stop it does nothing.
func (e *Executor) Stop() {
	if e.state != Running {
		return
	}
	e.state = Stopping
	defer e.cancelAll() // also when a listener panics
	e.watchers.Call(e.rt, Stopping)
}

// cancelAll works on a copy: what listeners do may end jobs.
func (e *Executor) cancelAll() {
	defer e.finishIfIdle()
	jobs := make([]*machine, 0, e.jobs.Len())
	for at := e.jobs.Front(); at != nil; at = at.Next() {
		jobs = append(jobs, at.Value.(*machine))
	}
	cancelEach(jobs)
}

// cancelEach goes on with the next job also when a listener panics.
func cancelEach(jobs []*machine) {
	if len(jobs) == 0 {
		return
	}
	defer cancelEach(jobs[1:])
	jobs[0].cancel()
}

// Shutdown stops the executor and waits until it is Stopped. At the absolute
// instant until (negative: never) it returns a *ShutdownError and the executor
// stays Stopping; a later Shutdown may succeed. It can be called by every task
// and, in a Virtual world, by the driver: it leaves the messages to the loop if
// that runs elsewhere, and else delivers them itself.
func (e *Executor) Shutdown(until time.Duration) error {
	e.Stop()
	if e.state == Stopped {
		return nil
	}
	if err := e.router.WaitFor(e.stopped, until); err != nil {
		return &ShutdownError{Executor: e.name, Running: e.jobs.Len(), Err: err}
	}
	return nil
}

// admit says whether a job may be submitted, by the caller and now, and gets
// ready for it.
func (e *Executor) admit() error {
	if err := e.calledByTask(); err != nil {
		return fmt.Errorf("submit a job to %s: %w", e.name, err)
	}
	if e.state != Running {
		return &StateError{Op: "submit a job to", Name: e.name, State: e.state}
	}
	if e.pool == nil {
		e.pool = NewPool(e.rt, e.workers)
	}
	if e.pool.closed {
		return fmt.Errorf("submit a job to %s: %w", e.name, ErrPoolClosed)
	}
	if e.router != nil {
		return nil
	}
	r := router.New(e.rt, router.Options{Name: e.name + " router", Log: e.log})
	if err := errors.Join(r.Start(), r.AttachTo(e.loop)); err != nil {
		return err
	}
	e.router = r
	return nil
}

// calledByTask asks the runtime who calls, by a wait that is over before it
// begins: it refuses goroutines outside, where goroutines can be told apart, and
// those in a Blocking. A posted callback may submit, and so may a driver; in a
// Virtual world that nobody drives at the moment, everybody could be the driver.
func (e *Executor) calledByTask() error {
	e.probe.Set()
	switch err := e.probe.Wait(clock.Forever); err {
	case nil, clock.ErrWaitInCallback:
	case clock.ErrNotATask, clock.ErrSecondDriver:
		return ErrNotATask
	default:
		return err
	}
	if e.pool != nil && e.pool.away[e.rt.Self()] { // Virtual does its Blocking in place
		return ErrNotATask
	}
	return nil
}

// add counts a job that begins to wait.
func (e *Executor) add(m *machine) {
	e.made++
	m.executor, m.number = e, e.made
	m.place = e.jobs.PushBack(m)
}

// remove forgets a job that has ended.
func (e *Executor) remove(m *machine) {
	e.jobs.Remove(m.place)
	m.place = nil
}

// finishIfIdle ends a stop when the last job has ended.
func (e *Executor) finishIfIdle() {
	if e.state != Stopping || e.jobs.Len() > 0 {
		return
	}
	e.state = Stopped
	if e.ownPool && e.pool != nil {
		e.pool.Close()
	}
	if e.loop != nil && e.router != nil {
		if err := e.router.Stop(); err != nil {
			e.log.Error("stop the router", "executor", e.name, "error", err)
		}
	}
	e.stopped.Set()
	e.watchers.Call(e.rt, Stopped)
}
