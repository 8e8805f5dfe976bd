package recorder

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// lockTimeout is how long Create and Open wait for a lock; a recorder that is
// just ending lets it go at once.
const lockTimeout = 200 * time.Millisecond

// Create makes a new tape at path, and its side log beside it, and locks it. It
// never overwrites: ErrExists when there is a file already.
func Create(path string, o Options) (*Writer, error) {
	o = o.withDefaults()
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w; a tape never overwrites one, choose another name", path, ErrExists)
	}
	w := &Writer{path: path, o: o, topics: make(map[string]uint32)}
	if !o.Start.IsZero() {
		w.start = o.Start.UnixNano()
	}
	_, _ = rand.Read(w.id[:])
	log, err := createLog(path+LogSuffix, o.open)
	if err != nil {
		return nil, err
	}
	w.log = log
	if err := w.begin(); err != nil {
		_ = log.file.Close()
		_ = os.Remove(log.path)
		return nil, err
	}
	return w, nil
}

func (w *Writer) begin() (err error) {
	if err := w.log.restart(logHeader{id: w.id}); err != nil {
		return err
	}
	if w.z, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(sealers), zstd.WithEncoderCRC(false)); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	temp, err := w.firstPages()
	if err != nil {
		return err
	}
	if err := moveInPlace(temp, w.path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	if w.db, err = openStore(w.path); err != nil {
		_ = os.Remove(w.path)
		return err
	}
	w.cur = w.freshChunk()
	return nil
}

// firstPages writes an empty tape under a name of its own, so that there is
// never half a tape under the real one.
func (w *Writer) firstPages() (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(w.path), filepath.Base(w.path)+".new-*")
	if err != nil {
		return "", err
	}
	temp = f.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	_ = f.Chmod(0o644) // not on every file system
	if err := f.Close(); err != nil {
		return temp, err
	}
	db, err := openStore(temp)
	if err != nil {
		return temp, err
	}
	meta := tapeMeta{Format: FormatVersion, ID: hex.EncodeToString(w.id[:]), Start: w.start, Labels: w.o.Labels, Program: w.o.Program}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketChunks, bucketIndex, bucketTopics} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		b := tx.Bucket(bucketMeta)
		if err := b.Put(keyTape, encodeMeta(keyTape, meta)); err != nil {
			return err
		}
		return b.Put(keyHead, encodeMeta(keyHead, tapeHead{}))
	})
	if err == nil {
		err = emptyCommit(db)
	}
	return temp, errors.Join(err, db.Close())
}

// emptyCommit makes the second meta page say what the first one does, so that
// the loss of either is no loss.
func emptyCommit(db *bolt.DB) error {
	return db.Update(func(*bolt.Tx) error { return nil })
}

func openStore(path string) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o644, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// moveInPlace gives a finished file its name, unless the name is taken.
func moveInPlace(temp, path string) error {
	err := os.Link(temp, path)
	switch {
	case err == nil:
		_ = os.Remove(temp)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w; a tape never overwrites one, choose another name", path, ErrExists)
	default: // a file system without links: take the name, then put the file there
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Close(), os.Rename(temp, path)); err != nil {
			return err
		}
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder makes a new name outlive a power cut, where the system can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
