package clock

import (
	"context"
	"math"
	"time"
)

// Forever, or any negative instant, is a Wait without a deadline.
const Forever time.Duration = -1

// Runtime is what tasks are given of time and of each other. Its methods are
// for its own tasks unless they say otherwise.
type Runtime interface {
	// Now is the monotonic time since the runtime's start. Safe from anywhere
	// in System and FastForward.
	Now() time.Duration
	// Wall is the date, in the runtime's zone.
	Wall() time.Time
	// Go starts a task; the name is what errors call it. The task begins when
	// it is its turn, never inside Go.
	Go(name string, fn func())
	// Yield lets everything else that is ready now run first. A task that always
	// has more to do calls it between two pieces, so that the others get their
	// turn and endless work is noticed.
	Yield()
	// NewSignal makes a signal; the name is what a stalled run calls it.
	NewSignal(name string) Signal
	// NewTimer makes a timer, not armed, that will set sig. The owner is what
	// sig.Fired returns for it.
	NewTimer(sig Signal, owner any) Timer
	// Post queues fn to run as a task's work, in order, after what is ready
	// now. A Wait in it is an error. Safe from any goroutine.
	Post(fn func())
	// Blocking runs fn, which may block or compute and touches only its own
	// arguments and results, and returns when it has ended. In System the other
	// tasks go on meanwhile; in Virtual time stands still.
	Blocking(fn func())
	// Rejoin runs fn as the task again, inside a Blocking of it: there it may
	// wait, and touch what tasks share. It returns when fn has ended.
	Rejoin(fn func())
	// Self is the calling task; zero when a driver or a posted callback asks.
	Self() TaskID
	// OpenSource announces that work will come from goroutines outside. Safe
	// from any goroutine.
	OpenSource(name string) *Source
	// Hold keeps virtual time still until it is released. Taken by a task,
	// released from any goroutine.
	Hold(name string) *Hold
	// Context is cancelled when the runtime ends.
	Context() context.Context
	// Run runs fn as a task and returns when it has ended, or with the error
	// that stopped the runtime. It is for a goroutine that is no task; in
	// Virtual that goroutine drives the world.
	Run(name string, fn func()) error
	// Close ends the runtime: cancels Context, lets ready work finish, unwinds
	// every parked task (its defers run), and returns a *LeakError for those
	// that do not end. It returns the panic that failed the run, if one did.
	Close() error
}

// TaskID tells the tasks of one runtime apart. Zero is no task.
type TaskID uint64

// Signal is the one thing a task can wait on.
type Signal interface {
	// Set wakes the waiter, or lets the next Wait return at once. Safe from any
	// goroutine. Sets coalesce.
	Set()
	// Wait returns nil when the signal is set (and clears it), or ErrTimeout at
	// the instant until (negative: never). A Set at that very instant wins, and
	// so does everything else that is due then. In a runtime that has ended it
	// does not return to a task. Only one task may wait on a signal at a time.
	Wait(until time.Duration) error
	// Fired returns the owners of the timers that set this signal, in the order
	// they fired, one a call; false when there is none. Timers that were
	// stopped or started again after they fired are left out.
	Fired() (owner any, ok bool)
}

// Timer sets a signal at an instant. It never calls user code.
type Timer interface {
	// Start arms the timer for the instant at, in place of what it was armed
	// for, under a new number in the order of equal instants.
	Start(at time.Duration)
	// Again is Start under the number it already has: a repeating timer keeps
	// its place among timers of the same instant.
	Again(at time.Duration)
	// Stop disarms it and reports whether it was armed, or had fired without
	// having been taken from Fired.
	Stop() bool
}

// In is the instant d from now, for the deadline of a wait; a d below zero counts
// as zero, and what is too far away for a Duration is the last instant there is.
func In(rt Runtime, d time.Duration) time.Duration {
	now := rt.Now()
	return now + min(max(d, 0), math.MaxInt64-now)
}

// Sleep parks the calling task for d; a d below zero counts as zero.
func Sleep(rt Runtime, d time.Duration) {
	// The error can only be ErrTimeout: nobody else has the signal.
	_ = rt.NewSignal("sleep").Wait(In(rt, d))
}
