package loop

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// BarriersOptions say where a dial stops. The zero value is usable: it never
// does.
type BarriersOptions struct {
	At   []float64     // the barriers, in any order
	Hold time.Duration // how long each holds; 0: 750 ms
}

const defaultHold = 750 * time.Millisecond // as long as it takes to let go of a knob

// Barriers are the places at which a dial stops when it is turned to or past
// them, so that a wild turn of the dimmer goes to half light, and only who goes
// on turning gets all of it. Make them with NewBarriers. They are for the tasks
// of their loop's runtime.
type Barriers struct {
	loop      *Loop
	at        []float64
	hold      time.Duration
	value     float64
	applied   bool
	direction int           // in which the dial was turned when it was stopped
	heldUntil time.Duration // further turns that way do nothing until then
}

// NewBarriers makes barriers for one dial, on the time of the loop's runtime. A
// barrier that is no number and a Hold below zero are errors.
func NewBarriers(l *Loop, o BarriersOptions) (*Barriers, error) {
	if o.Hold < 0 {
		return nil, fmt.Errorf("barriers that hold for %v: it must not be below zero", o.Hold)
	}
	if slices.ContainsFunc(o.At, math.IsNaN) {
		return nil, fmt.Errorf("barriers at %v: each must be a number", o.At)
	}
	if o.Hold == 0 {
		o.Hold = defaultHold
	}
	return &Barriers{loop: l, at: slices.Clone(o.At), hold: o.Hold}, nil
}

// Apply returns where the dial gets that is turned to x: to x, or to the first
// barrier on the way there, which then holds it against turns the same way. A
// turn the other way is free at once, up to the next barrier. The first x ever
// is returned as it is, and a NaN leaves the dial where it is.
func (b *Barriers) Apply(x float64) float64 {
	if math.IsNaN(x) {
		return b.value
	}
	if !b.applied {
		b.value, b.applied = x, true
		return x
	}
	direction, now := cmp.Compare(x, b.value), b.loop.rt.Now()
	if direction == 0 || direction == b.direction && now < b.heldUntil {
		return b.value
	}
	at, stopped := b.between(b.value, x)
	if !stopped {
		b.value, b.direction = x, 0
		return x
	}
	b.value, b.direction, b.heldUntil = at, direction, clock.In(b.loop.rt, b.hold)
	return at
}

// between returns the first barrier on the way from one value to another. The
// one it begins at does not count, the one it ends at does.
func (b *Barriers) between(from, to float64) (at float64, ok bool) {
	at = to
	for _, x := range b.at {
		if from < x && x <= at || at <= x && x < from {
			at, ok = x, true
		}
	}
	return at, ok
}
