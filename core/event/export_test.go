package event

// Waiting is how many tasks wait for the event.
func Waiting[T any](e *Event[T]) int { return len(e.roster.Load().waiters) }
