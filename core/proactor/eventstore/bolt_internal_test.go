package eventstore

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	berrors "go.etcd.io/bbolt/errors"
)

// A transaction that fails changes nothing, and each of its changes says so.
func TestBoltTransactionFails(t *testing.T) {
	b, _, err := OpenBolt(Options{Path: filepath.Join(t.TempDir(), "x"), Clock: &testClock{}})
	require.NoError(t, err)
	_, err = b.Persist("a", []byte("1"))
	require.NoError(t, err)
	require.NoError(t, b.db.Close())
	results := b.Apply([]Change{{OpPersist, "d", []byte("1")}, {Op: OpClear, ID: "a"}, {OpPersist, "", []byte("1")}})
	require.ErrorIs(t, results[0].Err, berrors.ErrDatabaseNotOpen)
	require.ErrorContains(t, results[0].Err, "(1 events with 1 bytes are still stored)")
	require.ErrorIs(t, results[1].Err, berrors.ErrDatabaseNotOpen)
	require.ErrorIs(t, results[2].Err, ErrID)
	require.Equal(t, []string{"a"}, b.Pending())
	_, found, err := b.Retrieve("a")
	require.True(t, found)
	require.ErrorIs(t, err, berrors.ErrDatabaseNotOpen)
	_, err = b.Reindex()
	require.ErrorIs(t, err, berrors.ErrDatabaseNotOpen)
	require.Equal(t, 1, b.NumPending())
}

func TestBoltTakeBack(t *testing.T) {
	x := newIndex()
	for i, id := range []string{"a", "b", "c"} {
		x.add(&entry{id: id, size: int64(i + 1), at: int64(i)})
	}
	c := boltChanges{index: x}
	for _, id := range []string{"a", "c"} {
		e := x.get(id)
		x.remove(e)
		c.steps = append(c.steps, boltStep{e, false})
	}
	added := &entry{id: "a", size: 9, at: 9}
	x.add(added)
	c.steps = append(c.steps, boltStep{added, true})
	require.Equal(t, []string{"b", "a"}, x.ids())
	c.takeBack()
	require.Equal(t, []string{"a", "b", "c"}, x.ids())
	require.Equal(t, int64(6), x.bytes)
	require.Equal(t, int64(2), x.last())
	require.Equal(t, int64(1), x.get("a").size)
}

func TestBoltValues(t *testing.T) {
	value := encodeBolt(boltKey(7), "id", []byte("content"))
	id, content, err := decodeBolt(boltKey(7), value)
	require.NoError(t, err)
	require.Equal(t, "id", id)
	require.Equal(t, "content", string(content))
	_, _, err = decodeBolt(boltKey(8), value)
	require.ErrorIs(t, err, ErrDamaged, "a value under another key")
	for n := range len(value) {
		_, _, err = decodeBolt(boltKey(7), value[:n])
		require.ErrorIs(t, err, ErrDamaged)
	}
	for _, bad := range [][]byte{
		encodeBolt(boltKey(7), "", []byte("content")),
		encodeBolt(boltKey(7), "id", nil),
		encodeBolt(boltKey(7), string(make([]byte, IDBytesMax+1)), []byte("content")),
	} {
		_, _, err = decodeBolt(boltKey(7), bad)
		require.ErrorIs(t, err, ErrDamaged, "the checksum fits, the rest does not")
	}
}
