package compare_test

import (
	"bytes"
	"testing"

	"github.com/hubtape/hubtape/recorder/compare"
)

func BenchmarkCompare(b *testing.B) {
	const n = 100_000
	a := house(n)
	for name, c := range map[string]struct {
		edit func(i int) bool
		o    compare.Options
	}{
		"same":         {func(int) bool { return false }, compare.Options{}},
		"some differ":  {func(i int) bool { return i%1000 == 0 }, compare.Options{}},
		"all differ":   {func(int) bool { return true }, compare.Options{}},
		"all within":   {func(int) bool { return true }, compare.Options{Number: 1}},
		"in any order": {func(i int) bool { return i%1000 == 0 }, compare.Options{AnyOrder: true}},
	} {
		other := house(n)
		for i := range other {
			if c.edit(i) {
				other[i].Payload = bytes.Replace(other[i].Payload, []byte(".5"), []byte(".6"), 1)
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := compare.Compare(stream(a), stream(other), c.o); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(2*n*float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
