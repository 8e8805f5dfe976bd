package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/sim/golden"
	"github.com/hubtape/hubtape/sim/match"
)

// goldenJudge is expect.golden: what is said is what the file has, or becomes
// it.
type goldenJudge struct {
	*Golden
	run   *run
	path  string
	file  *golden.File // nil when it is to be written
	heard *golden.Recorder
}

func newGoldenJudge(r *run) (*goldenJudge, error) {
	s := r.scenario
	g := s.Expect.Golden
	j := &goldenJudge{Golden: g, run: r, path: s.Path(g.File), heard: golden.NewRecorder(s.goldenOptions())}
	if r.options.Update {
		return j, s.checkGoldenFolder()
	}
	if err := s.CheckGolden(); err != nil {
		return nil, err
	}
	var err error
	j.file, err = golden.Read(j.path)
	return j, goldenFaults(err)
}

func (j *goldenJudge) hear(s *match.Subject) { j.heard.Hear(s) }

func (j *goldenJudge) verdict(time.Duration) (failures []Failure, err error) {
	said, r := j.heard.Messages(), j.run
	if j.file == nil {
		return nil, nil // the file is what the run says
	}
	if len(said) == 0 && j.file.Empty() {
		r.warn("%s:%d:%d: golden compared nothing: the file %s is empty, and nothing was said", r.scenario.File, j.FilePos.Line, j.FilePos.Col, j.File)
	}
	found, err := j.file.Compare(said, r.scenario.goldenOptions())
	for _, f := range found {
		failures = append(failures, failureAt(f, j.Pos))
	}
	return failures, err
}

// update makes the file say what was said.
func (j *goldenJudge) update() error {
	r := j.run
	change, err := golden.Update(j.path, j.heard.Messages(), r.scenario.goldenOptions())
	if err == nil && change.Written {
		r.result.Updated = change.String()
	}
	return goldenFaults(err)
}

// goldenOptions are those of expect.golden. As with every condition, anybody
// counts where there is no automation.
func (s *Scenario) goldenOptions() golden.Options {
	g := s.Expect.Golden
	o := golden.Options{Topics: g.Topics, Ignore: g.Ignore, Time: g.TimeTolerance, Number: g.NumberTolerance}
	if len(s.Apps) == 0 && s.Exec == nil {
		o.Source = match.Any
	}
	return o
}

// checkGolden refuses a golden file that is something else in the scenario: to
// update it would be the end of that.
func (s *Scenario) checkGolden() error {
	if s.Expect == nil || s.Expect.Golden == nil {
		return nil
	}
	g := s.Expect.Golden
	var faults []*FileError
	path := filepath.Clean(s.Path(g.File))
	switch {
	case s.Tape != nil && path == filepath.Clean(s.Path(s.Tape.File)):
		faults = append(faults, s.source().fault(g.FilePos, "give the golden file a name of its own", "the golden file %s is the tape", g.File))
	case path == filepath.Clean(s.File):
		faults = append(faults, s.source().fault(g.FilePos, "give the golden file a name of its own", "the golden file %s is the scenario itself", g.File))
	}
	return sorted(faults)
}

// checkGoldenFolder looks whether the golden file could be written.
func (s *Scenario) checkGoldenFolder() error {
	g := s.Expect.Golden
	if info, err := os.Stat(s.Path(g.File)); err == nil && !info.Mode().IsRegular() { // a device may be read for ever
		return sorted([]*FileError{s.source().fault(g.FilePos, "", "the golden file %s is no file", g.File)})
	}
	folder := filepath.Dir(s.Path(g.File))
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	return sorted([]*FileError{s.source().fault(g.FilePos, "make it first", "the folder of the golden file %s is not there (looked for %s)", g.File, folder)})
}

// goldenFaults makes faults of files of those of a golden file.
func goldenFaults(err error) error {
	var faults golden.Errors
	if !errors.As(err, &faults) {
		return err
	}
	text, _ := os.ReadFile(faults[0].Path) // only for excerpts
	src := newSource(faults[0].Path, string(text))
	var list []*FileError
	for _, f := range faults {
		list = append(list, src.fault(Pos{f.Line, 1}, "mend it; or delete it, and write it anew with simrun --update", "%s", f.Message))
	}
	return sorted(list)
}
