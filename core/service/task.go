package service

import (
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
// it returns (but ErrStopped), or its panic, crashes the service.
func (s *Service) Task(name string, fn func() error) {
	s.jobs = append(s.jobs, job{name, fn})
	if s.state == Running && !s.Stopped() {
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
	t := &task{name: name}
	s.tasks = append(s.tasks, t)
	s.idle.Clear()
	s.rt.Go(s.o.Name+"/"+name, func() {
		t.id = s.rt.Self()
		defer s.taskEnded(t) // also when the runtime ends
		if s.Stopped() {
			return
		}
		if err := protect(fn); err != nil && !errors.Is(err, ErrStopped) {
			s.Crash(&StepError{Service: s.o.Name, Step: "task " + name, Err: err})
		}
	})
	return true
}

func (s *Service) taskEnded(t *task) {
	s.tasks = slices.DeleteFunc(s.tasks, func(o *task) bool { return o == t })
	if len(s.tasks) == 0 {
		s.idle.Set()
	}
}
