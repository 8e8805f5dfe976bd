package recorder

import (
	"errors"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ChunksRead is how many chunks a cursor has read.
func (c *Cursor) ChunksRead() int { return c.chunks }

// LogFile is what tests put in the place of the side log.
type LogFile = logFile

// WithLogFile lets a test stand between the writer and its side log.
func (o Options) WithLogFile(wrap func(LogFile) LogFile) Options {
	o.open = func(path string, flag int, mode os.FileMode) (logFile, error) {
		f, err := os.OpenFile(path, flag, mode)
		if err != nil {
			return nil, err
		}
		return wrap(f), nil
	}
	return o
}

// SetFormat rewrites the format version of a closed tape.
func SetFormat(t testing.TB, path string, version int) {
	t.Helper()
	tape, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	meta := tape.meta
	meta.Format = version
	_ = tape.Close()
	db, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keyTape, encodeMeta(keyTape, meta))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// SetEvery says how often a follower looks for news.
func (f *Follower) SetEvery(d time.Duration) { f.every = d }
