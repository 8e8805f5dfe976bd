package loop_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestDeduper(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		d := loop.NewDeduper[string](loop.New(v, loop.Options{}), time.Second)
		for i, c := range []struct {
			after time.Duration
			value string
			want  bool
			why   string
		}{
			{0, "", true, "the first value, even the zero one"},
			{0, "ON", true, "another value"},
			{0, "ON", false, "PZ-74 the same within the tolerance"},
			{time.Second - 1, "ON", false, "PZ-74 the same within the tolerance"},
			{1, "ON", true, "PZ-75 the same after it; the one before did not make it longer"},
			{time.Second - 1, "ON", false, "PZ-74 the tolerance begins again"},
			{0, "OFF", true, "another value"},
			{0, "ON", true, "the value before that"},
		} {
			clock.Sleep(v, c.after)
			if got := d.Fresh(c.value); got != c.want {
				t.Errorf("value %d %q: Fresh = %v, want %v: %s", i, c.value, got, c.want, c.why)
			}
		}
		d.Forget()
		if !d.Fresh("ON") || d.Fresh("ON") {
			t.Error("after Forget one value passes")
		}
	})
}

func TestDeduperTolerances(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		all, changes := loop.NewDeduper[int](l, 0), loop.NewDeduper[int](l, clock.Forever)
		for range 2 {
			if !all.Fresh(1) {
				t.Error("PZ-75 without a tolerance every value passes")
			}
		}
		if !changes.Fresh(1) {
			t.Error("the first value passes")
		}
		if clock.Sleep(v, 24*time.Hour); changes.Fresh(1) || !changes.Fresh(2) {
			t.Error("PZ-74 with a tolerance for ever only changes pass")
		}
	})
}
