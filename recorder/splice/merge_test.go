package splice_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// merge merges tapes.
func (b *bench) merge(srcs ...splice.Source) *recorder.Tape {
	tape, _ := b.mergeResult(srcs...)
	return tape
}

func (b *bench) mergeResult(srcs ...splice.Source) (*recorder.Tape, splice.Result) {
	w := b.create(recorder.Options{Start: splice.MergeStart(srcs)})
	res, err := splice.Merge(w, srcs, splice.MergeOptions{})
	require.NoError(b.t, err)
	return b.open(w), res
}

func TestMerge(t *testing.T) {
	b := newBench(t)
	one := []recorder.Record{say(0, "a", "1"), say(5, "a", "2"), say(5, "a", "3")}
	two := []recorder.Record{say(0, "b", "1"), say(5, "b", "2")}
	undated := func(r []recorder.Record) *recorder.Tape { return b.tape(recorder.Options{}, r...) }
	early, late := b.tape(begun(start), one...), b.tape(begun(start.Add(3)), two...)
	for name, c := range map[string]struct {
		srcs  []splice.Source
		start time.Time
		want  []string
	}{
		"nothing":      {nil, time.Unix(0, 0).UTC(), []string{}},
		"by wall time": {[]splice.Source{{Tape: late}, {Tape: early}}, start, []string{"0 0s message a 1", "1 3ns message b 1", "1 5ns message a 2", "1 5ns message a 3", "1 8ns message b 2"}},
		"by offset": {
			[]splice.Source{{Tape: undated(one)}, {Tape: late}},
			time.Unix(0, 0).UTC(),
			[]string{"0 0s message a 1", "1 0s message b 1", "1 5ns message a 2", "1 5ns message a 3", "1 5ns message b 2"},
		},
		"in the order of the sources": {
			[]splice.Source{{Tape: undated(two)}, {Tape: undated(one)}},
			time.Unix(0, 0).UTC(),
			[]string{"0 0s message b 1", "1 0s message a 1", "1 5ns message b 2", "1 5ns message a 2", "1 5ns message a 3"},
		},
		"shifted": {
			[]splice.Source{{Tape: early, Shift: 10}, {Tape: late}},
			start.Add(3),
			[]string{"0 0s message b 1", "0 5ns message b 2", "1 7ns message a 1", "1 12ns message a 2", "1 12ns message a 3"},
		},
		"shifted by offset": {[]splice.Source{{Tape: undated(two), Shift: 2}}, time.Unix(0, 0).UTC(), []string{"0 2ns message b 1", "0 7ns message b 2"}},
		"shifted back": {
			[]splice.Source{{Tape: undated(two), Shift: -2}, {Tape: undated(one)}},
			time.Unix(0, 0).UTC(),
			[]string{"0 0s message b 1", "1 2ns message a 1", "1 5ns message b 2", "1 7ns message a 2", "1 7ns message a 3"},
		},
		"with a prefix": {[]splice.Source{{Tape: late, Prefix: "attic/"}}, start.Add(3), []string{"0 0s message attic/b 1", "0 5ns message attic/b 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, res := b.mergeResult(c.srcs...)
			require.Equal(t, c.start, got.Start())
			require.Equal(t, c.want, course(records(t, got)))
			require.Equal(t, splice.Result{Records: uint64(len(c.want))}, res)
		})
	}
}

func TestMergePrefixAndShift(t *testing.T) {
	b := newBench(t)
	said := say(1, "a", "1")
	said.Wall = start.UnixNano() + 1
	filter := recorder.Record{At: 2, Kind: recorder.KindSubscribe, Client: "c", Message: mqtt.Message{Topic: "b/#"}}
	src := b.tape(begun(start), said, filter, note(3, "end"), gap(4, 5, "cut"))
	got := records(t, b.merge(splice.Source{Tape: src, Prefix: "attic/", Shift: time.Hour}))
	require.Equal(t, []string{"0 1ns message attic/a 1", "0 2ns subscribe attic/b/#", "0 3ns note end", "0 4ns gap attic: cut until 5ns"}, course(got))
	require.Equal(t, start.Add(time.Hour+1), got[0].Time())
	require.Zero(t, got[1].Wall)
	require.Equal(t, "0 4ns gap cut until 5ns", course(records(t, b.merge(splice.Source{Tape: src, Prefix: "/"})))[3])
}

// A gap of one hub stands where it ended, if others went on meanwhile.
func TestMergeGaps(t *testing.T) {
	b := newBench(t)
	dated := gap(1, 5, "one")
	dated.Wall = start.UnixNano() + 1
	got := records(t, b.merge(
		splice.Source{Tape: b.tape(begun(start), say(0, "a", "1"), dated, say(5, "a", "2"), gap(6, 9, "quiet"), say(9, "a", "3"), gap(20, 15, "told at its end"))},
		splice.Source{Tape: b.tape(begun(start), say(1, "b", "1"), say(4, "b", "2"), say(5, "b", "3"), gap(6, 8, "also quiet"), say(12, "b", "4"), gap(12, 30, "at the end"))},
	))
	require.Equal(t, []string{
		"0 0s message a 1", "1 1ns message b 1", "1 4ns message b 2", "1 5ns gap one until 1ns", "1 5ns message a 2", "1 5ns message b 3",
		"1 6ns gap also quiet until 8ns", "1 6ns gap quiet until 9ns", "1 9ns message a 3", "1 12ns message b 4",
		"1 15ns gap told at its end until 20ns", "1 30ns gap at the end until 12ns",
	}, course(got))
	require.Equal(t, start.Add(5), got[3].Time())

	// Those that end at one instant keep their order, and what they carry.
	first := gap(1, 5, "first")
	first.Payload = []byte(strings.Repeat("odd", 100)) // larger than the chunks behind it
	one := []recorder.Record{first}
	for range 30 { // more than a chunk
		one = append(one, say(2, "a", "another thing"))
	}
	got = records(t, b.merge(splice.Source{Tape: b.tape(begun(start), one...)}, splice.Source{Tape: b.tape(begun(start), gap(1, 5, "second"))}))
	require.Equal(t, []string{"1 5ns gap " + string(first.Payload) + "first until 1ns", "1 5ns gap second until 1ns"}, course(got)[30:])
}

// However many gaps overlap, only so many wait, and all are told.
func TestMergeBoundsGaps(t *testing.T) {
	b := newBench(t)
	var all []recorder.Record
	for i := range 3000 {
		all = append(all, gap(time.Duration(i), time.Duration(10_000+i), fmt.Sprint(i)))
	}
	got := records(t, b.merge(splice.Source{Tape: b.tape(begun(start), all...)}, splice.Source{Tape: b.tape(begun(start), say(5000, "a", "1"))}))
	require.Len(t, got, 3001)
	seen := map[string]bool{}
	early := 0
	for _, r := range got {
		if r.Kind == recorder.KindGap {
			from, until := r.Gap()
			require.Equal(t, fmt.Sprint(int64(from)), r.Text)
			require.Equal(t, 10_000*time.Nanosecond, until-from)
			seen[r.Text] = true
			if r.At < 5000 {
				early++
			}
		}
	}
	require.Len(t, seen, 3000)
	require.Equal(t, 3000-1024, early)
}

// The order is that of time, source and record, and what is said stays.
func TestMergeAgreesWithSorting(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		type placed struct {
			recorder.Record
			source int
		}
		var srcs []splice.Source
		var all []placed
		var allGaps []recorder.Record
		for i := range rapid.IntRange(1, 4).Draw(t, "sources") {
			drawn := draw(t, fmt.Sprint("source", i), true)
			began := time.Duration(rapid.IntRange(0, 40).Draw(t, "began"))
			shift := time.Duration(rapid.IntRange(-9, 9).Draw(t, "shift"))
			srcs = append(srcs, splice.Source{Tape: b.tape(begun(start.Add(began)), drawn...), Shift: shift})
			for _, r := range drawn {
				r.At += began + shift
				if r.Wall != 0 {
					r.Wall += int64(shift)
				}
				if r.Kind == recorder.KindGap {
					r.Until += began + shift
					allGaps = append(allGaps, r)
				} else {
					all = append(all, placed{r, i})
				}
			}
		}
		slices.SortStableFunc(all, func(x, y placed) int {
			return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.source, y.source))
		})
		whole, res := b.mergeResult(srcs...)
		base := whole.Start().Sub(start)
		var want []recorder.Record
		for _, r := range all {
			r.At -= base
			want = append(want, r.Record)
		}
		for i := range allGaps {
			allGaps[i].At -= base
			allGaps[i].Until -= base
		}
		got := records(t, whole)
		rest, gaps := split(got)
		requireSame(t, want, rest)
		require.Len(t, gaps, len(allGaps))
		require.Equal(t, covered(allGaps), covered(gaps))
		require.Equal(t, splice.Result{Records: uint64(len(got))}, res)
		for i, g := range gaps {
			from, until := g.Gap()
			told := slices.ContainsFunc(rest, func(r recorder.Record) bool { return r.At > from && r.At < until })
			require.False(t, told && len(srcs) > 1 && g.At == from && from != until, "gap %d hides what others said", i)
		}
	})
}

// One source is given back as it is.
func TestMergeOfOneIsTheSame(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		src := b.tape(begun(start), draw(t, "a", true)...)
		require.Equal(t, records(t, src), records(t, b.merge(splice.Source{Tape: src})))
	})
}

// Sittings are counted over all sources.
func TestMergeSittings(t *testing.T) {
	b := newBench(t)
	got := course(records(t, b.merge(
		splice.Source{Tape: b.tape(begun(start), say(0, "a", "1"), sitting(2, say(9, "a", "2")))},
		splice.Source{Tape: b.tape(begun(start), say(5, "b", "1"), sitting(1, say(20, "b", "2")))},
		splice.Source{Tape: b.tape(begun(start), sitting(math.MaxUint32, say(30, "c", "1")))},
	)))
	require.Equal(t, []string{"0 0s message a 1", "1 5ns message b 1", "3 9ns message a 2", "4 20ns message b 2", "4294967295 30ns message c 1"}, got)
}

func TestMergeErrors(t *testing.T) {
	b := newBench(t)
	src := b.tape(begun(start), say(1, "a", "1"))
	far := b.tape(begun(time.Unix(0, math.MinInt64)), say(1, "a", "1"))
	for name, c := range map[string]struct {
		srcs []splice.Source
		want error
	}{
		"a wildcard":        {[]splice.Source{{Tape: src, Prefix: "a/#"}}, mqtt.ErrTopic},
		"centuries":         {[]splice.Source{{Tape: src}, {Tape: far}}, splice.ErrFar},
		"shifted centuries": {[]splice.Source{{Tape: src, Shift: math.MinInt64}, {Tape: src, Shift: math.MaxInt64}}, splice.ErrFar},
	} {
		_, err := splice.Merge(b.create(begun(start)), c.srcs, splice.MergeOptions{})
		require.ErrorIs(t, err, c.want, name)
	}
	for _, payload := range []string{"payload-1", "payload-2"} {
		broken := b.tape(recorder.Options{Start: start, ChunkRecords: 1, CommitChunks: 1}, say(1, "a", "payload-1"), say(2, "a", "payload-2"))
		damage(t, broken, payload)
		_, err := splice.Merge(b.create(begun(start)), []splice.Source{{Tape: src}, {Tape: broken}}, splice.MergeOptions{})
		var d *recorder.DamageError
		require.ErrorAs(t, err, &d)
	}
	w := b.create(begun(start))
	require.NoError(t, w.Close())
	for _, r := range []recorder.Record{say(1, "a", "1"), gap(1, 2, "x")} {
		tape := b.tape(begun(start), r)
		_, err := splice.Merge(w, []splice.Source{{Tape: tape}, {Tape: tape}}, splice.MergeOptions{})
		require.ErrorIs(t, err, recorder.ErrClosed)
	}
}

// A gap that never ends, or that began before time, does no harm.
func TestMergeOddGaps(t *testing.T) {
	b := newBench(t)
	got := records(t, b.merge(
		splice.Source{Tape: b.tape(begun(start.Add(time.Hour)), gap(1, math.MaxInt64, "never ends"), gap(2, math.MinInt64, "never began"))},
		splice.Source{Tape: b.tape(begun(start), say(time.Hour, "a", "1"))},
	))
	require.Equal(t, []recorder.Kind{recorder.KindMessage, recorder.KindGap, recorder.KindGap}, []recorder.Kind{got[0].Kind, got[1].Kind, got[2].Kind})
	from, until := got[2].Gap()
	require.Equal(t, []time.Duration{time.Hour + 1, math.MaxInt64}, []time.Duration{from, until})
	require.True(t, strings.HasPrefix(got[1].Text, "never began"))
}
