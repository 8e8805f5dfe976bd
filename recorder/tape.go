package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/hubtape/hubtape/recorder/internal/pages"
	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Tape is a tape opened for reading, with what its side log holds. It is safe
// for concurrent use, each goroutine with cursors of its own.
type Tape struct {
	path    string
	file    *os.File
	lock    *bolt.DB // held for its lock alone
	size    int64
	pages   *pages.File
	dec     *zstd.Decoder
	meta    tapeMeta
	id      tapeID
	head    tapeHead // as sealed
	total   tapeHead // with the side log
	entries []entry  // by chunk number
	topics  []string // by number
	torn    int64
	short   error // the file is shorter than it must be; only when lenient
	lenient bool
	// unlocked reads beside a recorder, for a Follower.
	unlocked bool
	end      *DamageError // what a cursor that reaches the end has to tell; nil: nothing
}

// Open opens a tape for reading. A tape whose recorder was killed opens too,
// with all that it flushed. The errors are ErrNotTape, ErrLocked, ErrVersion, a
// *DamageError, or those of the file system. Only what says where the chunks
// are is read, and checked, now; a damaged chunk is told by the cursor that
// reaches it, and by Verify.
func Open(path string) (*Tape, error) {
	t := &Tape{path: path}
	if err := t.open(); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

// openDamaged is Open for a tape that may be cut short, or may have lost its
// first pages: what is missing is told chunk by chunk. It may return a tape
// together with the error.
func openDamaged(path string) (*Tape, error) {
	t := &Tape{path: path, lenient: true}
	err := t.open()
	if err != nil {
		var d *DamageError
		if !errors.As(err, &d) && (t.dec == nil || !errors.Is(err, ErrNotTape)) {
			_ = t.Close()
			return nil, err
		}
		t.entries = nil
	}
	return t, err
}

// Path returns the path of the tape.
func (t *Tape) Path() string { return t.path }

// Close lets the tape go. Cursors must not be used after it.
func (t *Tape) Close() error {
	var errs []error
	if t.dec != nil {
		t.dec.Close()
	}
	if t.lock != nil {
		errs = append(errs, t.lock.Close())
	}
	if t.file != nil {
		errs = append(errs, t.file.Close())
	}
	t.dec, t.lock, t.file = nil, nil, nil
	return errors.Join(errs...)
}

func (t *Tape) open() (err error) {
	if err := t.openFile(); err != nil {
		return err
	}
	if !t.unlocked {
		if t.lock, err = shareLock(t.path); err != nil {
			return err
		}
	}
	if t.dec, err = newDecoder(); err != nil {
		return err
	}
	st, err := t.file.Stat() // after the lock: a recorder that just closed has cut the file
	if err != nil {
		return err
	}
	t.size = st.Size()
	if err := t.readFrame(); err != nil {
		return t.frameError(err)
	}
	t.total = t.head
	if !t.head.Clean {
		return t.addLog()
	}
	return nil
}

func newDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(rawBytesMax))
}

func (t *Tape) openFile() (err error) {
	if t.file, err = os.Open(t.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", t.path, fs.ErrNotExist)
		}
		return err
	}
	st, err := t.file.Stat()
	switch {
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s: %w: it is no regular file", t.path, ErrNotTape)
	case st.Size() == 0:
		return fmt.Errorf("%s: %w: the file is empty", t.path, ErrNotTape)
	}
	return nil
}

// shareLock takes the shared lock that a recorder's own lock excludes. bbolt
// looks at nothing but the meta pages for that; what they make it do to a
// damaged file is caught here, and then there is no lock to take.
func shareLock(path string) (db *bolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			db, err = nil, nil
		}
	}()
	db, err = bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: lockTimeout, NoStatistics: true})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w; wait until it ends, or record to another file", path, ErrLocked)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // our own reader says better what is wrong
	}
	return db, nil
}

// readFrame reads everything but the chunks.
func (t *Tape) readFrame() (err error) {
	t.pages, err = pages.Open(t.file, t.size)
	if t.lenient && errors.Is(err, pages.ErrShort) {
		t.short, err = err, nil
	}
	if err != nil {
		return err
	}
	if err := t.readMeta(); err != nil {
		return err
	}
	if err := t.readIndex(); err != nil {
		return err
	}
	return t.readTopics()
}

func (t *Tape) readMeta() error {
	b, err := t.pages.Root().Bucket(bucketMeta)
	if errors.Is(err, pages.ErrNotFound) {
		return fmt.Errorf("%w: it is another bbolt file", ErrNotTape)
	}
	if err != nil {
		return err
	}
	if err := readMetaValue(b, keyTape, &t.meta); err != nil {
		return err
	}
	if t.meta.Format > FormatVersion {
		return fmt.Errorf("%w: %d, and this program knows %d; use a newer hubtape", ErrVersion, t.meta.Format, FormatVersion)
	}
	if t.id, err = t.meta.tapeID(); err != nil {
		return err
	}
	return readMetaValue(b, keyHead, &t.head)
}

func readMetaValue(b pages.Bucket, key []byte, v any) error {
	value, err := b.Get(key)
	if err != nil {
		return err
	}
	if err := decodeMeta(key, value, v); err != nil {
		return fmt.Errorf("the value %q: %w", key, err)
	}
	return nil
}

func (t *Tape) readIndex() error {
	b, err := t.pages.Root().Bucket(bucketIndex)
	if err != nil {
		return err
	}
	t.entries = make([]entry, 0, min(t.head.Chunks, 1<<16))
	var sum tapeHead
	err = b.ForEach(func(key, value []byte) error {
		value, err := unchecked(key, value)
		if err != nil || len(key) != 8 || binary.BigEndian.Uint64(key) != sum.Segments {
			return fmt.Errorf("segment %d of the index: %w", sum.Segments, errChecksum)
		}
		r := indexReader{b: value}
		for e, ok := r.next(nil); ok; e, ok = r.next(nil) {
			if e.chunk != sum.Chunks || e.firstSeq != sum.Records || e.records == 0 || e.firstAt < sum.LastAt {
				return fmt.Errorf("chunk %d does not follow chunk %d in the index", e.chunk, int64(sum.Chunks)-1)
			}
			e.segment = sum.Segments
			sum.add(&e)
			t.entries = append(t.entries, e)
		}
		if r.bad {
			return fmt.Errorf("segment %d of the index cannot be read", sum.Segments)
		}
		sum.Segments++
		return nil
	})
	if err != nil {
		return err
	}
	sum.Topics, sum.Clean = t.head.Topics, t.head.Clean
	if sum != t.head {
		return fmt.Errorf("the index has %d chunks with %d records instead of %d with %d", sum.Chunks, sum.Records, t.head.Chunks, t.head.Records)
	}
	return nil
}

func (t *Tape) readTopics() error {
	b, err := t.pages.Root().Bucket(bucketTopics)
	if err != nil {
		return err
	}
	t.topics = make([]string, 0, min(t.head.Topics, 1<<16))
	err = b.ForEach(func(key, value []byte) error {
		topic, err := unchecked(key, value)
		if err != nil || len(key) != 8 || binary.BigEndian.Uint64(key) != uint64(len(t.topics)) {
			return fmt.Errorf("topic %d: %w", len(t.topics), errChecksum)
		}
		t.topics = append(t.topics, string(topic))
		return nil
	})
	if err != nil {
		return err
	}
	if uint64(len(t.topics)) != t.head.Topics {
		return fmt.Errorf("it lists %d topics instead of %d", len(t.topics), t.head.Topics)
	}
	return nil
}

// frameError says what is wrong outside of the chunks.
func (t *Tape) frameError(err error) error {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, pages.ErrNotPages):
		return fmt.Errorf("%s: %w: it does not begin like one", t.path, ErrNotTape)
	case errors.Is(err, ErrNotTape), errors.Is(err, ErrVersion):
		return fmt.Errorf("%s: %w", t.path, err)
	case errors.As(err, &pathErr):
		return err
	}
	return damaged(t.path, "%v", err)
}

// Start returns the wall time of offset 0; 1970 when it is not known.
func (t *Tape) Start() time.Time { return time.Unix(0, t.meta.Start).UTC() }

func leUint64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
