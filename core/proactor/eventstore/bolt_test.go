package eventstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
)

func boltAt(path string) eventstore.Options {
	return eventstore.Options{Path: path, Clock: &storetest.Clock{}}
}

// boltFile makes a store with events of many sizes, some of them cleared, and
// returns its bytes and what is stored.
func boltFile(t *testing.T) (file []byte, want map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.bolt")
	s, _, err := eventstore.OpenBolt(boltAt(path))
	require.NoError(t, err)
	want = map[string]string{}
	for i := range 120 {
		id := fmt.Sprint("event-", i)
		want[id] = strings.Repeat(id+" ", 1+i*i%700)
		_, err := s.Persist(id, []byte(want[id]))
		require.NoError(t, err)
		if i%3 == 2 {
			_, err := s.Clear(id)
			require.NoError(t, err)
			delete(want, id)
		}
	}
	require.NoError(t, s.Close())
	file, err = os.ReadFile(path)
	require.NoError(t, err)
	return file, want
}

// A file with any damage is an error or a store whose events are all as they
// were persisted or told to be damaged; it never ends the process.
func TestBoltDamaged(t *testing.T) {
	file, want := boltFile(t)
	dir := t.TempDir()
	n, opened, refused := 0, 0, 0
	try := func(t *testing.T, damaged []byte) {
		t.Helper()
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		s, found, err := eventstore.OpenBolt(boltAt(path))
		if err != nil {
			refused++
			require.ErrorContains(t, err, path)
			require.True(t, isOne(err, eventstore.ErrDamaged, eventstore.ErrForeign), err)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(damaged, after), "a file that is refused is not changed")
			require.NoError(t, os.Remove(path))
			return
		}
		opened++
		useDamaged(t, s, want, found.Empty())
		require.NoError(t, s.Close())
		require.NoError(t, os.Remove(path))
	}
	t.Run("cut off", func(t *testing.T) {
		for at := 0; at < len(file); at += 1 + len(file)/70 {
			try(t, file[:at])
		}
	})
	t.Run("bytes changed", func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(5, 5))
		for range 600 {
			damaged := bytes.Clone(file)
			page := rnd.IntN(len(file)/4096) * 4096
			for range 1 + rnd.IntN(3) {
				at := page + rnd.IntN(96)
				if rnd.IntN(4) == 0 {
					at = rnd.IntN(len(file))
				}
				damaged[at] ^= byte(1 << rnd.IntN(8))
			}
			try(t, damaged)
		}
	})
	t.Run("pages moved", func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(6, 6))
		for range 150 {
			damaged := bytes.Clone(file)
			from, to := rnd.IntN(len(file)/4096)*4096, rnd.IntN(len(file)/4096)*4096
			copy(damaged[to:to+4096], file[from:])
			if rnd.IntN(2) == 0 { // under the number of the place
				damaged[to] = byte(to / 4096)
				damaged[to+1] = byte(to / 4096 >> 8)
			}
			try(t, damaged)
		}
	})
	require.Greater(t, opened, 50)
	require.Greater(t, refused, 100)
}

func isOne(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// useDamaged does everything with a store whose file was damaged.
func useDamaged(t *testing.T, s eventstore.Store, want map[string]string, nothingTold bool) {
	t.Helper()
	for _, id := range s.Pending() {
		content, found, err := s.Retrieve(id)
		require.NoError(t, err, "what is damaged was told by opening")
		require.True(t, found)
		if nothingTold {
			require.Equal(t, want[id], string(content), id)
		}
	}
	if nothingTold {
		require.Equal(t, len(want), s.NumPending())
	}
	_, err := s.Persist("new", []byte("new"))
	require.NoError(t, err)
	_, err = s.Reindex()
	require.NoError(t, err)
	var changes []eventstore.Change
	for _, id := range s.Pending() {
		changes = append(changes, eventstore.Change{Op: eventstore.OpClear, ID: id})
	}
	for _, r := range s.Apply(changes) {
		require.NoError(t, r.Err)
	}
	require.Zero(t, s.NumPending())
}

func TestBoltChecksum(t *testing.T) {
	file, _ := boltFile(t)
	path := filepath.Join(t.TempDir(), "x")
	file = bytes.ReplaceAll(file, []byte("event-118 event-118"), []byte("event-118 evemt-118"))
	require.NoError(t, os.WriteFile(path, file, 0o600))
	s, found, err := eventstore.OpenBolt(boltAt(path))
	require.NoError(t, err)
	require.Equal(t, 1, found.ErrorCount(), found.String())
	require.ErrorIs(t, found.Err(), eventstore.ErrDamaged)
	require.Contains(t, found.String(), path+" key 00000000000000")
	require.Equal(t, "event-117", s.Pending()[s.NumPending()-1])
	_, err = s.Persist("after", []byte("1"))
	require.NoError(t, err)
	again, err := s.Reindex()
	require.NoError(t, err)
	require.Equal(t, found.String(), again.String(), "the damaged event is not written over")
	require.NoError(t, s.Close())
}

// When the newest head is damaged bbolt goes back to the one before, and that is
// told.
func TestBoltHeads(t *testing.T) {
	used, _ := boltFile(t)
	path := filepath.Join(t.TempDir(), "x")
	fresh, _, err := eventstore.OpenBolt(boltAt(path))
	require.NoError(t, err)
	require.NoError(t, fresh.Close())
	unused, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range 4 {
		page, damaged := i%2, bytes.Clone([][]byte{used, unused}[i/2])
		damaged[page*4096+16+48] ^= 1
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		s, found, err := eventstore.OpenBolt(boltAt(path))
		require.NoError(t, err)
		require.True(t, found.Has(eventstore.ErrMeta))
		require.NoError(t, found.Err())
		require.NoError(t, s.Close())
	}
}

func TestBoltForeign(t *testing.T) {
	dir := t.TempDir()
	for name, make := range map[string]func(path string) error{
		"text":      func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("text"), 9000), 0o600) },
		"empty":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"folder":    func(path string) error { return os.Mkdir(path, 0o700) },
		"bbolt":     func(path string) error { return otherBolt(path, false) },
		"no events": func(path string) error { return otherBolt(path, true) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			require.NoError(t, make(path))
			_, _, err := eventstore.OpenBolt(boltAt(path))
			require.True(t, isOne(err, eventstore.ErrForeign, eventstore.ErrDamaged), err)
			require.ErrorContains(t, err, path)
		})
	}
}

func otherBolt(path string, noFreelist bool) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: noFreelist})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("others"))
		return err
	})
	if err != nil {
		return err
	}
	return db.Close()
}

func TestBoltLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "events.bolt")
	s, _, err := eventstore.OpenBolt(boltAt(path))
	require.NoError(t, err)
	_, _, err = eventstore.OpenBolt(boltAt(path))
	require.ErrorIs(t, err, eventstore.ErrLocked)

	file, err := os.ReadFile(path)
	require.NoError(t, err)
	spoiled := bytes.Clone(file)
	clear(spoiled[2*4096:]) // as it may look while the other process writes
	require.NoError(t, os.WriteFile(path, spoiled, 0o600))
	_, _, err = eventstore.OpenBolt(boltAt(path))
	require.ErrorIs(t, err, eventstore.ErrLocked)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	require.NoError(t, s.Close())
	s, _, err = eventstore.OpenBolt(boltAt(path))
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// A file that is cut off or written over while it is open is an error too.
func TestBoltDamagedWhileOpen(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"cut off": func(path string) error { return os.Truncate(path, 8192) },
		"zeroed": func(path string) error {
			st, err := os.Stat(path)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt(make([]byte, st.Size()-8192), 8192)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			file, _ := boltFile(t)
			path := filepath.Join(t.TempDir(), "x")
			require.NoError(t, os.WriteFile(path, file, 0o600))
			s, _, err := eventstore.OpenBolt(boltAt(path))
			require.NoError(t, err)
			require.NoError(t, harm(path))
			failed := 0
			for _, id := range s.Pending() {
				if _, _, err := s.Retrieve(id); err != nil {
					require.True(t, isOne(err, eventstore.ErrDamaged, eventstore.ErrMissing), err)
					failed++
				}
			}
			require.Positive(t, failed)
			before := s.Pending()
			if _, err := s.Persist("new", []byte("1")); err != nil {
				require.Equal(t, before, s.Pending())
			}
			_, _ = s.Reindex()
			require.NoError(t, s.Close())
		})
	}
}

func TestBoltPat(t *testing.T) {
	t.Run("GW-115 a pat at most once a second, and none for an empty store", func(t *testing.T) {
		clock, pats := &steppingClock{}, 0
		o := eventstore.Options{Path: filepath.Join(t.TempDir(), "x"), Clock: clock, Pat: func() { pats++ }}
		s, _, err := eventstore.OpenBolt(o)
		require.NoError(t, err)
		require.Zero(t, pats)
		for i := range 40 {
			_, err := s.Persist(fmt.Sprint(i), []byte("1"))
			require.NoError(t, err)
		}
		_, err = s.Reindex()
		require.NoError(t, err)
		require.Equal(t, 10, pats)
		require.NoError(t, s.Close())
	})
}

// steppingClock goes on by 250 ms each time it is read.
type steppingClock struct {
	storetest.Clock
}

func (c *steppingClock) Now() time.Duration {
	c.Advance(250 * time.Millisecond)
	return c.Clock.Now()
}
