package scenarios

import (
	"cmp"
	"slices"
)

// lint finds what is allowed and looks like a mistake.
func (r *reader) lint(root *node, s *Scenario) {
	r.unquoted(root)
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

// unquoted warns of texts that YAML 1.1 takes for true or false.
func (r *reader) unquoted(n *node) {
	switch n.kind {
	case kindScalar:
		if n.style == plainStyle && oldBoolean(n.text) {
			r.warn(n.Pos, "%s without quotes is the text %q here, and true or false to other readers of YAML; write %q", n.text, n.text, n.text)
		}
	case kindList:
		for _, item := range n.items {
			r.unquoted(item)
		}
	case kindObject:
		for _, f := range n.fields {
			r.unquoted(f.value)
		}
	}
}

// oldBoolean reports whether a text is a boolean of YAML 1.1 and not of 1.2.
func oldBoolean(s string) bool {
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
		return true
	}
	return false
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
