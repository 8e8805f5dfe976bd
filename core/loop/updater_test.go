package loop_test

import (
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestUpdater(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, c := range []struct {
			coalesce bool
			want     int
		}{{false, 5}, {true, 1}} {
			l := loop.New(rt, loop.Options{})
			calls := 0
			u := l.NewUpdater(func() { calls++ }, c.coalesce)
			for range 5 {
				u.Trigger()
			}
			l.Post(func() { l.Stop(0) })
			l.Run()
			if calls != c.want {
				t.Errorf("PZ-20 five triggers, coalesce %v: %d calls, want %d", c.coalesce, calls, c.want)
			}
		}
	})
}

func TestUpdaterFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		source := rt.OpenSource("pingers")
		defer source.Close()
		me, first, second := rt.Self(), 0, 0
		count := func(n *int) func() {
			return func() {
				if rt.Self() != me {
					t.Errorf("PZ-19 TF-063 called on task %d, the loop runs on %d", rt.Self(), me)
				}
				*n++
			}
		}
		a, b := l.NewUpdater(count(&first), false), l.NewUpdater(count(&second), false)
		go a.Trigger()
		if err := l.RunUntil(func() bool { return first > 0 }, clock.Forever); err != nil || first != 1 {
			t.Errorf("PZ-19 TF-063 %d calls after one trigger: %v", first, err)
		}
		for range 3 {
			go a.Trigger()
		}
		for range 4 {
			go b.Trigger()
		}
		if err := l.RunUntil(func() bool { return first+second == 1+3+4 }, clock.Forever); err != nil || first != 1+3 || second != 4 {
			t.Errorf("TF-066 %d and %d calls, want 3 and 4: %v", first-1, second, err)
		}
		for range 5 {
			go func() {
				for range 3 {
					a.Trigger()
				}
			}()
		}
		if err := l.RunUntil(func() bool { return first == 4+15 }, clock.Forever); err != nil {
			t.Errorf("TF-065 %d calls, want 15: %v", first-4, err)
		}
		outside(rt, 5, func(int) {
			for range 3 {
				b.Trigger()
			}
		})
		l.Post(func() { l.Stop(0) })
		if l.Run(); second != 4+15 {
			t.Errorf("TF-070 %d calls, want the 15 of goroutines that have ended", second-4)
		}
	})
}

func TestUpdaterWithoutFunction(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var reported error
		l := loop.New(rt, loop.Options{Name: "hall", OnPanic: func(p *loop.CallbackPanic) { reported = p }})
		l.NewUpdater(nil, false).Trigger()
		l.Post(func() { l.Stop(0) })
		if l.Run(); reported == nil || !strings.Contains(reported.Error(), `"hall" was triggered that has no function`) {
			t.Errorf("PZ-22 reported %v", reported)
		}
	})
}

func TestUpdaterTriggersItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, coalesce := range []bool{false, true} {
			l := loop.New(rt, loop.Options{})
			var got []string
			var u *loop.Updater
			u = l.NewUpdater(func() {
				if got = append(got, "update"); len(got) == 5 {
					l.Stop(0)
					return
				}
				u.Trigger()
			}, coalesce)
			u.Trigger()
			l.Post(func() {
				got = append(got, "post")
				l.Post(func() { got = append(got, "its post") })
			})
			l.Run()
			wantCalls(t, "PZ-23", got, []string{"update", "post", "update", "its post", "update"})
		}
	})
}

func TestUpdaterClosed(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		state := new([1 << 16]byte)
		u := l.NewUpdater(func() {
			state[0]++
			t.Error("TF-067 a closed updater was called")
		}, false)
		kept := weak.Make(state)
		u.Trigger() // the loop does not get to it any more
		u.Close()
		u.Close()
		outside(rt, 3, func(int) { u.Trigger() })
		u.Trigger()
		l.Post(func() { l.Stop(0) })
		l.Run()
		state = nil
		for range 3 {
			runtime.GC()
		}
		if kept.Value() != nil {
			t.Error("TF-069 a closed updater keeps what its function uses")
		}
		runtime.KeepAlive(u)
	})
}
