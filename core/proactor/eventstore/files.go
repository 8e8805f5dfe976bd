package eventstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Files is a store of one file an event, in one folder a UTC day:
//
//	20260110T000000Z/20260110T170000.000000000Z.uid[5f0c…].json
//
// The time is that of the Clock when the event was persisted, or one nanosecond
// after the newest event that is pending, where that is later: so names are in
// the order of persisting also when several events come at one instant or the
// clock is set back. The original's names, with colons, are read too.
//
// An event that was persisted survives the end of the process and a power cut:
// its file was synced, then got its name, then the folder was synced, and the
// folders above when they are new; and only then were older events dropped. A
// Clear is not synced: it survives the end of the process, but after a power
// cut the event may be pending again. A batch given to Apply has its files
// synced side by side, and its folder once.
//
// Only one process may use a folder. It has to be on a local file system.
type Files struct {
	o       Options
	disk    disk
	index   *index
	days    map[string]int // events in each folder
	dropped int
	ended   error // ErrClosed; nil: usable
}

var _ Store = (*Files)(nil)

// OpenFiles opens the store in the folder o.Path and indexes what is there, as
// Reindex does. A folder that is missing is an empty store.
func OpenFiles(o Options) (*Files, *problems.Problems, error) { return openFiles(o, osDisk{}) }

func openFiles(o Options, d disk) (*Files, *problems.Problems, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	f := &Files{o: o, disk: d}
	found, err := f.Reindex()
	if err != nil {
		return nil, nil, err
	}
	return f, found, nil
}

// Persist stores one event; see Store.
func (f *Files) Persist(id string, content []byte) (*problems.Problems, error) {
	return only(f.Apply([]Change{{OpPersist, id, content}}))
}

// Clear removes an event's file; see Store.
func (f *Files) Clear(id string) (*problems.Problems, error) {
	return only(f.Apply([]Change{{Op: OpClear, ID: id}}))
}

func only(results []Result) (*problems.Problems, error) { return results[0].Problems, results[0].Err }

// Apply makes changes; see Store.
func (f *Files) Apply(changes []Change) []Result {
	results := make([]Result, len(changes))
	f.refuse(changes, results)
	written := f.write(changes, results)
	for i, c := range changes {
		switch {
		case results[i].Err != nil:
		case c.Op == OpPersist:
			results[i] = f.settle(written[i])
		default:
			results[i] = f.clear(c.ID)
		}
	}
	f.index.tidy()
	return results
}

func (f *Files) refuse(changes []Change, results []Result) {
	for i, c := range changes {
		if err := cmp.Or(f.ended, c.check(f.o.BytesMax)); err != nil {
			results[i].Err = &EventError{c.Op.String(), c.ID, "", err}
		}
	}
}

// write puts the events of a batch on the disk, durably, under their names.
// Those that fail have left nothing there.
func (f *Files) write(changes []Change, results []Result) []*entry {
	entries := make([]*entry, len(changes))
	var which []int
	var writes []write
	var days []string
	last := f.index.last()
	for i, c := range changes {
		if results[i].Err != nil || c.Op != OpPersist {
			continue
		}
		last = max(f.wall(), last+1)
		e := &entry{id: c.ID, size: int64(len(c.Content)), at: last}
		if last >= dateEnd {
			results[i].Err = f.notStored(e, ErrDate)
			continue
		}
		e.path = fileName(last, c.ID)
		entries[i] = e
		which = append(which, i)
		writes = append(writes, write{f.at(e.path) + tempEnds, c.Content})
		if day := filepath.Dir(e.path); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	errs := f.publish(days, writes)
	for n, i := range which {
		if errs[n] != nil {
			results[i].Err = f.notStored(entries[i], errs[n])
		}
	}
	return entries
}

// publish writes temporary files, gives them their names and syncs the folders.
func (f *Files) publish(days []string, writes []write) []error {
	for _, day := range days {
		if err := f.disk.MakeDir(f.at(day)); err != nil {
			return slices.Repeat([]error{err}, len(writes))
		}
	}
	errs := f.disk.Write(writes)
	for i, w := range writes {
		if errs[i] != nil {
			continue
		}
		if errs[i] = f.disk.Rename(w.path, withoutTemp(w.path)); errs[i] != nil {
			_ = f.disk.Remove(w.path)
		}
	}
	for _, day := range days {
		err := f.disk.SyncDir(f.at(day))
		if err == nil {
			continue
		}
		for i, w := range writes {
			if errs[i] == nil && filepath.Dir(w.path) == f.at(day) {
				errs[i] = err
				_ = f.disk.Remove(withoutTemp(w.path))
			}
		}
	}
	return errs
}

func withoutTemp(path string) string { return path[:len(path)-len(tempEnds)] }

// settle makes room for an event that is on the disk, and indexes it.
func (f *Files) settle(e *entry) (r Result) {
	old := f.index.get(e.id)
	for _, v := range f.index.victims(e.size, f.o.BytesMax, old) {
		gone, err := f.remove("drop", v)
		if err != nil {
			_ = f.disk.Remove(f.at(e.path))
			r.Err = f.notStored(e, fmt.Errorf("%w: %w", ErrTrim, err))
			return r
		}
		r.Problems = r.Problems.Warn(gone)
		f.dropped++
	}
	if old != nil {
		r.Problems = r.Problems.Warn(&EventError{"persist", e.id, f.at(e.path), ErrReplaced})
		gone, err := f.remove("replace", old)
		if err != nil { // the next Reindex tries again: of two events of one id the later counts
			f.forget(old)
		}
		r.Problems = r.Problems.Warn(errors.Join(gone, err))
	}
	f.index.add(e)
	f.days[filepath.Dir(e.path)]++
	return r
}

func (f *Files) clear(id string) (r Result) {
	e := f.index.get(id)
	if e == nil {
		r.Problems = r.Problems.Warn(&EventError{"clear", id, "", ErrUnknown})
		return r
	}
	gone, err := f.remove("clear", e)
	return Result{r.Problems.Warn(gone), err}
}

// remove removes an event's file and its entry. That there was no file any more
// is a warning.
func (f *Files) remove(op string, e *entry) (missing, err error) {
	path := f.at(e.path)
	err = f.disk.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		missing, err = &EventError{op, e.id, path, ErrMissing}, nil
	}
	if err != nil {
		return nil, &EventError{op, e.id, path, err}
	}
	f.forget(e)
	return missing, nil
}

// forget removes an entry, and its day's folder with the last of its events. A
// folder in which something else stands stays, as Remove leaves it.
func (f *Files) forget(e *entry) {
	f.index.remove(e)
	day := filepath.Dir(e.path)
	if f.days[day]--; f.days[day] == 0 {
		delete(f.days, day)
		_ = f.disk.Remove(f.at(day))
	}
}

// Retrieve reads an event's file; see Store.
func (f *Files) Retrieve(id string) (content []byte, found bool, err error) {
	if f.ended != nil {
		return nil, false, f.ended
	}
	e := f.index.get(id)
	if e == nil {
		return nil, false, nil
	}
	if content, err = f.read(e); err != nil {
		return nil, true, &EventError{"retrieve", id, f.at(e.path), err}
	}
	return content, true, nil
}

func (f *Files) read(e *entry) ([]byte, error) {
	if e.size > f.o.BytesMax {
		return nil, ErrTooLarge
	}
	content, err := f.disk.Read(f.at(e.path), e.size+1)
	switch n := int64(len(content)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrMissing
	case err != nil:
		return nil, err
	case n < e.size:
		return nil, fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, n, e.size)
	case n > e.size:
		return nil, fmt.Errorf("%w: it has more than its %d bytes", ErrDamaged, e.size)
	}
	return content, nil
}

// Pending returns the ids in the order of persisting; see Store.
func (f *Files) Pending() []string { return f.index.ids() }

// NumPending is how many events there are.
func (f *Files) NumPending() int { return f.index.len() }

// Bytes is the sum of the lengths of their contents.
func (f *Files) Bytes() int64 { return f.index.bytes }

// Dropped is how many events were dropped for room; see Store.
func (f *Files) Dropped() int { return f.dropped }

// Close ends the use of the store.
func (f *Files) Close() error {
	f.ended = ErrClosed
	return nil
}

func (f *Files) at(path string) string { return filepath.Join(f.o.Path, path) }

// wall is the date in ns since 1970, as far as it names files.
func (f *Files) wall() int64 {
	switch wall := f.o.Clock.Wall(); {
	case wall.Before(time.Unix(0, 0)):
		return 0
	case !wall.Before(time.Unix(0, dateEnd)):
		return dateEnd
	default:
		return wall.UnixNano()
	}
}

// notStored says what did not happen, and what is safe all the same.
func (f *Files) notStored(e *entry, err error) error {
	path := ""
	if e.path != "" {
		path = f.at(e.path)
	}
	return &EventError{"persist", e.id, path, stillStored(f.index, err)}
}

func stillStored(x *index, err error) error {
	return fmt.Errorf("%w (%d events with %d bytes are still stored)", err, x.len(), x.bytes)
}
