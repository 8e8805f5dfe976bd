package main

import (
	"time"

	"github.com/hubtape/hubtape/clock"
)

// fastRuntime is the runtime of production with a clock that runs a number of
// times as fast, from a date of its own. Devices and automations run on it as
// they would on any other.
type fastRuntime struct {
	*clock.System
	speed time.Duration
	start time.Time // the date at instant 0
}

func newFastRuntime(speed int, start time.Time) *fastRuntime {
	return &fastRuntime{System: clock.NewSystem(clock.SystemOptions{}), speed: time.Duration(speed), start: start}
}

// Now is the house's time since its start.
func (f *fastRuntime) Now() time.Duration { return f.System.Now() * f.speed }

// Wall is the house's date.
func (f *fastRuntime) Wall() time.Time { return f.start.Add(f.Now()) }

// real is the instant of the system's clock at which the house's stands at t,
// or just after.
func (f *fastRuntime) real(t time.Duration) time.Duration {
	if t < 0 {
		return t // forever
	}
	return (t + f.speed - 1) / f.speed
}

// NewSignal makes a signal whose waits are in the house's time.
func (f *fastRuntime) NewSignal(name string) clock.Signal {
	return &fastSignal{f.System.NewSignal(name), f}
}

// NewTimer makes a timer in the house's time.
func (f *fastRuntime) NewTimer(sig clock.Signal, owner any) clock.Timer {
	return &fastTimer{f.System.NewTimer(sig.(*fastSignal).Signal, owner), f}
}

type fastSignal struct {
	clock.Signal
	runtime *fastRuntime
}

func (s *fastSignal) Wait(until time.Duration) error { return s.Signal.Wait(s.runtime.real(until)) }

type fastTimer struct {
	clock.Timer
	runtime *fastRuntime
}

func (t *fastTimer) Start(at time.Duration) { t.Timer.Start(t.runtime.real(at)) }
func (t *fastTimer) Again(at time.Duration) { t.Timer.Again(t.runtime.real(at)) }
