package background

import (
	"context"
	"runtime/debug"

	"github.com/hubtape/hubtape/core/internal/listeners"
	"github.com/hubtape/hubtape/core/router"
)

// task is a job with its types: what a worker runs, and what the messages of
// its pipe do to its future.
type task[P, R any] struct {
	job     *Job
	future  *Future[R]
	items   *listeners.List[P]
	body    func(job *Job, send func(P) bool) (R, error)
	send    *router.Sender[message[P, R]]
	receive *router.Receiver[message[P, R]]
}

// message is what a job says of itself.
type message[P, R any] struct {
	event  event
	item   P
	result R
	err    error
}

// submit makes a job and queues it.
func submit[P, R any](e *Executor, body func(job *Job, send func(P) bool) (R, error)) (*task[P, R], error) {
	if err := e.admit(); err != nil {
		return nil, err
	}
	send, receive, err := router.Pipe[message[P, R]](e.router)
	if err != nil {
		return nil, err
	}
	f := &Future[R]{}
	e.add(&f.machine)
	ctx, end := context.WithCancel(e.rt.Context())
	t := &task[P, R]{future: f, items: &listeners.List[P]{}, body: body, send: send, receive: receive}
	t.job = &Job{name: f.name(), pool: e.pool, ctx: ctx, end: end, work: t}
	f.job = t.job
	receive.OnMessage(t.deliver)
	if err := send.Start(); err != nil {
		return nil, err
	}
	e.pool.submit(t.job)
	return t, nil
}

// perform runs the job on a worker's task.
func (t *task[P, R]) perform() {
	t.tell(message[P, R]{event: started})
	defer t.end() // also when the job ends its goroutine
	t.job.pool.apart(t.run)
}

// abandon says that no worker will perform the job.
func (t *task[P, R]) abandon() {
	t.tell(message[P, R]{event: abandoned})
	t.end()
}

func (t *task[P, R]) end() {
	t.job.end()
	_ = t.send.Stop() // it was started; that the router is stopped was said
}

// run calls the function, off the token, and says how it ended.
func (t *task[P, R]) run() {
	last := message[P, R]{event: raised}
	finished := false
	defer func() {
		p := recover()
		if p == nil && !finished {
			p = ErrExited
		}
		if p != nil {
			last.err = &JobPanic{Job: t.job.name, Value: p, Stack: debug.Stack()}
		}
		t.tell(last)
	}()
	result, err := t.body(t.job, t.pass)
	finished = true
	if last.err = err; err == nil {
		last = message[P, R]{event: returned, result: result}
	}
}

// pass sends an item; false: the job should end.
func (t *task[P, R]) pass(x P) bool {
	return !t.job.Cancelled() && t.send.Send(message[P, R]{event: sent, item: x}) == nil
}

// tell sends a message that the future cannot do without.
func (t *task[P, R]) tell(m message[P, R]) {
	if err := t.send.Send(m); err != nil {
		t.future.executor.log.Error("the end of a job will not be seen", "job", t.job.name, "message", m.event.String(), "error", err)
	}
}

// deliver is where the messages arrive, and the only place but Cancel where a
// future changes.
func (t *task[P, R]) deliver(m message[P, R]) {
	f := t.future
	was := f.phase
	f.move(m.event)
	if m.event == sent {
		if was == executing {
			t.items.Call(f.executor.rt, m.item)
		}
		return
	}
	if f.phase.Done() {
		f.executor.remove(&f.machine)
		defer f.executor.finishIfIdle() // after the listeners
		t.keep(m)
	}
	if f.phase.State != was.State {
		f.watchers.Call(f.executor.rt, f.phase.State)
	}
}

// keep takes what came of the job, and lets go of the rest.
func (t *task[P, R]) keep(m message[P, R]) {
	f := t.future
	switch f.phase {
	case completed:
		f.value = m.result
	case failed:
		f.err = m.err
	}
	_ = t.receive.Close() // the first and only time, on a router that delivers
	*t.items = nil
	f.finish()
}
