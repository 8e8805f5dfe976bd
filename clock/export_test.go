package clock

// KnowsGoroutines reports whether misuse from goroutines outside is noticed on
// this architecture.
func KnowsGoroutines() bool { return goroutine() != 0 }
