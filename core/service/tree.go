package service

import (
	"fmt"
	"slices"
	"strings"
)

// Add makes a service a child: it starts after and stops before its parent does,
// and its crashes are its parent's. If the parent runs, the child is started now,
// unless it runs already; an error of that start is returned, and the child stays
// added. A nil child is left out.
func (s *Service) Add(child *Service) error {
	if child == nil || child.parent == s {
		return nil
	}
	if err := s.mayHave(child); err != nil {
		return err
	}
	child.parent = s
	s.children = append(s.children, child)
	if s.state != Running {
		return nil // its turn comes with the start, if one comes
	}
	return s.startChild(child)
}

// mayHave says why a service cannot become a child.
func (s *Service) mayHave(child *Service) error {
	switch {
	case child.parent != nil:
		return fmt.Errorf("add %s to %s: it already belongs to %s", child.o.Name, s.o.Name, child.parent.o.Name)
	}
	for above := s; above != nil; above = above.parent {
		if above == child {
			return fmt.Errorf("add %s to %s: %w", child.o.Name, s.o.Name, ErrCycle)
		}
	}
	return nil
}

// Remove ends what Add began; the child is not stopped. False: it is no child.
func (s *Service) Remove(child *Service) bool {
	i := slices.Index(s.children, child)
	if i < 0 {
		return false
	}
	s.children = slices.Delete(s.children, i, i+1)
	child.parent, child.supervisor = nil, nil
	return true
}

// Children are the services below this one, in the order they start.
func (s *Service) Children() []*Service { return slices.Clone(s.children) }

// Tree draws the service and all below it, a line each, with their states and,
// of those that crashed, why.
func (s *Service) Tree() string {
	var b strings.Builder
	s.draw(&b, 0)
	return b.String()
}

func (s *Service) draw(b *strings.Builder, depth int) {
	fmt.Fprintf(b, "%s%s: %s", strings.Repeat("  ", depth), s.o.Name, s.state)
	if s.err != nil {
		fmt.Fprintf(b, " (%v)", s.err)
	}
	b.WriteByte('\n')
	for _, child := range s.children {
		child.draw(b, depth+1)
	}
}
