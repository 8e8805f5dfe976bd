package problems

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// LimitDefault is how many errors, and how many warnings, are kept.
const LimitDefault = 10

// Problems are the errors and warnings met on the way of something. The nil
// pointer and the zero value are empty and ready for use. It is for one
// goroutine at a time.
type Problems struct {
	limit    int // 0: LimitDefault
	errors   list
	warnings list
}

// list keeps the first of many errors.
type list struct {
	kept  []error
	total int
}

// New makes empty Problems that keep the first limit errors and as many
// warnings; limit <= 0: LimitDefault.
func New(limit int) *Problems { return &Problems{limit: max(limit, 0)} }

// Add adds an error and returns p, or new Problems where p is nil; a nil error
// is none.
func (p *Problems) Add(err error) *Problems {
	if err == nil {
		return p
	}
	p = p.orNew()
	p.errors.add(p.Limit(), 1, err)
	return p
}

// Warn adds a warning, as Add does an error.
func (p *Problems) Warn(warning error) *Problems {
	if warning == nil {
		return p
	}
	p = p.orNew()
	p.warnings.add(p.Limit(), 1, warning)
	return p
}

// Join adds what other holds and counts what it no longer does. It returns p,
// or new Problems where p is nil and other is not empty.
func (p *Problems) Join(other *Problems) *Problems {
	if other.Empty() {
		return p
	}
	p = p.orNew()
	p.errors.add(p.Limit(), other.errors.total, other.errors.kept...)
	p.warnings.add(p.Limit(), other.warnings.total, other.warnings.kept...)
	return p
}

func (p *Problems) orNew() *Problems {
	if p == nil {
		return &Problems{}
	}
	return p
}

func (l *list) add(limit, total int, errs ...error) {
	l.total += total
	room := max(limit-len(l.kept), 0)
	l.kept = append(l.kept, errs[:min(room, len(errs))]...)
}

// Limit is how many of each kind are kept.
func (p *Problems) Limit() int {
	if p == nil || p.limit == 0 {
		return LimitDefault
	}
	return p.limit
}

// Empty reports that there is neither an error nor a warning.
func (p *Problems) Empty() bool { return p.ErrorCount() == 0 && p.WarningCount() == 0 }

// ErrorCount is how many errors were added, also those that were not kept.
func (p *Problems) ErrorCount() int {
	if p == nil {
		return 0
	}
	return p.errors.total
}

// WarningCount is how many warnings were added, also those that were not kept.
func (p *Problems) WarningCount() int {
	if p == nil {
		return 0
	}
	return p.warnings.total
}

// Errors returns the errors that were kept, in the order they were added.
func (p *Problems) Errors() []error {
	if p == nil {
		return nil
	}
	return slices.Clone(p.errors.kept)
}

// Warnings returns the warnings that were kept, in the order they were added.
func (p *Problems) Warnings() []error {
	if p == nil {
		return nil
	}
	return slices.Clone(p.warnings.kept)
}

// Has reports whether a kept error or warning is target, as errors.Is says.
func (p *Problems) Has(target error) bool {
	is := func(err error) bool { return errors.Is(err, target) }
	return p != nil && (slices.ContainsFunc(p.errors.kept, is) || slices.ContainsFunc(p.warnings.kept, is))
}

// Err returns an error with the text of all problems, or nil when there are
// only warnings or none at all. errors.Is and errors.As look into the errors
// that were kept, not into warnings: they are not why it failed. What is added
// to p later does not change it.
func (p *Problems) Err() error {
	if p.ErrorCount() == 0 {
		return nil
	}
	return &joined{text: p.String(), errors: p.Errors()}
}

type joined struct {
	text   string
	errors []error
}

func (j *joined) Error() string   { return j.text }
func (j *joined) Unwrap() []error { return j.errors }

// String lists all problems, each with its number, or is empty:
//
//	2 errors, 1 warning
//	error 1 / 2: ...
//	error 2 / 2: ...
//	warning 1 / 1: ...
func (p *Problems) String() string {
	if p.Empty() {
		return ""
	}
	var heads []string
	for _, kind := range []struct {
		name string
		n    int
	}{{"error", p.errors.total}, {"warning", p.warnings.total}} {
		if kind.n > 0 {
			heads = append(heads, count(kind.n, kind.name))
		}
	}
	var b strings.Builder
	b.WriteString(strings.Join(heads, ", "))
	p.errors.write(&b, "error")
	p.warnings.write(&b, "warning")
	return b.String()
}

func (l *list) write(b *strings.Builder, kind string) {
	for i, err := range l.kept {
		b.WriteString("\n" + kind + " " + numbered(i+1, l.total, err))
	}
	if more := l.total - len(l.kept); more > 0 {
		b.WriteString("\nand " + count(more, "more "+kind))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
