package event_test

import (
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

type door struct {
	_    int
	seen []int
}

func (d *door) onOpen(x int)  { d.seen = append(d.seen, x) }
func (d *door) onClose(x int) { d.seen = append(d.seen, -x) }

var rings int

// onRing does not look at its door.
func (*door) onRing(x int) { rings = x }

type window struct{ seen *[]int }

func (w window) onOpen(x int) { *w.seen = append(*w.seen, x) }

type opener interface{ onOpen(int) }

type box[T any] struct{ seen T }

func (b *box[T]) onOpen(int)            {}
func (b *box[T]) handler() func(int)    { return b.onOpen }
func (b *box[T]) literal() func(int)    { return func(int) { _ = b.seen } }
func handlerOf[T opener](x T) func(int) { return x.onOpen }

type lockedDoor struct {
	_ bool // so that the door is not where the locked door is
	door
}

type anyDoor struct{ opener }

func ignore(int)          {}
func ignoreToo(int)       {}
func ignoreAs[T any](int) {}

// opaque keeps the compiler from knowing what is inside.
//
//go:noinline
func opaque(o opener) opener { return o }

func TestOff(t *testing.T) {
	front, back := &door{}, &door{}
	locked := &lockedDoor{}
	pane := window{seen: new([]int)}
	number, other := &box[int]{}, &box[int]{}
	local := func(int) { _ = front }
	var loopMade []func(int)
	for i := range 2 {
		loopMade = append(loopMade, func(int) { front.seen = append(front.seen, i) })
	}
	iface, paneFace, embedded := opaque(front), opaque(pane), &anyDoor{opaque(front)}
	kept := iface.onOpen
	for _, c := range []struct {
		name    string
		on, off func(int)
		same    bool
	}{
		{"a function of a package", ignore, ignore, true},
		{"two functions", ignore, ignoreToo, false},
		{"an instance of a generic function", ignoreAs[int], ignoreAs[int], true},
		{"two instances", ignoreAs[int], ignoreAs[string], false},
		{"a variable", local, local, true},
		{"closures made in a loop", loopMade[0], loopMade[1], false},
		{"one of them", loopMade[1], loopMade[1], true},
		{"AE-62 a method taken anew from one pointer", front.onOpen, front.onOpen, true},
		{"AE-62 from two pointers", front.onOpen, back.onOpen, false},
		{"AE-62 two methods of one pointer", front.onOpen, front.onClose, false},
		{"AE-62 a method that does not look at its pointer", front.onRing, front.onRing, true},
		{"AE-62 of two pointers that it does not look at", front.onRing, back.onRing, false},
		{"AE-62 an embedded value's method", locked.onOpen, locked.door.onOpen, true},
		{"AE-62 of another door", locked.onOpen, front.onOpen, false},
		{"AE-62 a generic type's method", number.onOpen, number.onOpen, true},
		{"AE-62 of another box", number.onOpen, other.onOpen, false},
		{"AE-62 of another type of box", number.onOpen, (&box[string]{}).onOpen, false},
		{"AE-62 a method expression's literal", func(x int) { (*door).onOpen(front, x) }, front.onOpen, false},
		// New each time, and never taken for another.
		{"taken by generic code", number.handler(), number.handler(), false},
		{"taken by generic code of another", number.handler(), other.handler(), false},
		{"taken by a generic function", handlerOf(front), handlerOf(back), false},
		{"a literal made twice", number.literal(), number.literal(), false},
		{"an interface's method", iface.onOpen, iface.onOpen, false},
		{"an interface's method, of a value", paneFace.onOpen, paneFace.onOpen, false},
		{"an embedded interface's method", embedded.onOpen, embedded.onOpen, false},
		{"an interface's method in a variable", kept, kept, true},
		{"a value's method", pane.onOpen, pane.onOpen, false},
	} {
		loops(t, func(t *testing.T, _ clock.Runtime, _ *loop.Loop, e *event.Event[int]) {
			must(t)(e.On(c.on))
			want := 0
			if c.same {
				want = 1
			}
			if n := e.Off(c.off); n != want || e.Handlers() != 1-want {
				t.Errorf("%s: Off = %d, want %d", c.name, n, want)
			}
		})
	}
}

func TestOffKeepsTheOthers(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		front, back := &door{}, &door{}
		garden := loop.New(rt, loop.Options{Name: "garden"})
		var j journal[int]
		must(t)(e.On(front.onOpen))
		must(t)(e.On(func(int) { j.note(1) }))
		must(t)(e.Once(front.onOpen))
		must(t)(e.On(back.onOpen))
		must(t)(e.Handle(event.Handler[int]{Func: front.onOpen, Loop: garden}))
		second := must(t)(e.On(func(int) { j.note(2) }))
		must(t)(e.On(func(int) { j.note(3) }))
		if n := e.Off(front.onOpen); n != 3 {
			t.Errorf("AE-58 Off = %d, want 3", n)
		}
		e.Emit(7)
		turn(l)
		turn(garden)
		j.want(t, "AE-63 the others, in their order", 1, 2, 3)
		if len(front.seen) != 0 || len(back.seen) != 1 {
			t.Errorf("AE-63 the doors have seen %v and %v", front.seen, back.seen)
		}
		second.Remove()
		e.Emit(7)
		turn(l)
		j.want(t, "AE-63 without the second", 1, 3)
		if n := e.Clear(); n != 3 || e.Handlers() != 0 || e.Clear() != 0 {
			t.Errorf("AE-57 Clear = %d, want 3", n)
		}
	})
}

// A token stands for one registration, not for the function.
func TestTokenOfAFunctionRegisteredTwice(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[int]
		first := must(t)(e.On(j.note))
		must(t)(e.On(func(x int) { j.note(-x) }))
		must(t)(e.On(j.note))
		if !first.Remove() || first.Remove() {
			t.Error("AE-62 the first Remove removes, the second does not")
		}
		e.Emit(1)
		turn(l)
		j.want(t, "AE-62 AE-63", -1, 1)
	})
}
