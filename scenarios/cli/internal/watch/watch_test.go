package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubtape/hubtape/scenarios/cli/internal/watch"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder is a folder whose files have times of their own choosing.
type folder struct {
	t   *testing.T
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name, text string, second int) {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(f.path(name), []byte(text), 0o600))
	at := time.Unix(int64(1_000_000+second), 0)
	require.NoError(f.t, os.Chtimes(f.path(name), at, at))
}

func TestSince(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("same", "x", 0)
	f.write("longer", "x", 0)
	f.write("later", "x", 0)
	f.write("gone", "x", 0)
	f.write("replaced", "x", 0)
	paths := []string{f.path("same"), f.path("longer"), f.path("later"), f.path("gone"), f.path("replaced"), f.path("new"), f.path("never")}
	seen := watch.Take(paths)
	require.Empty(t, watch.Take(paths).Since(seen))

	f.write("longer", "xx", 0)
	f.write("later", "x", 1)
	require.NoError(t, os.Remove(f.path("gone")))
	f.write("draft", "y", 0)
	require.NoError(t, os.Rename(f.path("draft"), f.path("replaced"))) // as editors do, with the same size and time
	f.write("new", "x", 0)
	now := watch.Take(paths)
	changed := []string{f.path("gone"), f.path("later"), f.path("longer"), f.path("new"), f.path("replaced")}
	require.Equal(t, changed, now.Since(seen))

	kept := now.Keep(seen, []string{f.path("later"), f.path("unknown")})
	require.Equal(t, []string{f.path("later")}, now.Since(kept))
	require.Equal(t, changed, now.Since(seen), "the look itself is as it was")

	fewer := watch.Take([]string{f.path("same")})
	require.Equal(t, []string{f.path("later"), f.path("longer"), f.path("new"), f.path("replaced")}, fewer.Since(now))
	require.Empty(t, watch.Look{}.Since(watch.Take([]string{f.path("never")})))
}

// A change is told at the first look that finds the files as the one before did.
func TestChangesWaitForFilesAtRest(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a", "", 0)
	synctest.Test(t, func(t *testing.T) {
		ticks := make(chan time.Time)
		paths := []string{f.path("a")}
		var told []string
		go func() {
			var err error
			told, err = watch.Changes(t.Context(), ticks, watch.Take(paths), func() []string { return paths })
			require.NoError(t, err)
		}()
		synctest.Wait()
		look := func() []string {
			ticks <- time.Now()
			synctest.Wait()
			return told
		}
		require.Empty(t, look())
		require.Empty(t, look(), "nothing has changed")
		for i := 1; i < 4; i++ { // a file that is being written
			f.write("a", "xxxx"[:i], i)
			require.Empty(t, look())
		}
		paths = append(paths, f.path("b"))
		f.write("b", "x", 0)
		require.Empty(t, look(), "another one comes")
		require.Equal(t, []string{f.path("a"), f.path("b")}, look())
	})
}

// What changes and changes back has not changed.
func TestChangesThatAreTakenBack(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a", "x", 0)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ticks := make(chan time.Time)
		paths := []string{f.path("a")}
		done := make(chan error, 1)
		seen := watch.Take(paths)
		go func() {
			_, err := watch.Changes(ctx, ticks, seen, func() []string { return paths })
			done <- err
		}()
		f.write("a", "xy", 1)
		ticks <- time.Now()
		synctest.Wait()
		f.write("a", "x", 0)
		for range 3 {
			ticks <- time.Now()
			synctest.Wait()
		}
		require.Empty(t, done)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}
