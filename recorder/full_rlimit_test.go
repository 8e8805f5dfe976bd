//go:build linux || darwin

package recorder_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hubtape/hubtape/recorder"
)

// childFull records until the disk is full, which a limit on the size of files
// plays, and tells how many records it had flushed and how it ended.
func childFull(arg string) {
	limit, path, _ := strings.Cut(arg, ":")
	n, _ := strconv.ParseUint(limit, 10, 64)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		fmt.Println("skip: the size of files cannot be limited here:", err)
		return
	}
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 50, CommitChunks: 4})
	if err != nil {
		fmt.Println("create", err)
		return
	}
	h := newHouse()
	safe := 0
	for n := 1; err == nil; n++ {
		if err = w.Append(h.next()); err == nil && n%20 == 0 {
			if err = w.Flush(); err == nil {
				safe = n
			}
		}
	}
	again := w.Append(h.next())
	fmt.Println(safe, again == err, w.Close() != nil, err) //nolint:errorlint // the very same error is meant
}

// A full disk is an error that says so, and costs nothing of what was flushed.
func TestDiskFull(t *testing.T) {
	for _, limit := range []int{40_000, 66_000, 131_072, 200_000, 300_000, 600_000} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			path := tempTape(t)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"=full:"+strconv.Itoa(limit)+":"+path)
			out, err := cmd.CombinedOutput()
			said := string(out)
			if err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			if strings.HasPrefix(said, "skip") {
				t.Skip(strings.TrimPrefix(said, "skip: "))
			}
			var safe int
			var sticky, closed bool
			if _, err := fmt.Sscan(said, &safe, &sticky, &closed); err != nil || !sticky || !closed ||
				!strings.Contains(said, "file too large") || strings.Contains(said, "goroutine") {
				t.Fatalf("it said: %s", said)
			}
			checkHouse(t, path, safe)
		})
	}
}
