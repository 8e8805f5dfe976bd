package clock

// KnowsGoroutines reports whether misuse from goroutines outside is noticed on
// this architecture.
func KnowsGoroutines() bool { return goroutine() != 0 }

// Waiting is how many waits a latch keeps.
func Waiting(l *Latch) int { return len(l.waiters) }

// HasEnded reports whether a System has begun to unwind its tasks.
func HasEnded(s *System) bool { return s.hasEnded() }
