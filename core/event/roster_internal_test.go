package event

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"pgregory.net/rapid"
)

// shape is what matters of a roster: who is told, on which loops, and what the
// next emit leaves.
func shape(r *roster[int]) []any {
	if r == nil {
		return nil
	}
	var groups []any
	for _, g := range r.groups {
		groups = append(groups, g.loop, len(g.calls))
	}
	return []any{r.handlers, groups, r.waiters, shape(r.rest)}
}

// A roster that grew handler by handler is the one that is made at once.
func TestRosterGrowsAsItIsMade(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	loops := []*loop.Loop{loop.New(v, loop.Options{}), loop.New(v, loop.Options{}), loop.New(v, loop.Options{})}
	rapid.Check(t, func(t *rapid.T) {
		r := &roster[int]{}
		var handlers []*handler[int]
		var waiters []*waiter[int]
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				w := &waiter[int]{}
				w.alone = []*waiter[int]{w}
				waiters = append(waiters, w)
				r = r.withWaiter(w)
			} else {
				h := &handler[int]{fn: func(int) {}, loop: rapid.SampledFrom(loops).Draw(t, "loop"), once: rapid.Bool().Draw(t, "once")}
				handlers = append(handlers, h)
				r = r.with(h)
			}
			if got, want := fmt.Sprint(shape(r)), fmt.Sprint(shape(newRoster(handlers, waiters))); got != want {
				t.Fatalf("it grew to %v, and is made as %v", got, want)
			}
		}
	})
}

// A burst does not keep its memory.
func TestPoolIsBounded(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	l := loop.New(v, loop.Options{})
	e := New[int](l, Options{})
	got := 0
	if _, err := e.On(func(int) { got++ }); err != nil {
		t.Fatal(err)
	}
	for range 10 * pooled {
		e.Emit(1)
	}
	l.Post(func() { l.Stop(0) })
	if err := v.Run("loop", func() { l.Run() }); err != nil {
		t.Fatal(err)
	}
	if n := e.deliveries.Ready(); got != 10*pooled || n > pooled {
		t.Errorf("%d delivered, %d deliveries are kept, want at most %d", got, n, pooled)
	}
}
