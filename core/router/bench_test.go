package router_test

import (
	"math"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

// both runs a benchmark as a task of each runtime.
func both(b *testing.B, body func(b *testing.B, rt clock.Runtime, r *router.Router)) {
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}),
	} {
		b.Run(name, func(b *testing.B) {
			if err := rt.Run("bench", func() {
				r := router.New(rt, router.Options{})
				_ = r.Start()
				b.ReportAllocs()
				b.ResetTimer()
				body(b, rt, r)
			}); err != nil {
				b.Error(err)
			}
		})
		if err := rt.Close(); err != nil {
			b.Error(err)
		}
	}
}

func count(b *testing.B, r *router.Router, n *int) *router.Sender[int] {
	s, rec, err := router.Pipe[int](r)
	if err != nil {
		b.Fatal(err)
	}
	_ = s.Start()
	rec.OnMessage(func(int) { *n++ })
	return s
}

func BenchmarkSendAndRoute(b *testing.B) {
	both(b, func(b *testing.B, _ clock.Runtime, r *router.Router) {
		n := 0
		s := count(b, r, &n)
		for range b.N {
			_ = s.Send(1)
			want := n + 1
			if err := r.RouteUntil(func() bool { return n == want }, clock.Forever); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A goroutine sends while the task routes, with a deadline to look at.
func BenchmarkGoroutineToRouteUntil(b *testing.B) {
	rt := clock.NewSystem(clock.SystemOptions{})
	defer rt.Close()
	if err := rt.Run("bench", func() {
		r := router.New(rt, router.Options{})
		_ = r.Start()
		n := 0
		s := count(b, r, &n)
		b.ReportAllocs()
		b.ResetTimer()
		go func() {
			for range b.N {
				_ = s.Send(1)
			}
		}()
		if err := r.RouteUntil(func() bool { return n == b.N }, math.MaxInt64); err != nil {
			b.Error(err)
		}
	}); err != nil {
		b.Error(err)
	}
}

// 8 pipes, a goroutine each.
func BenchmarkEightPipes(b *testing.B) {
	rt := clock.NewSystem(clock.SystemOptions{})
	defer rt.Close()
	if err := rt.Run("bench", func() {
		r := router.New(rt, router.Options{})
		_ = r.Start()
		n := 0
		each := b.N/8 + 1
		b.ReportAllocs()
		for range 8 {
			s := count(b, r, &n)
			go func() {
				for range each {
					_ = s.Send(1)
				}
			}()
		}
		if err := r.RouteUntil(func() bool { return n == 8*each }, clock.Forever); err != nil {
			b.Error(err)
		}
	}); err != nil {
		b.Error(err)
	}
}

func BenchmarkPipeAndClose(b *testing.B) {
	both(b, func(b *testing.B, _ clock.Runtime, r *router.Router) {
		for range b.N {
			_, rec, err := router.Pipe[int](r)
			if err != nil {
				b.Fatal(err)
			}
			_ = rec.Close()
		}
	})
}

func BenchmarkSendOnly(b *testing.B) {
	both(b, func(b *testing.B, _ clock.Runtime, r *router.Router) {
		n := 0
		s := count(b, r, &n)
		for range b.N {
			_ = s.Send(1)
		}
	})
}

func BenchmarkRouteOnly(b *testing.B) {
	both(b, func(b *testing.B, _ clock.Runtime, r *router.Router) {
		n := 0
		s := count(b, r, &n)
		for range b.N {
			_ = s.Send(1)
		}
		b.ResetTimer()
		if err := r.RouteUntil(func() bool { return n == b.N }, clock.Forever); err != nil {
			b.Fatal(err)
		}
	})
}

// Each message is sent by the one before it, so each is a turn of the loop.
func BenchmarkDeliveryByALoop(b *testing.B) {
	both(b, func(b *testing.B, rt clock.Runtime, r *router.Router) {
		l := loop.New(rt, loop.Options{})
		_ = r.AttachTo(l)
		s, rec, _ := router.Pipe[int](r)
		_ = s.Start()
		rec.OnMessage(func(x int) {
			if x == b.N {
				l.Stop(0)
				return
			}
			_ = s.Send(x + 1)
		})
		_ = s.Send(1)
		l.Run()
	})
}
