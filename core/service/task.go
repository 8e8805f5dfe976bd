package service

import (
	"context"
	"errors"
	"slices"

	"github.com/hubtape/hubtape/clock"
)

// job is a task that each start starts.
type job struct {
	name string
	run  func() error
}

// task is a job that runs.
type task struct {
	name string
	id   clock.TaskID // 0 until its first turn
}

// Task adds a background task that each start of the service starts, at once if
// it runs already. It should come to its end when Sleep or Wait say so. An error
// that it returns, or its panic, crashes the service; once a stop was asked for,
// it is one of those that Stop returns. ErrStopped is no error, and neither is
// what says that something was stopped or cancelled while the service ends.
func (s *Service) Task(name string, fn func() error) {
	s.jobs = append(s.jobs, job{name, fn})
	if s.life.jobbed && !s.Stopped() {
		s.Spawn(name, fn)
	}
}

// Spawn starts a task of the service that runs once, under the rules of Task.
// The service's stop waits for it. On a service that does not run, or stops, it
// does nothing and returns false.
func (s *Service) Spawn(name string, fn func() error) bool {
	if s.Stopped() {
		return false
	}
	l, t := s.life, &task{name: name}
	l.tasks = append(l.tasks, t)
	l.idle.Clear()
	s.rt.Go(s.o.Name+"/"+name, func() {
		t.id = s.rt.Self()
		defer l.remove(t) // also when the runtime ends
		if !s.Stopped() {
			s.taskEnded(name, protect(fn))
		}
	})
	return true
}

func (s *Service) taskEnded(name string, err error) {
	if !s.unexpected(err) {
		return
	}
	err = &StepError{Service: s.o.Name, Step: "task " + name, Err: err}
	if s.life.stopping.IsSet() {
		s.note(err)
		return
	}
	s.Crash(err)
}

// unexpected reports whether what a task returned is a failure: ErrStopped of
// another service is, and so is a cancellation before the end.
func (s *Service) unexpected(err error) bool {
	switch {
	case err == nil, err == ErrStopped:
		return false
	case s.Stopped():
		return !errors.Is(err, ErrStopped) && !errors.Is(err, context.Canceled)
	}
	return true
}

func (l *life) remove(t *task) {
	l.tasks = slices.DeleteFunc(l.tasks, func(o *task) bool { return o == t })
	if len(l.tasks) == 0 {
		l.idle.Set()
	}
}
