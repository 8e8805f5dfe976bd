package recorder_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/recorder"
)

// FuzzOpenTape overwrites bytes of a small tape and of its side log: whatever
// they become, reading gives records that were said, or an error.
func FuzzOpenTape(f *testing.F) {
	p := newPrey(f, 130)
	f.Add(uint32(0), []byte{0}, uint32(0), []byte{}, uint32(1<<31), false)
	f.Add(uint32(4096+80), []byte{1, 2, 3, 4, 5, 6, 7, 8}, uint32(100), []byte{9}, uint32(9000), true)
	f.Add(uint32(12288+24), []byte{3, 0, 0, 0, 0, 0, 0, 0}, uint32(0), []byte{}, uint32(1<<31), true)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at uint32, bytes []byte, logAt uint32, logBytes []byte, size uint32, killed bool) {
		tape, log := p.closed, []byte(nil)
		if killed {
			tape, log = p.killed, overwrite(p.log, logAt, logBytes)
		}
		tape = overwrite(tape, at, bytes)
		tape = tape[:min(len(tape), int(size))]
		path := filepath.Join(dir, "x.hubtape")
		_ = os.Remove(path + recorder.LogSuffix)
		if err := os.WriteFile(path, tape, 0o600); err != nil {
			t.Fatal(err)
		}
		if killed {
			if err := os.WriteFile(path+recorder.LogSuffix, log, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := readTape(t, path, recorder.Query{})
		if !same(got, p.records[:min(len(got), len(p.records))]) {
			t.Fatal("the tape tells something that was never said")
		}
		if err == nil && len(got) < len(p.records) && !killed {
			t.Fatalf("%d of %d records, and no error", len(got), len(p.records))
		}
		rep, verr := recorder.Verify(path, nil)
		if err != nil && verr == nil && rep.OK() {
			t.Fatalf("reading says %v, and Verify that all is well", err)
		}
		_ = os.Remove(path + ".saved")
		if _, err := recorder.Salvage(path, path+".saved", nil); err != nil && !errors.Is(err, recorder.ErrNotTape) && !errors.Is(err, recorder.ErrVersion) {
			t.Fatalf("salvage: %v", err)
		}
	})
}

func overwrite(b []byte, at uint32, with []byte) []byte {
	out := append([]byte(nil), b...)
	if len(out) > 0 {
		copy(out[int(at)%len(out):], with)
	}
	return out
}
