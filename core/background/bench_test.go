package background_test

import (
	"math"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/loop"
)

// onBoth runs a benchmark as a task of each runtime, with an executor on a loop.
func onBoth(b *testing.B, body func(b *testing.B, l *loop.Loop, e *background.Executor)) {
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}),
	} {
		b.Run(name, func(b *testing.B) {
			if err := rt.Run("bench", func() {
				l := loop.New(rt, loop.Options{})
				e, err := background.New(rt, background.Options{Loop: l})
				if err != nil {
					b.Error(err)
					return
				}
				b.ReportAllocs()
				b.ResetTimer()
				body(b, l, e)
			}); err != nil {
				b.Error(err)
			}
		})
		if err := rt.Close(); err != nil {
			b.Error(err)
		}
	}
}

func one(*background.Job) (int, error) { return 1, nil }

// One job after the other, from submit to done.
func BenchmarkSubmit(b *testing.B) {
	onBoth(b, func(b *testing.B, l *loop.Loop, e *background.Executor) {
		for range b.N {
			f, err := background.Call(e, one)
			if err != nil {
				b.Fatal(err)
			}
			if err := l.RunUntil(f.Done, clock.Forever); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// 100 jobs at a time on 4 workers; one operation is one job.
func BenchmarkHundredAtATime(b *testing.B) {
	onBoth(b, func(b *testing.B, l *loop.Loop, e *background.Executor) {
		idle := func() bool { return e.Jobs() == 0 }
		for n := 0; n < b.N; n += 100 {
			for range 100 {
				if _, err := background.Call(e, one); err != nil {
					b.Fatal(err)
				}
			}
			if err := l.RunUntil(idle, clock.Forever); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// One operation is one item.
func BenchmarkItems(b *testing.B) {
	onBoth(b, func(b *testing.B, l *loop.Loop, e *background.Executor) {
		n := 0
		f, err := background.Iterate(e, func(_ *background.Job, yield func(int) bool) error {
			for i := range b.N {
				yield(i)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		f.OnItem(func(int) { n++ })
		if err := l.RunUntil(f.Done, clock.Forever); err != nil || n != b.N {
			b.Fatal(err, n)
		}
	})
}
