package service

import "errors"

var errNoReason = errors.New("crashed without a reason")

// Crash says that the service cannot go on: it, and every service above it that
// runs, is Crashed with the error, and its tasks come to their end. It is not
// stopped by that: whoever runs the tree (Run does) stops it, and then all of
// it. A service that a supervisor looks after wakes the supervisor instead of
// telling those above. The first error counts.
func (s *Service) Crash(err error) {
	if err == nil {
		err = errNoReason
	}
	// First all are marked, then the hooks are called: they may wait, and those
	// above may begin anew meanwhile.
	var marked []*Service
	for at := s; at != nil && (at == s || at.lives()); at = at.parent {
		if at.mark(err) {
			marked = append(marked, at)
		}
		if at.supervisor != nil {
			at.supervisor.wake()
			break
		}
	}
	for _, at := range marked {
		at.tell(err)
	}
}

// fail marks this service alone.
func (s *Service) fail(err error) {
	if s.mark(err) {
		s.tell(err)
	}
}

// mark makes a service crashed; false: it is already.
func (s *Service) mark(err error) bool {
	if s.err != nil {
		return false
	}
	s.err, s.state = err, Crashed
	s.log.Error("crashed", "error", err)
	s.life.cancel()
	s.life.crashed.Set()
	if s.life.starts() {
		s.endStarts()
	}
	return true
}

// tell calls the hooks of a crash.
func (s *Service) tell(crash error) {
	for _, hook := range []func(error){s.parts.crash, s.o.Crashed} {
		if hook == nil {
			continue
		}
		err := protect(func() error {
			hook(crash)
			return nil
		})
		if err != nil {
			s.log.Error("crashed hook", "error", err)
		}
	}
}
