package clock

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type item struct{ dead bool }

// Against a sorted list: whatever is pushed, popped and abandoned, events come
// out in the total order.
func TestQueueOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue[item]
		var model []entry[item]
		var seq uint64
		live := func(e *entry[item]) bool { return !e.val.dead }
		pop := func() *entry[item] {
			for {
				e := q.peek()
				if e == nil {
					return nil
				}
				got := *e
				q.drop()
				if !got.val.dead {
					return &got
				}
				q.stale--
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "n") {
					seq++
					e := entry[item]{
						at:  time.Duration(rapid.IntRange(0, 5).Draw(t, "at")),
						key: keyOf(Lane(rapid.IntRange(0, 4).Draw(t, "lane")), seq), val: &item{},
					}
					q.push(e)
					i, _ := slices.BinarySearchFunc(model, e, func(a, b entry[item]) int {
						if a.before(&b) {
							return -1
						}
						return 1
					})
					model = slices.Insert(model, i, e)
				}
			},
			"pop": func(t *rapid.T) {
				got := pop()
				if len(model) == 0 {
					if got != nil {
						t.Fatalf("popped %v from an empty queue", got)
					}
					return
				}
				want := model[0]
				model = model[1:]
				if got == nil || got.at != want.at || got.key != want.key {
					t.Fatalf("popped %v, want %v", got, want)
				}
			},
			"abandon": func(t *rapid.T) {
				if len(model) == 0 {
					return
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "i")
				model[i].val.dead = true
				model = slices.Delete(model, i, i+1)
				q.abandon(live)
			},
			"": func(t *rapid.T) {
				if waste := len(q.heap) - len(model); waste > 2*sweepAbove+len(model)+2 {
					t.Fatalf("%d stale events are kept for %d live ones", waste, len(model))
				}
			},
		})
	})
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	v := NewVirtual(VirtualOptions{})
	defer v.Close()
	s := v.NewSignal("ticks")
	timer := v.NewTimer(s, "owner")
	timer.Start(time.Second)
	posted := 0
	post := func() { posted++ }
	v.Go("ticker", func() {
		for s.Wait(Forever) == nil {
			for _, ok := s.Fired(); ok; _, ok = s.Fired() {
				timer.Again(v.Now() + time.Second)
				v.Post(post)
			}
		}
	})
	if err := v.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() { _ = v.Advance(time.Minute) })
	if n != 0 {
		t.Errorf("%v allocations a virtual minute of a timer and its posts, want 0", n)
	}
	if posted < 6000 {
		t.Errorf("only %d posts ran", posted)
	}
}
