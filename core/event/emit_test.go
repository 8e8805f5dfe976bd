package event_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func TestEmit(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		e.Emit(0)
		var j journal[int]
		must(t)(e.On(j.note))
		e.Emit(1)
		j.want(t, "AE-17 a handler was called inside Emit")
		turn(l)
		j.want(t, "AE-15 AE-21 after the loop's turn", 1)
		e.Emit(2)
		e.Emit(3)
		turn(l)
		j.want(t, "AE-10 a handler is for every emit", 2, 3)
	})
}

func TestEmitInAHandler(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		other := event.New[int](l, event.Options{})
		var j journal[int]
		must(t)(e.On(func(x int) {
			j.note(x)
			if x < 3 {
				e.Emit(x + 1)
				other.Emit(10 * x)
			}
		}))
		must(t)(e.On(func(x int) { j.note(-x) }))
		must(t)(other.On(j.note))
		e.Emit(1)
		turn(l)
		turn(l)
		turn(l)
		j.want(t, "AE-26", 1, -1, 2, -2, 10, 3, -3, 20)
	})
}

func TestOnce(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		var again func(int)
		again = func(x int) {
			j.note(x)
			if x < 3 {
				must(t)(e.Once(again))
			}
		}
		token := must(t)(e.Once(again))
		e.Emit(1)
		e.Emit(2)
		if token.Remove() || e.Handlers() != 0 {
			t.Errorf("AE-27 %d handlers are left after the emit", e.Handlers())
		}
		turn(l)
		j.want(t, "AE-27 two emits in one turn", 1)
		e.Emit(3)
		turn(l)
		j.want(t, "registered by itself", 3)
	})
}

func TestRemoveBetweenEmitAndTurn(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		token := must(t)(e.On(j.note))
		must(t)(e.On(func(int) { token.Remove() }))
		e.Emit(1)
		if !token.Remove() || token.Remove() {
			t.Error("AE-30 the first Remove removes, the second does not")
		}
		e.Emit(2)
		must(t)(e.On(func(x int) { j.note(10 * x) }))
		turn(l)
		j.want(t, "AE-30 what was emitted is delivered, to whom it was emitted", 1)
		if (*event.Token)(nil).Remove() || new(event.Token).Remove() {
			t.Error("a token of nothing removed something")
		}
	})
}

func TestNilHandler(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		b := event.NewBus(l, event.Options{Name: "house"})
		_, on := e.On(nil)
		_, once := e.Once(nil)
		_, handle := e.Handle(event.Handler[int]{})
		_, named := b.On("door", nil)
		for i, err := range []error{on, once, handle, named} {
			wantError(t, "AE-35", err, event.ErrNilHandler, []string{`"opened"`, `"opened"`, `"opened"`, `"house/door"`}[i])
		}
		if e.Handlers() != 0 || e.Off(nil) != 0 || len(b.Names()) != 0 {
			t.Error("AE-35 a nil handler is registered")
		}
	})
}

func TestEmitAllocatesNothing(t *testing.T) {
	for _, rt := range []clock.Runtime{clock.NewSystem(clock.SystemOptions{}), clock.NewVirtual(clock.VirtualOptions{})} {
		hall, garden := loop.New(rt, loop.Options{}), loop.New(rt, loop.Options{})
		stopHall, stopGarden := func() { hall.Stop(0) }, func() { garden.Stop(0) }
		e := event.New[int](hall, event.Options{})
		n := 0
		must(t)(e.On(func(x int) { n += x }))
		must(t)(e.Handle(event.Handler[int]{Func: func(x int) { n += x }, Loop: garden}))
		emits := func() {
			for range 5 {
				e.Emit(1)
			}
			hall.Post(stopHall)
			hall.Run()
			garden.Post(stopGarden)
			garden.Run()
		}
		var allocs float64
		if err := rt.Run("test", func() { allocs = testing.AllocsPerRun(100, emits) }); err != nil {
			t.Error(err)
		}
		if allocs != 0 || n != 2*5*101 {
			t.Errorf("%T: five emits allocate %v times; %d calls", rt, allocs, n)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestEmitAfter(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		e := event.New[int](l, event.Options{})
		var got []time.Duration
		note := func(x int) { got = append(got, v.Now(), time.Duration(x)) }
		early := must(t)(e.On(func(int) { t.Error("AE-46 a handler that was removed before the delay was over") }))
		e.EmitAfter(time.Second, 5)
		e.EmitAfter(time.Second, 6).Stop()
		e.EmitAfter(-time.Second, 7)
		early.Remove()
		l.After(500*time.Millisecond, func() { must(t)(e.On(note)) })
		l.StopAfter(time.Minute, 0)
		l.Run()
		if want := []time.Duration{time.Second, 5}; !slices.Equal(got, want) {
			t.Errorf("AE-45 AE-46 AE-47 got %v, want %v", got, want)
		}
	})
}
