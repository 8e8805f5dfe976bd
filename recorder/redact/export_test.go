package redact

import (
	"errors"
	"regexp/syntax"
	"slices"
)

// Literals are the texts by which a regular expression is looked for.
func Literals(expr string) []string {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err)
	}
	all := literals(tree.Simplify())
	slices.Sort(all)
	return slices.Compact(all)
}

// Unprepared are the names of rules whose expressions are tried on every text.
func (r *Rules) Unprepared() (names []string) {
	for _, one := range r.regexes {
		if one.bit&r.trig.all != 0 {
			names = append(names, one.name)
		}
	}
	return names
}

// PlansKept is how many topics are remembered.
func (x *Redactor) PlansKept() int { return len(x.scan.plans.topics) + len(x.scan.plans.filters) }

// MaxPlans bounds that, for topics and for filters each.
const MaxPlans = maxPlans

// WithoutLinks runs f as on a file system that has no links.
func WithoutLinks(f func()) {
	was := link
	defer func() { link = was }()
	link = func(_, _ string) error { return errors.ErrUnsupported }
	f()
}
