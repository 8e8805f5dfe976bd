package scenarios

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// CheckFiles looks whether the files and folders that the scenario needs are
// there: the tape, and the folder of an external program. The error is an
// [Errors]. Golden files are for [Scenario.CheckGolden].
func (s *Scenario) CheckFiles() error {
	var faults []*FileError
	if s.Tape != nil {
		faults = s.needFile(faults, "tape", s.Tape.File, s.Tape.FilePos, "")
	}
	if s.Exec != nil && s.Exec.Cwd != "" {
		if info, err := os.Stat(s.Path(s.Exec.Cwd)); err != nil || !info.IsDir() {
			faults = append(faults, s.source().fault(s.Exec.Pos, "", "the folder %s of exec is not there", s.Exec.Cwd))
		}
	}
	return sorted(faults)
}

// CheckGolden looks whether the golden file is there; it need not be when it is
// about to be written. The error is an [Errors].
func (s *Scenario) CheckGolden() error {
	if s.Expect == nil || s.Expect.Golden == nil {
		return nil
	}
	g := s.Expect.Golden
	return sorted(s.needFile(nil, "golden file", g.File, g.FilePos, "write it with simrun --update"))
}

// CheckApps looks whether the automations that the scenario names are among
// those known. The error is an [Errors].
func (s *Scenario) CheckApps(known []string) error {
	var faults []*FileError
	for _, app := range s.Apps {
		if app.App == "" || slices.Contains(known, app.App) {
			continue // without a name there is nothing to look for
		}
		names := slices.Sorted(slices.Values(known))
		hint := nearHint(app.App, names)
		if hint == "" {
			hint = "this binary has no automations at all"
		}
		faults = append(faults, s.source().fault(app.Pos, hint, "this binary has no automation %q", app.App))
	}
	return sorted(faults)
}

func (s *Scenario) needFile(faults []*FileError, what, file string, p Pos, hint string) []*FileError {
	if file == "" {
		return faults // that is a fault of its own
	}
	info, err := os.Stat(s.Path(file))
	switch {
	case err == nil && info.Mode().IsRegular():
		return faults
	case err == nil:
		return append(faults, s.source().fault(p, "", "the %s %s is no file", what, file))
	}
	path := s.Path(file)
	if near, ok := nearFile(path); ok {
		hint = strings.TrimSpace("did you mean " + filepath.Join(filepath.Dir(file), near) + "? " + otherwise(hint))
	}
	return append(faults, s.source().fault(p, hint, "the %s %s is not there (looked for %s)", what, file, path))
}

// source is the text of the file, for excerpts; a scenario made in Go has none.
func (s *Scenario) source() *source {
	if s.src == nil {
		return newSource(s.File, "")
	}
	return s.src
}

// otherwise is a hint for those who did not mean the file that is there.
func otherwise(hint string) string {
	if hint == "" {
		return ""
	}
	return "If not, " + hint
}

// nearFile is the file beside a path that differs from it by a typing mistake:
// an extension that is the same does not make names alike.
func nearFile(path string) (name string, ok bool) {
	extension := filepath.Ext(path)
	var stems []string
	for _, name := range filesIn(filepath.Dir(path)) {
		if stem, same := strings.CutSuffix(name, extension); same {
			stems = append(stems, stem)
		}
	}
	near, ok := didyoumean.Nearest(strings.TrimSuffix(filepath.Base(path), extension), stems)
	return near + extension, ok
}

func filesIn(dir string) []string {
	entries, err := os.ReadDir(dir) // sorted; unreadable is no hint
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}
