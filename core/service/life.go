package service

import (
	"context"
	"math"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// life is one start of a service and what follows from it, up to the end of its
// stop. A restart begins another, once this one is over.
type life struct {
	phase      phase
	hooked     bool         // the Start hook has succeeded
	jobbed     bool         // the jobs have been started
	wasUp      bool         // the start has come to its end
	starter    clock.TaskID // whom the start runs on
	controller clock.TaskID // whom the stop runs on, or the thread's task

	stopping *clock.Latch   // a stop was asked for
	crashed  *clock.Latch   // it has crashed
	ends     []*clock.Latch // these two: what ends a task's waits
	shutdown *clock.Latch   // see SetShutdown
	idle     *clock.Latch   // no task runs
	ended    *clock.Latch   // it is over
	moved    *clock.Latch   // a pulse at each step
	ctx      context.Context
	cancel   context.CancelFunc

	tasks    []*task
	opened   []resource    // in the order they were opened
	step     string        // of the start or stop that runs
	waitsFor *Service      // the child that this step waits for
	began    time.Duration // the step
	failed   []error       // in the stop
}

// phase is where a life is.
type phase uint8

const (
	launched phase = iota // somebody starts it
	climbing              // the steps of its start run
	aloft
	landing // the steps of its stop run, or are about to
	over
)

func (s *Service) newLife() *life {
	latch := func(what string) *clock.Latch { return clock.NewLatch(s.rt, s.o.Name+": "+what) }
	l := &life{
		stopping: latch("to be stopped"), crashed: latch("to crash"), shutdown: latch("SetShutdown"),
		idle: latch("its tasks to end"), ended: latch("to have stopped"), moved: latch("its next step"),
	}
	l.ends = []*clock.Latch{l.stopping, l.crashed}
	l.idle.Set()
	l.ctx, l.cancel = context.WithCancel(s.rt.Context())
	return l
}

// unborn is what a service has before its first start: a life that is over.
func (s *Service) unborn() *life {
	l := s.newLife()
	l.phase = over
	l.stopping.Set()
	l.ended.Set()
	l.cancel()
	return l
}

// at begins a step.
func (l *life) at(step string, now time.Duration) {
	l.step, l.began, l.waitsFor = step, now, nil
	l.moved.Set()
	l.moved.Clear()
}

// starts reports whether a start runs.
func (l *life) starts() bool { return l.phase == launched || l.phase == climbing }

// deadline is when a stop hangs that is waited for since an instant. While
// children are stopped it is theirs that counts.
func (l *life) deadline(since, timeout time.Duration) time.Duration {
	if l.phase == landing && l.waitsFor != nil {
		return clock.Forever
	}
	return max(l.began, since) + min(timeout, math.MaxInt64-max(l.began, since))
}

// note logs and keeps an error of the stop.
func (s *Service) note(err error) {
	if err != nil {
		s.log.Error("stop", "error", err)
		s.life.failed = append(s.life.failed, err)
	}
}
