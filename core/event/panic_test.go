package event_test

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func wantError(t *testing.T, what string, err, want error, says string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), says) {
		t.Errorf("%s: %v, want %v that says %s", what, err, want, says)
	}
}

var errJammed = errors.New("jammed")

func jam(int) { panic(errJammed) }

func TestPanicWithAHook(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{OnPanic: func(p *loop.CallbackPanic) { t.Errorf("AE-31 the loop got the panic: %v", p) }})
		var panics []*event.HandlerPanic
		e := event.New[int](l, event.Options{Name: "opened", OnPanic: func(p *event.HandlerPanic) { panics = append(panics, p) }})
		var j journal[int]
		must(t)(e.On(j.note))
		must(t)(e.On(jam))
		must(t)(e.On(func(x int) { j.note(10 * x) }))
		e.Emit(1)
		e.Emit(2)
		turn(l)
		j.want(t, "AE-31 AE-33 the others still run", 1, 10, 2, 20)
		if len(panics) != 2 || e.Handlers() != 3 {
			t.Fatalf("AE-31 %d panics, %d handlers", len(panics), e.Handlers())
		}
		p := panics[0]
		wantError(t, "AE-31", p, errJammed, `a handler of event "opened" panicked: jammed`)
		if !strings.Contains(string(p.Stack), "event_test.jam") {
			t.Errorf("AE-31 the stack is not the handler's: %s", p.Stack)
		}
		if errors.Unwrap(&event.HandlerPanic{Value: "no error"}) != nil {
			t.Error("a value that is no error was unwrapped")
		}
	})
}

func TestPanicWithALoopHook(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var values []any
		l := loop.New(rt, loop.Options{OnPanic: func(p *loop.CallbackPanic) { values = append(values, p.Value) }})
		e := event.New[int](l, event.Options{})
		var j journal[int]
		must(t)(e.On(jam))
		must(t)(e.On(j.note))
		must(t)(e.Once(func(int) { panic("second") }))
		must(t)(e.On(j.note))
		e.Emit(1)
		e.Emit(2)
		turn(l)
		j.want(t, "AE-31 the others still run", 1, 1, 2, 2)
		if fmt.Sprint(values) != "[jammed second jammed]" {
			t.Errorf("AE-31 the loop was told of %v", values)
		}
	})
}

// runCatching runs the loop and returns the panic that leaves it, with its
// stack.
func runCatching(l *loop.Loop) (value any, stack string) {
	defer func() {
		value = recover()
		stack = string(debug.Stack())
	}()
	l.Run()
	return nil, ""
}

func TestPanicWithoutAHook(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		must(t)(e.On(j.note))
		must(t)(e.Once(jam))
		must(t)(e.On(func(x int) { j.note(10 * x) }))
		must(t)(e.Once(func(int) { panic("second") }))
		must(t)(e.On(func(x int) { j.note(100 * x) }))
		e.Emit(1)
		e.Emit(2)
		value, stack := runCatching(l)
		j.want(t, "AE-31 the others run before the panic goes on", 1, 10, 100)
		if value != errJammed || !strings.Contains(stack, "event_test.jam") {
			t.Errorf("AE-31 the first panic must go on, with its stack: %v %s", value, stack)
		}
		turn(l)
		j.want(t, "AE-31 the next emit", 2, 20, 200)
	})
}

// A handler that is unwound in a wait, because its runtime ends, is no panic:
// the handlers behind it are not called in a world that has ended.
func TestRuntimeEndsInAHandler(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		waits := clock.NewLatch(rt, "waits")
		must(t)(e.On(func(int) {
			waits.Set()
			clock.Sleep(rt, time.Hour)
			t.Error("the wait has returned")
		}))
		must(t)(e.On(func(int) { t.Error("a handler was called after the end") }))
		rt.Go("hall", func() { l.Run() })
		e.Emit(1)
		if err := waits.Wait(clock.Forever); err != nil {
			t.Fatal(err)
		}
	})
}
