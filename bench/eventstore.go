package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// storeSpeedup is how many times as fast as the original's, which does not wait
// for the disk, a store that does is to be.
const storeSpeedup = 5

// storedEvents is how many events a store of these rows holds, storedText one of
// them; the original was measured with events of that size.
const storedEvents = 10_000

var storedText = []byte(strings.Repeat(`{"TypeName":"gridworks.event"}`, 10)) // 300 bytes

// storeWork does something with a store and says with how many events, and how
// long that took.
type storeWork func(b *storeBench) (events int, took time.Duration, err error)

func storeRows() []row {
	var rows []row
	for _, c := range []struct {
		name string
		than original
		work storeWork
	}{
		{"event store: persist, durable when each call is done (queue, group commit)", gwproactor(3.7e3), (*storeBench).persist},
		{"event store: reindex", gwproactor(55e3), (*storeBench).reindex},
		{"event store: clear, one call each", gwproactor(43e3), (*storeBench).clear},
	} {
		rows = append(rows, row{c.name, fmt.Sprintf("≥ %d× gwproactor", storeSpeedup), func() (result, error) {
			return onEachStore(c.than, c.work)
		}})
	}
	return rows
}

// onEachStore measures in the folder for temporary files.
func onEachStore(than original, work storeWork) (result, error) {
	files, err := storePerSecond(func(o eventstore.Options) (eventstore.Store, *problems.Problems, error) {
		return eventstore.OpenFiles(o)
	}, work)
	bolt, err2 := storePerSecond(func(o eventstore.Options) (eventstore.Store, *problems.Problems, error) {
		return eventstore.OpenBolt(o)
	}, work)
	return result{
		fmt.Sprintf("Files %s, Bolt %s", amount(files), amount(bolt)),
		fmt.Sprintf("%s %s (%.1f×, %.1f×; measured elsewhere)", than.name, amount(than.perSecond), files/than.perSecond, bolt/than.perSecond),
		fmt.Sprintf("Files %s, Bolt %s", atLeast(files/than.perSecond, storeSpeedup), atLeast(bolt/than.perSecond, storeSpeedup)),
	}, errors.Join(err, err2)
}

type storeOpener func(eventstore.Options) (eventstore.Store, *problems.Problems, error)

func storePerSecond(open storeOpener, work storeWork) (perSecond float64, err error) {
	dir, err := os.MkdirTemp("", "hubtape-bench-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	rt := clock.NewSystem(clock.SystemOptions{})
	store, _, err := open(eventstore.Options{Path: filepath.Join(dir, "events"), Clock: rt})
	if err != nil {
		return 0, errors.Join(err, rt.Close())
	}
	var failed error
	run := rt.Run("bench", func() {
		l := loop.New(rt, loop.Options{})
		b := &storeBench{loop: l, queue: eventstore.NewQueue(l, store)}
		var events int
		var took time.Duration
		events, took, failed = work(b)
		perSecond = float64(events) / took.Seconds()
		failed = errors.Join(failed, b.queue.Close())
	})
	return perSecond, errors.Join(run, failed, rt.Close())
}

// storeBench is a store behind its queue.
type storeBench struct {
	loop  *loop.Loop
	queue *eventstore.Queue
}

// each asks for n things, one callback of the loop each, and waits until all are
// done.
func (b *storeBench) each(n int, ask func(i int, done func(*problems.Problems, error))) (took time.Duration, err error) {
	got := 0
	done := func(_ *problems.Problems, failed error) {
		err = errors.Join(err, failed)
		if got++; got == n {
			b.loop.Stop(0)
		}
	}
	for i := range n {
		b.loop.Post(func() { ask(i, done) })
	}
	begin := b.loop.Runtime().Now()
	b.loop.Run()
	return b.loop.Runtime().Now() - begin, err
}

func (b *storeBench) persist() (events int, took time.Duration, err error) {
	took, err = b.each(storedEvents, func(i int, done func(*problems.Problems, error)) {
		b.queue.Persist(strconv.Itoa(i), storedText, done)
	})
	return storedEvents, took, err
}

func (b *storeBench) reindex() (events int, took time.Duration, err error) {
	if _, _, err := b.persist(); err != nil {
		return 0, 0, err
	}
	const times = 10
	took, err = b.each(times, func(_ int, done func(*problems.Problems, error)) { b.queue.Reindex(done) })
	return times * storedEvents, took, err
}

func (b *storeBench) clear() (events int, took time.Duration, err error) {
	if _, _, err := b.persist(); err != nil {
		return 0, 0, err
	}
	took, err = b.each(storedEvents, func(i int, done func(*problems.Problems, error)) { b.queue.Clear(strconv.Itoa(i), done) })
	return storedEvents, took, err
}
