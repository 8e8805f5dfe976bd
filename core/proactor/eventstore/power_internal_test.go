package eventstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// history is what a program did with a store until the machine stopped.
type history struct {
	acked    map[string]string          // stored for sure
	versions map[string]map[string]bool // every content that an id was ever given
	flying   []Change                   // of the Apply that did not return
}

// script stores, replaces and clears, alone and in batches, over three days.
func (h *history) script(s Store, clock *testClock, rnd *rand.Rand) {
	for n := range 12 {
		clock.at += time.Duration(rnd.IntN(8)) * time.Hour
		h.flying = nil
		for range 1 + rnd.IntN(3) {
			c := Change{Op: OpPersist, ID: "id" + strconv.Itoa(rnd.IntN(8))}
			if rnd.IntN(3) == 0 {
				c.Op = OpClear
			} else {
				c.Content = []byte(strings.Repeat(fmt.Sprintf("%s/%d ", c.ID, n), 1+rnd.IntN(3)))
				if h.versions[c.ID] == nil {
					h.versions[c.ID] = map[string]bool{}
				}
				h.versions[c.ID][string(c.Content)] = true
			}
			h.flying = append(h.flying, c)
		}
		for i, r := range s.Apply(h.flying) {
			if r.Err != nil {
				panic(r.Err)
			}
			if c := h.flying[i]; c.Op == OpPersist {
				h.acked[c.ID] = string(c.Content)
			} else {
				delete(h.acked, c.ID)
			}
		}
		h.flying = nil
	}
}

// runUntil plays the script until the disk stops; false: it did not.
func (h *history) runUntil(d *memDisk, seed uint64) (hit bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, hit = p.(stopped); !hit {
				panic(p)
			}
		}
	}()
	clock := &testClock{}
	f, _, err := openFiles(Options{Path: "/store", Clock: clock}, d)
	if err != nil {
		panic(err)
	}
	h.script(f, clock, rand.New(rand.NewPCG(seed, 1)))
	return false
}

// The machine stops before each single thing that a store asks of its disk, with
// and without its power going off: nothing stored is lost, nothing is invented,
// and the next process finds nothing to complain of.
func TestStoppedAtEveryStep(t *testing.T) {
	for seed := range uint64(4) {
		for step := 1; ; step++ {
			d := newMemDisk()
			d.last = step
			h := &history{acked: map[string]string{}, versions: map[string]map[string]bool{}}
			if !h.runUntil(d, seed) {
				require.Greater(t, step, 40)
				break
			}
			checkAfter(t, h, d.restart(nil), true)
			for cut := range uint64(6) {
				checkAfter(t, h, d.restart(rand.New(rand.NewPCG(seed, cut))), false)
			}
		}
	}
}

func checkAfter(t *testing.T, h *history, d *memDisk, powered bool) {
	t.Helper()
	f, found, err := openFiles(Options{Path: "/store", Clock: &testClock{}}, d)
	require.NoError(t, err)
	require.NoError(t, found.Err())
	for _, w := range found.Warnings() {
		require.ErrorIs(t, w, ErrReplaced, "only an event that was being replaced may stand there twice")
	}
	touched := map[string]bool{}
	for _, c := range h.flying {
		touched[c.ID] = true
	}
	for id, want := range h.acked {
		content, ok, err := f.Retrieve(id)
		require.NoError(t, err)
		require.True(t, ok || touched[id], "%s is lost: %v", id, d)
		require.True(t, touched[id] || string(content) == want, "%s has an older content", id)
	}
	for _, id := range f.Pending() {
		content, _, err := f.Retrieve(id)
		require.NoError(t, err)
		require.True(t, h.versions[id][string(content)], "%s was never stored like this: %q", id, content)
		_, acked := h.acked[id]
		require.True(t, acked || touched[id] || !powered, "%s was cleared", id)
	}
	require.Len(t, d.files(), f.NumPending(), "nothing else is left: %v", d)
	found, err = f.Reindex()
	require.NoError(t, err)
	require.True(t, found.Empty())
}

// Older events are dropped only when the new one is safe.
func TestStoppedWhileDropping(t *testing.T) {
	for step := 1; ; step++ {
		d := newMemDisk()
		o := Options{Path: "/store", Clock: &testClock{}, BytesMax: 10}
		f, _, err := openFiles(o, d)
		require.NoError(t, err)
		for _, id := range []string{"a", "b", "c"} {
			_, err := f.Persist(id, []byte("123"))
			require.NoError(t, err)
		}
		d.last = d.ops + step
		stops := func() (hit bool) {
			defer func() { hit = recover() != nil }()
			_, err := f.Persist("new", []byte("1234567"))
			require.NoError(t, err)
			return false
		}()
		if !stops {
			require.Greater(t, step, 6)
			return
		}
		for cut := range uint64(8) {
			f, _, err := openFiles(o, d.restart(rand.New(rand.NewPCG(1, cut))))
			require.NoError(t, err)
			pending := f.Pending()
			require.True(t, slices.Contains(pending, "new") || slices.Equal(pending, []string{"a", "b", "c"}), pending)
		}
	}
}

// Each thing that a store asks of its disk fails once: what then is said to be
// stored is, what is said not to be is not, and the store goes on.
func TestFailedAtEveryStep(t *testing.T) {
	for step := 1; ; step++ {
		d := newMemDisk()
		clock := &testClock{}
		f, _, err := openFiles(Options{Path: "/store", Clock: clock, BytesMax: 30}, d)
		require.NoError(t, err)
		n, op := 0, ""
		d.fail = func(o, path string) error {
			if n++; n == step && o != "read" {
				op = o
				return fmt.Errorf("%s %s: no space left on device", o, path)
			}
			return nil
		}
		want := map[string]bool{}
		for i := range 12 {
			clock.at += 7 * time.Hour
			id := "e" + strconv.Itoa(i%5)
			before := f.Pending()
			p, err := f.Persist(id, []byte("1234567890"))
			if err != nil {
				require.ErrorContains(t, err, "no space left")
				require.ErrorContains(t, err, "are still stored")
				require.True(t, slices.Equal(before, f.Pending()) || op == "remove", "a persist that failed changes nothing, but what was dropped")
				require.NotContains(t, p.String(), "no space left")
			} else {
				want[id] = true
				require.Equal(t, id, f.Pending()[f.NumPending()-1])
			}
		}
		for _, id := range f.Pending() {
			content, ok, err := f.Retrieve(id)
			require.NoError(t, err)
			require.True(t, ok && string(content) == "1234567890")
			require.True(t, want[id], "%s was said not to be stored", id)
		}
		require.LessOrEqual(t, f.Bytes(), int64(30))
		pending := f.Pending()
		found, err := f.Reindex()
		require.NoError(t, err)
		require.NoError(t, found.Err())
		require.Equal(t, pending, f.Pending()[len(f.Pending())-len(pending):])
		if op == "" {
			require.Greater(t, n, 60)
			return
		}
	}
}
