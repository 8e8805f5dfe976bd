package service

import (
	"errors"
	"runtime/debug"
)

// Start starts the service: the FirstStart hook (the first time), the resources,
// the Start hook, the tasks, the children, each in the order they were added and
// each fully started, and the Started hook. If a step fails all is undone, the
// service is Crashed, and the error is a *StepError. A Stop meanwhile ends the
// start early with ErrStopped. What has been started before is restarted with
// Restart.
func (s *Service) Start() error {
	switch {
	case s.state == Init:
		return s.launch()
	case s.state == Shutdown, s.state == Crashed:
		return &StateError{Op: "start", Service: s.o.Name, State: s.state, Hint: "use Restart"}
	}
	return &StateError{Op: "start", Service: s.o.Name, State: s.state}
}

// MaybeStart starts the service if it was never started, and says whether it
// did.
func (s *Service) MaybeStart() (bool, error) {
	if s.state != Init {
		return false, nil
	}
	return true, s.launch()
}

// launch starts a service that does not live.
func (s *Service) launch() error {
	s.state, s.err, s.stopErr = Starting, nil, nil
	s.live, s.rising, s.landing, s.hooked, s.wasUp = true, true, false, false, false
	s.stopping.Clear()
	s.crashed.Clear()
	s.shutdown.Clear()
	s.ended.Clear()
	s.renewContext()
	s.log.Debug("starting")
	return s.control.start(s)
}

// up runs the steps of a start, on the task that it is called on. What it has
// begun when it returns an error, down undoes.
func (s *Service) up() error {
	s.starter, s.climbing = s.rt.Self(), true
	defer func() { s.step, s.climbing, s.rising = "", false, false }()
	for _, step := range []func() error{
		s.firstStart, s.openResources, s.startHook, s.startJobs, s.startChildren, s.startedHooks,
	} {
		if err := step(); err != nil {
			return err
		}
		if err := s.interrupted(); err != nil {
			return err
		}
	}
	s.log.Debug("running")
	return nil
}

// interrupted says why a start should not go on.
func (s *Service) interrupted() error {
	switch {
	case s.err != nil:
		return s.err
	case s.stopping.IsSet():
		return ErrStopped
	}
	return nil
}

func (s *Service) firstStart() error {
	if s.wasFirst {
		return nil
	}
	s.wasFirst = true
	if s.o.Dependencies != nil {
		for _, child := range s.o.Dependencies() {
			if err := s.Add(child); err != nil {
				return err
			}
		}
	}
	return s.do("first start hook", s.o.FirstStart)
}

func (s *Service) startHook() error {
	if err := s.do("begin", s.parts.begin); err != nil {
		return err
	}
	err := s.do("start hook", s.o.Start)
	s.hooked = err == nil
	return err
}

func (s *Service) startJobs() error {
	for _, j := range s.jobs {
		s.Spawn(j.name, j.run)
	}
	return nil
}

func (s *Service) startChildren() error {
	// The list may grow meanwhile: by a hook of a child, for one.
	for i := 0; i < len(s.children); i++ {
		if err := s.startChild(s.children[i]); err != nil {
			return err
		}
		if err := s.interrupted(); err != nil {
			return err
		}
	}
	return nil
}

// startChild starts a child unless it runs already; one that has ended begins
// anew with its parent.
func (s *Service) startChild(child *Service) error {
	if child.live && !child.stopping.IsSet() {
		return nil
	}
	s.step = "child " + child.o.Name
	err := error(nil)
	if child.live { // left over by a stop that hung
		err = child.awaitEnd()
	}
	if err == nil {
		err = child.launch()
	}
	if err != nil && child.supervisor != nil {
		child.supervisor.wake() // which sees to it
		return nil
	}
	if err != nil {
		return &StepError{Service: s.o.Name, Step: s.step, Err: err}
	}
	return nil
}

func (s *Service) startedHooks() error {
	s.state, s.wasUp = Running, true
	if err := s.do("started hook", s.o.Started); err != nil {
		return err
	}
	return s.do("thread started hook", s.parts.started)
}

// do runs a step that may be nil, and names it in its error.
func (s *Service) do(step string, fn func() error) error {
	if fn == nil {
		return nil
	}
	s.step = step
	if err := protect(fn); err != nil {
		return &StepError{Service: s.o.Name, Step: step, Err: err}
	}
	return nil
}

// protect calls fn, and returns a panic of it as an error.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panic{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// startFailed marks a service whose start has failed or was stopped.
func (s *Service) startFailed(err error) {
	if errors.Is(err, ErrStopped) && s.err == nil {
		return
	}
	s.fail(err)
}

// direct runs a start on the task that asks for it, and a stop on a task of its
// own, so that whoever asked can stop waiting.
type direct struct{}

func (direct) start(s *Service) error {
	err := s.up()
	if err == nil {
		return nil
	}
	s.startFailed(err)
	s.land()
	if hang := s.awaitEnd(); hang != nil {
		return errors.Join(err, hang)
	}
	return err
}

func (direct) land(s *Service) {
	s.rt.Go("stop "+s.o.Name, func() {
		s.controller = s.rt.Self()
		s.down()
	})
}
