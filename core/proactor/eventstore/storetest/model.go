package storetest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
)

// modelEvent is an event as the model remembers it.
type modelEvent struct {
	id      string
	content []byte
}

// model is what a store is meant to be: a list.
type model struct {
	events   []modelEvent
	bytesMax int
	dropped  int
}

func (m *model) at(id string) int {
	return slices.IndexFunc(m.events, func(e modelEvent) bool { return e.id == id })
}

func (m *model) bytes() (n int) {
	for _, e := range m.events {
		n += len(e.content)
	}
	return n
}

// apply returns what the store must say.
func (m *model) apply(c eventstore.Change) (warning, err error) {
	at := m.at(c.ID)
	switch {
	case c.Op == eventstore.OpClear && at < 0:
		return eventstore.ErrUnknown, nil
	case c.Op == eventstore.OpClear:
		m.events = slices.Delete(m.events, at, at+1)
		return nil, nil
	case len(c.Content) == 0:
		return nil, eventstore.ErrEmpty
	case len(c.Content) > m.bytesMax:
		return nil, eventstore.ErrTooLarge
	case at >= 0:
		m.events = slices.Delete(m.events, at, at+1)
		warning = eventstore.ErrReplaced
	}
	for m.bytes()+len(c.Content) > m.bytesMax {
		m.events = m.events[1:]
		m.dropped++
	}
	m.events = append(m.events, modelEvent{c.ID, c.Content})
	return warning, nil
}

// checkModel drives a store and the model by the same random steps.
func checkModel(t *testing.T, column Column) {
	dir, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		clock := &Clock{}
		w := &walk{
			column: column, clock: clock,
			model: model{bytesMax: rapid.IntRange(1, 60).Draw(t, "limit")},
			o:     eventstore.Options{Path: filepath.Join(dir, strconv.Itoa(runs)), Clock: clock},
		}
		w.o.BytesMax = int64(w.model.bytesMax)
		w.open(t)
		defer func() { require.NoError(t, w.store.Close()) }()
		t.Repeat(map[string]func(*rapid.T){
			"":        w.check,
			"apply":   w.apply,
			"pass":    func(t *rapid.T) { clock.Advance(time.Duration(rapid.IntRange(0, 40).Draw(t, "hours")) * time.Hour) },
			"jump":    func(t *rapid.T) { clock.Jump(time.Duration(rapid.IntRange(-50, 50).Draw(t, "hours")) * time.Hour) },
			"reindex": w.reindex,
			"reopen":  w.reopen,
		})
	})
}

// walk is one run of the state machine.
type walk struct {
	column Column
	clock  *Clock
	o      eventstore.Options
	store  eventstore.Store
	model  model
}

func (w *walk) open(t *rapid.T) {
	s, found, err := w.column.Open(w.o)
	require.NoError(t, err)
	require.True(t, found.Empty(), found.String())
	w.store = s
}

func (w *walk) reopen(t *rapid.T) {
	require.NoError(t, w.store.Close())
	w.model.dropped = 0
	w.open(t)
}

func (w *walk) reindex(t *rapid.T) {
	found, err := w.store.Reindex()
	require.NoError(t, err)
	require.True(t, found.Empty(), found.String())
}

var changeGen = rapid.Custom(func(t *rapid.T) eventstore.Change {
	id := rapid.SampledFrom([]string{"a", "b", "c", "d/..", "e", "f", "g"}).Draw(t, "id")
	if rapid.IntRange(0, 2).Draw(t, "op") == 0 {
		return eventstore.Change{Op: eventstore.OpClear, ID: id}
	}
	return eventstore.Change{Op: eventstore.OpPersist, ID: id, Content: rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "content")}
})

func (w *walk) apply(t *rapid.T) {
	changes := rapid.SliceOfN(changeGen, 0, 6).Draw(t, "changes")
	results := w.store.Apply(changes)
	require.Len(t, results, len(changes))
	for i, c := range changes {
		warning, err := w.model.apply(c)
		require.ErrorIs(t, results[i].Err, err)
		require.Equal(t, err == nil, results[i].Err == nil)
		require.Equal(t, warning == nil, results[i].Problems.Empty())
		require.True(t, warning == nil || results[i].Problems.Has(warning))
	}
}

func (w *walk) check(t *rapid.T) {
	ids := []string{}
	for _, e := range w.model.events {
		ids = append(ids, e.id)
		content, found, err := w.store.Retrieve(e.id)
		require.NoError(t, err)
		require.True(t, found)
		require.True(t, bytes.Equal(e.content, content))
	}
	require.Equal(t, ids, w.store.Pending())
	require.Equal(t, len(ids), w.store.NumPending())
	require.Equal(t, int64(w.model.bytes()), w.store.Bytes())
	require.Equal(t, w.model.dropped, w.store.Dropped())
}
