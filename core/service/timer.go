package service

import (
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// TimerOptions say when a timer reports. The zero value is usable.
type TimerOptions struct {
	// Late is how late a call may begin without a report; 0: 100 ms.
	Late time.Duration
	// Report is told of calls that began late, and of calls that took so long
	// that others were missed; nil: they are logged.
	Report func(TimerReport)
}

const defaultLate = 100 * time.Millisecond

// TimerReport is one call of a timer that was not as it should be.
type TimerReport struct {
	Service, Timer string
	Due            time.Duration // the instant it was due
	Late           time.Duration // how long after that it began
	Took           time.Duration
	Missed         int // how many calls were left out because this one took so long, or began so late
}

// Timer calls fn every interval while the service runs, first after one
// interval, at exact multiples from the start of its task, whatever the calls
// take; multiples that a long call overlaps are left out and reported. An error
// of fn, but ErrStopped, or its panic, crashes the service. The interval must be
// above zero.
func (s *Service) Timer(name string, interval time.Duration, o TimerOptions, fn func() error) error {
	if interval <= 0 {
		return fmt.Errorf("timer %q of %s: the interval %v must be above zero", name, s.o.Name, interval)
	}
	if o.Late <= 0 {
		o.Late = defaultLate
	}
	if o.Report == nil {
		o.Report = s.logReport
	}
	t := &timer{s: s, name: name, interval: interval, o: o, fn: fn}
	s.Task(name, t.run)
	return nil
}

type timer struct {
	s        *Service
	name     string
	interval time.Duration
	o        TimerOptions
	fn       func() error
}

func (t *timer) run() error {
	due := clock.In(t.s.rt, t.interval)
	for t.s.SleepUntil(due) {
		began := t.s.rt.Now()
		if err := t.fn(); err != nil {
			return err
		}
		now := t.s.rt.Now()
		r := TimerReport{
			Service: t.s.o.Name, Timer: t.name, Due: due, Late: began - due, Took: now - began,
			Missed: int((now - due) / t.interval),
		}
		due += t.interval * time.Duration(r.Missed)
		due += min(t.interval, math.MaxInt64-due)
		if r.Missed > 0 || r.Late > t.o.Late {
			t.o.Report(r)
		}
	}
	return nil
}

func (s *Service) logReport(r TimerReport) {
	s.log.Warn("timer is behind", "timer", r.Timer, "late", r.Late, "took", r.Took, "missed", r.Missed)
}
