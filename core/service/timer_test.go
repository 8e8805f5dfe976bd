package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

const ms = time.Millisecond

func TestTimerIsExact(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{})
		var at []time.Duration
		ok(t, "timer", s.Timer("tick", 100*ms, service.TimerOptions{}, func() error {
			at = append(at, v.Now())
			clock.Sleep(v, 30*ms) // the period does not grow by it
			return nil
		}))
		ok(t, "start", s.Start())
		clock.Sleep(v, 450*ms)
		ok(t, "stop", s.Stop())
		if want := []time.Duration{100 * ms, 200 * ms, 300 * ms, 400 * ms}; !slices.Equal(at, want) {
			t.Errorf("MO-106 MO-108 MO-112 MO-113 called at %v, want %v", at, want)
		}
		clock.Sleep(v, time.Second)
		if len(at) != 4 {
			t.Errorf("MO-109 called after the stop: %v", at)
		}
		at = nil
		began := v.Now()
		ok(t, "restart", s.Restart())
		clock.Sleep(v, 150*ms)
		ok(t, "stop", s.Stop())
		if !slices.Equal(at, []time.Duration{began + 100*ms}) {
			t.Errorf("MO-106 after a restart, at %v: called at %v", began, at)
		}
		wantText(t, "an interval of zero", s.Timer("bad", 0, service.TimerOptions{}, nil), `timer "bad" of service: the interval 0s must be above zero`)
	})
}

// A stop before, during and after a call ends the timer.
func TestTimerEndsWithItsService(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		for _, when := range []time.Duration{50 * ms, 101 * ms, 120 * ms, 180 * ms} {
			s := service.New(v, service.Options{})
			calls := 0
			ok(t, "timer", s.Timer("tick", 100*ms, service.TimerOptions{}, func() error {
				calls++
				clock.Sleep(v, 40*ms)
				return nil
			}))
			ok(t, "start", s.Start())
			clock.Sleep(v, when)
			ok(t, "stop", s.Stop())
			clock.Sleep(v, time.Second)
			if want := min(1, int(when/(100*ms))); calls != want {
				t.Errorf("MO-109 stopped after %v: %d calls, want %d", when, calls, want)
			}
		}
	})
}

func TestTimerReportsOverlap(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		log, written := logTo()
		s := service.New(v, service.Options{Name: "s", Log: log})
		var reports []service.TimerReport
		n := 0
		long := func() error {
			if n++; n == 2 {
				clock.Sleep(v, 250*ms)
			}
			return nil
		}
		o := service.TimerOptions{Report: func(r service.TimerReport) { reports = append(reports, r) }}
		ok(t, "timer", s.Timer("tick", 100*ms, o, long))
		ok(t, "timer", s.Timer("logged", 100*ms, service.TimerOptions{}, func() error {
			if n == 3 {
				clock.Sleep(v, 300*ms)
			}
			return nil
		}))
		ok(t, "start", s.Start())
		clock.Sleep(v, time.Second)
		ok(t, "stop", s.Stop())
		want := []service.TimerReport{{Service: "s", Timer: "tick", Due: 200 * ms, Took: 250 * ms, Missed: 2}}
		if !slices.Equal(reports, want) {
			t.Errorf("overlap: reported %+v, want %+v", reports, want)
		}
		if !strings.Contains(written.String(), "timer is behind") || !strings.Contains(written.String(), "timer=logged") {
			t.Errorf("overlap: logged %s", written)
		}
	})
}

// Time that is pushed forward makes a timer late: it says so, and goes on at its
// multiples.
func TestTimerReportsDrift(t *testing.T) {
	f := clock.NewFastForward(clock.SystemOptions{})
	defer f.Close()
	err := f.Run("test", func() {
		s := service.New(f, service.Options{})
		reported := clock.NewLatch(f, "reported")
		var report service.TimerReport
		o := service.TimerOptions{Report: func(r service.TimerReport) {
			if report.Timer == "" {
				report = r
			}
			reported.Set()
		}}
		ok(t, "timer", s.Timer("tick", time.Hour, o, func() error { return nil }))
		ok(t, "start", s.Start())
		settle(f)
		ok(t, "push", f.Push(3*time.Hour+30*time.Minute))
		ok(t, "wait", reported.Wait(clock.Forever))
		if report.Late < 2*time.Hour || report.Late > 3*time.Hour || report.Missed != 2 {
			t.Errorf("drift: reported %+v", report)
		}
		reported.Clear()
		report = service.TimerReport{}
		settle(f)
		ok(t, "push", f.Push(50*time.Minute)) // 20 min late, and none is missed
		ok(t, "wait", reported.Wait(clock.Forever))
		if report.Late < 19*time.Minute || report.Late > 21*time.Minute || report.Missed != 0 {
			t.Errorf("drift: reported %+v", report)
		}
		ok(t, "stop", s.Stop())
	})
	ok(t, "run", err)
}
