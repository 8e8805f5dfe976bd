package eventstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Bolt is a store in one bbolt file: one bucket, whose keys count up, so that
// its order is that of persisting.
//
// What was persisted or cleared survives the end of the process and a power cut
// on return: each call is a transaction, and so is a batch given to Apply. Each
// content has a checksum. The file never shrinks: what was cleared is room for
// new events.
//
// One process may have the file open: others get ErrLocked.
type Bolt struct {
	o       Options
	db      *bolt.DB
	index   *index
	dropped int
	ended   error // ErrClosed, or ErrDamaged since bbolt fell over the file; nil: usable
}

var _ Store = (*Bolt)(nil)

var eventsBucket = []byte("hubtape events 1")

// OpenBolt opens the store in the file o.Path and indexes what is there, as
// Reindex does; a file that is missing is made. All pages of the file are looked
// through first: a damaged one is ErrDamaged, another program's ErrForeign, and
// neither is changed.
func OpenBolt(o Options) (*Bolt, *problems.Problems, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	db, headsWhole, err := openBoltFile(o.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	b := &Bolt{o: o, db: db}
	found, err := b.Reindex()
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	if !headsWhole {
		found = found.Warn(&EventError{"reindex", "", o.Path, ErrMeta})
	}
	return b, found, nil
}

// Persist stores one event; see Store.
func (b *Bolt) Persist(id string, content []byte) (*problems.Problems, error) {
	return only(b.Apply([]Change{{OpPersist, id, content}}))
}

// Clear deletes an event; see Store.
func (b *Bolt) Clear(id string) (*problems.Problems, error) {
	return only(b.Apply([]Change{{Op: OpClear, ID: id}}))
}

// Apply makes changes in one transaction; see Store. When that fails none of
// them is made.
func (b *Bolt) Apply(changes []Change) []Result {
	results := make([]Result, len(changes))
	for i, c := range changes {
		if err := cmp.Or(b.ended, c.check(b.o.BytesMax)); err != nil {
			results[i].Err = &EventError{c.Op.String(), c.ID, "", err}
		}
	}
	if !b.writes(changes, results) {
		return results
	}
	b.index.tidy()
	t := boltChanges{index: b.index, bytesMax: b.o.BytesMax}
	err := b.guarded(func() error {
		return b.db.Update(func(tx *bolt.Tx) error {
			t.bucket = tx.Bucket(eventsBucket)
			t.bucket.FillPercent = 1 // keys only ever come last
			return t.apply(changes, results)
		})
	})
	if err != nil {
		t.takeBack()
		b.fail(changes, results, err)
		return results
	}
	b.dropped += t.dropped
	return results
}

// writes reports whether the changes need a transaction. When none does, each is
// refused already or a Clear that has nothing to do, which is told.
func (b *Bolt) writes(changes []Change, results []Result) bool {
	for i, c := range changes {
		if results[i].Err == nil && (c.Op == OpPersist || b.index.get(c.ID) != nil) {
			return true
		}
	}
	for i, c := range changes {
		if results[i].Err == nil {
			results[i].Problems = results[i].Problems.Warn(&EventError{"clear", c.ID, "", ErrUnknown})
		}
	}
	return false
}

// fail says of every change that was on its way that it was not made.
func (b *Bolt) fail(changes []Change, results []Result, err error) {
	for i, c := range changes {
		if results[i].Err == nil {
			results[i] = Result{Err: &EventError{c.Op.String(), c.ID, b.o.Path, stillStored(b.index, err)}}
		}
	}
}

// boltChanges are the changes of one transaction. The index is changed on the
// way, and back when the transaction fails.
type boltChanges struct {
	index    *index
	bucket   *bolt.Bucket
	bytesMax int64
	steps    []boltStep
	dropped  int
}

type boltStep struct {
	entry *entry
	added bool
}

func (t *boltChanges) apply(changes []Change, results []Result) error {
	for i, c := range changes {
		if results[i].Err != nil {
			continue
		}
		var err error
		if c.Op == OpPersist {
			results[i].Problems, err = t.persist(c)
		} else {
			results[i].Problems, err = t.clear(c.ID)
		}
		if err != nil {
			return err
		}
	}
	return t.count()
}

func (t *boltChanges) persist(c Change) (told *problems.Problems, err error) {
	e := &entry{id: c.ID, size: int64(len(c.Content)), at: t.index.last() + 1}
	old := t.index.get(c.ID)
	for _, v := range t.index.victims(e.size, t.bytesMax, old) {
		if err := t.remove(v); err != nil {
			return nil, err
		}
		t.dropped++
	}
	if old != nil {
		told = told.Warn(&EventError{"persist", c.ID, "", ErrReplaced})
		if err := t.remove(old); err != nil {
			return nil, err
		}
	}
	t.index.add(e)
	t.steps = append(t.steps, boltStep{e, true})
	key := boltKey(e.at)
	return told, t.bucket.Put(key, encodeBolt(key, c.ID, c.Content))
}

func (t *boltChanges) clear(id string) (told *problems.Problems, err error) {
	e := t.index.get(id)
	if e == nil {
		return told.Warn(&EventError{"clear", id, "", ErrUnknown}), nil
	}
	return nil, t.remove(e)
}

func (t *boltChanges) remove(e *entry) error {
	t.index.remove(e)
	t.steps = append(t.steps, boltStep{e, false})
	return t.bucket.Delete(boltKey(e.at))
}

// count keeps the number of events as the bucket's sequence, so that it is
// noticed when some are missing.
func (t *boltChanges) count() error {
	n := t.bucket.Sequence()
	for _, s := range t.steps {
		if s.added {
			n++
		} else {
			n--
		}
	}
	return t.bucket.SetSequence(n)
}

func (t *boltChanges) takeBack() {
	for _, s := range slices.Backward(t.steps) {
		if s.added {
			t.index.remove(s.entry)
		} else {
			t.index.revive(s.entry)
		}
	}
}

// Retrieve reads an event and checks it; see Store.
func (b *Bolt) Retrieve(id string) (content []byte, found bool, err error) {
	if b.ended != nil {
		return nil, false, b.ended
	}
	e := b.index.get(id)
	if e == nil {
		return nil, false, nil
	}
	err = b.guarded(func() error {
		return b.db.View(func(tx *bolt.Tx) error {
			key := boltKey(e.at)
			value := tx.Bucket(eventsBucket).Get(key)
			if value == nil {
				return ErrMissing
			}
			stored, text, err := decodeBolt(key, value)
			if err == nil && stored != id {
				err = ErrDamaged
			}
			content = slices.Clone(text)
			return err
		})
	})
	if err != nil {
		return nil, true, &EventError{"retrieve", id, b.place(e.at), err}
	}
	return content, true, nil
}

// Reindex reads every event and its checksum; see Store.
func (b *Bolt) Reindex() (found *problems.Problems, err error) {
	if b.ended != nil {
		return nil, b.ended
	}
	pat, x := newPatter(b.o), newIndex()
	var n, counted uint64
	err = b.guarded(func() error {
		return b.db.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(eventsBucket)
			counted = bucket.Sequence()
			return bucket.ForEach(func(key, value []byte) error {
				if err := indexBolt(x, key, value); err != nil {
					found = found.Add(&EventError{"reindex", "", fmt.Sprintf("%s key %x", b.o.Path, key), err})
				}
				n++
				pat.step()
				return nil
			})
		})
	})
	if err != nil {
		return nil, &EventError{"reindex", "", b.o.Path, err}
	}
	if n != counted {
		found = found.Add(&EventError{"reindex", "", b.o.Path, fmt.Errorf("%w: %d events stand there, %d were stored", ErrDamaged, n, counted)})
	}
	b.index = x
	return found, nil
}

func indexBolt(x *index, key, value []byte) error {
	if len(key) != 8 || key[0] != 0 { // no store counts that far
		return ErrForeign
	}
	at := int64(binary.BigEndian.Uint64(key))
	x.floor = at
	id, content, err := decodeBolt(key, value)
	if err != nil {
		return err
	}
	if x.get(id) != nil {
		return fmt.Errorf("%w: event %q stands there twice", ErrDamaged, id)
	}
	x.add(&entry{id: id, size: int64(len(content)), at: at})
	return nil
}

// Pending returns the ids in the order of persisting; see Store.
func (b *Bolt) Pending() []string { return b.index.ids() }

// NumPending is how many events there are.
func (b *Bolt) NumPending() int { return b.index.len() }

// Bytes is the sum of the lengths of their contents.
func (b *Bolt) Bytes() int64 { return b.index.bytes }

// Dropped is how many events were dropped for room; see Store.
func (b *Bolt) Dropped() int { return b.dropped }

// Close closes the file.
func (b *Bolt) Close() error {
	if b.ended != nil {
		return nil
	}
	b.ended = ErrClosed
	return b.db.Close()
}

// guarded runs what bbolt does with the file. When the file was damaged since it
// was opened that is an error, and not the end of the process; bbolt is then
// left in the middle of something, perhaps with its locks held, and not touched
// again.
func (b *Bolt) guarded(fn func() error) error {
	err := guard(fn)
	var fault *faultError
	if errors.As(err, &fault) {
		b.ended = err
	}
	return err
}

func (b *Bolt) place(at int64) string { return fmt.Sprintf("%s key %016x", b.o.Path, at) }
