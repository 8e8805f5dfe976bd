package acks_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
)

// A message is sent and acknowledged, while so many others are waited for.
func BenchmarkStartAcked(b *testing.B) {
	for _, waiting := range []int{0, 100, 100_000} {
		b.Run(fmt.Sprint(waiting, " waiting"), func(b *testing.B) {
			onTimers(b, func(w *acks.Timers[int]) {
				for i := range waiting {
					w.Start("parent", fmt.Sprint("other", i), i)
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					w.Start("parent", "m", i)
					if _, ok := w.Acked("parent", "m"); !ok {
						b.Fatal("nobody waited")
					}
				}
			})
		})
	}
}

// Five messages are sent, and all are cancelled.
func BenchmarkCancelAll5(b *testing.B) {
	onTimers(b, func(w *acks.Timers[int]) {
		ids := [...]string{"m1", "m2", "m3", "m4", "m5"}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			for _, id := range ids {
				w.Start("parent", id, i)
			}
			if n := len(w.CancelAll("parent")); n != len(ids) {
				b.Fatalf("%d were cancelled", n)
			}
		}
	})
}

func onTimers(b *testing.B, body func(w *acks.Timers[int])) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
	defer v.Close()
	err := v.Run("bench", func() {
		w, err := acks.New(loop.New(v, loop.Options{}), acks.Options[int]{})
		if err != nil {
			b.Fatal(err)
		}
		body(w)
	})
	if err != nil {
		b.Fatal(err)
	}
}
