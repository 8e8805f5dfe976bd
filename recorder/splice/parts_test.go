package splice_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const goesOn = "the recording goes on in the next part"

// part is a part of the recording "x".
func (b *bench) part(number int, began time.Time, records ...recorder.Record) splice.Source {
	return splice.Source{Tape: b.tape(begun(began, recorder.LabelRecording, "x", recorder.LabelPart, fmt.Sprint(number)), records...)}
}

// Parts are the whole again, in whatever order they are given.
func TestPartsAreTheWhole(t *testing.T) {
	b := newBench(t)
	one := b.part(1, start, snapshot(0, "a", "0"), say(1, "a", "1"), note(10, "a word"), gap(8+2, 20, "cut"), note(20, goesOn))
	two := b.part(2, start.Add(20), gap(0, 5, "cut"), gap(5, 6, "cut"), snapshot(6, "a", "left"), sitting(1, say(6, "a", "2")), sitting(1, note(9, goesOn)))
	three := b.part(3, start.Add(29), jump(0, 0), snapshot(0, "a", "2"), recorder.Record{Kind: recorder.KindConnect}, snapshot(1, "b", "1"),
		say(1, "b", "2"), snapshot(2, "c", "1"), note(3, "the recording ended"))
	want := []string{
		"0 0s snapshot a 0", "0 1ns message a 1", "0 10ns note a word", "0 10ns gap cut until 25ns", "0 25ns gap cut until 26ns", "0 26ns snapshot a left", "1 26ns message a 2",
		"1 29ns clock jump", "1 29ns connect", "1 30ns message b 2", "1 31ns snapshot c 1", "1 32ns note the recording ended",
	}
	for _, srcs := range [][]splice.Source{{one, two, three}, {three, one, two}} {
		require.Equal(t, start, splice.MergeStart(srcs))
		got, res := b.mergeResult(srcs...)
		require.Equal(t, want, course(records(t, got)))
		require.Equal(t, splice.Result{Records: 12, Dropped: 5, Gaps: 1}, res)
	}
}

// A recording stands among the sources where the first of its parts does.
func TestPartsKeepTheirPlace(t *testing.T) {
	b := newBench(t)
	other := splice.Source{Tape: b.tape(begun(start), say(0, "b", "1"))}
	one, two := b.part(1, start, say(0, "a", "1")), b.part(2, start.Add(5), say(0, "a", "2"))
	for _, srcs := range [][]splice.Source{{two, other, one}, {one, other, two}, {one, two, other}} {
		require.Equal(t, []string{"0 0s message a 1", "1 0s message b 1", "1 5ns message a 2"}, course(records(t, b.merge(srcs...))))
	}
}

// What does not follow is not taken for a part of the same.
func TestPartsThatDoNotFollow(t *testing.T) {
	b := newBench(t)
	one := b.part(1, start, say(0, "a", "1"), note(1, goesOn))
	two := b.part(2, start.Add(5), snapshot(0, "a", "1"), note(1, goesOn))
	three := b.part(3, start.Add(10), snapshot(0, "a", "2"))
	other := splice.Source{Tape: b.tape(begun(start.Add(10), recorder.LabelRecording, "y", recorder.LabelPart, "2"), snapshot(0, "a", "2"))}
	elsewhere, moved, unnumbered := two, two, splice.Source{Tape: b.tape(begun(start.Add(10), recorder.LabelRecording, "x", recorder.LabelPart, "two"), snapshot(0, "a", "2"))}
	elsewhere.Prefix, moved.Shift = "attic/", 1
	for name, c := range map[string]struct {
		srcs    []splice.Source
		records int
	}{
		"it follows":         {[]splice.Source{one, two}, 2},
		"a part is missing":  {[]splice.Source{one, three}, 3},
		"another recording":  {[]splice.Source{one, other}, 3},
		"given twice":        {[]splice.Source{one, two, two}, 4},
		"with a prefix":      {[]splice.Source{one, elsewhere}, 4},
		"moved":              {[]splice.Source{one, moved}, 4},
		"without a number":   {[]splice.Source{one, unnumbered}, 3},
		"the last one alone": {[]splice.Source{two}, 2},
	} {
		got, _ := b.mergeResult(c.srcs...)
		require.Len(t, records(t, got), c.records, name)
	}
}

// The clock of the hub's machine is set while a part is recorded: part follows
// part by the monotonic clock.
func TestPartsAcrossClockJumps(t *testing.T) {
	b := newBench(t)
	one := b.part(1, start, say(0, "a", "1"), jump(5, -time.Hour), note(10, goesOn))
	two := b.part(2, start.Add(10-time.Hour), say(1, "a", "2"), jump(5, time.Hour), note(10, goesOn))
	three := b.part(3, start.Add(20), say(1, "a", "3"))
	require.Equal(t, start, splice.MergeStart([]splice.Source{one, two, three}))
	got, res := b.mergeResult(one, two, three)
	require.Equal(t, []string{
		"0 0s message a 1", "0 5ns clock jump", "0 11ns message a 2", "0 15ns clock jump", "0 21ns message a 3",
	}, course(records(t, got)))
	require.Zero(t, res.Held)

	// What no record tells of cannot be taken off: the part begins when it can.
	two = b.part(2, start.Add(4), say(1, "a", "2"), say(3, "a", "3"), note(3, goesOn))
	one = b.part(1, start, say(0, "a", "1"), note(10, goesOn))
	got, res = b.mergeResult(one, two, three)
	require.Equal(t, []string{"0 0s message a 1", "0 11ns message a 2", "0 13ns message a 3", "0 21ns message a 3"}, course(records(t, got)))
	require.EqualValues(t, 2, res.Held)

	// Without starts, or with absurd jumps, part follows part.
	undated := func(n int, r ...recorder.Record) splice.Source { return b.part(n, time.Time{}, r...) }
	got = b.merge(undated(1, say(3, "a", "1")), undated(2, say(4, "a", "2")))
	require.Equal(t, []string{"0 3ns message a 1", "0 7ns message a 2"}, course(records(t, got)))
	one = b.part(1, start, say(0, "a", "1"), jump(5, math.MaxInt64), jump(5, 1))
	got = b.merge(one, two)
	require.Equal(t, "0 8ns message a 3", course(records(t, got))[4])
}

// A recording of several hubs: a gap of one is told where it ended, if others
// went on, and is joined over any number of parts.
func TestPartsJoinGaps(t *testing.T) {
	b := newBench(t)
	long := gap(1, 10, "one")
	long.Wall = start.UnixNano() + 1
	got, res := b.mergeResult(
		b.part(1, start, say(0, "a", "1"), long, note(10, goesOn)),
		b.part(2, start.Add(10), say(1, "b", "1"), gap(10, 0, "one"), gap(10, 3, "two"), gap(10, 3, "two"), note(10, goesOn)),
		b.part(3, start.Add(20), gap(0, 0, "three"), gap(5, 0, "one"), gap(6, 0, "two"), gap(7, 1, "two"), gap(8, 0, "two"), say(8, "b", "2")),
	)
	require.Equal(t, []string{
		"0 0s message a 1", "0 11ns message b 1", "0 20ns gap three until 20ns", "0 25ns gap one until 1ns",
		"0 26ns gap two until 13ns", "0 27ns gap two until 21ns", "0 28ns gap two until 13ns", "0 28ns message b 2",
	}, course(records(t, got)))
	require.Equal(t, splice.Result{Records: 8, Dropped: 2 + 4, Gaps: 3}, res)
	require.Equal(t, start.Add(25), records(t, got)[3].Time())

	// A gap that ended before its part did is another one.
	got, _ = b.mergeResult(b.part(1, start, gap(1, 9, "one"), note(10, goesOn)), b.part(2, start.Add(10), gap(0, 3, "one")))
	require.Equal(t, []string{"0 1ns gap one until 9ns", "0 10ns gap one until 13ns"}, course(records(t, got)))
}

// What is cut into parts as a recorder does it is put together to what it was.
func TestPartsOfAnything(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		all := draw(t, "a", false)
		for i := range all {
			all[i].Session, all[i].At = 0, all[i].At*10
		}
		var end time.Duration
		if len(all) > 0 {
			end = all[len(all)-1].At
		}
		// One gap: nothing is said in it, as a recorder of one hub has it.
		if i := rapid.IntRange(-1, len(all)-1).Draw(t, "gap"); i >= 0 {
			g := gap(all[i].At, all[i].At+time.Duration(rapid.IntRange(1, 100).Draw(t, "length")), "cut")
			for j := i + 1; j < len(all); j++ {
				all[j].At = max(all[j].At, g.Until)
			}
			all = slices.Insert(all, i+1, g)
			end = max(end, g.Until, all[len(all)-1].At)
		}
		borders := rapid.SliceOfNDistinct(rapid.IntRange(1, int(end)+1), 0, 3, rapid.ID[int]).Draw(t, "borders")
		slices.Sort(borders)
		borders = append(borders, math.MaxInt)
		var srcs []splice.Source
		var from time.Duration
		for n, border := range borders {
			until := time.Duration(border)
			var own []recorder.Record
			if n > 0 {
				own = append(own, snapshot(0, "z", "head"))
			}
			ended := -1
			for _, r := range all {
				switch {
				case r.Kind == recorder.KindGap:
					if r.Until <= from || r.At >= until {
						continue
					}
					if r.At < from {
						own = own[:len(own)-1] // nothing is retained by a hub that is not there
					}
					r.At, r.Until = max(r.At, from), min(r.Until, until)
				case r.At < from || r.At >= until:
					continue
				case n > 0 && ended < 0 && r.Kind != recorder.KindMessage && r.Kind != recorder.KindWill:
					// only what is said ends the head
					own = append(own, say(0, "z", "head"))
				}
				ended = 0
				r.At -= from
				if r.Kind == recorder.KindGap {
					r.Until -= from
				}
				own = append(own, r)
			}
			if n < len(borders)-1 {
				own = append(own, note(until-from, goesOn))
			}
			srcs = append(srcs, b.part(n+1, start.Add(from), own...))
			from = until
		}
		got := records(t, b.merge(srcs...))
		got = slices.DeleteFunc(got, func(r recorder.Record) bool { return r.Topic == "z" && r.Kind == recorder.KindMessage })
		requireSame(t, all, got)
	})
}

// The parts of a real recorder.
func TestPartsOfADeck(t *testing.T) {
	dir := t.TempDir()
	d, err := deck.Open(deck.Options{Path: filepath.Join(dir, "a.hubtape"), RotateBytes: 20_000, FlushEvery: time.Millisecond, Tape: recorder.Options{LogBytes: 4096}})
	require.NoError(t, err)
	var hub *deck.Source
	retained := func() { hub.Put(snapshot(0, "state", "x")) }
	hub = d.Source(deck.SourceOptions{Head: func() { retained(); hub.HeadDone() }})
	retained()
	hub.HeadDone()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	want := []string{"snapshot state x"}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; d.Progress().Part < 4; n++ {
		r := say(0, fmt.Sprint("topic ", n%50), fmt.Sprintf("%x", n*7919))
		hub.Put(r)
		want = append(want, fmt.Sprintf("message %s %s", r.Topic, r.Payload))
		if n%100 == 0 {
			for d.Progress().Queued > 0 {
				<-tick.C
			}
		}
	}
	stop()
	require.NoError(t, <-done)
	require.NoError(t, d.Close())
	want = append(want, "note the recording ended")

	b := newBench(t)
	var srcs []splice.Source
	for n := range 4 {
		tape, err := recorder.Open(filepath.Join(dir, fmt.Sprintf("a-%04d.hubtape", n+1)))
		require.NoError(t, err)
		defer tape.Close()
		srcs = append(srcs, splice.Source{Tape: tape})
	}
	whole, res := b.mergeResult(srcs...)
	var got []string
	for _, r := range records(t, whole) {
		got = append(got, strings.Join(strings.Fields(fmt.Sprintf("%v %s %s%s", r.Kind, r.Topic, r.Payload, r.Text)), " "))
		require.InDelta(t, r.Wall, whole.Start().Add(r.At).UnixNano(), float64(time.Second))
	}
	require.Equal(t, want, got)
	require.Equal(t, splice.Result{Records: uint64(len(want)), Dropped: 6, Held: res.Held}, res)
}
