package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of a file.
type Problem struct {
	Place
	// About names the node or component, as `node "s"`; may be empty.
	About string
	// What is wrong and what to do.
	What string
}

// Error is all that is wrong with a file, in the order of the places.
type Error struct {
	File     string
	Problems []Problem // at least one
}

// Error has a line for each problem: file:line:col: about: what.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s:%d:%d: ", e.File, p.Line, p.Col)
		if p.About != "" {
			lines[i] += p.About + ": "
		}
		lines[i] += p.What
	}
	return strings.Join(lines, "\n")
}

// problems are collected while a file is read.
type problems []Problem

func (p *problems) add(at Place, about, format string, args ...any) {
	*p = append(*p, Problem{at, about, fmt.Sprintf(format, args...)})
}

// err returns all of them; nil where there are none.
func (p *problems) err(file string) error {
	if len(*p) == 0 {
		return nil
	}
	slices.SortStableFunc(*p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return &Error{File: file, Problems: *p}
}
