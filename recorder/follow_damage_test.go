package recorder_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// once looks at the tape a single time.
func once(f *recorder.Follower) bool {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return f.Next(ended)
}

// killedTape is a tape whose recorder was killed: 10 records are sealed, 5 stand
// in the side log.
func killedTape(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 10, CommitChunks: 1})
	require.NoError(t, err)
	for i := range 15 {
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}))
	}
	require.NoError(t, w.Flush())
	killed := filepath.Join(t.TempDir(), "killed.hubtape")
	kill(t, path, killed)
	require.NoError(t, w.Close())
	return killed
}

// Looks that meet the tape in the middle of a change count only in a row, also
// when the query selects nothing of what comes between.
func TestFollowForWeeks(t *testing.T) {
	path := killedTape(t)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	f := recorder.Follow(path, recorder.Query{Topics: mqtt.Selection{Include: []string{"rare"}}})
	defer f.Close()
	for n := range 200 {
		now := whole
		if n%2 == 0 {
			now = append([]byte(nil), whole...)
			clear(now[4*4096:]) // behind the meta pages
		}
		require.NoError(t, os.WriteFile(path, now, 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(int64(n+1), 0)))
		require.False(t, once(f))
		require.NoError(t, f.Err(), "look %d", n)
	}
}

// A side log that stays unreadable is told, after what there is.
func TestFollowWithoutItsLog(t *testing.T) {
	path := killedTape(t)
	require.NoError(t, os.Remove(path+recorder.LogSuffix))
	f := recorder.Follow(path, recorder.Query{})
	defer f.Close()
	for range 10 {
		require.True(t, f.Next(t.Context()))
	}
	for range 100 {
		if once(f); f.Err() != nil {
			break
		}
	}
	var damage *recorder.DamageError
	require.ErrorAs(t, f.Err(), &damage)
}
