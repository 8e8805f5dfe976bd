package loop

import "time"

// Deduper keeps a value from being published twice in a row: several
// automations switch one lamp on, and the hub is told once. After a tolerance
// the same value passes again, since by then somebody may have pressed the
// lamp's own button. Make it with NewDeduper, one for each thing that is set. It
// is for the tasks of its loop's runtime. A NaN always passes; a T of an interface
// type must hold values that can be compared.
type Deduper[T comparable] struct {
	loop      *Loop
	tolerance time.Duration
	value     T
	passed    bool
	at        time.Duration // when value passed
}

// NewDeduper makes a deduper on the time of the loop's runtime. With a
// tolerance of zero every value passes; with clock.Forever (or any other below
// zero) a repeated one never does.
func NewDeduper[T comparable](l *Loop, tolerance time.Duration) *Deduper[T] {
	return &Deduper[T]{loop: l, tolerance: tolerance}
}

// Fresh reports whether x is to be published: it is not the value that passed
// last, or that was the tolerance ago or longer. Repeated values do not make
// the wait longer.
func (d *Deduper[T]) Fresh(x T) bool {
	now := d.loop.rt.Now()
	within := d.tolerance < 0 || now-d.at < d.tolerance
	if d.passed && x == d.value && within {
		return false
	}
	d.value, d.passed, d.at = x, true, now
	return true
}

// Forget lets the next value pass whatever it is: when the device has said
// itself that it is in another state.
func (d *Deduper[T]) Forget() { d.passed = false }
