package service

// Crash says that the service cannot go on: it, and every service above it that
// runs, is Crashed with the error, and its tasks come to their end. It is not stopped by
// that: whoever runs the tree (Run does) stops it, and then all of it. A service
// that a supervisor looks after wakes the supervisor instead of telling those
// above. The first error counts.
func (s *Service) Crash(err error) {
	for at := s; at != nil && (at == s || at.live); at = at.parent {
		at.fail(err)
		if at.supervisor != nil {
			at.supervisor.wake()
			return
		}
	}
}

// fail marks this service alone.
func (s *Service) fail(err error) {
	if s.err != nil {
		return
	}
	s.err, s.state = err, Crashed
	s.log.Error("crashed", "error", err)
	s.cancel()
	s.crashed.Set()
	if s.parts.crash != nil {
		s.parts.crash(err)
	}
	if s.o.Crashed != nil {
		s.o.Crashed(err)
	}
}
