package service

import (
	"errors"

	"github.com/hubtape/hubtape/clock"
)

// Run starts a service, waits until it crashes or somebody stops it, stops it
// with all below it, and returns why it crashed, and what failed in the stop. It
// is for a task: the main one of a program made of services.
func Run(s *Service) error {
	if err := s.Start(); err != nil {
		return err
	}
	for {
		if err := clock.WaitAny(clock.Forever, s.life.ends...); err != nil {
			return errors.Join(err, s.Stop())
		}
		if err := s.resting.Wait(clock.Forever); err != nil {
			return errors.Join(err, s.Stop())
		}
		if s.Stopped() { // else it was restarted
			stopErr := s.Stop()
			return errors.Join(s.err, stopErr)
		}
	}
}

// Join starts services in order, waits until this one stops or crashes, and
// stops them in reverse order. One that cannot be started crashes this service;
// the others are started all the same. It is for a task of the service. Errors
// of the stops are logged and returned.
func (s *Service) Join(services ...*Service) error {
	for _, other := range services {
		if other == nil {
			continue
		}
		if err := other.begin(); err != nil {
			s.Crash(&StepError{Service: s.o.Name, Step: "join " + other.o.Name, Err: err})
		}
	}
	if err := clock.WaitAny(clock.Forever, s.life.ends...); err != nil {
		return err
	}
	var failed []error
	for i := len(services) - 1; i >= 0; i-- {
		if services[i] == nil {
			continue
		}
		if err := services[i].Stop(); err != nil {
			s.log.Error("stop", "error", err)
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
