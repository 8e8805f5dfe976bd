package hub

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// maxFaults is how many faults of a file are told; who has more has one cause for
// most.
const maxFaults = 50

// FileError is one fault of a users file.
type FileError struct {
	File string
	// Line and Col are where it is, from 1; Col in characters.
	Line, Col int
	Message   string // what is wrong, and what to do
}

// Error is file:line:col: message.
func (e *FileError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
}

// Unwrap returns [ErrUsers].
func (e *FileError) Unwrap() error { return ErrUsers }

// faults collects what is wrong with a file.
type faults struct {
	file     string
	found    []*FileError
	warnings []string
}

func (f *faults) fail(line, col int, format string, args ...any) {
	if len(f.found) < maxFaults {
		f.found = append(f.found, &FileError{File: f.file, Line: max(line, 1), Col: max(col, 1), Message: fmt.Sprintf(format, args...)})
	}
}

func (f *faults) warn(line, col int, format string, args ...any) {
	if len(f.warnings) < maxFaults {
		f.warnings = append(f.warnings, fmt.Sprintf("%s:%d:%d: %s", f.file, line, col, fmt.Sprintf(format, args...)))
	}
}

// err is all faults, in the order of their places; nil for none.
func (f *faults) err() error {
	slices.SortStableFunc(f.found, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	errs := make([]error, len(f.found))
	for i, e := range f.found {
		errs[i] = e
	}
	return errors.Join(errs...)
}
