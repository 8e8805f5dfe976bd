package service

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Sleep parks the calling task for d. It returns false, at once, when the
// service stops or crashes meanwhile: the task should end.
func (s *Service) Sleep(d time.Duration) bool { return s.SleepUntil(clock.In(s.rt, d)) }

// SleepUntil is Sleep to an instant of the runtime's clock.
func (s *Service) SleepUntil(at time.Duration) bool {
	if s.Stopped() {
		return false
	}
	switch err := s.Wait(at); err {
	case clock.ErrTimeout:
		return true
	case ErrStopped:
	default: // a driver's world stalled, or a callback tried to sleep
		s.log.Error("sleep", "error", err)
	}
	return false
}

// Wait parks the calling task until one of the latches is set, and returns nil;
// or until the service stops or crashes, and returns ErrStopped; or until the
// instant until (negative: never), and returns clock.ErrTimeout. When several
// hold at once the first of these counts. Without latches it waits for the end
// of the service. On a service that does not run it does not wait.
func (s *Service) Wait(until time.Duration, latches ...*clock.Latch) error {
	err := clock.WaitAny(until, slices.Concat(latches, s.life.ends)...)
	for _, l := range latches {
		if l.IsSet() {
			return nil
		}
	}
	if err == nil && s.Stopped() {
		return ErrStopped
	}
	return err
}

// Await runs fn as a task of the service and returns what it returns; or
// ErrStopped when the service stops first, or clock.ErrTimeout at the instant
// until (negative: never): then fn still comes to its end, and its result is
// dropped. A panic of fn is returned as a *Panic.
func Await[T any](s *Service, until time.Duration, fn func() (T, error)) (T, error) {
	var result, none T
	var failed error
	done := clock.NewLatch(s.rt, s.o.Name+": what it awaits")
	began := s.Spawn("await", func() error {
		defer done.Set()
		failed = protect(func() (err error) {
			result, err = fn()
			return err
		})
		return nil
	})
	if !began {
		return none, ErrStopped
	}
	if err := s.Wait(until, done); err != nil {
		return none, err
	}
	return result, failed
}
