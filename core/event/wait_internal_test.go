package event

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// An emit on another goroutine may come to a halt between any two of its steps,
// and the waiter's deadline may come there. This test takes the steps apart.
func TestTimeoutBetweenTheStepsOfAnEmit(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		e := New[int](loop.New(rt, loop.Options{}), Options{})
		soon := func() time.Duration { return rt.Now() + 2*time.Millisecond }
		rt.Go("taken, and given late", func() {
			w := e.take().waiters[0]
			rt.Go("late", func() {
				clock.Sleep(rt, 10*time.Millisecond)
				w.give(1)
			})
		})
		if x, err := e.Wait(soon()); x != 0 || err != clock.ErrTimeout {
			t.Errorf("AE-53 an emit that comes after the deadline: Wait = %d, %v", x, err)
		}
		if x, err := e.Wait(rt.Now() + 20*time.Millisecond); x != 0 || err != clock.ErrTimeout {
			t.Errorf("AE-54 the late emit reached a later wait: %d, %v", x, err)
		}
		var given *waiter[int]
		rt.Go("given, and woken late", func() {
			given = e.take().waiters[0]
			given.x = 2
			given.given.Store(true)
		})
		if x, err := e.Wait(soon()); x != 2 || err != nil {
			t.Errorf("AE-48 a value that was given before the deadline: Wait = %d, %v", x, err)
		}
		given.sig.Set()
		if x, err := e.Wait(soon()); x != 0 || err != clock.ErrTimeout {
			t.Errorf("AE-54 a late wake-up ended a later wait: %d, %v", x, err)
		}
		given.sig.Set()
		rt.Go("emitter", func() { e.Emit(3) })
		if x, err := e.Wait(soon()); x != 3 || err != nil {
			t.Errorf("AE-48 after a late wake-up: Wait = %d, %v", x, err)
		}
	})
}

// A roster never changes, also where two others are made of it.
func TestRosterNeverChanges(t *testing.T) {
	r := &roster[int]{}
	names := [4]waiter[int]{}
	for i := range names {
		names[i].alone = []*waiter[int]{&names[i]}
	}
	for i := range 3 {
		r = r.with(&handler[int]{}).withWaiter(&names[i])
	}
	a := r.with(&handler[int]{once: true}).withWaiter(&names[3])
	b := r.with(&handler[int]{}).withWaiter(&names[0]).withoutWaiter(&names[1])
	if !a.handlers[3].once || a.waiters[3] != &names[3] || len(a.rest.handlers) != 3 {
		t.Errorf("the first has become the second")
	}
	if b.handlers[3].once || b.waiters[2] != &names[0] || len(b.rest.handlers) != 4 {
		t.Errorf("the second has become the first")
	}
	if len(r.handlers) != 3 || len(r.waiters) != 3 || r.waiters[1] != &names[1] {
		t.Errorf("the original has changed: %v", r)
	}
}
