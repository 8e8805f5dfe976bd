package recorder_test

import (
	"errors"
	"testing"

	"github.com/hubtape/hubtape/recorder"
)

// fullDisk takes so many bytes and then half of a write, as a full disk does.
type fullDisk struct {
	recorder.LogFile
	left int
}

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(b []byte) (int, error) {
	if len(b) <= f.left {
		f.left -= len(b)
		return f.LogFile.Write(b)
	}
	n, err := f.LogFile.Write(b[:f.left])
	f.left = 0
	return n, errors.Join(err, errFull)
}

// However much fits, what was flushed is safe, and nothing is doubled.
func TestSideLogFull(t *testing.T) {
	for room := 60; room < 4_000; room += 97 {
		path := tempTape(t)
		o := recorder.Options{ChunkRecords: 20, CommitChunks: 3}
		w, err := recorder.Create(path, o.WithLogFile(func(f recorder.LogFile) recorder.LogFile {
			return &fullDisk{LogFile: f, left: room}
		}))
		if err != nil {
			t.Fatal(err)
		}
		h := newHouse()
		safe := 0
		for n := 1; err == nil; n++ {
			if err = w.Append(h.next()); err == nil && n%5 == 0 {
				if err = w.Flush(); err == nil {
					safe = n
				}
			}
		}
		if !errors.Is(err, errFull) || !errors.Is(w.Flush(), errFull) || !errors.Is(w.Append(h.next()), errFull) {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		if cerr := w.Close(); !errors.Is(cerr, errFull) {
			t.Fatalf("Close = %v", cerr)
		}
		checkHouse(t, path, safe)
	}
}
