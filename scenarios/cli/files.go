package cli

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/scenarios"
)

// scenarioExt is what files of a folder must end in to be taken for scenarios.
const scenarioExt = ".yaml"

// libraryName is the folder that the built-in library appears as.
const libraryName = "library"

// item is one scenario file.
type item struct {
	file     string              // as it is shown
	scenario *scenarios.Scenario // nil when it could not be read
	err      error               // why
}

// name is the scenario's, or the file's when there is none.
func (i *item) name() string {
	if i.scenario == nil {
		return i.file
	}
	return i.scenario.Name
}

// files finds and reads scenario files. Close it when they are no longer run.
type files struct {
	*app
	dir   string // where the library was extracted; "": it was not
	items []*item
	seen  map[string]bool
}

// open finds the scenario files under paths, without any those of the library,
// and reads them. The error is of paths that are not there; what is wrong in a
// file is kept with it.
func (a *app) open(paths []string) (*files, error) {
	f := &files{app: a, seen: map[string]bool{}}
	if len(paths) == 0 {
		if a.Library == nil {
			return nil, command.Usagef("this simrun has no scenarios of its own; name a scenario file or a folder, or see `%s --help`", a.Name)
		}
		paths = []string{libraryName}
	}
	var errs []error
	for _, p := range paths {
		if err := f.add(p); err != nil {
			errs = append(errs, err)
		}
	}
	switch len(errs) {
	case 0:
		return f, nil
	case 1:
		f.Close()
		return nil, errs[0]
	}
	f.Close()
	for _, err := range errs {
		a.tell(err)
	}
	return nil, command.Exit(worstOf(errs))
}

func worstOf(errs []error) (code int) {
	for _, err := range errs {
		code = worse(code, exitCode(err))
	}
	return code
}

// Close removes what was extracted.
func (f *files) Close() {
	if f.dir != "" {
		_ = os.RemoveAll(f.dir)
	}
}

// add reads a file, or all under a folder.
func (f *files) add(p string) error {
	info, err := os.Stat(p)
	switch {
	case err == nil && info.IsDir():
		return f.addFolder(os.DirFS(p), p, func(rel string) { f.load(filepath.Join(p, filepath.FromSlash(rel))) })
	case err == nil:
		f.load(p)
		return nil
	case errors.Is(err, fs.ErrNotExist) && f.inLibrary(p):
		return f.addLibrary(path.Clean(filepath.ToSlash(p)))
	case errors.Is(err, fs.ErrNotExist):
		return command.Usagef("there is no file or folder %s%s", p, nearCommand(p))
	}
	return err
}

// nearCommand guesses at a command that was mistyped, and so taken for a path.
func nearCommand(word string) string {
	if near, ok := didyoumean.Nearest(word, []string{"run", "check", "new", "apps", "schema", "completion", "help"}); ok {
		return ", nor a command of this name; did you mean " + near + "?"
	}
	return ""
}

func (f *files) inLibrary(p string) bool {
	p = path.Clean(filepath.ToSlash(p))
	return f.Library != nil && (p == libraryName || strings.HasPrefix(p, libraryName+"/"))
}

// addFolder calls add for every scenario file under a folder, in the order of
// their names. Hidden folders are left alone.
func (f *files) addFolder(tree fs.FS, shown string, add func(rel string)) error {
	var found []string
	others := 0 // that look like scenario files
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && path.Ext(p) == scenarioExt:
			found = append(found, p)
		case !d.IsDir() && path.Ext(p) == ".yml":
			others++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(found) == 0 && others > 0 {
		return command.Usagef("there is no scenario file (*%s) in %s, but %s; rename them to *%s", scenarioExt, shown, command.Count(others, "*.yml file"), scenarioExt)
	}
	if len(found) == 0 {
		return command.Usagef("there is no scenario file (*%s) in %s", scenarioExt, shown)
	}
	slices.Sort(found)
	for _, rel := range found {
		add(rel)
	}
	return nil
}

// load reads a file, once however often it is named.
func (f *files) load(p string) {
	p = filepath.Clean(p)
	if f.seen[p] {
		return
	}
	f.seen[p] = true
	var s *scenarios.Scenario
	var err error
	if panicked := guard(0, func() { s, err = scenarios.LoadFor(p, f.Apps) }); panicked != nil {
		err = panicked // of an automation that reads its parameters itself
	}
	f.items = append(f.items, &item{file: p, scenario: s, err: err})
}

// addLibrary reads what the library has under a name like library/lights.
func (f *files) addLibrary(name string) error {
	rel := strings.TrimPrefix(strings.TrimPrefix(name, libraryName), "/")
	if rel == "" {
		rel = "."
	}
	info, err := fs.Stat(f.Library, rel)
	if err != nil {
		return command.Usagef("the built-in library has no %s; see `%s --list`", name, f.Name)
	}
	if !info.IsDir() {
		return f.loadLibrary(rel)
	}
	tree, err := fs.Sub(f.Library, rel)
	if err != nil {
		return err
	}
	var errs []error
	err = f.addFolder(tree, name, func(below string) { errs = append(errs, f.loadLibrary(path.Join(rel, below))) })
	return errors.Join(err, errors.Join(errs...))
}

// loadLibrary reads a file of the library. Its tape is looked for where the
// library was extracted, as a tape is a file that is mapped into memory.
func (f *files) loadLibrary(rel string) error {
	shown := path.Join(libraryName, rel)
	if f.seen[shown] {
		return nil
	}
	f.seen[shown] = true
	if err := f.extract(); err != nil {
		return err
	}
	text, err := fs.ReadFile(f.Library, rel)
	if err != nil {
		return err
	}
	s, err := scenarios.Parse(shown, text)
	if err == nil {
		s.Dir = filepath.Join(f.dir, filepath.FromSlash(path.Dir(rel)))
	}
	f.items = append(f.items, &item{file: shown, scenario: s, err: err})
	return nil
}

// extract writes the library into a temporary folder.
func (f *files) extract() (err error) {
	if f.dir != "" {
		return nil
	}
	if f.dir, err = os.MkdirTemp("", "hubtape-library-*"); err != nil {
		return err
	}
	return os.CopyFS(f.dir, f.Library)
}
