package eventstore_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// benchContent is about as long as an event of a house.
var benchContent = []byte(strings.Repeat(`{"TypeName":"gridworks.event"}`, 20))

func eachStore(b *testing.B, body func(b *testing.B, s eventstore.Store)) {
	for _, s := range openers {
		b.Run(s.name, func(b *testing.B) {
			store, _, err := s.open(eventstore.Options{Path: filepath.Join(b.TempDir(), "events"), Clock: &storetest.Clock{}})
			require.NoError(b, err)
			body(b, store)
			require.NoError(b, store.Close())
		})
	}
}

func perSecond(b *testing.B, events int) {
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

func fill(b *testing.B, s eventstore.Store, n int) []string {
	for from := 0; from < n; from += 1000 {
		var changes []eventstore.Change
		for i := from; i < min(n, from+1000); i++ {
			changes = append(changes, eventstore.Change{Op: eventstore.OpPersist, ID: strconv.Itoa(i), Content: benchContent})
		}
		for _, r := range s.Apply(changes) {
			require.NoError(b, r.Err)
		}
	}
	return s.Pending()
}

// One durable event a call.
func BenchmarkPersist(b *testing.B) {
	eachStore(b, func(b *testing.B, s eventstore.Store) {
		n := 0
		for b.Loop() {
			if _, err := s.Persist(strconv.Itoa(n), benchContent); err != nil {
				b.Fatal(err)
			}
			n++
		}
		perSecond(b, n)
	})
}

// Events asked for one by one from a loop, each told when it is durable.
func BenchmarkQueuedPersist(b *testing.B) {
	eachStore(b, func(b *testing.B, s eventstore.Store) {
		rt := clock.NewSystem(clock.SystemOptions{})
		require.NoError(b, rt.Run("bench", func() {
			l := loop.New(rt, loop.Options{})
			q := eventstore.NewQueue(l, s)
			done := 0
			told := func(_ *problems.Problems, err error) {
				if err != nil {
					b.Error(err)
				}
				if done++; done == b.N {
					l.Stop(0)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				l.Post(func() { q.Persist(strconv.Itoa(i), benchContent, told) })
			}
			l.Run()
			b.StopTimer()
		}))
		require.NoError(b, rt.Close())
		perSecond(b, b.N)
	})
}

func BenchmarkReindex(b *testing.B) {
	eachStore(b, func(b *testing.B, s eventstore.Store) {
		const events = 5000
		fill(b, s, events)
		n := 0
		for b.Loop() {
			if _, err := s.Reindex(); err != nil {
				b.Fatal(err)
			}
			n += events
		}
		perSecond(b, n)
	})
}

// Events cleared in batches of 1000, as a queue does when their acks come in.
func BenchmarkClear(b *testing.B) {
	eachStore(b, func(b *testing.B, s eventstore.Store) {
		n := 0
		for b.Loop() {
			b.StopTimer()
			var changes []eventstore.Change
			for _, id := range fill(b, s, 1000) {
				changes = append(changes, eventstore.Change{Op: eventstore.OpClear, ID: id})
			}
			b.StartTimer()
			for _, r := range s.Apply(changes) {
				if r.Err != nil {
					b.Fatal(r.Err)
				}
			}
			n += len(changes)
		}
		perSecond(b, n)
	})
}
