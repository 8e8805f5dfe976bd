package event_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func buses(t *testing.T, body func(t *testing.T, rt clock.Runtime, l *loop.Loop, b *event.Bus)) {
	t.Helper()
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		body(t, rt, l, event.NewBus(l, event.Options{}))
	})
}

func TestData(t *testing.T) {
	d := event.Data{Args: []any{"front", 7}, Named: map[string]any{"by": "cat"}}
	for i, want := range []any{"front", 7} {
		if x, ok := d.Arg(i); x != want || !ok {
			t.Errorf("AE-01 Arg(%d) = %v, %v", i, x, ok)
		}
	}
	if x, ok := d.Key("by"); x != "cat" || !ok {
		t.Errorf("AE-01 Key = %v, %v", x, ok)
	}
	for _, i := range []int{-1, 2} {
		if x, ok := d.Arg(i); x != nil || ok {
			t.Errorf("AE-01 Arg(%d) = %v, %v", i, x, ok)
		}
	}
	var none event.Data
	if x, ok := none.Key("by"); x != nil || ok || len(none.Args) != 0 || none.Named != nil {
		t.Errorf("AE-05 without arguments: %v, %v, %v", none, x, ok)
	}
}

func TestBusEmit(t *testing.T) {
	buses(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, b *event.Bus) {
		if err := b.Emit("door", 1); err != nil || len(b.Names()) != 0 {
			t.Errorf("AE-18 an unknown name: %v, and then %v", err, b.Names())
		}
		if err := b.Emit("level", 1); err != nil {
			t.Error(err)
		}
		if _, err := event.Of[int](b, "level"); err != nil {
			t.Errorf("AE-18 an emit has given the name a type: %v", err)
		}
		var got []event.Data
		must(t)(b.On("door", func(d event.Data) {
			copied := event.Data{Args: slices.Clone(d.Args), Named: d.Named}
			if !reflect.DeepEqual(copied, d) {
				t.Errorf("AE-02 %v made from %v", copied, d)
			}
			got = append(got, d)
		}))
		all := event.Data{Args: []any{2}, Named: map[string]any{"by": "cat"}}
		for _, err := range []error{b.Emit("door", "front", 1), b.EmitData("door", all), b.Emit("door"), b.EmitData("door", event.Data{}), b.Emit("window", 1)} {
			if err != nil {
				t.Error(err)
			}
		}
		turn(l)
		want := []event.Data{{Args: []any{"front", 1}}, all, {}, {}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("AE-19 AE-20 AE-34 got %v, want %v", got, want)
		}
	})
}

func TestBusOnce(t *testing.T) {
	buses(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, b *event.Bus) {
		n := 0
		must(t)(b.Once("door", func(event.Data) { n++ }))
		if names := b.Names(); !slices.Equal(names, []string{"door"}) {
			t.Errorf("AE-08 names %v", names)
		}
		_, _ = b.Emit("door"), b.Emit("door")
		turn(l)
		if n != 1 || len(b.Names()) != 0 {
			t.Errorf("AE-27 %d calls, then the names %v", n, b.Names())
		}
	})
}

func TestBusTypes(t *testing.T) {
	buses(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, b *event.Bus) {
		opened, err := event.Of[int](b, "opened")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := event.Of[int](b, "opened"); again != opened || err != nil {
			t.Errorf("the event of a name has changed: %v", err)
		}
		none, of := event.Of[string](b, "opened")
		if none != nil {
			t.Error("an event was returned beside an error")
		}
		_, on := b.On("opened", func(event.Data) {})
		_, once := b.Once("opened", func(event.Data) {})
		_, wait := b.Wait("opened", rt.Now())
		_, after := b.EmitAfter(time.Second, "opened")
		for i, err := range []error{of, on, once, wait, after, b.Emit("opened", 1), b.EmitData("opened", event.Data{})} {
			want := "event.Data"
			if i == 0 {
				want = "string"
			}
			var wrong *event.TypeError
			if !errors.As(err, &wrong) || wrong.Name != "opened" || wrong.Have.String() != "int" || wrong.Want.String() != want {
				t.Errorf("%d: %v, want a TypeError", i, err)
			}
		}
		if of.Error() != `event "opened" carries int, not string: use it with the type of its first use, or another name` {
			t.Error(of)
		}
		var j journal[int]
		must(t)(opened.On(j.note))
		opened.Emit(5)
		turn(l)
		j.want(t, "AE-64 an event with a type is a variable with an Emit", 5)
		if n := b.OffFunc(func(event.Data) {}); n != 0 {
			t.Errorf("OffFunc = %d", n)
		}
		if n := b.Off("opened"); n != 1 || opened.Handlers() != 0 {
			t.Errorf("AE-57 Off = %d, want 1", n)
		}
		must(t)(opened.On(j.note))
		if names := b.Names(); !slices.Equal(names, []string{"opened"}) {
			t.Errorf("a name that was emptied must keep its event: %v", names)
		}
	})
}

func TestBusOff(t *testing.T) {
	buses(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, b *event.Bus) {
		var j journal[string]
		note := func(d event.Data) { j.note(fmt.Sprint("note ", d.Args[0])) }
		for _, name := range []string{"window", "door", "gate"} {
			must(t)(b.On(name, note))
		}
		must(t)(b.On("door", func(event.Data) { j.note("first") }))
		must(t)(b.Once("door", note))
		must(t)(b.On("door", func(event.Data) { j.note("second") }))
		if names := b.Names(); !slices.Equal(names, []string{"door", "gate", "window"}) {
			t.Errorf("names %v", names)
		}
		if n := b.Off("window"); n != 1 {
			t.Errorf("AE-57 AE-59 Off = %d, want 1", n)
		}
		if n := b.Off("roof"); n != 0 {
			t.Errorf("AE-59 an unknown name: Off = %d", n)
		}
		if n := b.OffFunc(nil) + b.Off(""); n != 0 {
			t.Errorf("AE-61 nothing to remove, but %d were", n)
		}
		if n := b.OffFunc(note); n != 3 {
			t.Errorf("AE-58 OffFunc = %d, want 3", n)
		}
		if names := b.Names(); !slices.Equal(names, []string{"door"}) {
			t.Errorf("AE-58 names left empty disappear: %v", names)
		}
		_, _, _ = b.Emit("window", 1), b.Emit("door", 1), b.Emit("gate", 1)
		turn(l)
		j.want(t, "AE-63", "first", "second")
		if n := b.Off("door"); n != 2 {
			t.Errorf("AE-57 Off = %d, want 2", n)
		}
	})
}

func TestBusOptions(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		var from string
		b := event.NewBus(l, event.Options{Name: "house", OnPanic: func(p *event.HandlerPanic) { from = p.Event }})
		must(t)(b.On("door", func(event.Data) { panic("jammed") }))
		_ = b.Emit("door")
		turn(l)
		if e, err := event.Of[event.Data](b, "door"); from != "house/door" || err != nil || e.Name() != from {
			t.Errorf("AE-31 the hook was told of %q: %v", from, err)
		}
	})
}

func TestBusTime(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		b := event.NewBus(l, event.Options{})
		v.Go("hall", func() { l.Run() })
		if _, err := b.EmitAfter(time.Second, "door", "front", 1); err != nil {
			t.Fatal(err)
		}
		dropped, err := b.EmitAfter(time.Second/2, "door", "back")
		if err != nil {
			t.Fatal(err)
		}
		dropped.Stop()
		d, err := b.Wait("door", 2*time.Second)
		if err != nil || !reflect.DeepEqual(d, event.Data{Args: []any{"front", 1}}) || v.Now() != time.Second {
			t.Errorf("AE-45 AE-48 Wait = %v, %v at %v", d, err, v.Now())
		}
		if _, err := b.Wait("door", 2*time.Second); err != clock.ErrTimeout || v.Now() != 2*time.Second {
			t.Errorf("AE-53 %v at %v", err, v.Now())
		}
		l.Stop(0)
	})
}
