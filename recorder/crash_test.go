package recorder_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/recorder"
)

// childEnv makes this test binary a recorder that never stops by itself.
const childEnv = "HUBTAPE_TEST_CHILD"

func runChild() bool {
	mode, path, _ := strings.Cut(os.Getenv(childEnv), ":")
	switch mode {
	case "record":
		childRecord(path)
	case "full":
		childFull(path)
	default:
		return false
	}
	return true
}

// childRecord appends for ever and tells, after each flush, how many records
// are safe.
func childRecord(path string) {
	w, err := recorder.Create(path, recorder.Options{ChunkRecords: 50, CommitChunks: 4})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	h := newHouse()
	for n := 1; ; n++ {
		if err := w.Append(h.next()); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if n%20 == 0 {
			if err := w.Flush(); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(n)
		}
	}
}

// A recorder that is killed loses nothing that it had flushed, and what is on
// the tape is what was said, without a hole or a double.
func TestKilledRecorder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for round := range 12 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			path := tempTape(t)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"=record:"+path)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			stop, safe := 100+rnd.IntN(4_000), 0
			for s := bufio.NewScanner(out); safe < stop && s.Scan(); {
				if safe, err = strconv.Atoi(s.Text()); err != nil {
					t.Fatal(s.Text())
				}
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			checkHouse(t, path, safe)
		})
	}
}

// checkHouse opens a tape of a house and wants at least so many records of it.
func checkHouse(t *testing.T, path string, atLeast int) {
	t.Helper()
	got := mustRead(t, path, recorder.Query{})
	if len(got) < atLeast {
		t.Fatalf("%d records are on the tape, %d were safe", len(got), atLeast)
	}
	if want := realistic(len(got)); !same(got, want) {
		t.Fatal("the tape tells something else than what was said")
	}
	if rep, err := recorder.Verify(path, nil); err != nil || !rep.OK() {
		t.Fatalf("Verify = %+v, %v", rep, err)
	}
}

// The files as they are between any two steps of the writer make a good tape;
// so do a tape just after a commit with the side log from just before it.
func TestEveryMomentIsGood(t *testing.T) {
	dir := t.TempDir()
	path, shot, mixed := filepath.Join(dir, "x.hubtape"), filepath.Join(dir, "shot"), filepath.Join(dir, "mixed")
	w := mustCreate(t, path, small())
	h := newHouse()
	rnd := rand.New(rand.NewPCG(1, 1))
	commits := uint64(0)
	for n, safe := 1, 0; n <= 400; n++ {
		copyFile(t, path+recorder.LogSuffix, mixed+recorder.LogSuffix)
		before := safe
		if err := w.Append(h.next()); err != nil {
			t.Fatal(err)
		}
		if rnd.IntN(4) == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			safe = n
		}
		copyTape(t, path, shot)
		checkHouse(t, shot, safe)
		if c := w.Stats().Commits; c != commits {
			commits = c
			copyFile(t, path, mixed)
			checkHouse(t, mixed, before)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if commits < 10 {
		t.Errorf("only %d commits were seen", commits)
	}
}

// A side log that ends anywhere, as a kill or a power cut leaves it, gives all
// whole steps before that place.
func TestTornSideLog(t *testing.T) {
	dir := t.TempDir()
	path, shot := filepath.Join(dir, "x.hubtape"), filepath.Join(dir, "shot")
	w := mustCreate(t, path, recorder.Options{})
	h := newHouse()
	var ends []int64
	for n := range 40 {
		if err := w.Append(h.next()); err != nil {
			t.Fatal(err)
		}
		if n%5 == 4 {
			if err := w.Sync(); err != nil {
				t.Fatal(err)
			}
			st, _ := os.Stat(path + recorder.LogSuffix)
			ends = append(ends, st.Size())
		}
	}
	copyTape(t, path, shot)
	log, err := os.ReadFile(path + recorder.LogSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for size := range len(log) {
		want := 0
		for _, end := range ends {
			if int64(size) >= end {
				want += 5
			}
		}
		if err := os.WriteFile(shot+recorder.LogSuffix, log[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		got := mustRead(t, shot, recorder.Query{})
		if len(got) != want || !same(got, realistic(want)) {
			t.Fatalf("a log of %d bytes gives %d records, want %d", size, len(got), want)
		}
	}
}

// A missing or strange side log is told at the end, after what there is.
func TestSideLogGone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.hubtape")
	w := mustCreate(t, path, recorder.Options{ChunkRecords: 10, CommitChunks: 1})
	h := newHouse()
	for range 15 {
		if err := w.Append(h.next()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(dir, "killed")
	copyTape(t, path, killed)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other")
	ow := mustCreate(t, other, recorder.Options{})
	defer func() { _ = ow.Close() }()
	for _, c := range []struct {
		name    string
		breakIt func() error
	}{
		{"gone", func() error { return os.Remove(killed + recorder.LogSuffix) }},
		{"a folder", func() error { return os.Mkdir(killed+recorder.LogSuffix, 0o700) }},
		{"of another tape", func() error {
			copyFile(t, other+recorder.LogSuffix, killed+recorder.LogSuffix)
			return nil
		}},
	} {
		_ = os.Remove(killed + recorder.LogSuffix)
		if err := c.breakIt(); err != nil && c.name != "gone" {
			t.Fatal(c.name, err)
		}
		got, err := readTape(t, killed, recorder.Query{})
		var damage *recorder.DamageError
		if !errors.As(err, &damage) || len(got) != 10 {
			t.Errorf("%s: %d records, error %v; want 10 and a DamageError", c.name, len(got), err)
		}
		if rep, err := recorder.Verify(killed, nil); err != nil || rep.OK() {
			t.Errorf("%s: Verify = %+v, %v", c.name, rep, err)
		}
	}
}
