package main

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
	"github.com/hubtape/hubtape/core/service"
)

// original is a Python system that core does the job of, and how often a second
// it does one thing. The figures are medians of five runs on a machine like the
// one of the README, Python 3.11; they are not measured again here.
type original struct {
	name      string
	perSecond float64
}

// speedup is how many times as fast as the original core is to be.
const speedup = 20

// coreRows compare core with the Python systems whose job it does, each on both
// runtimes.
func coreRows() []row {
	var rows []row
	for _, c := range []struct {
		name string
		than original
		body func(n int, rt clock.Runtime) error // does it n times, in a task
	}{
		{"loop: a callback posts the next", original{"pyziggy", 1.24e6}, reposts},
		{"loop: posts from another goroutine or task", original{"pyziggy", 393e3}, posts},
		{"router: sends of a worker → RouteUntil", original{"traits-futures", 169e3}, routes},
		{"background: a call, submitted → done", original{"traits-futures", 3.5e3}, submits},
		{"event: emit → handler", original{"aioevt", 237e3}, emits},
		{"event: emit → a task that waits", original{"aioevt", 64e3}, waits},
		{"service: Call to a queue and back", original{"mode", 23.8e3}, calls},
		{"service: Cast to a queue", original{"mode", 36.8e3}, casts},
		{"service: start and stop of a thread", original{"mode", 1.4e3}, threads},
		{"service: start and stop", original{"mode", 52e3}, services},
	} {
		rows = append(rows, row{c.name, fmt.Sprintf("≥ %d× %s", speedup, c.than.name), func() (result, error) {
			return onBoth(c.than, c.body)
		}})
	}
	return rows
}

func onBoth(than original, body func(n int, rt clock.Runtime) error) (result, error) {
	system, err := perSecond(func() clock.Runtime { return clock.NewSystem(clock.SystemOptions{}) }, body)
	virtual, err2 := perSecond(func() clock.Runtime { return clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}) }, body)
	return result{
		fmt.Sprintf("System %s, Virtual %s", amount(system), amount(virtual)),
		fmt.Sprintf("%s %s (%.0f×, %.0f×; measured elsewhere)", than.name, amount(than.perSecond), system/than.perSecond, virtual/than.perSecond),
		atLeast(min(system, virtual)/than.perSecond, speedup),
	}, errors.Join(err, err2)
}

func amount(perSecond float64) string {
	switch {
	case perSecond >= 1e6:
		return fmt.Sprintf("%.1f M/s", perSecond/1e6)
	case perSecond < 1e4:
		return fmt.Sprintf("%.1f k/s", perSecond/1e3)
	}
	return fmt.Sprintf("%.0f k/s", perSecond/1e3)
}

func perSecond(make func() clock.Runtime, body func(n int, rt clock.Runtime) error) (float64, error) {
	var failed error
	b := testing.Benchmark(func(b *testing.B) {
		rt := make()
		var err error
		run := rt.Run("bench", func() { err = body(b.N, rt) })
		failed = errors.Join(run, err, rt.Close())
	})
	return float64(b.N) / b.T.Seconds(), failed
}

func reposts(n int, rt clock.Runtime) error {
	l := loop.New(rt, loop.Options{})
	var fn func()
	fn = func() {
		if n--; n > 0 {
			l.Post(fn)
			return
		}
		l.Stop(0)
	}
	l.Post(fn)
	l.Run()
	return nil
}

// posts come from a goroutine in a System, and from a task in a Virtual.
func posts(n int, rt clock.Runtime) error {
	l := loop.New(rt, loop.Options{})
	got := 0
	fn := func() {
		if got++; got == n {
			l.Stop(0)
		}
	}
	elsewhere(rt, func() {
		for range n {
			l.Post(fn)
		}
	})
	l.Run()
	return nil
}

func elsewhere(rt clock.Runtime, fn func()) {
	if _, virtual := rt.(*clock.Virtual); virtual {
		rt.Go("elsewhere", fn)
		return
	}
	go fn()
}

func routes(n int, rt clock.Runtime) error {
	r := router.New(rt, router.Options{})
	if err := r.Start(); err != nil {
		return err
	}
	send, receive, err := router.Pipe[int](r)
	if err != nil {
		return err
	}
	got := 0
	receive.OnMessage(func(int) { got++ })
	var failed error
	elsewhere(rt, func() {
		failed = send.Scope(func() error {
			for i := range n {
				if err := send.Send(i); err != nil {
					return err
				}
			}
			return nil
		})
	})
	err = r.RouteUntil(func() bool { return got == n }, clock.Forever)
	return errors.Join(err, failed)
}

func submits(n int, rt clock.Runtime) error {
	r := router.New(rt, router.Options{})
	if err := r.Start(); err != nil {
		return err
	}
	e, err := background.New(rt, background.Options{Router: r})
	if err != nil {
		return err
	}
	job := func(*background.Job) (int, error) { return 1, nil }
	for range n {
		f, err := background.Call(e, job)
		if err != nil {
			return err
		}
		if err := r.RouteUntil(f.Done, clock.Forever); err != nil {
			return err
		}
	}
	return e.Shutdown(clock.Forever)
}

func emits(n int, rt clock.Runtime) error {
	l := loop.New(rt, loop.Options{})
	e := event.New[int](l, event.Options{})
	if _, err := e.On(func(i int) {
		if i < n {
			e.Emit(i + 1)
			return
		}
		l.Stop(0)
	}); err != nil {
		return err
	}
	e.Emit(1)
	l.Run()
	return nil
}

func waits(n int, rt clock.Runtime) error {
	l := loop.New(rt, loop.Options{})
	e := event.New[int](l, event.Options{})
	rt.Go("emitter", func() {
		for i := range n {
			e.Emit(i)
			rt.Yield()
		}
	})
	for i := 0; i < n-1; {
		var err error
		if i, err = e.Wait(rt.Now() + time.Minute); err != nil {
			return err
		}
	}
	return nil
}

func calls(n int, rt clock.Runtime) error {
	return withQueue(rt, func(q *service.Queue) error {
		fn := func() (int, error) { return n, nil }
		for range n {
			if _, err := service.Call(q, fn); err != nil {
				return err
			}
		}
		return nil
	})
}

func casts(n int, rt clock.Runtime) error {
	return withQueue(rt, func(q *service.Queue) error {
		fn := func() error { return nil }
		for i := range n {
			if err := q.Cast(fn); err != nil {
				return err
			}
			if i%100 == 0 {
				rt.Yield()
			}
		}
		return nil
	})
}

func withQueue(rt clock.Runtime, body func(*service.Queue) error) error {
	q := service.NewQueue(rt, service.QueueOptions{})
	if err := q.Start(); err != nil {
		return err
	}
	return errors.Join(body(q), q.Stop())
}

func threads(n int, rt clock.Runtime) error {
	for range n {
		t := service.NewThread(rt, service.ThreadOptions{})
		if err := errors.Join(t.Start(), t.Stop()); err != nil {
			return err
		}
	}
	return nil
}

func services(n int, rt clock.Runtime) error {
	for range n {
		s := service.New(rt, service.Options{})
		if err := errors.Join(s.Start(), s.Stop()); err != nil {
			return err
		}
	}
	return nil
}
