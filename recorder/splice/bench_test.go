package splice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
)

// benchMessages are the messages of a benchmark's tape.
const benchMessages = 100_000

func (b *bench) house(topics string) *recorder.Tape {
	w := b.create(recorder.Options{Start: start, ChunkRecords: 1000})
	for i := range benchMessages {
		payload := fmt.Sprintf(`{"battery":%d,"humidity":%d.%02d,"linkquality":%d,"temperature":%d.%02d,"voltage":%d,"id":%d}`,
			50+i%50, 40+i%20, i*7919%100, 80+i*31%80, 18+i%6, i*104729%100, 2900+i%100, 1000+i%50)
		if err := w.Append(say(time.Duration(i)*20*time.Millisecond, fmt.Sprintf("%s/room %d/sensor %d", topics, i%7, i%50), payload)); err != nil {
			b.t.Errorf("%v", err)
		}
	}
	return b.open(w)
}

func measure(b *testing.B, messages int, run func(w *recorder.Writer) error) {
	bench := newBench(b)
	for b.Loop() {
		w := bench.create(recorder.Options{Start: start, ChunkRecords: 1000})
		if err := run(w); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(messages)*float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

func BenchmarkCopy(b *testing.B) {
	src := newBench(b).house("ground")
	measure(b, benchMessages, func(w *recorder.Writer) error {
		_, err := splice.Copy(src, w, nil)
		return err
	})
}

func BenchmarkCut(b *testing.B) {
	src := newBench(b).house("ground")
	measure(b, benchMessages, func(w *recorder.Writer) error {
		_, err := splice.Cut(src, w, splice.CutOptions{From: benchMessages * 10 * time.Millisecond})
		return err
	})
}

func BenchmarkMerge(b *testing.B) {
	bench := newBench(b)
	srcs := []splice.Source{{Tape: bench.house("ground")}, {Tape: bench.house("first"), Prefix: "attic/"}, {Tape: bench.house("second"), Shift: time.Second}}
	measure(b, len(srcs)*benchMessages, func(w *recorder.Writer) error {
		_, err := splice.Merge(w, srcs, splice.MergeOptions{})
		return err
	})
}
