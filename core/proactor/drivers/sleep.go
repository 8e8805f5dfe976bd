package drivers

import (
	"errors"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// DefaultStep is how often a sleep looks at its flag (GW-125).
const DefaultStep = 100 * time.Millisecond

// SleepWhile lets d pass while running says so, below zero counting as zero, and
// returns what running says in the end. It asks at once, then each step and at
// the end, on the calling task, and returns early at the first no. A step of 0 or
// below is DefaultStep.
func SleepWhile(rt clock.Runtime, d, step time.Duration, running func() bool) bool {
	if step <= 0 {
		step = DefaultStep
	}
	end, sig := clock.In(rt, d), rt.NewSignal("sleep")
	for running() {
		if rt.Now() >= end {
			return true
		}
		if err := sig.Wait(min(end, clock.In(rt, step))); !errors.Is(err, clock.ErrTimeout) {
			return running() // there is no waiting here
		}
	}
	return false
}

// SleepUntil is SleepWhile for a flag that goes up: it returns early when stop
// says so, and reports whether it still says no.
func SleepUntil(rt clock.Runtime, d, step time.Duration, stop func() bool) bool {
	return SleepWhile(rt, d, step, func() bool { return !stop() })
}
