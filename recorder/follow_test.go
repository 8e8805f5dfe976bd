package recorder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// Whoever follows a tape gets every record once, in order, while its recorder
// flushes, commits and closes.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 7, CommitChunks: 3})
	require.NoError(t, err)
	const n = 400
	say := func(i int) {
		topic := fmt.Sprint("t/", i%3)
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: fmt.Append(nil, i)}}))
	}
	say(0)
	require.NoError(t, w.Flush())

	f := recorder.Follow(path, recorder.Query{Topics: mqtt.Selection{Exclude: []string{"t/1"}}})
	defer f.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := 1; i < n; i++ {
			say(i)
			if i%5 == 0 {
				require.NoError(t, w.Flush())
			}
		}
		require.NoError(t, w.Close())
	}()
	got := 0
	for i := range n {
		if i%3 == 1 {
			continue
		}
		require.True(t, f.Next(t.Context()), "record %d: %v", i, f.Err())
		require.Equal(t, fmt.Sprint(i), string(f.Record().Payload))
		got++
	}
	require.False(t, f.Next(t.Context()), "the recording has ended")
	require.NoError(t, f.Err())
	<-written
}

func TestFollowEnds(t *testing.T) {
	dir := t.TempDir()
	f := recorder.Follow(filepath.Join(dir, "none.hubtape"), recorder.Query{})
	require.False(t, f.Next(t.Context()))
	require.ErrorIs(t, f.Err(), os.ErrNotExist)

	f = recorder.Follow(filepath.Join(dir, "none.hubtape"), recorder.Query{From: 2, Until: 1})
	require.False(t, f.Next(t.Context()))
	require.ErrorIs(t, f.Err(), recorder.ErrQuery)

	path := filepath.Join(dir, "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Append(recorder.Record{Kind: recorder.KindNote}))
	require.NoError(t, w.Flush())
	require.NoError(t, w.Append(recorder.Record{At: 5, Kind: recorder.KindNote}))
	require.NoError(t, w.Flush())
	f = recorder.Follow(path, recorder.Query{Until: 3})
	require.True(t, f.Next(t.Context()))
	require.False(t, f.Next(t.Context()), "what comes is beyond what is wanted")
	require.NoError(t, f.Err())

	ctx, cancel := context.WithCancel(t.Context())
	f = recorder.Follow(path, recorder.Query{})
	require.True(t, f.Next(ctx))
	require.True(t, f.Next(ctx))
	cancel()
	require.False(t, f.Next(ctx))
	require.NoError(t, f.Err())
	require.NoError(t, f.Close())
}

// Damage that stays is told.
func TestFollowDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 10})
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindNote, Text: fmt.Sprint("note ", i)}))
	}
	require.NoError(t, w.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4096 * 4; i < len(b); i++ {
		b[i] ^= 0xff
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))
	f := recorder.Follow(path, recorder.Query{})
	f.SetEvery(time.Millisecond)
	for f.Next(t.Context()) {
	}
	var damage *recorder.DamageError
	require.ErrorAs(t, f.Err(), &damage)
	require.NoError(t, f.Close())
}
