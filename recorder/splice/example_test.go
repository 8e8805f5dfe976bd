package splice_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
)

// evening is a tape of two minutes.
func evening(dir string) (*recorder.Tape, error) {
	path := filepath.Join(dir, "evening.hubtape")
	w, err := recorder.Create(path, recorder.Options{Start: start})
	if err != nil {
		return nil, err
	}
	for i, r := range []recorder.Record{snapshot(0, "hall/light", "OFF"), say(0, "hall/motion", "1"), say(0, "hall/light", "ON")} {
		r.At = time.Duration(i) * time.Minute
		if err := w.Append(r); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return recorder.Open(path)
}

// finish closes a new tape and prints it.
func finish(w *recorder.Writer) {
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}
	tape, err := recorder.Open(w.Path())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()
	fmt.Println(tape.Start().Format(time.TimeOnly))
	for c := tape.Cursor(recorder.Query{}); c.Next(); {
		r := c.Record()
		fmt.Printf("%v %v %s %s\n", r.At, r.Kind, r.Topic, r.Payload)
	}
}

func ExampleCut() {
	dir, _ := os.MkdirTemp("", "hubtape")
	defer os.RemoveAll(dir)
	tape, err := evening(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()

	o := splice.CutOptions{From: 90 * time.Second}
	w, err := recorder.Create(filepath.Join(dir, "end.hubtape"), recorder.Options{Start: splice.CutStart(tape, o)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := splice.Cut(tape, w, o); err != nil {
		fmt.Println(err)
	}
	finish(w)
	// Output:
	// 17:01:30
	// 0s snapshot hall/light OFF
	// 30s message hall/light ON
}

func ExampleMerge() {
	dir, _ := os.MkdirTemp("", "hubtape")
	defer os.RemoveAll(dir)
	tape, err := evening(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()

	srcs := []splice.Source{{Tape: tape}, {Tape: tape, Prefix: "neighbour/", Shift: 90 * time.Second}}
	w, err := recorder.Create(filepath.Join(dir, "both.hubtape"), recorder.Options{Start: splice.MergeStart(srcs)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := splice.Merge(w, srcs, splice.MergeOptions{}); err != nil {
		fmt.Println(err)
	}
	finish(w)
	// Output:
	// 17:00:00
	// 0s snapshot hall/light OFF
	// 1m0s message hall/motion 1
	// 1m30s snapshot neighbour/hall/light OFF
	// 2m0s message hall/light ON
	// 2m30s message neighbour/hall/motion 1
	// 3m30s message neighbour/hall/light ON
}

func ExampleCopy() {
	dir, _ := os.MkdirTemp("", "hubtape")
	defer os.RemoveAll(dir)
	tape, err := evening(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()

	w, err := recorder.Create(filepath.Join(dir, "copy.hubtape"), recorder.Options{Start: tape.Start(), Labels: tape.Info().Labels})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = splice.Copy(tape, w, func(r *recorder.Record) bool {
		r.Topic = strings.Replace(r.Topic, "hall", "room-1", 1)
		return r.Kind == recorder.KindMessage
	})
	if err != nil {
		fmt.Println(err)
	}
	finish(w)
	// Output:
	// 17:00:00
	// 1m0s message room-1/motion 1
	// 2m0s message room-1/light ON
}
