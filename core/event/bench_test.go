package event_test

import (
	"math"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

// runtimes runs body, a task of each kind of runtime in turn. It resets the
// timer itself.
func runtimes(b *testing.B, body func(b *testing.B, rt clock.Runtime)) {
	for _, c := range []struct {
		name string
		make func() clock.Runtime
	}{
		{"virtual", func() clock.Runtime { return clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}) }},
		{"system", func() clock.Runtime { return clock.NewSystem(clock.SystemOptions{}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			rt := c.make()
			defer rt.Close()
			b.ReportAllocs()
			if err := rt.Run("bench", func() { body(b, rt) }); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// benchEmit emits from a handler of the event, so that one operation is one emit
// and its delivery.
func benchEmit(b *testing.B, handlers int) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e := event.New[int](l, event.Options{})
		n := 0
		must(b)(e.On(func(x int) {
			if n++; n == b.N {
				l.Stop(0)
				return
			}
			e.Emit(x)
		}))
		sum := 0
		for range handlers - 1 {
			must(b)(e.On(func(x int) { sum += x }))
		}
		b.ResetTimer()
		e.Emit(1)
		l.Run()
	})
}

func BenchmarkEmit(b *testing.B)            { benchEmit(b, 1) }
func BenchmarkEmitTenHandlers(b *testing.B) { benchEmit(b, 10) }

// A thousand emits queued at once.
func BenchmarkEmitBurst(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e := event.New[int](l, event.Options{})
		n := 0
		must(b)(e.On(func(int) { n++ }))
		for n < b.N {
			for range 1000 {
				e.Emit(1)
			}
			turn(l)
		}
	})
}

func BenchmarkEmitFromOutside(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e := event.New[int](l, event.Options{})
		n := 0
		must(b)(e.On(func(int) {
			if n++; n == b.N {
				l.Stop(0)
			}
		}))
		source := rt.OpenSource("emitter")
		defer source.Close()
		b.ResetTimer()
		go func() {
			for range b.N {
				e.Emit(1)
			}
		}()
		l.Run()
	})
}

func BenchmarkEmitWithAHook(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e := event.New[int](l, event.Options{OnPanic: func(*event.HandlerPanic) {}})
		n := 0
		must(b)(e.On(func(x int) {
			if n++; n == b.N {
				l.Stop(0)
				return
			}
			e.Emit(x)
		}))
		b.ResetTimer()
		e.Emit(1)
		l.Run()
	})
}

// One operation is an emit to a task that waits, and its answer by another
// event.
func BenchmarkWaitRoundTrip(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		ask, answer := event.New[int](l, event.Options{}), event.New[int](l, event.Options{})
		rt.Go("answerer", func() {
			for range b.N {
				x, _ := ask.Wait(clock.Forever)
				answer.Emit(x)
			}
		})
		rt.Yield() // the answerer waits
		b.ResetTimer()
		for i := range b.N {
			ask.Emit(i)
			if x, err := answer.Wait(clock.Forever); x != i || err != nil {
				b.Fatal(x, err)
			}
		}
	})
}

func BenchmarkOnce(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		e := event.New[int](l, event.Options{})
		n := 0
		var again func(int)
		again = func(x int) {
			if n++; n == b.N {
				l.Stop(0)
				return
			}
			_, _ = e.Once(again)
			e.Emit(x)
		}
		_, _ = e.Once(again)
		e.Emit(1)
		l.Run()
	})
}

func BenchmarkBusEmit(b *testing.B) {
	runtimes(b, func(b *testing.B, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		bus := event.NewBus(l, event.Options{})
		n := 0
		must(b)(bus.On("door", func(event.Data) {
			if n++; n == b.N {
				l.Stop(0)
				return
			}
			_ = bus.Emit("door")
		}))
		_ = bus.Emit("door")
		l.Run()
	})
}
