package loop_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

func TestStopAfterIsOneShot(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		handled := 0
		every(t, l, 100*time.Millisecond, func() { l.Post(func() { handled++ }) })
		l.StopAfter(time.Second, 5)
		if code := l.Run(); code != 5 || v.Now() != time.Second || handled != 10 {
			t.Errorf("PZ-55 Run = %d at %v, %d messages were handled", code, v.Now(), handled)
		}
		l.StopAfter(time.Hour, 6)
		if code := l.Run(); code != 6 || v.Now() != time.Hour+time.Second {
			t.Errorf("PZ-57 second Run = %d at %v", code, v.Now())
		}
	})
}

func TestStopAfterTwice(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		l.StopAfter(3*time.Second, 2)
		l.StopAfter(time.Second, 1)
		if code := l.Run(); code != 1 || v.Now() != time.Second {
			t.Errorf("PZ-58 Run = %d at %v, want the earlier one", code, v.Now())
		}
		if code := l.Run(); code != 2 || v.Now() != 3*time.Second {
			t.Errorf("PZ-58 second Run = %d at %v, want the later one", code, v.Now())
		}
	})
}
