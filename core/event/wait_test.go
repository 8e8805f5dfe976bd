package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func TestWait(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, _ *loop.Loop, e *event.Event[int]) {
		e.Emit(1)
		rt.Go("emitter", func() {
			e.Emit(2)
			e.Emit(3)
		})
		if x, err := e.Wait(clock.Forever); x != 2 || err != nil {
			t.Errorf("AE-48 Wait = %d, %v, want the first emit after it began", x, err)
		}
		if n := event.Waiting(e); n != 0 || e.Handlers() != 0 {
			t.Errorf("AE-52 %d waiters are left", n)
		}
	})
}

func TestWaitForAnEmitFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		b := event.NewBus(loop.New(rt, loop.Options{}), event.Options{})
		source := rt.OpenSource("outside")
		// This task runs when the one that waits does.
		rt.Go("starter", func() {
			go func() {
				defer source.Close()
				if err := b.Emit("door", "front", 7); err != nil {
					t.Error(err)
				}
			}()
		})
		d, err := b.Wait("door", clock.Forever)
		if err != nil || fmt.Sprint(d.Args) != "[front 7]" || d.Named != nil {
			t.Errorf("AE-49 Wait = %v, %v", d, err)
		}
	})
}

func TestWaitInOneTurn(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		other := event.New[int](l, event.Options{})
		must(t)(other.On(func(x int) { e.Emit(x + 1) }))
		rt.Go("hall", func() { l.Run() })
		other.Emit(1)
		if x, err := e.Wait(clock.Forever); x != 2 || err != nil {
			t.Errorf("AE-56 Wait = %d, %v", x, err)
		}
		l.Stop(0)
	})
}

func TestManyWaitAtOnce(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[string]
		for i := range 3 {
			rt.Go(fmt.Sprint("waiter ", i), func() {
				x, err := e.Wait(clock.Forever)
				j.note(fmt.Sprint(i, " ", x, " ", err))
			})
		}
		rt.Yield()
		must(t)(e.On(func(x int) { j.note(fmt.Sprint("on ", x)) }))
		must(t)(e.Once(func(x int) { j.note(fmt.Sprint("once ", x)) }))
		if event.Waiting(e) != 3 || e.Handlers() != 2 {
			t.Errorf("%d wait, %d handlers", event.Waiting(e), e.Handlers())
		}
		e.Emit(7)
		if event.Waiting(e) != 0 || e.Handlers() != 1 {
			t.Errorf("AE-52 %d wait still, %d handlers", event.Waiting(e), e.Handlers())
		}
		rt.Yield()
		turn(l)
		j.want(t, "AE-55 each waiter goes on in its own task", "0 7 <nil>", "1 7 <nil>", "2 7 <nil>", "on 7", "once 7")
	})
}

func TestWaitTimeout(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		e := event.New[int](l, event.Options{})
		must(t)(e.Once(func(int) {}))
		v.Go("hall", func() { l.Run() })
		v.Go("patient", func() {
			if x, err := e.Wait(5 * time.Second); x != 8 || err != nil || v.Now() != 5*time.Second {
				t.Errorf("AE-53 an emit at the very deadline wins: Wait = %d, %v at %v", x, err, v.Now())
			}
		})
		if x, err := e.Wait(3 * time.Second); x != 0 || err != clock.ErrTimeout || v.Now() != 3*time.Second {
			t.Errorf("AE-53 Wait = %d, %v at %v", x, err, v.Now())
		}
		if n := event.Waiting(e); n != 1 || e.Handlers() != 1 {
			t.Errorf("AE-54 %d wait and %d are registered, want the other waiter and the handler", n, e.Handlers())
		}
		if _, err := e.Wait(0); err != clock.ErrTimeout || v.Now() != 3*time.Second {
			t.Errorf("AE-53 an instant that is over: %v at %v", err, v.Now())
		}
		e.EmitAfter(2*time.Second, 8)
		clock.Sleep(v, 3*time.Second)
		if event.Waiting(e) != 0 || e.Handlers() != 0 {
			t.Errorf("AE-54 %d wait, %d handlers", event.Waiting(e), e.Handlers())
		}
		l.Stop(0)
	})
}

// After the last waiter has given up, nothing is left of it: the event is as it
// was, for handlers too.
func TestWaitTimeoutLeavesTheHandlers(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		must(t)(e.On(j.note))
		for range 3 {
			if _, err := e.Wait(rt.Now()); err != clock.ErrTimeout {
				t.Errorf("AE-53 %v", err)
			}
		}
		if n := event.Waiting(e); n != 0 {
			t.Errorf("AE-54 %d wait", n)
		}
		must(t)(e.Once(func(x int) { j.note(10 * x) }))
		if _, err := e.Wait(rt.Now()); err != clock.ErrTimeout || event.Waiting(e) != 0 {
			t.Errorf("AE-54 %v, and %d wait", err, event.Waiting(e))
		}
		rt.Go("remover", func() {
			must(t)(e.On(func(x int) { j.note(100 * x) })).Remove()
			e.Emit(1)
		})
		if x, err := e.Wait(clock.Forever); x != 1 || err != nil {
			t.Errorf("registering while a task waits: Wait = %d, %v", x, err)
		}
		e.Emit(2)
		turn(l)
		j.want(t, "handlers", 1, 10, 2)
	})
}

// Who gives up does not take the others along.
func TestWaitTimeoutLeavesTheOthers(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, _ *loop.Loop, e *event.Event[int]) {
		var j journal[string]
		for i := range 3 {
			rt.Go(fmt.Sprint("waiter ", i), func() {
				until := clock.Forever
				if i == 1 {
					until = rt.Now()
				}
				x, err := e.Wait(until)
				j.note(fmt.Sprint(i, " ", x, " ", err == clock.ErrTimeout))
			})
		}
		for len(j.got) == 0 {
			clock.Sleep(rt, time.Millisecond)
		}
		e.Emit(7)
		rt.Yield()
		j.want(t, "AE-54", "1 0 true", "0 7 false", "2 7 false")
	})
}

func TestWaitAllocatesLittle(t *testing.T) {
	for _, rt := range []clock.Runtime{clock.NewSystem(clock.SystemOptions{}), clock.NewVirtual(clock.VirtualOptions{})} {
		l := loop.New(rt, loop.Options{})
		ask, answer := event.New[int](l, event.Options{}), event.New[int](l, event.Options{})
		var allocs float64
		if err := rt.Run("test", func() {
			rt.Go("answerer", func() {
				for {
					x, _ := ask.Wait(clock.Forever)
					answer.Emit(x + 1)
				}
			})
			rt.Yield()
			allocs = testing.AllocsPerRun(100, func() {
				ask.Emit(1)
				if x, err := answer.Wait(clock.Forever); x != 2 || err != nil {
					t.Errorf("Wait = %d, %v", x, err)
				}
			})
		}); err != nil {
			t.Error(err)
		}
		if allocs > 2 {
			t.Errorf("%T: two waits allocate %v times, want one roster each", rt, allocs)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWaitWhereNobodyMay(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	e := event.New[int](loop.New(v, loop.Options{}), event.Options{Name: "opened"})
	_, err := e.Wait(clock.Forever)
	wantError(t, "a driver in a world that stalls", err, clock.ErrStalled, `wait for event "opened"`)
	v.Go("patient", func() { _, _ = e.Wait(clock.Forever) })
	var stalled *clock.StalledError
	if err := v.NewSignal("driver").Wait(clock.Forever); !errors.As(err, &stalled) || !strings.Contains(err.Error(), `"patient" waits on "opened"`) {
		t.Errorf("a stalled run must name the event: %v", err)
	}

	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	e = event.New[int](loop.New(s, loop.Options{}), event.Options{})
	_, err = e.Wait(clock.Forever)
	wantError(t, "a goroutine that is no task", err, clock.ErrNotATask, `"event"`)
	if n := event.Waiting(e); n != 0 {
		t.Errorf("AE-54 %d wait", n)
	}
}
