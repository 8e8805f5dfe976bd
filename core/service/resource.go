package service

// resource is something that is held while the service runs.
type resource struct {
	name  string
	open  func() (close func() error, err error)
	close func() error
}

// Use adds a resource: open is called once in each start, before the Start
// hook, in the order resources were added; the close it returns (which may be
// nil) once in the stop, in reverse order, after the tasks have ended. An error
// of open fails the start.
func (s *Service) Use(name string, open func() (close func() error, err error)) {
	s.resources = append(s.resources, resource{name: name, open: open})
}

func (s *Service) openResources() error {
	for _, r := range s.resources {
		err := s.do("open "+r.name, func() (err error) {
			r.close, err = r.open()
			return err
		})
		if err != nil {
			return err
		}
		s.life.opened = append(s.life.opened, r)
		if err := s.interrupted(); err != nil {
			return err
		}
	}
	return nil
}
