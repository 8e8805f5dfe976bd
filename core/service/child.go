package service

import "github.com/hubtape/hubtape/clock"

func (s *Service) startChildren() error {
	// The list may change meanwhile: by a hook of a child, for one.
	for i := 0; i < len(s.children); {
		child := s.children[i]
		if err := s.startChild(child); err != nil {
			return err
		}
		if err := s.interrupted(); err != nil {
			return err
		}
		if i < len(s.children) && s.children[i] == child { // else another has its place
			i++
		}
	}
	return nil
}

// startChild starts a child unless it runs already; one that has ended begins
// anew with its parent. What a supervisor looks after does not fail the start.
func (s *Service) startChild(child *Service) error {
	if child.lives() && !child.life.stopping.IsSet() {
		return nil
	}
	step := "child " + child.o.Name
	s.life.at(step, s.rt.Now())
	s.life.waitsFor = child
	err := s.launchChild(child)
	s.life.waitsFor = nil
	switch {
	case err == nil:
		return nil
	case child.supervisor != nil:
		child.supervisor.wake() // which sees to it
		return nil
	}
	return &StepError{Service: s.o.Name, Step: step, Err: err}
}

func (s *Service) launchChild(child *Service) error {
	for _, before := range []*Service{child.replaces, child} {
		if before == nil || !before.lives() {
			continue
		}
		// A stop is still at it.
		if err := before.awaitEnd(before.life); err != nil {
			return err
		}
	}
	if err := s.Wait(clock.Forever, child.resting); err != nil { // a restart is about to start it
		return err
	}
	switch {
	case s.Stopped():
		return ErrStopped // meanwhile
	case child.lives():
		return nil // somebody else was faster
	}
	return child.launch()
}

func (s *Service) stopChildren() {
	for i := len(s.children) - 1; i >= 0; i = min(i, len(s.children)) - 1 { // a hook may remove some
		child, step := s.children[i], "child "+s.children[i].o.Name
		s.life.at(step, s.rt.Now())
		s.life.waitsFor = child
		if err := child.Stop(); err != nil {
			s.note(&StepError{Service: s.o.Name, Step: step, Err: err})
		}
	}
	s.life.waitsFor = nil
}

// endStarts lets the starts below come to an early end: who stops waits for
// them.
func (s *Service) endStarts() {
	for _, child := range s.children {
		if child.life.starts() {
			child.halt()
		}
	}
}
