package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Resume opens a tape to go on with it: records are added behind those it has,
// those of a recorder that was killed included. The tape keeps its start and its
// labels; Start, Labels and Program of the options are not looked at. [Writer.End]
// says where it stands, and the records of another sitting have a higher Session.
//
// A tape is read through before it is written to: a damaged one is refused with
// a *DamageError, since what is written into it could hide what is lost. The
// other errors are those of [Open].
func Resume(path string, o Options) (*Writer, error) {
	rep, err := Verify(path, nil)
	if err != nil {
		return nil, err
	}
	if !rep.OK() {
		d := *rep.Damage[0]
		d.Hint = "nothing is added to a damaged tape: " + hintSalvage
		return nil, &d
	}
	t, err := Open(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		path: path, o: o.withDefaults(), id: t.id, start: t.meta.Start, head: t.head,
		seq: t.head.Records, lastAt: t.head.LastAt, session: t.head.Session, topics: make(map[string]uint32, len(t.topics)),
	}
	for i, topic := range t.topics[:t.head.Topics] {
		w.topics[topic] = uint32(i)
	}
	logged := t.logged()
	if err := t.Close(); err != nil { // its lock would keep ours out
		return nil, err
	}
	if uint64(len(w.topics)) != t.head.Topics { // a new one would take the number of another
		return nil, damaged(path, "it lists a topic twice")
	}
	if err := w.takeUp(logged); err != nil {
		return nil, errors.Join(err, w.release())
	}
	return w, nil
}

// Start returns the wall time of offset 0; 1970 when it is not known.
func (w *Writer) Start() time.Time { return time.Unix(0, w.start).UTC() }

// End returns where the tape ends: its last sitting and its last offset. Both
// are 0 on an empty tape.
func (w *Writer) End() (session uint32, at time.Duration) { return w.session, w.lastAt }

// logged returns the raw records that only the side log has.
func (t *Tape) logged() (chunks []logChunk) {
	for _, e := range t.entries {
		if e.raw != nil {
			chunks = append(chunks, logChunk{session: e.session, raw: e.raw})
		}
	}
	return chunks
}

// takeUp takes the tape's lock and seals what the old side log held. Until that
// is done the old log stays as it is, so that a crash here costs nothing.
func (w *Writer) takeUp(logged []logChunk) (err error) {
	if w.db, err = lockStore(w.path); err != nil {
		return err
	}
	if err := w.unchanged(); err != nil {
		return err
	}
	if w.z, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(sealers), zstd.WithEncoderCRC(false)); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	path := w.path + LogSuffix
	if w.head.Clean {
		// No log belongs to a closed tape: what stands there is a rest of its end.
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if w.log, err = openLog(path, w.o.open); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path)) // a tape that is not closed and has no log beside it counts as damaged
	w.cur = w.freshChunk()
	for _, c := range logged {
		if err := w.restore(c); err != nil {
			return err
		}
	}
	return w.commit(false)
}

// restore puts a chunk of the side log among those to be sealed, as it is: a
// crash before the side log is emptied then leaves chunks with the same numbers
// in both, and the log's are passed over.
func (w *Writer) restore(c logChunk) error {
	w.setSession(c.session)
	var d decoder
	var r Record
	for d.reset(c.raw); d.more(); {
		if _, err := d.next(&r); err != nil {
			return damaged(w.path, "a record in its side log: %v", err)
		}
		w.add(&r)
	}
	w.pending = append(w.pending, w.cur)
	w.cur = w.freshChunk()
	return nil
}

// unchanged makes sure, under the lock, that the tape is still what was read,
// and that bbolt can write to it: a free page that is none would be overwritten.
func (w *Writer) unchanged() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged(w.path, "its list of free pages cannot be read: %v", r)
		}
	}()
	return w.db.View(func(tx *bolt.Tx) error {
		var bad error
		for cerr := range tx.Check() {
			bad = errors.Join(bad, cerr)
		}
		if bad != nil {
			return damaged(w.path, "its pages do not fit together: %v", bad)
		}
		var head tapeHead
		if err := decodeMeta(keyHead, tx.Bucket(bucketMeta).Get(keyHead), &head); err != nil {
			return damaged(w.path, "its head: %v", err)
		}
		if head != w.head {
			return fmt.Errorf("%s: %w; wait until it ends", w.path, ErrLocked)
		}
		return nil
	})
}

// lockStore opens a tape's pages for writing.
func lockStore(path string) (db *bolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, damaged(path, "its list of free pages cannot be read: %v", r)
		}
	}()
	if db, err = openStore(path); errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w; wait until it ends, or record to another file", path, ErrLocked)
	}
	return db, err
}

// release lets go of what was taken, and leaves both files as they are.
func (w *Writer) release() (err error) {
	if w.db != nil {
		err = w.db.Close()
	}
	if w.log != nil {
		err = errors.Join(err, w.log.file.Close())
	}
	if w.z != nil {
		err = errors.Join(err, w.z.Close())
	}
	return err
}
