package clock

import (
	"slices"
	"time"
)

// settleRounds bounds how often Close lets ready tasks have a turn before it
// unwinds what is left.
const settleRounds = 1000

// Close ends the runtime; see Runtime. It is idempotent and for goroutines that
// are no task. It waits up to the guard for tasks that do not come to a Wait.
func (s *System) Close() error {
	s.mu.Lock()
	closing := s.closing
	s.closing = true
	s.mu.Unlock()
	if closing {
		return nil
	}
	s.cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.settle()
		close(s.quit)
		s.helpers.Wait()
		s.running.Wait()
	}()
	guard := time.NewTimer(s.guard)
	defer guard.Stop()
	select {
	case <-gone:
		return s.Err()
	case <-guard.C:
		return s.leaked()
	}
}

// settle gives ready tasks and posts their turns, then ends the runtime and
// wakes every parked task, whose Wait then unwinds it.
func (s *System) settle() {
	turn := make(chan struct{}, 1)
	s.token.acquire(turn)
	enough := time.Now().Add(s.guard / 2)
	for range settleRounds {
		if time.Now().After(enough) || !s.hasPosts() && !s.token.wanted() {
			break
		}
		s.token.release()
		s.token.acquire(turn)
	}
	s.mu.Lock()
	s.ended = true
	for g := range s.parked { // the order of unwinding is free in production
		g.wakeLocked()
	}
	s.mu.Unlock()
	s.token.release()
}

func (s *System) hasPosts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts.size > 0
}

// leaked names the tasks that have not ended.
func (s *System) leaked() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for t := range s.tasks {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return &LeakError{Tasks: names}
}
