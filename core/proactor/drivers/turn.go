package drivers

import (
	"context"
	"errors"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// run is the thread's task.
func (t *Thread[M]) run() {
	defer t.ended.Set()
	t.nextPat = t.o.patAfter(t.rt)
	for t.running() && !t.prepare() {
	}
	for t.running() {
		t.turn()
		t.rt.Yield()
	}
}

func (t *Thread[M]) running() bool { return t.ctx.Err() == nil }

func (t *Thread[M]) prepare() (ready bool) {
	return t.o.PreIterate == nil || t.do(PreIterate, func() error { return t.o.PreIterate(&t.line) })
}

// turn ends early when the thread is to stop before it iterates, and by a failure.
func (t *Thread[M]) turn() {
	if !t.sleep(t.o.Sleep) {
		return
	}
	if !t.do(Iterate, func() error { return t.o.Iterate(&t.line) }) {
		return
	}
	t.patIfDue()
	if t.handle() {
		t.row = 0
	}
}

// handle is false if it fails.
func (t *Thread[M]) handle() bool {
	if t.o.Handle == nil {
		return true
	}
	m, err := t.queue.Get(0)
	if err != nil {
		return true // there is none, or the thread is to stop
	}
	return t.do(Handle, func() error { return t.o.Handle(&t.line, m) })
}

// do runs a step beside the loop. A failure is told, and the thread asked to stop
// or paused.
func (t *Thread[M]) do(s Step, fn func() error) (ok bool) {
	failed := &StepError{Thread: t.o.Name, Step: s, Row: t.row + 1}
	t.step, t.since = s, t.rt.Now()
	t.rt.Blocking(func() { t.perform(failed, fn) })
	t.step = ""
	if failed.Err == nil {
		return true
	}
	t.row = failed.Row
	t.loop.Post(func() { t.o.Failed(failed) })
	if failed.Ends {
		t.RequestStop()
	}
	t.sleep(t.o.pause(t.row))
	return false
}

// perform is the part of do that is beside the loop: the step, and what becomes
// of its failure.
func (t *Thread[M]) perform(failed *StepError, fn func() error) {
	err := protect(fn)
	if err == nil || t.stoppedBy(err) {
		return
	}
	failed.Err = err
	failed.Ends = !t.goesOn(failed)
}

func (t *Thread[M]) goesOn(failed *StepError) (yes bool) {
	if t.o.GoOn == nil {
		return false
	}
	err := protect(func() error {
		yes = t.o.GoOn(failed)
		return nil
	})
	if err != nil {
		failed.Err = errors.Join(failed.Err, err)
	}
	return yes
}

// stoppedBy reports whether a step has returned err because it was asked to stop.
func (t *Thread[M]) stoppedBy(err error) bool {
	return !t.running() && (errors.Is(err, context.Canceled) || errors.Is(err, ErrNotRunning))
}

// sleep lets d pass unless the thread is to stop, and pats: who sleeps does not
// hang. It reports whether the thread still is to run.
func (t *Thread[M]) sleep(d time.Duration) bool {
	for end := clock.In(t.rt, d); t.running() && t.rt.Now() < end; {
		t.patIfDue()
		t.waitUntil(min(end, t.nextPat))
	}
	return t.running()
}

// waitUntil lets time pass unless the thread is to stop, and reports whether it
// still is to run.
func (t *Thread[M]) waitUntil(end time.Duration) bool {
	if t.running() {
		_ = t.wake.Wait(end) // it is time, or a stop was requested
	}
	return t.running()
}

// patIfDue pats if half of the timeout has passed since the last pat.
func (t *Thread[M]) patIfDue() {
	if t.rt.Now() >= t.nextPat {
		t.nextPat = t.o.patAfter(t.rt)
		t.loop.Post(t.o.Pat)
	}
}
