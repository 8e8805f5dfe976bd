package eventstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/cespare/xxhash/v2"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/hubtape/hubtape/core/proactor/eventstore/internal/pagecheck"
)

// lockTimeout is how long a file may be locked by a process that just ends.
const lockTimeout = 200 * time.Millisecond

// newEnds ends the name of a file that is being made.
const newEnds = ".new"

func boltOptions() *bolt.Options {
	return &bolt.Options{
		Timeout: lockTimeout, NoFreelistSync: true, FreelistType: bolt.FreelistMapType, NoStatistics: true,
	}
}

// openBoltFile opens a file that is whole, or makes one.
func openBoltFile(path string) (db *bolt.DB, headsWhole bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeBoltFile(path); err != nil {
			return nil, false, err
		}
	}
	headsWhole, err = checkBoltFile(path)
	if err == nil {
		db, err = openEvents(path)
	} else if lockedElsewhere(path) { // and perhaps written while it was looked through
		err = ErrLocked
	}
	if err != nil {
		return nil, false, err
	}
	return db, headsWhole, nil
}

// openEvents opens a file that was looked through.
func openEvents(path string) (*bolt.DB, error) {
	db, err := openBolt(path, boltOptions())
	if err != nil {
		return nil, err
	}
	err = guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if tx.Bucket(eventsBucket) == nil {
				return fmt.Errorf("%w (a bbolt file without events)", ErrForeign)
			}
			return nil
		})
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func lockedElsewhere(path string) bool {
	o := boltOptions()
	o.ReadOnly = true
	db, err := openBolt(path, o)
	if err == nil {
		_ = db.Close()
	}
	return errors.Is(err, ErrLocked)
}

// makeBoltFile makes an empty store under another name first, so that there is
// never half of one.
func makeBoltFile(path string) error {
	dir := filepath.Dir(path)
	if err := (osDisk{}).MakeDir(dir); err != nil {
		return err
	}
	temp := path + newEnds
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := openBolt(temp, boltOptions())
	if err != nil {
		return err
	}
	for range 2 { // so that both heads know the bucket
		err = errors.Join(err, db.Update(func(tx *bolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists(eventsBucket)
			return err
		}))
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return osDisk{}.SyncDir(dir)
}

// checkBoltFile makes sure that bbolt can use a file.
func checkBoltFile(path string) (headsWhole bool, err error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return false, err
	case !st.Mode().IsRegular():
		return false, fmt.Errorf("%w (no regular file)", ErrForeign)
	case st.Size() == 0:
		return false, fmt.Errorf("%w: the file is empty; move it away to begin anew", ErrDamaged)
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	report, err := pagecheck.Check(f, st.Size())
	switch {
	case errors.Is(err, pagecheck.ErrOther) || errors.Is(err, pagecheck.ErrNotPages):
		err = fmt.Errorf("%w (%w)", ErrForeign, err)
	case err != nil:
		err = fmt.Errorf("%w: %w; keep the file and begin with another", ErrDamaged, err)
	}
	return report.HeadsWhole, err
}

func openBolt(path string, o *bolt.Options) (db *bolt.DB, err error) {
	err = guard(func() error {
		db, err = bolt.Open(path, 0o600, o)
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		err = ErrLocked
	}
	return db, err
}

// faultError is a panic or a fault inside of bbolt.
type faultError struct{ value any }

func (f *faultError) Error() string { return fmt.Sprintf("the file cannot be read: %v", f.value) }
func (f *faultError) Unwrap() error { return ErrDamaged }

func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &faultError{p}
		}
	}()
	return fn()
}

// A value is the checksum of the key and of what follows it, the length of the
// id, the id and the content.
const sumBytes = 8

func boltKey(at int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(at)) }

func encodeBolt(key []byte, id string, content []byte) []byte {
	value := make([]byte, sumBytes, sumBytes+1+len(id)+len(content))
	value = append(value, byte(len(id)))
	value = append(value, id...)
	value = append(value, content...)
	binary.BigEndian.PutUint64(value, boltSum(key, value))
	return value
}

func decodeBolt(key, value []byte) (id string, content []byte, err error) {
	if len(value) <= sumBytes || boltSum(key, value) != binary.BigEndian.Uint64(value) {
		return "", nil, ErrDamaged
	}
	rest := value[sumBytes+1:]
	n := int(value[sumBytes])
	if n == 0 || n > IDBytesMax || n >= len(rest) {
		return "", nil, ErrDamaged
	}
	return string(rest[:n]), rest[n:], nil
}

func boltSum(key, value []byte) uint64 {
	d := xxhash.New()
	_, _ = d.Write(key)
	_, _ = d.Write(value[sumBytes:])
	return d.Sum64()
}
