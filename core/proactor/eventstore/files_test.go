package eventstore_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
)

// What a real folder can have in it, beside what disks in memory play.
func TestFilesOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "down")
	o := eventstore.Options{Path: dir, Clock: &storetest.Clock{}}
	f, found, err := eventstore.OpenFiles(o)
	require.NoError(t, err)
	require.True(t, found.Empty())
	require.NoDirExists(t, dir, "opening makes nothing")
	_, err = f.Persist("a", []byte("1"))
	require.NoError(t, err)
	day := filepath.Join(dir, "20260101T000000Z")
	require.FileExists(t, filepath.Join(day, "20260101T120000.000000000Z.uid[a].json"))

	require.NoError(t, os.Mkdir(filepath.Join(day, "20260101T120000.000000000Z.uid[folder].json"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(day, "20260101T130000.000000000Z.uid[empty].json"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(day, "20260101T130000.000000000Z.uid[half].json.new"), []byte("x"), 0o600))
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	foreign := 1
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(secret, filepath.Join(day, "20260101T140000.000000000Z.uid[link].json")))
		require.NoError(t, os.Symlink(filepath.Dir(secret), filepath.Join(dir, "20260102T000000Z")))
		foreign += 2
	}
	found, err = f.Reindex()
	require.NoError(t, err)
	require.Equal(t, 1, found.ErrorCount(), found.String())
	require.ErrorIs(t, found.Err(), eventstore.ErrEmpty)
	require.Equal(t, foreign, found.WarningCount(), found.String())
	require.Equal(t, []string{"a"}, f.Pending())
	require.NoFileExists(t, filepath.Join(day, "20260101T130000.000000000Z.uid[half].json.new"))
	require.FileExists(t, secret)

	require.NoError(t, os.Truncate(filepath.Join(day, "20260101T120000.000000000Z.uid[a].json"), 0))
	_, _, err = f.Retrieve("a")
	require.ErrorIs(t, err, eventstore.ErrDamaged)
	require.NoError(t, os.RemoveAll(dir))
	_, err = f.Persist("b", []byte("2"))
	require.NoError(t, err, "a folder that was removed is made again")
}

func TestFilesWhereNoFolderCanBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	for _, at := range []string{path, filepath.Join(path, "below")} {
		f, _, err := eventstore.OpenFiles(eventstore.Options{Path: at, Clock: &storetest.Clock{}})
		if err == nil {
			_, err = f.Persist("a", []byte("1"))
		}
		require.ErrorContains(t, err, path)
	}
}

func TestOptions(t *testing.T) {
	ok := eventstore.Options{Path: "x", Clock: &storetest.Clock{}}
	for name, spoil := range map[string]func(*eventstore.Options){
		"Path":     func(o *eventstore.Options) { o.Path = "" },
		"Clock":    func(o *eventstore.Options) { o.Clock = nil },
		"BytesMax": func(o *eventstore.Options) { o.BytesMax = -1 },
		"PatEvery": func(o *eventstore.Options) { o.PatEvery = -1 },
	} {
		for _, s := range openers {
			o := ok
			spoil(&o)
			_, _, err := s.open(o)
			require.ErrorIs(t, err, eventstore.ErrOptions)
			require.ErrorContains(t, err, name)
		}
	}
}

// childFull stores events until no file can grow any further.
func childFull(s eventstore.Store) {
	stored := 0
	var err error
	for n := 0; err == nil && n < 5000; n++ {
		id := fmt.Sprint("event-", n)
		if _, err = s.Persist(id, []byte(strings.Repeat("x", 100+400*n))); err == nil {
			stored++
		}
	}
	_, again := s.Persist("small", []byte("1"))
	fmt.Println("full", stored, s.NumPending(), again == nil, strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
}

// A full disk is an error that says what is still stored, and costs nothing of
// it. A limit on the size of files plays it.
func TestDiskFull(t *testing.T) {
	for _, s := range openers {
		t.Run(s.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events")
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+s.name+":"+path, fullEnv+"=200000")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
			if strings.HasPrefix(string(out), "skip") {
				t.Skip(string(out))
			}
			var stored, pending int
			var again bool
			_, err = fmt.Sscan(strings.TrimPrefix(string(out), "full "), &stored, &pending, &again)
			require.NoError(t, err, string(out))
			if again { // a small one may find room
				pending--
			}
			require.True(t, again || s.name != "Files")
			require.Equal(t, stored, pending, string(out))
			require.Greater(t, stored, 10)
			require.Contains(t, string(out), "file too large")
			require.Contains(t, string(out), "are still stored")

			store, found, err := s.open(eventstore.Options{Path: path, Clock: &storetest.Clock{}})
			require.NoError(t, err)
			require.True(t, found.Empty(), found.String())
			for n := range stored {
				content, ok, err := store.Retrieve(fmt.Sprint("event-", n))
				require.NoError(t, err)
				require.True(t, ok)
				require.Len(t, content, 100+400*n)
			}
			require.NoError(t, store.Close())
		})
	}
}
