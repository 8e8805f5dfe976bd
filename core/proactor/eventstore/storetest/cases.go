package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
)

type testCase struct {
	name     string
	bytesMax int64 // 0: the default
	run      func(b *bench)
}

// anyCases hold for every store.
var anyCases = []testCase{
	{name: "GW-098 an empty store", run: func(b *bench) {
		require.Zero(b, b.NumPending())
		require.Zero(b, b.Bytes())
		require.Empty(b, b.Pending())
		content, found, err := b.Retrieve("unknown")
		require.NoError(b, err)
		require.False(b, found)
		require.Nil(b, content)
		b.reindex()
		require.Empty(b, b.Apply(nil))
		require.Zero(b, b.Dropped())
	}},
	{name: "GW-116 every store takes events", run: func(b *bench) {
		b.persist("a", "1")
		b.clear("a")
		b.reindex()
		require.Zero(b, b.NumPending())
		require.Len(b, b.Apply([]eventstore.Change{{Op: eventstore.OpPersist, ID: "b", Content: []byte("2")}, {Op: eventstore.OpClear, ID: "b"}}), 2)
	}},
}

// keeperCases hold for every store that keeps what it is given.
var keeperCases = []testCase{
	{name: "GW-099 persist, retrieve, reindex, clear", run: persistAndClear},
	{name: "GW-101 the order of persisting is kept, whatever the clock does", run: order},
	{name: "GW-102 the oldest are dropped until the new one fits", bytesMax: 100, run: dropOldest},
	{name: "GW-103 an event larger than the limit is refused", bytesMax: 10, run: tooLarge},
	{name: "GW-105 events of twice and four times the size push out as many, over days", bytesMax: 80, run: sizes},
	{name: "GW-107 GW-108 an id that exists is replaced", run: replace},
	{name: "GW-108 a replacement makes room only for what it grows by", bytesMax: 10, run: replaceAtLimit},
	{name: "GW-111 clearing an unknown id is a warning", run: func(b *bench) {
		b.persist("a", "1")
		p, err := b.Clear("b")
		b.warned(p, err, eventstore.ErrUnknown)
		require.Contains(b, p.String(), `clear event "b"`)
		b.wants("a", "1")
	}},
	{name: "GW-112 an unknown id is found to be none", run: func(b *bench) {
		b.persist("a", "1")
		content, found, err := b.Retrieve("b")
		require.NoError(b, err)
		require.False(b, found)
		require.Nil(b, content)
	}},
	{name: "ids may hold anything", run: hostileIDs},
	{name: "ids and contents that are refused", run: refused},
	{name: "a batch is a row of changes", bytesMax: 10, run: batch},
	{name: "a batch of more than the store holds", bytesMax: 10, run: largeBatch},
	{name: "a lower limit drops only when room is needed", run: lowerLimit},
	{name: "contents are the caller's", run: ownership},
	{name: "a closed store says so", run: closed},
}

func persistAndClear(b *bench) {
	b.persist("a", "first")
	b.wants("a", "first")
	b.persist("b", "second\x00\xff")
	b.wants("a", "first", "b", "second\x00\xff")
	b.reindex()
	b.wants("a", "first", "b", "second\x00\xff")
	b.reopen()
	b.persist("c", "third")
	b.wants("a", "first", "b", "second\x00\xff", "c", "third")
	b.clear("b")
	b.reindex()
	b.wants("a", "first", "c", "third")
	b.clear("c")
	b.clear("a")
	b.wants()
	b.reindex()
	b.wants()
	b.reopen()
	b.wants()
	b.persist("b", "again")
	b.wants("b", "again")
}

func order(b *bench) {
	var want []string
	put := func(id string) {
		b.persist(id, id)
		want = append(want, id, id)
	}
	put("z")
	put("a") // at the same instant
	b.clock.Jump(-48 * time.Hour)
	put("y")
	b.clock.Advance(time.Minute)
	put("b")
	b.clock.Jump(96 * time.Hour)
	put("x")
	b.reopen()
	b.wants(want...)
	b.clock.Jump(-1000 * time.Hour)
	put("c")
	b.reindex()
	b.wants(want...)
}

func dropOldest(b *bench) {
	ten := strings.Repeat("x", 10)
	for i := range 10 {
		b.persist(number(i), ten)
	}
	require.Equal(b, int64(100), b.Bytes())
	require.Zero(b, b.Dropped())
	b.persist("more", ten)
	require.Equal(b, []string{"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "more"}, b.Pending())
	b.persist("big", strings.Repeat("y", 31))
	require.Equal(b, []string{"e5", "e6", "e7", "e8", "e9", "more", "big"}, b.Pending())
	require.Equal(b, int64(91), b.Bytes())
	require.Equal(b, 5, b.Dropped())
	b.persist("last", "123456789") // fits exactly
	require.Equal(b, 8, b.NumPending())
	_, found, err := b.Retrieve("e0")
	require.NoError(b, err)
	require.False(b, found)
	pending := b.Pending()
	b.reopen()
	require.Equal(b, pending, b.Pending())
	b.persist("all", strings.Repeat("z", 100))
	b.wants("all", strings.Repeat("z", 100))
}

func tooLarge(b *bench) {
	b.persist("a", "12345")
	for _, id := range []string{"b", "a"} {
		p, err := b.Persist(id, []byte("12345678901"))
		require.ErrorIs(b, err, eventstore.ErrTooLarge)
		require.True(b, p.Empty())
		b.wants("a", "12345")
	}
	b.reindex()
	b.wants("a", "12345")
	b.persist("c", "1234567890")
	b.wants("c", "1234567890")
}

func sizes(b *bench) {
	size := func(n int) string { return strings.Repeat("x", 10*n) }
	for i := range 8 {
		if i%2 == 0 {
			b.clock.Advance(24 * time.Hour)
		}
		b.persist(number(i), size(1))
	}
	b.persist("double", size(2))
	require.Equal(b, []string{"e2", "e3", "e4", "e5", "e6", "e7", "double"}, b.Pending())
	b.persist("quadruple", size(4))
	require.Equal(b, []string{"e6", "e7", "double", "quadruple"}, b.Pending())
	require.Equal(b, int64(80), b.Bytes())
	b.reindex()
	require.Equal(b, int64(80), b.Bytes())
}

func replace(b *bench) {
	b.persist("a", "1234567890")
	b.persist("b", "1")
	p, err := b.Persist("a", []byte("0987654321"))
	b.warned(p, err, eventstore.ErrReplaced)
	b.wants("b", "1", "a", "0987654321")
	b.reindex()
	b.wants("b", "1", "a", "0987654321")
	b.clock.Advance(24 * time.Hour)
	p, err = b.Persist("b", []byte("22"))
	b.warned(p, err, eventstore.ErrReplaced)
	b.reopen()
	b.wants("a", "0987654321", "b", "22")
	b.clear("a")
	b.reopen()
	b.wants("b", "22")
}

func replaceAtLimit(b *bench) {
	b.persist("a", "1234")
	b.persist("b", "1234")
	p, err := b.Persist("a", []byte("123456"))
	b.warned(p, err, eventstore.ErrReplaced)
	b.wants("b", "1234", "a", "123456")
	p, err = b.Persist("b", []byte("12345"))
	b.warned(p, err, eventstore.ErrReplaced)
	b.wants("b", "12345")
	require.Equal(b, 1, b.Dropped())
}

func hostileIDs(b *bench) {
	var want []string
	for _, id := range []string{
		"../../escape", "/etc/passwd", `C:\x`, "..", ".", "a/b", "CON", "nul.json", "x].json", "].json.new", ".uid[", "%41", "A", "a",
		"\x00", "\xff\xfe", "ünïcödé", " ", "trailing.", "trailing ", "a:b", "<>\"|?*", "\n", strings.Repeat("ü", eventstore.IDBytesMax/2),
		strings.Repeat("x", eventstore.IDBytesMax),
	} {
		b.persist(id, "content of "+id)
		want = append(want, id, "content of "+id)
	}
	b.wants(want...)
	b.reopen()
	b.wants(want...)
	for i := 0; i < len(want); i += 2 {
		b.clear(want[i])
	}
	b.reopen()
	b.wants()
}

func refused(b *bench) {
	b.persist("a", "1")
	for _, c := range []struct {
		id, content string
		want        error
	}{
		{"", "1", eventstore.ErrID},
		{strings.Repeat("x", eventstore.IDBytesMax+1), "1", eventstore.ErrID},
		{"b", "", eventstore.ErrEmpty},
		{"a", "", eventstore.ErrEmpty},
	} {
		_, err := b.Persist(c.id, []byte(c.content))
		require.ErrorIs(b, err, c.want)
		var event *eventstore.EventError
		require.ErrorAs(b, err, &event)
		require.Equal(b, "persist", event.Op)
		require.Equal(b, c.id, event.ID)
	}
	for _, id := range []string{"", strings.Repeat("x", 1000)} {
		p, err := b.Clear(id)
		b.warned(p, err, eventstore.ErrUnknown)
	}
	require.Error(b, b.Apply([]eventstore.Change{{ID: "a"}})[0].Err)
	b.wants("a", "1")
}

func batch(b *bench) {
	put := func(id, content string) eventstore.Change {
		return eventstore.Change{Op: eventstore.OpPersist, ID: id, Content: []byte(content)}
	}
	drop := func(id string) eventstore.Change { return eventstore.Change{Op: eventstore.OpClear, ID: id} }
	results := b.Apply([]eventstore.Change{
		put("a", "1"), put("b", "22"), put("", "x"), drop("a"), put("c", "333"), drop("a"), put("b", "4444"), put("big", "12345678901"),
	})
	require.Len(b, results, 8)
	for i, want := range []struct{ err, warning error }{
		{}, {}, {err: eventstore.ErrID}, {}, {}, {warning: eventstore.ErrUnknown}, {warning: eventstore.ErrReplaced}, {err: eventstore.ErrTooLarge},
	} {
		require.ErrorIs(b, results[i].Err, want.err, "change %d", i)
		require.Equal(b, want.warning == nil, results[i].Problems.Empty(), "change %d", i)
		require.True(b, want.warning == nil || results[i].Problems.Has(want.warning), "change %d", i)
	}
	b.wants("c", "333", "b", "4444")
	results = b.Apply([]eventstore.Change{drop("x"), drop(""), put("", "1")})
	require.True(b, results[0].Problems.Has(eventstore.ErrUnknown))
	require.True(b, results[1].Problems.Has(eventstore.ErrUnknown))
	require.ErrorIs(b, results[2].Err, eventstore.ErrID)
	b.reopen()
	b.wants("c", "333", "b", "4444")
}

func largeBatch(b *bench) {
	b.persist("old", "1")
	var changes []eventstore.Change
	for i := range 30 {
		changes = append(changes, eventstore.Change{Op: eventstore.OpPersist, ID: number(i), Content: []byte("123")})
	}
	for _, r := range b.Apply(changes) {
		require.NoError(b, r.Err)
	}
	b.wants("e27", "123", "e28", "123", "e29", "123")
	require.Equal(b, 28, b.Dropped())
	b.reopen()
	b.wants("e27", "123", "e28", "123", "e29", "123")
}

func lowerLimit(b *bench) {
	for i := range 5 {
		b.persist(number(i), "1234567890")
	}
	b.o.BytesMax = 25
	b.reopen()
	require.Equal(b, 5, b.NumPending(), "nothing is dropped by opening")
	b.persist("new", "12345")
	b.wants("e3", "1234567890", "e4", "1234567890", "new", "12345")
}

func ownership(b *bench) {
	content := []byte("mine")
	_, err := b.Persist("a", content)
	require.NoError(b, err)
	content[0] = 'X'
	got, _, err := b.Retrieve("a")
	require.NoError(b, err)
	got[1] = 'Y'
	ids := b.Pending()
	ids[0] = "other"
	b.wants("a", "mine")
}

func closed(b *bench) {
	b.persist("a", "1")
	require.NoError(b, b.Close())
	require.NoError(b, b.Close())
	_, err := b.Persist("b", []byte("2"))
	require.ErrorIs(b, err, eventstore.ErrClosed)
	_, err = b.Clear("a")
	require.ErrorIs(b, err, eventstore.ErrClosed)
	_, _, err = b.Retrieve("a")
	require.ErrorIs(b, err, eventstore.ErrClosed)
	_, err = b.Reindex()
	require.ErrorIs(b, err, eventstore.ErrClosed)
	require.NotPanics(b, func() { _ = fmt.Sprint(b.Pending(), b.NumPending(), b.Bytes(), b.Dropped()) })
	b.open()
	b.wants("a", "1")
}
