package golden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Change is what Update has done.
type Change struct {
	Path     string
	Messages int  // in the file now
	Written  bool // false: it says all that already
	Created  bool // it was not there
	// How many messages differed; all 0 when only the way of writing did.
	Added, Removed, Changed int
}

// String says it on one line: "hall.golden.jsonl: 12 messages (1 added, 2
// changed)".
func (c Change) String() string {
	return fmt.Sprintf("%s: %s (%s)", c.Path, messages(c.Messages), c.what())
}

func (c Change) what() string {
	switch {
	case !c.Written:
		return "unchanged"
	case c.Created:
		return "a new file"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{c.Added, "added"}, {c.Removed, "removed"}, {c.Changed, "changed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if parts == nil {
		return "the same, in the file's own form"
	}
	return strings.Join(parts, ", ")
}

// Update makes the file say what was said in a run. Times and numbers that are
// within the tolerance stay as the file has them, so that only what means
// something changes; a file that would not change is not written. It is
// replaced as a whole, and made where it is missing; its folder must be there. A
// file that is no golden file is not overwritten: that is an [Errors].
func Update(path string, said []Message, o Options) (Change, error) {
	c := Change{Path: path, Messages: len(said)}
	old, err := os.ReadFile(path)
	if c.Created = errors.Is(err, fs.ErrNotExist); err != nil && !c.Created {
		return c, err
	}
	f, err := Parse(path, old)
	if err != nil {
		return c, err
	}
	text, err := f.updated(said, o, &c)
	if err != nil || !c.Created && bytes.Equal(text, withoutCR(old)) {
		return c, err
	}
	c.Written = true
	return c, replace(path, text)
}

// withoutCR has lines end as in the repository: git may check them out otherwise
// on Windows, and that is no change.
func withoutCR(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// updated returns the text of the file as it has to become.
func (f *File) updated(said []Message, o Options, c *Change) ([]byte, error) {
	report, err := f.compare(said, o, len(f.messages)+len(said)+1)
	if err != nil {
		return nil, err
	}
	for _, t := range report.Topics {
		c.Added += int(t.Extra)
		c.Removed += int(t.Missing)
		c.Changed += int(t.Changed + t.Moved)
	}
	m := merger{old: f.messages, new: said, o: o}
	m.pair(report)
	return m.format(), nil
}

// replace writes a file beside the one that it then takes the place of.
func replace(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: the folder %s is not there; make it first", path, filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_ = f.Chmod(0o644) // not on every file system
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
