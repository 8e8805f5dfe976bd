package service

import (
	"errors"
	"strings"

	"github.com/hubtape/hubtape/clock"
)

// Stop stops the service: the Stop hook, the children in reverse order, each
// fully stopped, with WaitForShutdown the call of SetShutdown, the end of its
// tasks, the resources in reverse order, and the Shutdown hook. What fails is
// logged, the rest is still stopped, and the errors are returned together.
//
// It waits for the end, up to StopTimeout: then it returns a *HangError, and the
// stop goes on. Stopping what does not run does nothing. Called by one of the
// service's own tasks or hooks, or by one below it, it only asks for the stop
// and returns nil: the service could not end before they do.
func (s *Service) Stop() error {
	if !s.live {
		return nil
	}
	s.stopping.Set()
	s.cancel()
	if s.state == Running {
		s.state = Stopping
	}
	if !s.rising { // else the start sees it, and lands
		s.land()
	}
	if s.owns(s.rt.Self()) {
		return nil
	}
	if err := s.awaitEnd(); err != nil {
		return err
	}
	return s.stopErr
}

// land lets the stop begin, once.
func (s *Service) land() {
	if !s.landing {
		s.landing = true
		s.stopping.Set()
		s.cancel()
		s.control.land(s)
	}
}

func (s *Service) awaitEnd() error {
	err := s.ended.Wait(s.rt.Now() + s.o.StopTimeout)
	if errors.Is(err, clock.ErrTimeout) {
		return &HangError{Service: s.o.Name, Step: s.where(), After: s.o.StopTimeout}
	}
	return err
}

// where names the step that a stop is at, down the tree.
func (s *Service) where() string {
	switch {
	case s.step == "":
		return "its turn to begin"
	case s.step == stepTasks:
		var names []string
		for _, t := range s.tasks {
			names = append(names, "task "+t.name)
		}
		return strings.Join(names, ", ")
	case s.waitsFor != nil && s.waitsFor.live:
		return s.step + ": " + s.waitsFor.where()
	}
	return s.step
}

// owns reports whether a task belongs to the service or to one below it. Of
// drivers and callbacks, which are task zero, only the driver that starts it
// does.
func (s *Service) owns(id clock.TaskID) bool {
	if s.climbing && s.starter == id || id != 0 && s.controller == id {
		return true
	}
	for _, t := range s.tasks {
		if id != 0 && t.id == id {
			return true
		}
	}
	for _, child := range s.children {
		if child.owns(id) {
			return true
		}
	}
	return false
}

const stepTasks = "tasks"

// down runs the steps of a stop, and undoes a start that failed.
func (s *Service) down() {
	s.landing = true
	if s.state != Crashed {
		s.state = Stopping
	}
	s.log.Debug("stopping")
	var failed []error
	note := func(err error) {
		if err != nil {
			s.log.Error("stop", "error", err)
			failed = append(failed, err)
		}
	}
	if s.hooked {
		note(s.do("stop hook", s.o.Stop))
	}
	note(s.do("the work it has begun", s.parts.finish))
	for i := len(s.children) - 1; i >= 0; i-- {
		note(s.stopChild(s.children[i]))
	}
	if s.o.WaitForShutdown && s.wasUp && s.err == nil {
		s.step = "waiting for SetShutdown"
		note(s.shutdown.Wait(clock.Forever))
	}
	s.step = stepTasks
	note(s.idle.Wait(clock.Forever))
	for i := len(s.opened) - 1; i >= 0; i-- {
		note(s.do("close "+s.opened[i].name, s.opened[i].close))
	}
	s.opened = nil
	if s.hooked {
		note(s.do("shutdown hook", s.o.Shutdown))
	}
	note(s.do("thread stop hook", s.parts.last))
	s.landed(errors.Join(failed...))
}

func (s *Service) stopChild(child *Service) error {
	s.step, s.waitsFor = "child "+child.o.Name, child
	defer func() { s.waitsFor = nil }()
	if err := child.Stop(); err != nil {
		return &StepError{Service: s.o.Name, Step: s.step, Err: err}
	}
	return nil
}

func (s *Service) landed(err error) {
	s.step, s.stopErr, s.live, s.landing, s.controller = "", err, false, false, 0
	if s.state != Crashed {
		s.state = Shutdown
	}
	s.log.Debug("stopped")
	s.ended.Set()
}

// Restart stops the service, calls the Restart hook and starts it again, with
// its children; FirstStart is not called again. A service that crashed, or was
// stopped, is started. A stop that hangs is returned as its error, and one with
// other errors is not: they were logged. Called by one of the service's own
// tasks, it only asks for the restart, whose error then crashes the service.
func (s *Service) Restart() error {
	if s.owns(s.rt.Self()) {
		s.rt.Go("restart "+s.o.Name, func() {
			if err := s.Restart(); err != nil {
				s.Crash(err)
			}
		})
		return nil
	}
	var hang *HangError
	if err := s.Stop(); errors.As(err, &hang) && s.live {
		return err
	}
	if s.live { // somebody else has started it meanwhile
		return &StateError{Op: "restart", Service: s.o.Name, State: s.state}
	}
	s.state, s.err = Restarting, nil
	s.restarts++
	if err := s.do("restart hook", s.o.Restart); err != nil {
		s.fail(err)
		return err
	}
	return s.launch()
}
