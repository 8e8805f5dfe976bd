package splice_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/retained"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// cut cuts a tape.
func (b *bench) cut(src *recorder.Tape, o splice.CutOptions) (*recorder.Tape, splice.Result) {
	w := b.create(recorder.Options{Start: splice.CutStart(src, o)})
	res, err := splice.Cut(src, w, o)
	require.NoError(b.t, err)
	return b.open(w), res
}

func TestCut(t *testing.T) {
	b := newBench(t)
	const s = time.Second
	src := b.tape(begun(start),
		snapshot(0, "z/hall", "OFF"), snapshot(0, "y", "1"), say(1*s, "z/hall", "ON"), sitting(1, say(2*s, "z/hall", "OFF")),
		sitting(3, say(3*s, "z/hall", "ON")), sitting(3, note(3*s, "here")), sitting(3, say(4*s, "y", "2")), sitting(5, say(5*s, "z/hall", "OFF")))
	for name, c := range map[string]struct {
		o     splice.CutOptions
		start time.Time
		want  []string
		res   splice.Result
	}{
		"middle": {splice.CutOptions{From: 3 * s, Until: 4 * s}, start.Add(3 * s), []string{
			"0 0s snapshot y 1", "0 0s snapshot z/hall OFF", "0 0s message z/hall ON", "0 0s note here", "0 1s message y 2",
		}, splice.Result{Records: 5, State: 2}},
		"without state": {splice.CutOptions{From: 3 * s, NoState: true}, start.Add(3 * s), []string{
			"0 0s message z/hall ON", "0 0s note here", "0 1s message y 2", "2 2s message z/hall OFF",
		}, splice.Result{Records: 4}},
		"offsets kept": {splice.CutOptions{From: 4 * s, Until: 4 * s, KeepOffsets: true}, start, []string{
			"0 4s snapshot y 1", "0 4s snapshot z/hall ON", "0 4s message y 2",
		}, splice.Result{Records: 3, State: 2}},
		"topics": {splice.CutOptions{From: 3 * s, Topics: mqtt.Selection{Include: []string{"z/#"}}}, start.Add(3 * s), []string{
			"0 0s snapshot z/hall OFF", "0 0s message z/hall ON", "2 2s message z/hall OFF",
		}, splice.Result{Records: 3, State: 1, Dropped: 2}},
		"all but topics": {splice.CutOptions{From: 3 * s, Topics: mqtt.Selection{Exclude: []string{"z/#"}}}, start.Add(3 * s), []string{
			"0 0s snapshot y 1", "0 0s note here", "0 1s message y 2",
		}, splice.Result{Records: 3, State: 1, Dropped: 2}},
		"the first instant": {splice.CutOptions{From: -s, Until: 1}, start, []string{
			"0 0s snapshot z/hall OFF", "0 0s snapshot y 1",
		}, splice.Result{Records: 2}},
		"behind the first instant": {splice.CutOptions{From: 1, Until: 2}, start.Add(1), []string{
			"0 0s snapshot y 1", "0 0s snapshot z/hall OFF",
		}, splice.Result{Records: 2, State: 2}},
		"behind the end": {splice.CutOptions{From: time.Hour}, start.Add(time.Hour), []string{
			"0 0s snapshot y 2", "0 0s snapshot z/hall OFF",
		}, splice.Result{Records: 2, State: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got, res := b.cut(src, c.o)
			require.Equal(t, c.start, got.Start())
			require.Equal(t, c.want, course(records(t, got)))
			require.Equal(t, c.res, res)
		})
	}
}

// A gap is kept as far as it is inside, wherever it is told.
func TestCutClipsGaps(t *testing.T) {
	b := newBench(t)
	wall := func(r recorder.Record) recorder.Record {
		r.Wall = start.UnixNano() + int64(r.At)
		return r
	}
	src := b.tape(begun(start),
		wall(gap(1, 10, "ends at the edge")), wall(gap(2, 15, "into it")), wall(gap(3, 40, "over it")), say(9, "a", "1"), say(10, "a", "2"),
		jump(11, 5), wall(gap(12, 14, "inside")), wall(gap(16, 5, "into it, told inside")), wall(gap(18, 30, "out of it")),
		sitting(7, say(21, "a", "3")), sitting(7, wall(gap(25, 18, "out of it, told outside"))), sitting(7, gap(26, 1, "over it, told outside")),
		sitting(7, gap(27, 20, "begins at the edge")))
	got, res := b.cut(src, splice.CutOptions{From: 10, Until: 20, NoState: true, Topics: mqtt.Selection{Include: []string{"a"}}})
	require.Equal(t, []string{
		"0 0s gap into it until 5ns", "0 0s gap over it until 10ns", "0 0s message a 2", "0 1ns clock jump", "0 2ns gap inside until 4ns",
		"0 6ns gap into it, told inside until 0s", "0 8ns gap out of it until 10ns",
		"0 10ns gap out of it, told outside until 8ns", "0 10ns gap over it, told outside until 0s",
	}, course(records(t, got)))
	require.Equal(t, splice.Result{Records: 9, Gaps: 6}, res)
	for _, r := range records(t, got) {
		if r.Wall != 0 {
			require.Equal(t, got.Start().Add(r.At), r.Time())
		}
	}
}

// The wall time of the state is what the clock showed then, as far as it is
// known.
func TestCutWallOfState(t *testing.T) {
	b := newBench(t)
	head := func(tape *recorder.Tape) time.Time {
		got, _ := b.cut(tape, splice.CutOptions{From: 10})
		return records(t, got)[0].Time()
	}
	dated := jump(3, 100)
	dated.Wall = start.UnixNano() + 103
	require.Equal(t, start.Add(110), head(b.tape(begun(start), snapshot(0, "a", "1"), dated)))
	require.Equal(t, start.Add(10), head(b.tape(begun(start), snapshot(0, "a", "1"))))
	undated := b.tape(recorder.Options{}, snapshot(0, "a", "1"))
	require.True(t, head(undated).IsZero())
	require.True(t, splice.CutStart(undated, splice.CutOptions{From: 10}).IsZero())
}

func TestCutAgreesWithTheDefinition(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		all := draw(t, "a", true)
		src := b.tape(begun(start), all...)
		from := time.Duration(rapid.IntRange(0, 70).Draw(t, "from"))
		o := splice.CutOptions{From: from, NoState: rapid.Bool().Draw(t, "no state")}
		until := time.Duration(1 << 40)
		if rapid.Bool().Draw(t, "bounded") {
			o.Until = max(from+time.Duration(rapid.IntRange(0, 60).Draw(t, "until")), 1)
			until = o.Until
		}
		got, res := b.cut(src, o)
		var want, wantGaps []recorder.Record
		if !o.NoState && from > 0 {
			s, err := retained.At(src, from-1)
			require.NoError(t, err)
			for _, m := range s.Messages() {
				want = append(want, recorder.Record{Kind: recorder.KindSnapshot, Message: m})
			}
		}
		require.EqualValues(t, len(want), res.State)
		for _, r := range all {
			if r.Kind == recorder.KindGap {
				r.At, r.Until = min(max(r.At, from), until)-from, min(max(r.Until, from), until)-from
				wantGaps = append(wantGaps, r)
			} else if r.At >= from && r.At <= until {
				r.At -= from
				want = append(want, r)
			}
		}
		rest, gaps := split(records(t, got))
		for i := range min(int(res.State), len(rest)) {
			rest[i].Wall = 0
		}
		requireSame(t, want, rest)
		require.Equal(t, covered(wantGaps), covered(gaps))
		require.EqualValues(t, len(rest)+len(gaps), res.Records)
	})
}

// Whatever instant a tape is cut at, both halves are the whole.
func TestCutAndMergeIsTheSame(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		src := b.tape(begun(start), draw(t, "a", true)...)
		at := time.Duration(rapid.IntRange(1, 80).Draw(t, "at"))
		one, _ := b.cut(src, splice.CutOptions{Until: at})
		two, _ := b.cut(src, splice.CutOptions{From: at + 1, NoState: true})
		whole := b.merge(splice.Source{Tape: one}, splice.Source{Tape: two})
		require.Equal(t, src.Start(), whole.Start())
		want, wantGaps := split(records(t, src))
		got, gaps := split(records(t, whole))
		requireSame(t, want, got)
		border := gap(at, at+1, "border") // between two instants
		require.Equal(t, covered(append(wantGaps, border)), covered(append(gaps, border)))
	})
}

func TestCutErrors(t *testing.T) {
	b := newBench(t)
	src := b.tape(recorder.Options{ChunkRecords: 1, CommitChunks: 1}, say(1, "a", "payload-1"), say(20, "a", "payload-2"), gap(30, 15, "payload-3"))
	for name, o := range map[string]splice.CutOptions{
		"backwards": {From: 2, Until: 1},
		"filter":    {Topics: mqtt.Selection{Include: []string{"a#"}}},
	} {
		_, err := splice.Cut(src, b.create(begun(start)), o)
		require.Error(t, err, name)
	}
	for payload, o := range map[string]splice.CutOptions{
		"payload-1": {From: 20},
		"payload-2": {From: 20, Until: 22, NoState: true},
		"payload-3": {From: 10, Until: 20},
	} {
		src := b.tape(recorder.Options{ChunkRecords: 1, CommitChunks: 1}, say(1, "a", "payload-1"), say(20, "a", "payload-2"), gap(30, 15, "payload-3"))
		damage(t, src, payload)
		_, err := splice.Cut(src, b.create(begun(start)), o)
		var d *recorder.DamageError
		require.ErrorAs(t, err, &d, payload)
	}
	broken := b.tape(recorder.Options{ChunkRecords: 1, CommitChunks: 1}, gap(1, 30, "payload-0"), say(20, "a", "payload-1"))
	damage(t, broken, "payload-0")
	_, err := splice.Cut(broken, b.create(begun(start)), splice.CutOptions{From: 20, NoState: true})
	require.Error(t, err)
	broken = b.tape(recorder.Options{ChunkRecords: 1, CommitChunks: 1}, say(0, "a", "payload-0"), say(20, "a", "payload-1"))
	damage(t, broken, "payload-1")
	_, err = splice.Cut(broken, b.create(begun(start)), splice.CutOptions{From: 1, Until: 2})
	require.NoError(t, err, "it is not looked at")
	w := b.create(begun(start))
	require.NoError(t, w.Close())
	_, err = splice.Cut(src, w, splice.CutOptions{})
	require.ErrorIs(t, err, recorder.ErrClosed)
}

// Progress rises, and ends at the end.
func TestProgress(t *testing.T) {
	b := newBench(t)
	var all []recorder.Record
	for i := range 10_000 {
		all = append(all, say(time.Duration(i), "a", "1"))
	}
	src := b.tape(recorder.Options{ChunkRecords: 1000}, all...)
	var calls [][2]uint64
	tell := func(done, total uint64) { calls = append(calls, [2]uint64{done, total}) }
	b.cut(src, splice.CutOptions{From: 5000, Progress: tell})
	require.Equal(t, [][2]uint64{{4096, 10_000}, {8192, 10_000}, {10_000, 10_000}}, calls)
	calls = nil
	even := b.tape(recorder.Options{ChunkRecords: 1000}, all[:4096]...)
	b.cut(even, splice.CutOptions{Progress: tell})
	require.Equal(t, [][2]uint64{{4096, 4096}}, calls)
	calls = nil
	w := b.create(recorder.Options{ChunkRecords: 1000})
	_, err := splice.Merge(w, []splice.Source{{Tape: src}, {Tape: src}}, splice.MergeOptions{Progress: tell})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, [][2]uint64{{4096, 20_000}, {8192, 20_000}, {12_288, 20_000}, {16_384, 20_000}, {20_000, 20_000}}, calls)
}
