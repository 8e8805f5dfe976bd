package scenarios

import "github.com/hubtape/hubtape/sim/match"

// FilterUse is a topic filter of a scenario and what it is for, such as
// "tape.feed", "drop", "route_until" or "expect.never".
type FilterUse struct {
	Pos
	Filter string
	For    string
}

// Filters lists every topic filter of the scenario, in the order of the model:
// tape, faults, steps, expectations. A filter that nothing ever matches is most
// likely a mistake.
func (s *Scenario) Filters() []FilterUse {
	var out []FilterUse
	add := func(p Pos, use string, filters ...string) {
		for _, f := range filters {
			out = append(out, FilterUse{Pos: p, Filter: f, For: use})
		}
	}
	if t := s.Tape; t != nil {
		add(t.Pos, "tape.feed", t.Feed...)
		add(t.Pos, "tape.exclude", t.Exclude...)
		add(t.Pos, "tape.app_outputs", t.AppOutputs...)
	}
	for _, f := range s.Faults {
		if f.Topic != "" {
			add(f.Pos, string(f.Kind), f.Topic)
		}
	}
	for _, step := range s.Steps {
		if p := PatternOf(step); p != nil {
			add(step.At(), step.Kind(), p.Topic)
		}
	}
	if e := s.Expect; e != nil {
		for _, list := range []struct {
			use   string
			items []Expectation
		}{{"expect.ordered", e.Ordered}, {"expect.unordered", e.Unordered}, {"expect.never", e.Never}} {
			for _, x := range list.items {
				add(x.Pos, list.use, x.Pattern.Topic)
			}
		}
		if e.Golden != nil {
			add(e.Golden.Pos, "expect.golden", e.Golden.Topics...)
		}
	}
	return out
}

// PatternOf returns the pattern of a step that looks at messages, nil for the
// others.
func PatternOf(step Step) *match.Pattern {
	switch step := step.(type) {
	case *RouteUntil:
		return step.Pattern
	case *Never:
		return step.Pattern
	case *Count:
		return step.Pattern
	case *Retained:
		return step.Pattern
	}
	return nil
}
