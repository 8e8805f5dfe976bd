package recorder_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// writtenBytes is what this process made the disk write so far, as the kernel
// counts it.
func writtenBytes(tb testing.TB) (n int64) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		tb.Skipf("what the disk had to write cannot be read here: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	tb.Skip("this kernel does not count what the disk had to write: /proc/self/io has no write_bytes")
	return 0
}

// BenchmarkDay writes what 50 devices say in a day, at a message a second each,
// with a Flush each second and a Sync each 20, as a live capture does, and
// reports what the disk had to write.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		before := writtenBytes(b)
		w, err := recorder.Create(tempTape(b), recorder.Options{})
		if err != nil {
			b.Fatal(err)
		}
		h := newHouse()
		for second := range 24 * 3600 {
			for range 50 {
				r := h.next()
				r.At = time.Duration(second)*time.Second + time.Duration((h.n-1)%50)*20*time.Millisecond
				if err := w.Append(r); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
			if second%20 == 19 {
				if err := w.Sync(); err != nil {
					b.Fatal(err)
				}
			}
		}
		logged := w.Stats().LogBytes
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(writtenBytes(b)-before)/1e6, "MB-written")
		b.ReportMetric(float64(logged)/1e6, "MB-side-log")
	}
}
