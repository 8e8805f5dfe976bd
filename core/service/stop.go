package service

import (
	"errors"
	"strings"

	"github.com/hubtape/hubtape/clock"
)

// Stop stops the service: the Stop hook, the children in reverse order, each
// fully stopped, with WaitForShutdown the call of SetShutdown, the end of its
// tasks, the resources in reverse order, and the Shutdown hook. What fails is
// logged, the rest is still stopped, and the errors are returned together; so
// are errors that tasks return now.
//
// It waits for the end. When a step takes longer than StopTimeout it returns a
// *HangError, and the stop goes on; a child that hangs is left behind, and its
// error is one of those returned in the end. Stopping what does not run does
// nothing, but takes back a restart that has not begun to start. Called by one
// of the service's own tasks or hooks, or by one below it, it only asks for the
// stop and returns nil: the service could not end before they do.
func (s *Service) Stop() error {
	s.wanted = false
	s.takeBackRestart()
	return s.stop()
}

// stop is Stop without taking back a restart.
func (s *Service) stop() error {
	l := s.life
	if l.phase == over {
		return nil
	}
	s.halt()
	if l.phase == aloft { // a start sees it, and lands
		s.land()
	}
	if s.owns(s.rt.Self()) {
		return nil
	}
	if err := s.awaitEnd(l); err != nil {
		return err
	}
	return errors.Join(l.failed...)
}

// halt tells all that runs in the service, and what it starts, to end.
func (s *Service) halt() {
	s.life.stopping.Set()
	s.life.cancel()
	if s.state == Running {
		s.state = Stopping
	}
	s.endStarts()
}

// land lets the stop of what is aloft begin.
func (s *Service) land() {
	s.life.phase = landing
	s.control.land(s)
}

// awaitEnd waits for the end of a life that stops.
func (s *Service) awaitEnd(l *life) error {
	since := s.rt.Now()
	for !l.ended.IsSet() {
		err := clock.WaitAny(l.deadline(since, s.o.StopTimeout), l.ended, l.moved)
		if errors.Is(err, clock.ErrTimeout) {
			return &HangError{Service: s.o.Name, Step: s.where(), After: s.o.StopTimeout}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// where names the step that a start or a stop is at, down the tree.
func (s *Service) where() string {
	l := s.life
	switch {
	case l.step == "":
		return "its turn to begin"
	case l.step == stepTasks:
		var names []string
		for _, t := range l.tasks {
			names = append(names, "task "+t.name)
		}
		return strings.Join(names, ", ")
	case l.waitsFor != nil && l.waitsFor.lives():
		return l.step + ": " + l.waitsFor.where()
	}
	return l.step
}

// owns reports whether a task belongs to the service or to one below it. Of
// drivers and callbacks, which are task zero, only the driver that starts it
// does.
func (s *Service) owns(id clock.TaskID) bool {
	l := s.life
	if l.phase == climbing && l.starter == id || id != 0 && l.controller == id {
		return true
	}
	for _, t := range l.tasks {
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
	l := s.life
	l.phase, l.controller = landing, s.rt.Self()
	s.halt() // where it was the thread's loop that was stopped
	if s.state != Crashed {
		s.state = Stopping
	}
	s.log.Debug("stopping")
	if l.hooked {
		s.note(s.do("stop hook", s.o.Stop))
	}
	s.note(s.do("the work it has begun", s.parts.finish))
	s.stopChildren()
	if s.o.WaitForShutdown && l.wasUp && s.err == nil {
		l.at("waiting for SetShutdown", s.rt.Now())
		s.note(l.shutdown.Wait(clock.Forever))
	}
	l.at(stepTasks, s.rt.Now())
	s.note(l.idle.Wait(clock.Forever))
	for i := len(l.opened) - 1; i >= 0; i-- {
		s.note(s.do("close "+l.opened[i].name, l.opened[i].close))
	}
	if l.hooked {
		s.note(s.do("shutdown hook", s.o.Shutdown))
	}
	s.note(s.do("thread stop hook", s.parts.last))
	l.phase, l.controller = over, 0
	if s.state != Crashed {
		s.state = Shutdown
	}
	s.log.Debug("stopped")
	l.ended.Set()
}
