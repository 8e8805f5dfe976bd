package storetest

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Column is a kind of store.
type Column struct {
	// Open opens the store at o.Path, where nothing is the first time.
	Open func(o eventstore.Options) (eventstore.Store, *problems.Problems, error)
	// Forgets: what is stored is not kept. Only what holds for every store is
	// asked of it.
	Forgets bool
}

// Clock is an eventstore.Clock that goes when it is told to. Its Wall begins on
// 1 January 2026, 12:00 UTC.
type Clock struct {
	at   time.Duration
	jump time.Duration
}

var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// Now is how far the clock has gone.
func (c *Clock) Now() time.Duration { return c.at }

// Wall is the date: the begin, as far as the clock has gone, and all jumps.
func (c *Clock) Wall() time.Time { return began.Add(c.at + c.jump) }

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) { c.at += d }

// Jump sets the date forward, or back, without time passing.
func (c *Clock) Jump(d time.Duration) { c.jump += d }

// Run runs the contract suite, each case on a store of its own.
func Run(t *testing.T, c Column) {
	t.Helper()
	for _, k := range anyCases {
		t.Run(k.name, func(t *testing.T) { k.run(newBench(t, c, 0)) })
	}
	if c.Forgets {
		return
	}
	for _, k := range keeperCases {
		t.Run(k.name, func(t *testing.T) { k.run(newBench(t, c, k.bytesMax)) })
	}
	t.Run("model", func(t *testing.T) { checkModel(t, c) })
}

// bench is a store under test, with helpers that fail the test.
type bench struct {
	*testing.T
	eventstore.Store
	column Column
	o      eventstore.Options
	clock  *Clock
}

func newBench(t *testing.T, c Column, bytesMax int64) *bench {
	clock := &Clock{}
	b := &bench{T: t, column: c, clock: clock, o: eventstore.Options{
		Path: filepath.Join(t.TempDir(), "events"), Clock: clock, BytesMax: bytesMax,
	}}
	b.open()
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func (b *bench) open() {
	b.Helper()
	s, found, err := b.column.Open(b.o)
	require.NoError(b, err)
	require.True(b, found.Empty(), found.String())
	b.Store = s
}

func (b *bench) reopen() {
	b.Helper()
	require.NoError(b, b.Close())
	b.open()
}

// persist stores an event and wants nothing told.
func (b *bench) persist(id, content string) {
	b.Helper()
	p, err := b.Persist(id, []byte(content))
	require.NoError(b, err)
	require.True(b, p.Empty(), p.String())
}

func (b *bench) clear(id string) {
	b.Helper()
	p, err := b.Clear(id)
	require.NoError(b, err)
	require.True(b, p.Empty(), p.String())
}

func (b *bench) reindex() {
	b.Helper()
	p, err := b.Reindex()
	require.NoError(b, err)
	require.True(b, p.Empty(), p.String())
}

// wants checks everything the store says of its events, given as id, content, id,
// content and so on.
func (b *bench) wants(events ...string) {
	b.Helper()
	bytes := 0
	ids := []string{}
	for i := 0; i < len(events); i += 2 {
		ids = append(ids, events[i])
		bytes += len(events[i+1])
		content, found, err := b.Retrieve(events[i])
		require.NoError(b, err)
		require.True(b, found, events[i])
		require.Equal(b, events[i+1], string(content))
	}
	require.Equal(b, ids, b.Pending())
	require.Equal(b, len(ids), b.NumPending())
	require.Equal(b, int64(bytes), b.Bytes())
}

// warned wants a call that was done and told exactly these warnings.
func (b *bench) warned(p *problems.Problems, err error, warnings ...error) {
	b.Helper()
	require.NoError(b, err)
	require.NoError(b, p.Err())
	require.Equal(b, len(warnings), p.WarningCount(), p.String())
	for i, w := range warnings {
		require.ErrorIs(b, p.Warnings()[i], w)
	}
}

func number(i int) string { return "e" + strconv.Itoa(i) }
