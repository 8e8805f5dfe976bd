package pages_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/recorder/internal/pages"
	bolt "go.etcd.io/bbolt"
)

// newFile writes a bbolt file with small and large values, nested and inline
// buckets, and enough keys for branch pages.
func newFile(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		err := db.Update(func(tx *bolt.Tx) error {
			many, err := tx.CreateBucketIfNotExists([]byte("many"))
			if err != nil {
				return err
			}
			for i := range 400 {
				if err := many.Put(fmt.Appendf(nil, "%d-%04d", round, i), bytes.Repeat([]byte{byte(i)}, i%90)); err != nil {
					return err
				}
			}
			b, err := many.CreateBucket(fmt.Appendf(nil, "sub-%d", round))
			if err != nil {
				return err
			}
			for i := range 1 + round*5 {
				if err := b.Put([]byte{byte(i)}, bytes.Repeat([]byte{byte(i)}, i*9_000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dump reads everything there is, by walking and by looking up.
func dump(b []byte) (out map[string]string, err error) {
	f, err := pages.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	out = make(map[string]string)
	return out, dumpBucket(f.Root(), "", out, 0)
}

func dumpBucket(b pages.Bucket, prefix string, out map[string]string, depth int) error {
	if depth > 5 {
		return pages.ErrDamaged
	}
	return b.ForEach(func(key, value []byte) error {
		name := prefix + "/" + string(key)
		if value != nil {
			got, err := b.Get(key)
			if err == nil && !bytes.Equal(got, value) {
				return fmt.Errorf("%s: Get and ForEach differ", name)
			}
			out[name] = string(value)
			return err
		}
		sub, err := b.Bucket(key)
		if err != nil {
			return err
		}
		return dumpBucket(sub, name, out, depth+1)
	})
}

func TestAgreesWithBbolt(t *testing.T) {
	b := newFile(t)
	got, err := dump(b)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := make(map[string]string)
	var walk func(b *bolt.Bucket, prefix string) error
	walk = func(b *bolt.Bucket, prefix string) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(b.Bucket(k), prefix+"/"+string(k))
			}
			want[prefix+"/"+string(k)] = string(v)
			return nil
		})
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error { return walk(b, "/"+string(name)) })
	})
	if err != nil || len(want) < 1200 || len(got) != len(want) {
		t.Fatalf("%d values, want %d; %v", len(got), len(want), err)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s differs", k)
		}
	}
}

func TestNotFound(t *testing.T) {
	b := newFile(t)
	f, err := pages.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	many, err := f.Root().Bucket([]byte("many"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "0-", "2-0400", "zzz"} {
		if _, err := many.Get([]byte(key)); !errors.Is(err, pages.ErrNotFound) {
			t.Errorf("Get(%q) = %v, want ErrNotFound", key, err)
		}
	}
	if _, err := many.Get([]byte("sub-0")); !errors.Is(err, pages.ErrDamaged) {
		t.Errorf("Get of a bucket = %v", err)
	}
	if _, err := pages.Open(bytes.NewReader([]byte("hello")), 5); !errors.Is(err, pages.ErrNotPages) {
		t.Errorf("Open of a text = %v", err)
	}
	if _, err := pages.Open(bytes.NewReader(b[:9000]), 9000); !errors.Is(err, pages.ErrShort) {
		t.Errorf("Open of a short file = %v", err)
	}
}

// Whatever is written over a file, reading it ends, without a panic.
func TestDamageEnds(t *testing.T) {
	whole := newFile(t)
	rnd := rand.New(rand.NewPCG(9, 9))
	for range 400 {
		b := bytes.Clone(whole)
		for range 1 + rnd.IntN(4) {
			page := rnd.IntN(len(b)/4096) * 4096
			at := page + rnd.IntN(64) // headers and element tables
			b[at] = byte(rnd.Uint32())
		}
		_, _ = dump(b)
	}
}

// FuzzPages: any bytes at all are read to an end.
func FuzzPages(f *testing.F) {
	whole := newFile(f)
	f.Add(uint32(0), []byte{1})
	f.Add(uint32(4096*3+8), []byte{1, 0, 2, 0})
	f.Fuzz(func(_ *testing.T, at uint32, with []byte) {
		b := bytes.Clone(whole)
		copy(b[int(at)%len(b):], with)
		_, _ = dump(b)
	})
}
