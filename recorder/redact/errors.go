package redact

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrRules is what every fault of a rule file wraps.
var ErrRules = errors.New("bad redaction rules")

// ErrKey is returned, wrapped with the path, by [LoadKey] for a file that holds
// something else.
var ErrKey = errors.New("not a redaction key")

// Pos is a place in a rule file. Line and Col count from 1, Col in characters.
type Pos struct{ Line, Col int }

// FileError is one fault of a rule file.
type FileError struct {
	File string // as given to Parse
	Pos
	Message string // what is wrong, without file and place
	Hint    string // what to do about it; may be empty
	Excerpt string // the lines around it, with a caret
}

// Error is `file:line:col: message`, then the excerpt and the hint on lines of
// their own.
func (e *FileError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	if e.Hint != "" {
		b.WriteString("\n  hint: " + e.Hint)
	}
	return b.String()
}

// Unwrap returns [ErrRules].
func (e *FileError) Unwrap() error { return ErrRules }

// Errors are all faults of a rule file, in the order of their places.
type Errors []*FileError

// Error is the text of each, one after the other.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap makes each fault visible to errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// maxFaults is how many faults of a file are told; who has more has one cause
// for most.
const maxFaults = 50

// maxExcerpt is how much of a line an excerpt shows, in characters.
const maxExcerpt = 100

// source is the text of a file and the faults found in it.
type source struct {
	file   string
	lines  []string
	faults Errors
}

func (s *source) fail(p Pos, hint, format string, args ...any) {
	if len(s.faults) >= maxFaults {
		return
	}
	p.Line = min(max(p.Line, 1), len(s.lines))
	p.Col = max(p.Col, 1)
	s.faults = append(s.faults, &FileError{File: s.file, Pos: p, Message: fmt.Sprintf(format, args...), Hint: hint, Excerpt: s.excerpt(p)})
}

// err returns the faults in the order of their places, nil for none.
func (s *source) err() error {
	if len(s.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(s.faults, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return s.faults
}

// excerpt shows the line before, the line itself, and a caret.
func (s *source) excerpt(p Pos) string {
	from := max(0, p.Col-maxExcerpt*3/4)
	var b strings.Builder
	if p.Line > 1 && strings.TrimSpace(s.lines[p.Line-2]) != "" {
		fmt.Fprintf(&b, "  %4d | %s\n", p.Line-1, window(s.lines[p.Line-2], from))
	}
	fmt.Fprintf(&b, "  %4d | %s\n", p.Line, window(s.lines[p.Line-1], from))
	fmt.Fprintf(&b, "       | %s^", strings.Repeat(" ", p.Col-1-from))
	return b.String()
}

// window cuts a line to what fits; a tab counts as one space, so that the caret
// stands right.
func window(line string, from int) string {
	r := []rune(strings.ReplaceAll(line, "\t", " "))
	r = r[min(from, len(r)):]
	return strings.TrimRight(string(r[:min(len(r), maxExcerpt)]), " ")
}
