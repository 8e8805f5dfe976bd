package event_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func TestRegistered(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		garden := loop.New(rt, loop.Options{Name: "garden"})
		var j journal[string]
		must(t)(e.Handle(event.Handler[int]{Func: func(int) { j.note("hall") }}))
		must(t)(e.Handle(event.Handler[int]{Func: func(int) { j.note("garden") }, Loop: garden}))
		must(t)(e.Handle(event.Handler[int]{Func: func(int) { j.note("garden once") }, Loop: garden, Once: true}))
		must(t)(e.Handle(event.Handler[int]{Func: func(int) { j.note("hall again") }}))
		e.Emit(1)
		e.Emit(2)
		turn(l)
		j.want(t, "AE-12 AE-13 the event's loop unless said otherwise", "hall", "hall again", "hall", "hall again")
		turn(garden)
		j.want(t, "AE-03 each as it was registered", "garden", "garden once", "garden")
		if n := e.Handlers(); n != 3 {
			t.Errorf("%d handlers, want 3", n)
		}
	})
}

// A handler that has to wait does so in a task of its own, or holds up its loop.
func TestHandlerThatWaits(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		garden := loop.New(rt, loop.Options{Name: "garden"})
		rt.Go("garden", func() { garden.Run() })
		var j journal[string]
		slow := func(who string) func(int) {
			return func(int) {
				rt.Go(who, func() {
					clock.Sleep(rt, time.Millisecond)
					j.note(who)
					l.Stop(0)
				})
			}
		}
		must(t)(e.On(slow("watering")))
		e.Emit(1)
		l.Run()
		j.want(t, "AE-16", "watering")
		e.Clear()
		must(t)(e.Handle(event.Handler[int]{Func: slow("mowing"), Loop: garden}))
		e.Emit(1)
		l.Run()
		j.want(t, "AE-25", "mowing")
	})
}

// A loop that runs late gets everything; neither calls nor handlers are lost.
func TestEmitBeforeTheLoopRuns(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		must(t)(e.Handle(event.Handler[int]{Func: j.note, Loop: loop.New(rt, loop.Options{Name: "never runs"})}))
		must(t)(e.Once(j.note))
		must(t)(e.On(func(x int) { j.note(10 * x) }))
		e.Emit(1)
		e.Emit(2)
		clock.Sleep(rt, 2*time.Millisecond)
		if n := e.Handlers(); n != 2 {
			t.Errorf("AE-42 AE-43 %d handlers are left, want 2", n)
		}
		turn(l)
		j.want(t, "AE-40 AE-41 once each, when the loop runs", 1, 10, 20)
	})
}

func TestEmitFromOutside(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		source := rt.OpenSource("outside")
		defer source.Close()
		var j journal[int]
		must(t)(e.On(func(x int) {
			j.note(x)
			l.Stop(0)
		}))
		go e.Emit(1)
		l.Run()
		j.want(t, "AE-36", 1)
	})
}

// The loop of a handler may belong to another runtime.
func TestLoopOfAnotherRuntime(t *testing.T) {
	here, there := clock.NewSystem(clock.SystemOptions{}), clock.NewSystem(clock.SystemOptions{})
	defer here.Close()
	defer there.Close()
	e := event.New[int](loop.New(here, loop.Options{}), event.Options{})
	far := loop.New(there, loop.Options{})
	var got []int
	var self clock.TaskID
	must(t)(e.Handle(event.Handler[int]{Loop: far, Func: func(x int) {
		got, self = append(got, x), there.Self()
		far.Stop(0)
	}}))
	e.Emit(1)
	if err := there.Run("far", func() { far.Run() }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []int{1}) || self == 0 {
		t.Errorf("AE-36 got %v on task %d", got, self)
	}
}
