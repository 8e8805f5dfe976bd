package reupload_test

import (
	"testing"

	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// A reupload of 500 stored events through a window of 5, from the first to the
// last ack.
func BenchmarkReupload500(b *testing.B) {
	r, err := reupload.New(5)
	if err != nil {
		b.Fatal(err)
	}
	stored := ids(500)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		r.Begin(stored)
		for _, id := range stored {
			r.Acked(id)
		}
	}
	if got := r.Counts().Completed; got != uint64(b.N) {
		b.Fatalf("%d of %d completed", got, b.N)
	}
	b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "events/s")
}
