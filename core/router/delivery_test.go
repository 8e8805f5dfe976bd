package router_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

// TF-029, by RouteUntil and by a loop.
func TestManySendersKeepTheirOrder(t *testing.T) {
	const pipes, each = 64, 64
	run := func(t *testing.T, rt clock.Runtime, r *router.Router, route func(done func() bool)) {
		source := rt.OpenSource("workers")
		defer source.Close()
		var got [pipes][]int
		n := 0
		for p := range pipes {
			s, rec := pipe[int](t, r)
			rec.OnMessage(func(x int) {
				got[p] = append(got[p], x)
				n++
			})
			go func() {
				for i := range each {
					if err := s.Send(p*each + i); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		route(func() bool { return n == pipes*each })
		for p := range got {
			for i, x := range got[p] {
				if x != p*each+i {
					t.Fatalf("TF-029 pipe %d got %v", p, got[p])
				}
			}
		}
	}
	t.Run("manual", func(t *testing.T) {
		clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
			r := started(t, rt, router.Options{})
			run(t, rt, r, func(done func() bool) {
				if err := r.RouteUntil(done, clock.Forever); err != nil {
					t.Fatal(err)
				}
			})
		})
	})
	t.Run("loop", func(t *testing.T) {
		clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
			r := started(t, rt, router.Options{})
			l := loop.New(rt, loop.Options{})
			attach(t, r, l)
			run(t, rt, r, func(done func() bool) {
				if err := l.RunUntil(done, clock.Forever); err != nil {
					t.Fatal(err)
				}
			})
		})
	})
}

func TestDeliveryByALoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		s, rec := pipe[string](t, r)
		var got []string
		rec.OnMessage(func(x string) {
			if !l.Mine() {
				t.Error("TF-030 delivered off the loop")
			}
			if got = append(got, x); x == "end" {
				l.Stop(0)
			}
		})
		send(t, s, "before attach")
		attach(t, r, l)
		send(t, s, "end")
		if len(got) != 0 {
			t.Errorf("TF-030 delivered by the send itself: %q", got)
		}
		l.Run()
		if want := []string{"before attach", "end"}; !slices.Equal(got, want) {
			t.Errorf("TF-030 got %q", got)
		}
	})
}

func TestManualModeIsForGood(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) { n++ })
		attach(t, r, l)
		send(t, s, 1, 2) // the loop has been asked for a turn
		if err := r.RouteUntil(func() bool { return n == 1 }, clock.Forever); err != nil {
			t.Fatal(err)
		}
		send(t, s, 3)
		l.Post(func() { l.Post(func() { l.Stop(0) }) })
		l.Run()
		if n != 1 {
			t.Errorf("TF-054 TF-055 the loop delivered after RouteUntil: %d", n)
		}
		if err := r.RouteUntil(func() bool { return n == 3 }, 0); err != nil {
			t.Errorf("TF-054 the messages must wait for the next RouteUntil: %v", err)
		}
		if err := r.AttachTo(l); !errors.Is(err, router.ErrManual) {
			t.Errorf("TF-054 attach again = %v", err)
		}
	})
}

// A receiver routes itself, in the middle of a turn of the loop.
func TestRouteUntilInATurnOfTheLoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		s, rec := pipe[int](t, r)
		var got []int
		rec.OnMessage(func(x int) {
			got = append(got, x)
			if x == 1 {
				if err := r.RouteUntil(func() bool { return len(got) == 3 }, clock.Forever); err != nil {
					t.Errorf("TF-054 nested: %v", err)
				}
			}
		})
		attach(t, r, l)
		send(t, s, 1, 2, 3, 4)
		l.Post(func() { l.Stop(0) })
		l.Run()
		if !slices.Equal(got, []int{1, 2, 3}) {
			t.Errorf("TF-054 the loop went on delivering: %v", got)
		}
	})
}

func TestAttachToMistakes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		other := clock.NewVirtual(clock.VirtualOptions{})
		foreign := loop.New(other, loop.Options{})
		if err := r.AttachTo(foreign); !errors.Is(err, router.ErrForeign) {
			t.Errorf("a loop of another runtime: %v", err)
		}
		l := loop.New(rt, loop.Options{})
		attach(t, r, l)
		if err := r.AttachTo(l); !errors.Is(err, router.ErrAttached) {
			t.Errorf("attach twice: %v", err)
		}
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "attach when stopped", r.AttachTo(l), router.Stopped, "the router is stopped")
	})
}

func TestALaterListenerNeverSeesAnEarlierMessage(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		n := 0
		rec.OnMessage(func(int) {
			if n++; n == 1 {
				rec.OnMessage(func(x int) {
					if x == 1 {
						t.Error("TF-032 a listener added by a message sees that message")
					}
				})
			}
		})
		send(t, s, 1)
		if err := r.RouteUntil(func() bool { return n == 1 }, clock.Forever); err != nil {
			t.Fatal(err)
		}
		late := 0
		rec.OnMessage(func(x int) { late = x })
		if err := r.RouteUntil(never, 0); !errors.Is(err, clock.ErrTimeout) || late != 0 {
			t.Errorf("TF-032 RouteUntil = %v, and the late listener saw %d", err, late)
		}
		send(t, s, 2)
		if err := r.RouteUntil(func() bool { return late == 2 }, clock.Forever); err != nil {
			t.Error(err)
		}
	})
}

func TestOrderAcrossPipes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		var got, want []string
		var senders []*router.Sender[int]
		for p := range 3 {
			s, rec := pipe[int](t, r)
			rec.OnMessage(func(x int) { got = append(got, fmt.Sprint(p, ":", x)) })
			senders = append(senders, s)
		}
		for i, p := range []int{2, 0, 0, 1, 2, 1, 0} {
			send(t, senders[p], i)
			want = append(want, fmt.Sprint(p, ":", i))
		}
		if err := r.RouteUntil(func() bool { return len(got) == len(want) }, clock.Forever); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("TF-034 got %v, want %v", got, want)
		}
	})
}

func TestSeveralListeners(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		s, rec := pipe[int](t, r)
		var got []string
		note := func(who string) func(int) { return func(x int) { got = append(got, fmt.Sprint(who, x)) } }
		rec.OnMessage(note("a"))
		removeB := rec.OnMessage(note("b"))
		var removeD func()
		rec.OnMessage(func(x int) {
			if x == 2 {
				removeD() // in the middle of a delivery
			}
		})
		removeD = rec.OnMessage(note("d"))
		route := func(x int) {
			send(t, s, x)
			if err := r.RouteUntil(never, 0); !errors.Is(err, clock.ErrTimeout) {
				t.Error(err)
			}
		}
		route(1)
		removeB()
		removeB()
		route(2)
		if want := []string{"a1", "b1", "d1", "a2"}; !slices.Equal(got, want) {
			t.Errorf("TF-036 called %v, want %v", got, want)
		}
	})
}

// What is posted to the loop has its turn between many messages.
func TestManyMessagesLeaveTheLoopItsTurns(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := started(t, rt, router.Options{})
		l := loop.New(rt, loop.Options{})
		s, rec := pipe[int](t, r)
		const many = 5000
		n, atPost := 0, 0
		rec.OnMessage(func(int) {
			if n++; n == many {
				l.Stop(0)
			}
		})
		for i := range many {
			if err := s.Send(i); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.AttachTo(l); err != nil {
			t.Fatal(err)
		}
		l.Post(func() { atPost = n })
		l.Run()
		if n != many || atPost == 0 || atPost > many/2 {
			t.Errorf("%d of %d messages were delivered before what was posted next", atPost, n)
		}
	})
}
