package service_test

import (
	"context"
	"math"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// onBoth runs a benchmark as a task of each kind of runtime.
func onBoth(b *testing.B, body func(b *testing.B, rt clock.Runtime)) {
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}),
	} {
		b.Run(name, func(b *testing.B) {
			if err := rt.Run("bench", func() { body(b, rt) }); err != nil {
				b.Fatal(err)
			}
		})
		if err := rt.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchQueue(b *testing.B, rt clock.Runtime) *service.Queue {
	q := service.NewQueue(rt, service.QueueOptions{})
	if err := q.Start(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return q
}

func BenchmarkCall(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		q := benchQueue(b, rt)
		n := 0
		fn := func() (int, error) { n++; return n, nil }
		for range b.N {
			if _, err := service.Call(q, fn); err != nil {
				b.Fatal(err)
			}
		}
		_ = q.Stop()
	})
}

func BenchmarkCallFrom(b *testing.B) {
	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	var q *service.Queue
	_ = s.Run("start", func() { q = benchQueue(b, s) })
	for range b.N {
		if _, err := service.CallFrom(context.Background(), q, func() (int, error) { return 1, nil }); err != nil {
			b.Fatal(err)
		}
	}
	_ = s.Run("stop", func() { _ = q.Stop() })
}

func BenchmarkCast(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		q := benchQueue(b, rt)
		n := 0
		fn := func() error { n++; return nil }
		for i := range b.N {
			if err := q.Cast(fn); err != nil {
				b.Fatal(err)
			}
			if i%100 == 99 {
				rt.Yield()
			}
		}
		_ = q.Stop()
		if n != b.N {
			b.Fatalf("%d of %d casts ran", n, b.N)
		}
	})
}

func BenchmarkStartStop(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		b.ReportAllocs()
		for range b.N {
			s := service.New(rt, service.Options{})
			if err := s.Start(); err != nil {
				b.Fatal(err)
			}
			if err := s.Stop(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkThreadStartStop(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		b.ReportAllocs()
		for range b.N {
			s := service.NewThread(rt, service.ThreadOptions{})
			if err := s.Start(); err != nil {
				b.Fatal(err)
			}
			if err := s.Stop(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
