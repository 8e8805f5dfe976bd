package scenarios

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// lint finds what is allowed and looks like a mistake.
func (r *reader) lint(root *node, s *Scenario) {
	r.unquoted(root)
	r.topics(root)
	if filepath.Ext(r.file) == ".yml" {
		r.warn(s.Pos, "of a folder only the *.yaml files are run; rename %s to %s", filepath.Base(r.file), strings.TrimSuffix(filepath.Base(r.file), "ml")+"aml")
	}
	if !s.expectsSomething() {
		r.warn(s.Pos, "the scenario expects nothing, so it can only fail by a panic or a stall")
	}
	if s.Tape == nil {
		r.endless(s)
	}
	slices.SortStableFunc(r.warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// endless warns of steps that end with the tape when there is none.
func (r *reader) endless(s *Scenario) {
	for _, step := range s.Steps {
		switch step := step.(type) {
		case *RouteUntil:
			if step.Within == nil {
				r.warn(step.Pos, "route_until without within ends an hour after the tape, and there is none: give it a within")
			}
		case *Never:
			if step.For == nil {
				r.warn(step.Pos, "never without for ends with the tape, and there is none: it looks at one instant only")
			}
		case *Count:
			if step.For == nil {
				r.warn(step.Pos, "count without for ends with the tape, and there is none: it looks at one instant only")
			}
		}
	}
}

func (s *Scenario) expectsSomething() bool {
	for _, step := range s.Steps {
		switch step.(type) {
		case *RouteUntil, *Never, *Count, *Retained:
			return true
		}
	}
	e := s.Expect
	return e != nil && (len(e.Ordered)+len(e.Unordered)+len(e.Never) > 0 || e.SameAsTape != nil || e.Golden != nil)
}
