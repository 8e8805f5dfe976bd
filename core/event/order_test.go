package event_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func TestOrder(t *testing.T) {
	loops(t, func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		var j journal[string]
		must(t)(e.On(func(int) {
			j.note("a")
			clock.Sleep(rt, time.Millisecond)
			j.note("a has waited")
		}))
		must(t)(e.On(func(int) { j.note("b") }))
		must(t)(e.Once(func(int) { j.note("once") }))
		must(t)(e.On(func(int) { j.note("c") }))
		e.Emit(1)
		turn(l)
		j.want(t, "AE-08 AE-22 order of registration", "a", "a has waited", "b", "once", "c")
	})
}

func TestOrderAmongPosts(t *testing.T) {
	loops(t, func(t *testing.T, _ clock.Runtime, l *loop.Loop, e *event.Event[int]) {
		other := event.New[string](l, event.Options{})
		var j journal[any]
		must(t)(e.On(func(x int) { j.note(x) }))
		must(t)(other.On(func(x string) { j.note(x) }))
		l.Post(func() { j.note("post 1") })
		e.Emit(1)
		other.Emit("other 1")
		l.Post(func() { j.note("post 2") })
		other.Emit("other 2")
		e.Emit(2)
		turn(l)
		j.want(t, "AE-22 emits keep their place", "post 1", 1, "other 1", "post 2", "other 2", 2)
	})
}

// What one goroutine emits and then posts comes in that order, whatever others
// emit meanwhile.
func TestOrderOfOneGoroutineAmongOthers(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("emitters")
		defer source.Close()
		e := event.New[[2]int](l, event.Options{})
		const emitters, each = 4, 10_000
		var last [emitters]int
		left := emitters * each
		must(t)(e.On(func(x [2]int) { last[x[0]] = x[1] }))
		for who := range emitters {
			go func() {
				for i := 1; i <= each; i++ {
					e.Emit([2]int{who, i})
					l.Post(func() {
						if last[who] != i {
							t.Errorf("AE-22 at the post behind emit %d of %d, emit %d was the last", i, who, last[who])
						}
						if left--; left == 0 {
							l.Stop(0)
						}
					})
				}
			}()
		}
		l.Run()
	})
}
