package loop_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// onBoth runs a benchmark's body as a task of a Virtual and of a System
// runtime.
func onBoth(b *testing.B, body func(b *testing.B, rt clock.Runtime)) {
	b.Run("Virtual", func(b *testing.B) {
		bench[clock.Runtime](b, clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}), body)
	})
	b.Run("System", func(b *testing.B) {
		bench[clock.Runtime](b, clock.NewSystem(clock.SystemOptions{}), body)
	})
}

func bench[R clock.Runtime](b *testing.B, rt R, body func(b *testing.B, rt R)) {
	b.ReportAllocs()
	err := rt.Run("bench", func() { body(b, rt) })
	if err := errors.Join(err, rt.Close()); err != nil {
		b.Fatal(err)
	}
}

// A callback that posts itself: one turn of the loop each.
func BenchmarkPost(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		n := 0
		var fn func()
		fn = func() {
			if n++; n >= b.N {
				l.Stop(0)
				return
			}
			l.Post(fn)
		}
		l.Post(fn)
		b.ResetTimer()
		l.Run()
	})
}

// 100,000 callbacks are posted, then called; one operation is one callback.
func BenchmarkPostThenRun(b *testing.B) {
	const batch = 100_000
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		fn := func() {}
		for left := b.N; left > 0; left -= batch {
			for range min(left, batch) {
				l.Post(fn)
			}
			l.Post(func() { l.Stop(0) })
			l.Run()
		}
	})
}

// A goroutine outside posts while the loop runs.
func BenchmarkPostFromOutside(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("producer")
		defer source.Close()
		n := 0
		fn := func() {
			if n++; n == b.N {
				l.Stop(0)
			}
		}
		go func() {
			for range b.N {
				l.Post(fn)
			}
		}()
		l.Run()
	})
}

func BenchmarkTrigger(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		n := 0
		var u *loop.Updater
		u = l.NewUpdater(func() {
			if n++; n >= b.N {
				l.Stop(0)
				return
			}
			u.Trigger()
			u.Trigger()
		}, true)
		u.Trigger()
		b.ResetTimer()
		l.Run()
	})
}

// A call from one task to the loop of another, and back.
func BenchmarkCall(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		rt.Go("caller", func() {
			for range b.N {
				if _, err := loop.Call(l, func() int { return 1 }); err != nil {
					b.Error(err)
				}
			}
			l.Stop(0)
		})
		l.Run()
	})
}

func BenchmarkCallInline(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		l.Post(func() {
			defer l.Stop(0)
			for range b.N {
				if _, err := loop.Call(l, func() int { return 1 }); err != nil {
					b.Error(err)
				}
			}
		})
		l.Run()
	})
}

func BenchmarkCallFrom(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("handler")
		go func() {
			defer source.Close()
			defer l.Stop(0)
			for range b.N {
				if _, err := loop.CallFrom(context.Background(), l, func() int { return 1 }); err != nil {
					b.Error(err)
				}
			}
		}()
		l.Run()
	})
}

// 1,000 periodic timers of one loop; one operation is one firing.
func BenchmarkTimers(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	bench(b, v, func(b *testing.B, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		n := 0
		for i := range 1000 {
			if _, err := l.Every(time.Second+time.Duration(i)*time.Microsecond, func() {
				if n++; n == b.N {
					l.Stop(0)
				}
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		l.Run()
	})
}

// The same on a clock that is pushed on when all that was due has fired.
func BenchmarkTimersFastForward(b *testing.B) {
	bench(b, clock.NewFastForward(clock.SystemOptions{}), func(b *testing.B, f *clock.FastForward) {
		l := loop.New(f, loop.Options{})
		n := 0
		for i := range 1000 {
			if _, err := l.Every(time.Hour, func() {
				if n++; n >= b.N {
					l.Stop(0)
				} else if i == 999 {
					if err := f.Push(time.Hour); err != nil {
						b.Error(err)
					}
				}
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		if err := f.Push(time.Hour); err != nil {
			b.Error(err)
		}
		l.Run()
	})
}

// RunUntil asks its condition after each callback.
func BenchmarkRunUntil(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		n := 0
		var fn func()
		fn = func() {
			n++
			l.Post(fn)
		}
		l.Post(fn)
		b.ResetTimer()
		if err := l.RunUntil(func() bool { return n >= b.N }, clock.Forever); err != nil {
			b.Error(err)
		}
	})
}

func BenchmarkProtect(b *testing.B) {
	onBoth(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{OnPanic: func(*loop.CallbackPanic) {}})
		n := 0
		add := func(x int) { n += x }
		for b.Loop() {
			loop.Protect(l, add, 1)
		}
	})
}
