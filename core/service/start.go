package service

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Start starts the service: the FirstStart hook (the first time), the resources,
// the Start hook, the tasks, the children, each in the order they were added and
// each fully started, and the Started hook. If a step fails all is undone, the
// service is Crashed, and the error says which step it was; a crash meanwhile is
// its error too. A Stop meanwhile ends the start early with ErrStopped. What has
// been started before is started again with Restart.
func (s *Service) Start() error {
	switch s.state {
	case Init:
		return s.launch()
	case Shutdown, Crashed:
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
	if s.parentStops() {
		s.takeBackRestart()
		return fmt.Errorf("start %s: above it, %w", s.o.Name, ErrStopped)
	}
	s.life = s.newLife()
	s.state, s.err, s.wanted, s.ran = Starting, nil, true, true
	s.log.Debug("starting")
	return s.control.start(s)
}

// parentStops reports whether it is too late for a child to begin.
func (s *Service) parentStops() bool {
	return s.parent != nil && s.parent.lives() && s.parent.life.stopping.IsSet()
}

// up runs the steps of a start, on the task that it is called on. The caller
// then sets the next phase; what was begun when it returns an error, down undoes.
func (s *Service) up() error {
	s.life.starter, s.life.phase = s.rt.Self(), climbing
	for _, step := range []func() error{
		s.firstStart, s.openResources, s.startHook, s.startJobs, s.startChildren, s.startedHooks,
	} {
		err := step()
		if why := s.interrupted(); why != nil && (err == nil || errors.Is(err, ErrStopped)) {
			return why
		}
		if err != nil {
			return err
		}
	}
	s.life.at("", 0)
	s.log.Debug("running")
	return nil
}

// interrupted says why a start should not go on.
func (s *Service) interrupted() error {
	switch {
	case s.err != nil:
		return s.err
	case s.life.stopping.IsSet():
		return ErrStopped
	}
	return nil
}

func (s *Service) firstStart() error {
	if s.wasFirst {
		return nil
	}
	if !s.dependent {
		if err := s.do("dependencies", s.addDependencies); err != nil {
			return err
		}
		s.dependent = true
	}
	err := s.do("first start hook", s.o.FirstStart)
	s.wasFirst = err == nil
	return err
}

func (s *Service) addDependencies() error {
	if s.o.Dependencies == nil {
		return nil
	}
	for _, child := range s.o.Dependencies() {
		if err := s.Add(child); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) startHook() error {
	if err := s.do("begin", s.parts.begin); err != nil {
		return err
	}
	err := s.do("start hook", s.o.Start)
	s.life.hooked = err == nil
	return err
}

func (s *Service) startJobs() error {
	s.life.jobbed = true
	for _, j := range s.jobs {
		s.Spawn(j.name, j.run)
	}
	return nil
}

func (s *Service) startedHooks() error {
	s.state, s.life.wasUp = Running, true
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
	s.life.at(step, s.rt.Now())
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

// startFailed marks a service whose start has failed, unless it was stopped.
func (s *Service) startFailed(err error) {
	if s.err != nil || !s.life.stopping.IsSet() || !errors.Is(err, ErrStopped) {
		s.fail(err)
	}
}

// direct runs a start on the task that asks for it, and a stop on a task of its
// own, so that whoever asked can stop waiting.
type direct struct{}

func (direct) start(s *Service) error {
	l := s.life
	err := s.up()
	if err != nil {
		s.startFailed(err)
	}
	l.phase = aloft
	if err == nil {
		return nil
	}
	s.land()
	return errors.Join(err, s.awaitEnd(l))
}

func (direct) land(s *Service) { s.rt.Go("stop "+s.o.Name, s.down) }
