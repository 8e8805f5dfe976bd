package loop_test

import (
	"math"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// turn is one turn of a dial, after a wait.
type turn struct {
	after    time.Duration
	to, want float64
}

func TestBarriers(t *testing.T) {
	const held, over = 750*time.Millisecond - 1, 750 * time.Millisecond
	for _, c := range []struct {
		name  string
		o     loop.BarriersOptions
		turns []turn
	}{
		{"PZ-67", loop.BarriersOptions{At: []float64{0.2, 0.5, 0.8}}, []turn{
			{0, 0.1, 0.1}, {0, 0.3, 0.2}, {over, 0.6, 0.5}, {0, 0, 0.2}, {0, 1, 0.5},
		}},
		{"PZ-68", loop.BarriersOptions{At: []float64{0.55, 0.94}}, []turn{
			{0, 0, 0}, {0, 0.6, 0.55}, {over, 0.96, 0.94}, {over, 0.83, 0.83}, {0, 0.2, 0.55},
		}},
		{"PZ-67 the hold is exact, and turns do not make it longer", loop.BarriersOptions{At: []float64{0.8, 0.5, 0.2}}, []turn{
			{0, 0, 0}, {0, 1, 0.2}, {held, 1, 0.2}, {0, 0.2, 0.2}, {1, 1, 0.5}, {0, 1, 0.5},
		}},
		{"PZ-67 downwards", loop.BarriersOptions{At: []float64{0.2, 0.5, 0.8}, Hold: time.Second}, []turn{
			{0, 1, 1}, {0, 0, 0.8}, {over, 0, 0.8}, {250 * time.Millisecond, 0, 0.5},
		}},
		{"PZ-68 the first value passes barriers", loop.BarriersOptions{At: []float64{0.5}}, []turn{{0, 0.9, 0.9}, {0, 0.6, 0.6}}},
		{"PZ-68 after a turn back the hold is over", loop.BarriersOptions{At: []float64{0.2, 0.5}}, []turn{
			{0, 0, 0}, {0, 0.3, 0.2}, {0, 0.1, 0.1}, {0, 0.15, 0.15}, {0, 0.3, 0.2},
		}},
		{"PZ-67 a turn that ends at a barrier is held too", loop.BarriersOptions{At: []float64{0.5}}, []turn{
			{0, 0, 0}, {0, 0.5, 0.5}, {0, 0.6, 0.5}, {over, 0.6, 0.6},
		}},
		{"none", loop.BarriersOptions{}, []turn{{0, 1, 1}, {0, 0, 0}, {0, math.NaN(), 0}, {0, 0.5, 0.5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				b, err := loop.NewBarriers(loop.New(v, loop.Options{}), c.o)
				if err != nil {
					t.Fatal(err)
				}
				for i, turn := range c.turns {
					clock.Sleep(v, turn.after)
					if got := b.Apply(turn.to); got != turn.want {
						t.Errorf("%s: turn %d to %v got to %v, want %v", c.name, i, turn.to, got, turn.want)
					}
				}
			})
		})
	}
}

func TestBarriersThatAreWrong(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		for _, o := range []loop.BarriersOptions{{Hold: -1}, {At: []float64{0.5, math.NaN()}}} {
			if b, err := loop.NewBarriers(l, o); err == nil || b != nil {
				t.Errorf("NewBarriers(%v) = %v, %v, want an error", o, b, err)
			}
		}
		at := []float64{0.8, 0.2}
		b, err := loop.NewBarriers(l, loop.BarriersOptions{At: at})
		if err != nil {
			t.Fatal(err)
		}
		at[0], at[1] = 5, 6
		if b.Apply(0); b.Apply(1) != 0.2 {
			t.Error("the barriers are the caller's slice")
		}
	})
}
