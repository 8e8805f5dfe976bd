package eventstore

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Reindex looks at every name in the folder; see Store. It reads no contents: a
// file that has lost bytes since it was persisted is found by Retrieve, or is
// empty. Temporary files, which a killed process leaves, are removed. Of two
// files with one id the later counts, and the earlier is removed.
func (f *Files) Reindex() (*problems.Problems, error) {
	if f.ended != nil {
		return nil, f.ended
	}
	s := scan{files: f, pat: newPatter(f.o)}
	err := f.disk.List(f.o.Path, func(l listed) {
		if l.kind == dirKind && isDayName(l.name) {
			s.day(l.name)
		} else {
			s.foreign(l.name)
		}
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &EventError{"reindex", "", f.o.Path, err}
	}
	s.settle()
	return s.found, nil
}

// scan is one Reindex.
type scan struct {
	files   *Files
	pat     *patter
	entries []*entry
	found   *problems.Problems
}

func (s *scan) day(day string) {
	before := len(s.entries)
	err := s.files.disk.List(s.files.at(day), func(l listed) {
		s.file(filepath.Join(day, l.name), l)
		s.pat.step()
	})
	if err != nil {
		s.unreadable(day, err)
	}
	if len(s.entries) == before {
		_ = s.files.disk.Remove(s.files.at(day)) // unless something else is in it
	}
}

func (s *scan) file(path string, l listed) {
	at, id, ok := parseName(strings.TrimSuffix(l.name, tempEnds))
	switch {
	case !ok || l.kind != fileKind:
		s.foreign(path)
	case strings.HasSuffix(l.name, tempEnds):
		s.remove(path)
	case errors.Is(l.err, fs.ErrNotExist): // gone since it was listed
	case l.err != nil:
		s.unreadable(path, l.err)
	case l.size == 0:
		s.unreadable(path, ErrEmpty)
	default:
		s.entries = append(s.entries, &entry{id: id, size: l.size, at: at, path: path})
	}
}

func (s *scan) foreign(path string) {
	s.found = s.found.Warn(&EventError{"reindex", "", s.files.at(path), ErrForeign})
}

func (s *scan) unreadable(path string, err error) {
	s.found = s.found.Add(&EventError{"reindex", "", s.files.at(path), err})
}

// remove removes a file that is not needed any more; when it cannot be removed
// that does no harm.
func (s *scan) remove(path string) {
	if err := s.files.disk.Remove(s.files.at(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.found = s.found.Warn(&EventError{"reindex", "", s.files.at(path), err})
	}
}

// settle makes an index of what was found.
func (s *scan) settle() {
	slices.SortStableFunc(s.entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.path, b.path))
	})
	f := s.files
	f.index, f.days = newIndex(), map[string]int{}
	for _, e := range s.entries {
		f.days[filepath.Dir(e.path)]++
	}
	for _, e := range s.entries {
		if old := f.index.get(e.id); old != nil {
			s.found = s.found.Warn(&EventError{"reindex", e.id, f.at(old.path), ErrReplaced})
			s.remove(old.path)
			f.forget(old)
		}
		f.index.add(e)
	}
}
