package splice_test

import (
	"testing"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCopyIsTheSame(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		b := b.under(t)
		src := b.tape(begun(start), draw(t, "a", true)...)
		w := b.create(begun(start))
		res, err := splice.Copy(src, w, nil)
		require.NoError(t, err)
		require.Equal(t, splice.Result{Records: src.Info().Records}, res)
		require.Equal(t, records(t, src), records(t, b.open(w)))
	})
}

func TestCopyEdits(t *testing.T) {
	b := newBench(t)
	src := b.tape(begun(start), say(1, "a", "1"), sitting(2, say(2, "b", "2")), sitting(2, say(3, "a", "3")))
	w := b.create(begun(start))
	res, err := splice.Copy(src, w, func(r *recorder.Record) bool {
		r.Payload = append([]byte("x"), r.Payload...)
		r.At *= 2 // must not move the records behind it
		r.Session++
		return r.Topic == "a"
	})
	require.NoError(t, err)
	require.Equal(t, splice.Result{Records: 2, Dropped: 1}, res)
	require.Equal(t, []string{"1 2ns message a x1", "3 6ns message a x3"}, course(records(t, b.open(w))))
	require.Equal(t, []string{"0 1ns message a 1", "2 2ns message b 2", "2 3ns message a 3"}, course(records(t, src)))
}

func TestCopyErrors(t *testing.T) {
	b := newBench(t)
	src := b.tape(recorder.Options{ChunkRecords: 1, CommitChunks: 1}, say(1, "a", "payload-1"), say(2, "a", "payload-2"))
	res, err := splice.Copy(src, b.create(begun(start)), func(r *recorder.Record) bool {
		r.At = -1
		return true
	})
	require.ErrorIs(t, err, recorder.ErrRecord)
	require.Zero(t, res.Records)
	damage(t, src, "payload-2")
	w := b.create(begun(start))
	_, err = splice.Copy(src, w, nil)
	var d *recorder.DamageError
	require.ErrorAs(t, err, &d)
	require.Equal(t, []string{"0 1ns message a payload-1"}, course(records(t, b.open(w))))
}
