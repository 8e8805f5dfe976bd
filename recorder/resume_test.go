package recorder_test

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// goOn opens a tape to add to it.
func goOn(t require.TestingT, path string, o recorder.Options) *recorder.Writer {
	w, err := recorder.Resume(path, o)
	require.NoError(t, err)
	return w
}

// kill ends a writer the way a SIGKILL would: copies of its files as they are.
func kill(t require.TestingT, path, to string) {
	for _, suffix := range []string{"", recorder.LogSuffix} {
		in, err := os.Open(path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		out, err := os.Create(to + suffix)
		require.NoError(t, err)
		_, err = io.Copy(out, in)
		require.NoError(t, errors.Join(err, in.Close(), out.Close()))
	}
}

// A tape that was written in several sittings, each closed or killed, holds the
// same as one that was written in one go.
func TestResumedTapeIsOneTape(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		require.NoError(rt, err)
		records := drawRecords(rt, 60)
		o := recorder.Options{
			Start: time.Unix(1_800_000_000, 0), ChunkRecords: rapid.IntRange(1, 9).Draw(rt, "chunk"), CommitChunks: rapid.IntRange(1, 3).Draw(rt, "commit"),
			Labels: []recorder.Label{{Key: "house", Value: "ours"}},
		}
		path := filepath.Join(dir, "0.hubtape")
		w, err := recorder.Create(path, o)
		require.NoError(rt, err)
		for i, r := range records {
			require.NoError(rt, w.Append(r))
			switch rapid.IntRange(0, 6).Draw(rt, "end") {
			case 0:
				require.NoError(rt, w.Close())
			case 1:
				require.NoError(rt, w.Flush())
				killed := filepath.Join(dir, time.Duration(i+1).String()+".hubtape")
				kill(rt, path, killed)
				require.NoError(rt, w.Close())
				path = killed
			default:
				continue
			}
			o.ChunkRecords = rapid.IntRange(1, 9).Draw(rt, "chunk")
			w = goOn(rt, path, recorder.Options{ChunkRecords: o.ChunkRecords, CommitChunks: o.CommitChunks})
			session, at := w.End()
			require.Equal(rt, r.Session, session)
			require.Equal(rt, r.At, at)
			require.True(rt, w.Start().Equal(o.Start))
		}
		require.NoError(rt, w.Close())
		rep, err := recorder.Verify(path, nil)
		require.NoError(rt, err)
		require.Empty(rt, rep.Damage)
		got := readAll(rt, path)
		require.Len(rt, got, len(records))
		for i := range got {
			require.True(rt, got[i].Equal(&records[i]), "record %d: %+v, want %+v", i, got[i], records[i])
			require.Equal(rt, records[i].Session, got[i].Session)
			require.Equal(rt, uint64(i), got[i].Seq)
		}
		require.Equal(rt, o.Labels, rep.Info.Labels)
		_, err = os.Stat(path + recorder.LogSuffix)
		require.ErrorIs(rt, err, os.ErrNotExist)
	})
}

func readAll(t require.TestingT, path string) []recorder.Record {
	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer tape.Close()
	var out []recorder.Record
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		out = append(out, *c.Record())
	}
	require.NoError(t, c.Err())
	return out
}

// A crash at any write while a tape is taken up again loses nothing.
func TestKilledWhileTakenUp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 4, CommitChunks: 2})
	require.NoError(t, err)
	for i := range 23 {
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}))
		require.NoError(t, w.Flush())
	}
	left := filepath.Join(dir, "left.hubtape")
	kill(t, path, left)
	require.NoError(t, w.Close())
	want := readAll(t, left)
	require.Len(t, want, 23)

	// The moment between the transaction and the emptying of the log.
	oldLog, err := os.ReadFile(left + recorder.LogSuffix)
	require.NoError(t, err)
	w = goOn(t, left, recorder.Options{ChunkRecords: 100})
	between := filepath.Join(dir, "between.hubtape")
	kill(t, left, between)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(between+recorder.LogSuffix, oldLog, 0o600))
	require.Equal(t, len(want), len(readAll(t, between)))
	w = goOn(t, between, recorder.Options{})
	require.NoError(t, w.Close())
	require.Equal(t, len(want), len(readAll(t, between)))
}

func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.hubtape")
	_, err := recorder.Resume(path, recorder.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, []byte("no tape at all, but a text"), 0o600))
	_, err = recorder.Resume(path, recorder.Options{})
	require.ErrorIs(t, err, recorder.ErrNotTape)

	require.NoError(t, os.Remove(path))
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	_, err = recorder.Resume(path, recorder.Options{})
	require.ErrorIs(t, err, recorder.ErrLocked)
	for i := range 3000 {
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}))
	}
	require.NoError(t, w.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := 0; at < len(b); at += 97 { // no flip makes it crash, and none is written over
		bad := append([]byte(nil), b...)
		bad[at] ^= 0x10
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		w, err := recorder.Resume(path, recorder.Options{})
		if err == nil {
			require.NoError(t, w.Append(recorder.Record{At: 3001, Session: 1, Kind: recorder.KindNote, Text: "on"}))
			require.NoError(t, w.Close())
			require.Len(t, readAll(t, path), 3001, "a flip at %d", at)
			continue
		}
		now, rerr := os.ReadFile(path)
		require.NoError(t, rerr)
		var damage *recorder.DamageError
		if errors.As(err, &damage) {
			require.Equal(t, bad, now, "a flip at %d: %v", at, err)
		}
	}
}

// A page that is in use and stands in the list of free ones would be written over:
// such a tape is not gone on with, though it can be read.
func TestResumeRefusesAWrongFreeList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, w.Append(recorder.Record{At: time.Duration(i), Kind: recorder.KindNote, Text: "note"}))
	}
	require.NoError(t, w.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	le := binary.LittleEndian
	page := int(le.Uint32(b[16+8:]))
	for _, meta := range []int{0, page} { // of bbolt: behind a page's head magic, version, page size, flags, root, its sequence, free list
		root, free := le.Uint64(b[meta+16+16:]), int(le.Uint64(b[meta+16+32:]))*page
		count := le.Uint16(b[free+10:])
		le.PutUint16(b[free+10:], count+1)
		le.PutUint64(b[free+16+8*int(count):], root)
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))
	require.Len(t, readAll(t, path), 100)
	_, err = recorder.Resume(path, recorder.Options{})
	var damage *recorder.DamageError
	require.ErrorAs(t, err, &damage)
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, b, now, "the tape is as it was")
}
