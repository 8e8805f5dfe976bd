package logs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// read returns the files of a folder by name.
func read(t require.TestingT, dir string) map[string]string {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(text)
	}
	return files
}

func write(t require.TestingT, f *logs.File, line string) {
	n, err := f.Write([]byte(line))
	require.NoError(t, err)
	require.Equal(t, len(line), n)
}

func TestFileRolls(t *testing.T) {
	t.Run("GW-214 three files of 50 bytes after 300 lines", func(t *testing.T) {
		dir := t.TempDir()
		f, err := logs.OpenFile(logs.FileOptions{Path: filepath.Join(dir, "x.log"), BytesMax: 50, CountMax: 3})
		require.NoError(t, err)
		for i := range 300 {
			write(t, f, fmt.Sprintf("line %03d\n", i)) // 9 bytes
		}
		require.NoError(t, f.Close())
		require.Equal(t, map[string]string{
			"x.log":   "line 295\nline 296\nline 297\nline 298\nline 299\n",
			"x.log.1": "line 290\nline 291\nline 292\nline 293\nline 294\n",
			"x.log.2": "line 285\nline 286\nline 287\nline 288\nline 289\n",
		}, read(t, dir))
	})
	t.Run("GW-214 a line that is too long for any", func(t *testing.T) {
		dir := t.TempDir()
		f, err := logs.OpenFile(logs.FileOptions{Path: filepath.Join(dir, "x.log"), BytesMax: 4})
		require.NoError(t, err)
		write(t, f, "long line\n")
		write(t, f, "a\n")
		require.NoError(t, f.Close())
		require.Equal(t, map[string]string{"x.log": "a\n", "x.log.1": "long line\n"}, read(t, dir))
	})
	t.Run("GW-214 one file", func(t *testing.T) {
		dir := t.TempDir()
		f, err := logs.OpenFile(logs.FileOptions{Path: filepath.Join(dir, "x.log"), BytesMax: 4, CountMax: 1})
		require.NoError(t, err)
		for _, line := range []string{"a\n", "b\n", "c\n"} {
			write(t, f, line)
		}
		require.NoError(t, f.Close())
		require.Equal(t, map[string]string{"x.log": "c\n"}, read(t, dir))
	})
}

// A file that was there is gone on with, and its size counts.
func TestFileAppends(t *testing.T) {
	dir := t.TempDir()
	o := logs.FileOptions{Path: filepath.Join(dir, "x.log"), BytesMax: 4, CountMax: 2}
	for _, line := range []string{"a\n", "b\n", "c\n"} {
		f, err := logs.OpenFile(o)
		require.NoError(t, err)
		write(t, f, line)
		require.NoError(t, f.Close())
		require.NoError(t, f.Close())
		_, err = f.Write([]byte("late"))
		require.ErrorIs(t, err, logs.ErrFileClosed)
	}
	require.Equal(t, map[string]string{"x.log": "c\n", "x.log.1": "a\nb\n"}, read(t, dir))
}

func TestFileRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, o := range []logs.FileOptions{{BytesMax: -1}, {CountMax: -1}} {
		o.Path = filepath.Join(dir, "x.log")
		_, err := logs.OpenFile(o)
		require.ErrorContains(t, err, "neither can be below zero")
	}
	_, err := logs.OpenFile(logs.FileOptions{Path: dir})
	require.ErrorContains(t, err, "log file: ")
}

// What is in the way of rolling over costs no line, and what has to stay stays.
func TestFileInTheWay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.log")
	f, err := logs.OpenFile(logs.FileOptions{Path: path, BytesMax: 2, CountMax: 3})
	require.NoError(t, err)
	write(t, f, "a\n")
	write(t, f, "b\n")
	require.NoError(t, os.MkdirAll(path+".2/full", 0o755))
	n, err := f.Write([]byte("c\n"))
	require.Error(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, map[string]string{"x.log": "b\nc\n", "x.log.1": "a\n"}, read(t, dir))
	require.NoError(t, os.RemoveAll(path+".2"))
	write(t, f, "d\n")
	require.NoError(t, f.Close())
	require.Equal(t, map[string]string{"x.log": "d\n", "x.log.1": "b\nc\n", "x.log.2": "a\n"}, read(t, dir))
}

// A folder that vanished and came back: the log goes on.
func TestFileComesBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder with an open file does not vanish here")
	}
	dir := filepath.Join(t.TempDir(), "logs")
	path := filepath.Join(dir, "x.log")
	f, err := logs.OpenFile(logs.FileOptions{Path: path, BytesMax: 2, CountMax: 2})
	require.NoError(t, err)
	write(t, f, "a\n")
	require.NoError(t, os.RemoveAll(dir))
	_, err = f.Write([]byte("b\n"))
	require.Error(t, err)
	require.NoError(t, os.Mkdir(dir, 0o755))
	write(t, f, "c\n")
	require.NoError(t, f.Close())
	require.Equal(t, map[string]string{"x.log": "c\n"}, read(t, dir))
}

// Whatever is written: the files together end with the newest lines, unbroken,
// and none is larger than it may be unless one line alone is.
func TestFileKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		require.NoError(t, os.RemoveAll(dir))
		o := logs.FileOptions{Path: filepath.Join(dir, "x.log"), BytesMax: rapid.Int64Range(1, 60).Draw(t, "bytes"), CountMax: rapid.IntRange(1, 4).Draw(t, "files")}
		f, err := logs.OpenFile(o)
		require.NoError(t, err)
		var all strings.Builder
		for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
			line := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", rapid.IntRange(0, 70).Draw(t, "length")))
			all.WriteString(line)
			write(t, f, line)
		}
		require.NoError(t, f.Close())
		files := read(t, dir)
		require.LessOrEqual(t, len(files), o.CountMax)
		var names []string
		for name, text := range files {
			names = append(names, name)
			require.True(t, int64(len(text)) <= o.BytesMax || strings.Count(text, "\n") == 1, "%s: %q", name, text)
		}
		slices.Sort(names)
		slices.Reverse(names) // the oldest first
		var kept strings.Builder
		for _, name := range names {
			kept.WriteString(files[name])
		}
		require.True(t, strings.HasSuffix(all.String(), kept.String()), "%q does not end with %q", all.String(), kept.String())
	})
}
