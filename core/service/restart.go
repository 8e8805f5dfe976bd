package service

import (
	"errors"
	"fmt"
)

// Restart stops the service, calls the Restart hook and starts it again, with
// its children; FirstStart is not called again once it has succeeded. A service
// that crashed, was stopped or never ran is started. A stop that hangs is
// returned as its error, and one with other errors is not: they were logged.
//
// The last of a Restart and a Stop counts: a Stop that comes before the new
// start begins makes Restart return ErrStopped, and so does a parent that stops.
// While another restart is at it, it is a *StateError. Called by one of the
// service's own tasks or hooks, or by one below it, it only asks for the
// restart; an error of that crashes the service.
func (s *Service) Restart() error {
	own := s.owns(s.rt.Self())
	if s.parentStops() || own && s.life.stopping.IsSet() && !s.wanted {
		return fmt.Errorf("restart %s: %w", s.o.Name, ErrStopped)
	}
	s.wanted = true
	if !own {
		_, err := s.restart()
		return err
	}
	s.rt.Go("restart "+s.o.Name, func() {
		_, err := s.restart()
		var state *StateError
		if err != nil && !errors.Is(err, ErrStopped) && !errors.As(err, &state) {
			s.Crash(err)
		}
	})
	return nil
}

// restart also returns what failed in the stop.
func (s *Service) restart() (stopErr, err error) {
	if !s.resting.IsSet() {
		return nil, &StateError{Op: "restart", Service: s.o.Name, State: s.state, Hint: "another restart of it runs"}
	}
	s.resting.Clear()
	stopErr, err = s.stopToRestart()
	s.resting.Set()
	if err != nil {
		return stopErr, err
	}
	return stopErr, s.launch()
}

// stopToRestart is a restart up to its start.
func (s *Service) stopToRestart() (stopErr, err error) {
	stopErr = s.stop()
	var hang *HangError
	switch {
	case s.lives() && errors.As(stopErr, &hang):
		return stopErr, stopErr
	case s.lives(): // somebody else has started it meanwhile
		return stopErr, &StateError{Op: "restart", Service: s.o.Name, State: s.state}
	case !s.wanted:
		return stopErr, fmt.Errorf("restart %s: %w", s.o.Name, ErrStopped)
	}
	s.state, s.err = Restarting, nil
	s.restarts++
	if err := s.do("restart hook", s.o.Restart); err != nil {
		s.fail(err)
		return stopErr, err
	}
	if !s.wanted {
		return stopErr, fmt.Errorf("restart %s: %w", s.o.Name, ErrStopped)
	}
	return stopErr, nil
}

// takeBackRestart is for a restart whose hook runs, or has run: no start comes
// after it.
func (s *Service) takeBackRestart() {
	switch {
	case s.state != Restarting:
	case s.ran:
		s.state = Shutdown
	default:
		s.state = Init
	}
}

// begin starts what does not run, also what has run before.
func (s *Service) begin() error {
	switch {
	case s.state == Init:
		return s.launch()
	case !s.lives():
		return s.Restart()
	}
	return nil
}
