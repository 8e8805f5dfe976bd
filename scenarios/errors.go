package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a scenario file. Line and Col count from 1; Col counts
// characters. The zero Pos is no place.
type Pos struct{ Line, Col int }

// At returns the place itself; types that hold a Pos are so found by their
// place.
func (p Pos) At() Pos { return p }

// FileError is one fault of a scenario file.
type FileError struct {
	File string // as given to Load or Parse
	Pos
	Message string // what is wrong, without file and position
	Hint    string // what to do about it, such as `did you mean "within"?`; may be empty
	Excerpt string // the lines around it with a caret; empty without a position
}

// Error is `file:line:col: message`, then the excerpt and the hint on lines of
// their own.
func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
	}
	b.WriteString(": " + e.Message)
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	if e.Hint != "" {
		b.WriteString("\n  hint: " + e.Hint)
	}
	return b.String()
}

// Errors are all faults of one file, in the order of their places.
type Errors []*FileError

// Error is the text of each, one after the other.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap makes each fault visible to errors.As.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// Warning is something in a file that is allowed and looks like a mistake.
type Warning struct {
	File string
	Pos
	Message string
}

// String is `file:line:col: message`.
func (w Warning) String() string {
	if w.Line == 0 {
		return w.File + ": " + w.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", w.File, w.Line, w.Col, w.Message)
}

// source is the text of a file, for excerpts.
type source struct {
	file  string
	lines []string
}

func newSource(file, text string) *source {
	return &source{file: file, lines: strings.Split(text, "\n")}
}

// fault is one fault at a place; a place behind the end, which the YAML library
// names for some broken files, becomes the last line.
func (s *source) fault(p Pos, hint, format string, args ...any) *FileError {
	if p.Line > len(s.lines) {
		p = Pos{len(s.lines), 1}
	}
	return &FileError{File: s.file, Pos: p, Message: fmt.Sprintf(format, args...), Hint: hint, Excerpt: s.excerpt(p)}
}

func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimSuffix(s.lines[n-1], "\r")
}

// maxExcerptWidth is how much of a long line is shown.
const maxExcerptWidth = 100

// excerpt shows the line before, the line itself and a caret.
func (s *source) excerpt(p Pos) string {
	if p.Line < 1 || p.Line > len(s.lines) {
		return ""
	}
	var b strings.Builder
	width := len(fmt.Sprint(p.Line))
	from := 0
	if p.Col > maxExcerptWidth {
		from = p.Col - maxExcerptWidth*3/4
	}
	if before := window(s.line(p.Line-1), from); strings.TrimSpace(before) != "" {
		fmt.Fprintf(&b, "  %*d | %s\n", width, p.Line-1, before)
	}
	fmt.Fprintf(&b, "  %*d | %s\n", width, p.Line, window(s.line(p.Line), from))
	fmt.Fprintf(&b, "  %*s | %s^", width, "", strings.Repeat(" ", max(p.Col-1-from, 0)))
	return b.String()
}

// window cuts a line to what fits, with tabs as one space so that the caret
// stands right.
func window(line string, from int) string {
	if !utf8.ValidString(line) {
		line = strings.ToValidUTF8(line, "?")
	}
	r := []rune(strings.ReplaceAll(line, "\t", " "))
	r = r[min(from, len(r)):]
	if len(r) > maxExcerptWidth {
		return string(r[:maxExcerptWidth]) + "…"
	}
	return strings.TrimRight(string(r), " ")
}

// sorted orders faults by place; nil for none.
func sorted(list []*FileError) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return Errors(list)
}
