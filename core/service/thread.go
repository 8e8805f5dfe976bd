package service

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// ThreadOptions say what a service with a thread of its own does. The zero value
// is usable. The hooks of a start and a stop run on the thread's task.
type ThreadOptions struct {
	Options
	ThreadStarted func() error // the last step of a start
	ThreadStop    func() error // the last step of a stop
	// NoWait lets Start return before the thread has started. An error of the
	// start then crashes the service, and those above it.
	NoWait bool
	// Probe is how often the thread's loop is asked whether it still turns over;
	// 0: never. If no answer comes for Patience (0: 3 s), an error is logged. In
	// production a second is right. In a simulation the probes are events that
	// come for ever, so that a world with nothing left to do is not noticed.
	Probe, Patience time.Duration
}

const defaultPatience = 3 * time.Second

// Thread is a service with a thread of control of its own: a task that runs the
// service's hooks and then, until the service stops, a message loop. The loop
// can be posted to at any time, from any goroutine. A panic of a callback
// crashes the service. Make it with NewThread.
type Thread struct {
	*Service
	opts     ThreadOptions
	loop     *loop.Loop
	answered time.Duration // when the loop last turned over
}

// NewThread makes a thread that does not run.
func NewThread(rt clock.Runtime, o ThreadOptions) *Thread {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	t := &Thread{Service: New(rt, o.Options), opts: o}
	t.loop = loop.New(rt, loop.Options{Name: t.Name(), OnPanic: func(p *loop.CallbackPanic) {
		t.Crash(&StepError{Service: t.Name(), Step: "callback", Err: &Panic{Value: p.Value, Stack: p.Stack}})
	}})
	t.control = t
	t.parts.started, t.parts.last = o.ThreadStarted, o.ThreadStop
	if o.Probe > 0 {
		t.Task("keep-alive", t.keepAlive)
	}
	return t
}

// Loop is the thread's message loop.
func (t *Thread) Loop() *loop.Loop { return t.loop }

func (t *Thread) start(*Service) error {
	l := t.life
	started := clock.NewLatch(t.rt, t.Name()+": the thread to start")
	var failed error
	t.rt.Go(t.Name(), func() {
		l.controller = t.rt.Self()
		failed = t.climb()
		started.Set()
		if failed == nil {
			t.loop.Run()
		}
		t.down()
	})
	if t.opts.NoWait {
		return nil
	}
	if err := started.Wait(clock.Forever); err != nil {
		return fmt.Errorf("start %s: %w", t.Name(), err)
	}
	if failed != nil {
		return errors.Join(failed, t.awaitEnd(l))
	}
	return nil
}

// climb is the thread's start. Where nobody waits for it, an error crashes those
// above.
func (t *Thread) climb() error {
	err := t.up()
	if err != nil {
		t.startFailed(err)
	}
	if t.opts.NoWait && t.err != nil {
		t.Crash(t.err)
	}
	t.life.phase = aloft
	return err
}

// land lets the loop return, and main go on.
func (t *Thread) land(*Service) { t.loop.Stop(0) }

// keepAlive looks whether the loop turns over.
func (t *Thread) keepAlive() error {
	answer := t.loop.NewUpdater(func() { t.answered = t.rt.Now() }, true)
	silent := false
	t.answered = t.rt.Now()
	for t.Sleep(t.opts.Probe) {
		if t.state != Running {
			t.answered = t.rt.Now() // it turns over only once it runs
		}
		since := t.rt.Now() - t.answered
		switch {
		case since > t.opts.Patience && !silent:
			silent = true
			t.log.Error("the thread is not responding: a callback waits or blocks", "for", since)
		case since <= t.opts.Patience && silent:
			silent = false
			t.log.Info("the thread responds again")
		}
		answer.Trigger()
	}
	return nil
}
