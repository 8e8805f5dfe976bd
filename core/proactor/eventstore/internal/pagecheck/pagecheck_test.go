package pagecheck_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/core/proactor/eventstore/internal/pagecheck"
)

const pageBytes = 4096

func check(file []byte) (pagecheck.Report, error) {
	return pagecheck.Check(bytes.NewReader(file), int64(len(file)))
}

// newFile writes buckets with so many values each and returns the file.
func newFile(t testing.TB, buckets, values, size int, o bolt.Options) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	o.PageSize, o.NoSync = pageBytes, true
	db, err := bolt.Open(path, 0o600, &o)
	require.NoError(t, err)
	for i := range buckets {
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(fmt.Sprintf("bucket %03d", i)))
			require.NoError(t, err)
			for v := range values {
				require.NoError(t, b.Put(binary.BigEndian.AppendUint64(nil, uint64(v)), bytes.Repeat([]byte("v"), size)))
			}
			return nil
		}))
	}
	require.NoError(t, db.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	return file
}

var ours = bolt.Options{NoFreelistSync: true}

func TestWhole(t *testing.T) {
	for _, c := range []struct{ buckets, values, size int }{
		{1, 0, 0}, {1, 3, 10}, {1, 2000, 100}, {3, 400, 900}, {400, 2, 20}, {1, 5, 50_000},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			report, err := check(newFile(t, c.buckets, c.values, c.size, ours))
			require.NoError(t, err)
			require.True(t, report.HeadsWhole)
		})
	}
}

// Whatever bbolt makes of a file by putting and deleting passes.
func TestWhatBoltWritesPasses(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true, NoSync: true, PageSize: pageBytes})
		require.NoError(t, err)
		name := []byte("events")
		next, first := 0, 0
		for range rapid.IntRange(1, 12).Draw(t, "transactions") {
			puts, size := rapid.IntRange(0, 120).Draw(t, "puts"), rapid.IntRange(1, 3000).Draw(t, "size")
			fromStart := rapid.IntRange(0, 150).Draw(t, "from the start")
			some := rapid.SliceOfN(rapid.IntRange(0, 2000), 0, 60).Draw(t, "anywhere")
			require.NoError(t, db.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists(name)
				require.NoError(t, err)
				b.FillPercent = 1
				for range puts {
					require.NoError(t, b.Put(binary.BigEndian.AppendUint64(nil, uint64(next)), make([]byte, size)))
					next++
				}
				for range min(fromStart, next-first) {
					require.NoError(t, b.Delete(binary.BigEndian.AppendUint64(nil, uint64(first))))
					first++
				}
				for _, at := range some {
					require.NoError(t, b.Delete(binary.BigEndian.AppendUint64(nil, uint64(at))))
				}
				return nil
			}))
		}
		require.NoError(t, db.Close())
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = check(file)
		require.NoError(t, err)
		require.NoError(t, os.Remove(path))
	})
}

func TestRefused(t *testing.T) {
	whole := newFile(t, 2, 600, 100, ours)
	page := func(file []byte, flag byte) []byte { // the last page of a kind that is in use, most likely
		for at := len(file) - pageBytes; at >= 2*pageBytes; at -= pageBytes {
			if file[at+8] == flag && file[at+10] > 1 {
				return file[at:]
			}
		}
		t.Fatal("there is no such page")
		return nil
	}
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		spoil func(file []byte) []byte
		want  error
	}{
		"nothing":        {func([]byte) []byte { return nil }, pagecheck.ErrNotPages},
		"text":           {func(b []byte) []byte { return bytes.Repeat([]byte("text"), len(b)/4) }, pagecheck.ErrNotPages},
		"one head":       {func(b []byte) []byte { return b[:pageBytes] }, pagecheck.ErrDamaged},
		"cut short":      {func(b []byte) []byte { return b[:5*pageBytes] }, pagecheck.ErrDamaged},
		"a list of free": {func([]byte) []byte { return newFile(t, 1, 3, 3, bolt.Options{}) }, pagecheck.ErrOther},
		"a head with another's number": {func(b []byte) []byte {
			b[0] = 70
			return b
		}, pagecheck.ErrDamaged},
		"a head labelled as a leaf": {func(b []byte) []byte {
			b[pageBytes+8] = 2
			return b
		}, pagecheck.ErrDamaged},
		"a bucket in another": {nested, pagecheck.ErrDamaged},
		"a branch to itself": {func(b []byte) []byte {
			p := page(b, 1)
			le.PutUint64(p[16+8:], le.Uint64(p))
			return b
		}, pagecheck.ErrDamaged},
		"a branch to a page beyond": {func(b []byte) []byte {
			le.PutUint64(page(b, 1)[16+8:], 1<<40)
			return b
		}, pagecheck.ErrDamaged},
		"a branch to a head": {func(b []byte) []byte {
			le.PutUint64(page(b, 1)[16+8:], 1)
			return b
		}, pagecheck.ErrDamaged},
		"a branch that leads nowhere": {func(b []byte) []byte {
			le.PutUint16(page(b, 1)[10:], 0)
			return b
		}, pagecheck.ErrDamaged},
		"two branches to one page": {func(b []byte) []byte {
			p := page(b, 1)
			le.PutUint64(p[16+8:], le.Uint64(p[32+8:]))
			return b
		}, pagecheck.ErrDamaged},
		"a page of no kind": {func(b []byte) []byte {
			page(b, 1)[8] = 3
			return b
		}, pagecheck.ErrDamaged},
		"a page with another's number": {func(b []byte) []byte {
			page(b, 1)[0]++
			return b
		}, pagecheck.ErrDamaged},
		"a page that overflows the file": {func(b []byte) []byte {
			le.PutUint32(page(b, 1)[12:], 1<<31)
			return b
		}, pagecheck.ErrDamaged},
		"more elements than fit": {func(b []byte) []byte {
			le.PutUint16(page(b, 1)[10:], 60_000)
			return b
		}, pagecheck.ErrDamaged},
		"a key beyond the page": {func(b []byte) []byte {
			le.PutUint32(page(b, 1)[16+4:], 1<<30)
			return b
		}, pagecheck.ErrDamaged},
		"a key among the elements": {func([]byte) []byte {
			b := newFile(t, 1, 20, 100, ours) // one leaf, so no key is too large
			p := page(b, 2)
			last := 16 * int(le.Uint16(p[10:])) // the element whose own bytes are a key in order
			le.PutUint32(p[last+4:], 4)
			le.PutUint32(p[last+8:], 8)
			return b
		}, pagecheck.ErrDamaged},
		"an empty key": {func(b []byte) []byte {
			le.PutUint32(page(b, 1)[16+4:], 0)
			return b
		}, pagecheck.ErrDamaged},
		"keys out of order": {func(b []byte) []byte {
			p := page(b, 1)
			le.PutUint32(p[16:], le.Uint32(p[32:])+16)
			return b
		}, pagecheck.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(c.spoil(bytes.Clone(whole)))
			require.ErrorIs(t, err, c.want)
		})
	}
}

// nested puts a bucket into a bucket.
func nested([]byte) []byte {
	dir, err := os.MkdirTemp("", "pagecheck")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "x")
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true, PageSize: pageBytes})
	if err != nil {
		panic(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("outer"))
		if err == nil {
			_, err = b.CreateBucket([]byte("inner"))
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	_ = db.Close()
	file, _ := os.ReadFile(path)
	return file
}

func TestHeads(t *testing.T) {
	whole := newFile(t, 2, 100, 100, ours)
	for head := range 2 {
		file := bytes.Clone(whole)
		file[head*pageBytes+20] ^= 1
		report, err := check(file)
		require.NoError(t, err, "the other head is whole")
		require.False(t, report.HeadsWhole)
		file[(1-head)*pageBytes+20] ^= 1
		_, err = check(file)
		require.ErrorIs(t, err, pagecheck.ErrNotPages)
	}
}

// Check ends, with an error or without, whatever the file is; and bbolt finds
// nothing wrong with a file that passes.
func FuzzCheck(f *testing.F) {
	whole := newFile(f, 2, 100, 60, ours)
	f.Add(uint32(0), byte(0), uint32(0), byte(0))
	f.Add(uint32(3*pageBytes+10), byte(255), uint32(4*pageBytes+24), byte(3))
	f.Add(uint32(0), byte(70), uint32(0), byte(30))
	f.Add(uint32(67), byte(90), uint32(0), byte(30))
	path := filepath.Join(f.TempDir(), "fuzzed")
	f.Fuzz(func(t *testing.T, at uint32, to byte, at2 uint32, to2 byte) {
		file := bytes.Clone(whole)
		file[int(at)%len(file)] = to
		file[int(at2)%len(file)] = to2
		report, err := check(file)
		if err != nil {
			return
		}
		require.NoError(t, os.WriteFile(path, file, 0o600))
		db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
		require.NoError(t, err)
		if report.HeadsWhole { // else bbolt complains of the damaged one, which it does not use
			require.NoError(t, db.View(func(tx *bolt.Tx) error {
				for err := range tx.Check() {
					t.Error(err)
				}
				return nil
			}))
		}
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			return tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
				require.NoError(t, b.Put([]byte("behind all"), make([]byte, 9000)))
				key, _ := b.Cursor().First()
				return b.Delete(bytes.Clone(key))
			})
		}))
		require.NoError(t, db.Close())
	})
}
