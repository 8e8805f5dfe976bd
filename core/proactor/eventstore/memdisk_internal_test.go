package eventstore

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"
)

// memDisk is a disk that can fail, stop and lose its power.
type memDisk struct {
	now  map[string]*memNode // what a program sees
	safe map[string]*memNode // what a power cut leaves for sure
	fail func(op, path string) error
	ops  int // so far
	last int // the disk stops before this op; 0: never
}

type memNode struct {
	dir     bool
	other   bool // neither file nor folder
	content []byte
	size    int64 // of which content holds the first; 0: all
}

// stopped is what a disk that stops panics with: the end of the process.
type stopped struct{}

func newMemDisk() *memDisk {
	return &memDisk{now: map[string]*memNode{}, safe: map[string]*memNode{}}
}

func (d *memDisk) step(op, path string) error {
	if d.ops++; d.ops == d.last {
		panic(stopped{})
	}
	if d.fail != nil {
		return d.fail(op, path)
	}
	return nil
}

func (d *memDisk) Write(writes []write) []error {
	errs := make([]error, len(writes))
	for i, w := range writes {
		errs[i] = d.write(w)
	}
	return errs
}

func (d *memDisk) write(w write) error {
	if err := d.step("write", w.path); err != nil {
		return err
	}
	switch {
	case d.now[filepath.Dir(w.path)] == nil:
		return &fs.PathError{Op: "open", Path: w.path, Err: fs.ErrNotExist}
	case d.now[w.path] != nil:
		return &fs.PathError{Op: "open", Path: w.path, Err: fs.ErrExist}
	}
	node := &memNode{content: w.content[:len(w.content)/2]}
	d.now[w.path] = node
	if err := d.step("sync", w.path); err != nil {
		delete(d.now, w.path)
		return err
	}
	node.content = slices.Clone(w.content)
	return nil
}

func (d *memDisk) Rename(from, to string) error {
	if err := d.step("rename", from); err != nil {
		return err
	}
	d.now[to] = d.now[from]
	delete(d.now, from)
	return nil
}

func (d *memDisk) Remove(path string) error {
	if err := d.step("remove", path); err != nil {
		return err
	}
	if d.now[path] == nil {
		return &fs.PathError{Op: "remove", Path: path, Err: fs.ErrNotExist}
	}
	if len(d.names(path)) > 0 {
		return &fs.PathError{Op: "remove", Path: path, Err: fs.ErrExist}
	}
	delete(d.now, path)
	return nil
}

func (d *memDisk) MakeDir(path string) error {
	if err := d.step("mkdir", path); err != nil {
		return err
	}
	for ; d.now[path] == nil; path = filepath.Dir(path) {
		node := &memNode{dir: true}
		d.now[path], d.safe[path] = node, node
		if path == filepath.Dir(path) {
			break
		}
	}
	return nil
}

func (d *memDisk) SyncDir(path string) error {
	if err := d.step("syncdir", path); err != nil {
		return err
	}
	for name := range d.union() {
		if filepath.Dir(name) != path {
			continue
		}
		if d.now[name] == nil {
			delete(d.safe, name)
		} else {
			d.safe[name] = d.now[name]
		}
	}
	return nil
}

func (d *memDisk) Read(path string, bytesMax int64) ([]byte, error) {
	if err := d.step("read", path); err != nil {
		return nil, err
	}
	if d.now[path] == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	content := d.now[path].content
	return slices.Clone(content[:min(bytesMax, int64(len(content)))]), nil
}

func (d *memDisk) List(path string, each func(listed)) error {
	if err := d.step("list", path); err != nil {
		return err
	}
	if d.now[path] == nil {
		return &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	for _, name := range d.names(path) {
		node := d.now[name]
		l := listed{name: filepath.Base(name), kind: fileKind, size: max(node.size, int64(len(node.content)))}
		switch {
		case node.dir:
			l.kind = dirKind
		case node.other:
			l.kind = otherKind
		}
		if d.fail != nil {
			l.err = d.fail("stat", name)
		}
		each(l)
	}
	return nil
}

// names are the paths in a folder, sorted.
func (d *memDisk) names(path string) (names []string) {
	for name := range d.now {
		if filepath.Dir(name) == path && name != path {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// files are the paths of everything that is no folder, sorted.
func (d *memDisk) files() (paths []string) {
	for path, node := range d.now {
		if !node.dir {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func (d *memDisk) union() map[string]bool {
	all := map[string]bool{}
	for name := range d.now {
		all[name] = true
	}
	for name := range d.safe {
		all[name] = true
	}
	return all
}

// restart is the disk as the next process finds it, after a power cut when rnd
// is given: of each change of a name that was not synced either the old or the
// new is left.
func (d *memDisk) restart(rnd *rand.Rand) *memDisk {
	after := newMemDisk()
	for _, name := range slices.Sorted(maps.Keys(d.union())) {
		node := d.now[name]
		if rnd != nil && node != d.safe[name] && rnd.IntN(2) == 0 {
			node = d.safe[name]
		}
		if dir := filepath.Dir(name); node != nil && (dir == name || after.now[dir] != nil) {
			after.now[name], after.safe[name] = node, node
		}
	}
	return after
}

// testClock goes when it is told to.
type testClock struct{ at time.Duration }

func (c *testClock) Now() time.Duration { return c.at }
func (c *testClock) Wall() time.Time {
	return time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC).Add(c.at)
}

func (d *memDisk) String() string { return fmt.Sprint(d.files()) }
