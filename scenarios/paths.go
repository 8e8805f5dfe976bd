package scenarios

import (
	"strings"
	"unicode"
)

// paths checks how the paths of a scenario are written: so that they mean the
// same on every system.
func (r *reader) paths(s *Scenario) {
	if s.Tape != nil {
		r.path("file", s.Tape.File, s.Tape.FilePos)
	}
	if s.Exec != nil {
		r.path("cwd", s.Exec.Cwd, s.Exec.Pos)
	}
	if s.Expect != nil && s.Expect.Golden != nil {
		r.path("file", s.Expect.Golden.File, s.Expect.Golden.FilePos)
	}
}

func (r *reader) path(what, path string, p Pos) {
	switch {
	case strings.Contains(path, `\`):
		r.fail(p, "write "+strings.ReplaceAll(path, `\`, "/"), `%s has \ in it; a path is written with / on every system`, what)
	case strings.ContainsFunc(path, unicode.IsControl):
		r.fail(p, `between " and " a \ and the letter after it are one character; write paths with /`, "%s has a character in it that no file name has", what)
	}
}
