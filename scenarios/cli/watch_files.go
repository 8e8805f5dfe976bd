package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files are all that is looked at.
func (w *watching) files() []string {
	paths := []string{}
	if w.program != "" {
		paths = append(paths, w.program)
	}
	for _, p := range w.paths {
		paths = append(paths, scenarioFiles(p)...)
	}
	paths = append(paths, w.filesOf(w.items)...)
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (w *watching) filesOf(items []*item) (paths []string) {
	for _, i := range items {
		paths = append(paths, w.involved(i)...)
	}
	return paths
}

// involved are the files that a scenario's result depends on. A golden file that
// the run writes itself is none.
func (w *watching) involved(i *item) []string {
	paths := []string{i.file}
	s := i.scenario
	if s == nil {
		return paths
	}
	if s.Tape != nil {
		paths = append(paths, filepath.Clean(s.Path(s.Tape.File)))
	}
	if s.Expect != nil && s.Expect.Golden != nil && !w.flags.update {
		paths = append(paths, filepath.Clean(s.Path(s.Expect.Golden.File)))
	}
	if s.Exec != nil {
		for _, word := range s.Exec.Command {
			p := filepath.Join(s.Dir, s.Exec.Cwd, word)
			if filepath.IsAbs(s.Exec.Cwd) {
				p = filepath.Join(s.Exec.Cwd, word)
			}
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
				paths = append(paths, p)
			}
		}
	}
	return paths
}

// scenarioFiles are the scenario files under a path, which may itself be one, or
// not be there at the moment.
func scenarioFiles(p string) (paths []string) {
	p = filepath.Clean(p)
	info, err := os.Stat(p)
	if err != nil || !info.IsDir() {
		return []string{p}
	}
	_ = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it went away meanwhile
		case d.IsDir() && path != p && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && filepath.Ext(path) == scenarioExt:
			paths = append(paths, path)
		}
		return nil
	})
	return paths
}
