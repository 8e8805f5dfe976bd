package loop

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// ErrRunning is what Run panics with, and RunUntil returns, when the loop
// already runs.
var ErrRunning = fmt.Errorf("the loop already runs: a callback, or another task, must not run it again")

// TimeoutError says that RunUntil's deadline came first.
type TimeoutError struct {
	Loop string
	At   time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s: the condition did not come true by %v", e.Loop, e.At)
}

// StoppedError says that a Stop ended RunUntil before its condition held.
type StoppedError struct {
	Loop string
	Code int
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("%s: stopped with code %d before the condition came true", e.Loop, e.Code)
}

// Run calls what was posted, and timers, on the calling task until Stop, and
// returns Stop's code. It can be run again; timers that were started stay
// started. Running a loop that runs is a broken program and panics, and so is
// running it where nobody may wait, such as a goroutine that is no task. A
// driver of a Virtual world may run it too; it panics with the error that ends
// its wait (the world has stalled, a task has panicked), which RunUntil returns.
func (l *Loop) Run() (code int) {
	if l.running {
		panic(ErrRunning)
	}
	l.enter()
	defer l.leave()
	for {
		if code, stopped := l.stopped(); stopped {
			return code
		}
		if l.serve() {
			l.rt.Yield()
			continue
		}
		// Timers that fired meanwhile have set the signal.
		if err := l.sig.Wait(clock.Forever); err != nil {
			panic(fmt.Errorf("run %s: %w", l.name, err))
		}
	}
}

// RunUntil is Run until the condition holds, which is asked after each callback,
// and must not wait. It is true on entry: nothing is called. At the instant
// until (negative: never) what is queued and due is called, then it returns a
// *TimeoutError. A Stop ends it like Run, listeners and all, with a
// *StoppedError that has the code; if the condition holds too, it returns nil,
// and the Stop is for the next Run. On a loop that runs it returns ErrRunning.
// Errors of Signal.Wait are returned wrapped.
func (l *Loop) RunUntil(condition func() bool, until time.Duration) error {
	if condition() {
		return nil
	}
	if l.running {
		return fmt.Errorf("run %s until: %w", l.name, ErrRunning)
	}
	l.enter()
	defer l.leave()
	for {
		last := until >= 0 && l.rt.Now() >= until
		if last {
			if err := l.settle(until); err != nil {
				return err
			}
		}
		called, held := l.serveUntil(condition)
		if held {
			return nil
		}
		if code, stopped := l.stopped(); stopped {
			return &StoppedError{Loop: l.name, Code: code}
		}
		switch {
		case last:
			return &TimeoutError{Loop: l.name, At: l.rt.Now()}
		case called:
			l.rt.Yield()
		default:
			if err := l.sig.Wait(until); err != nil && err != clock.ErrTimeout {
				return fmt.Errorf("run %s until: %w", l.name, err)
			}
		}
	}
}

// settle lets everything happen that is due at the deadline, whoever's it is.
// It waits on a signal that nobody sets, so a flood does not postpone it.
func (l *Loop) settle(until time.Duration) error {
	if err := l.rt.NewSignal(l.name).Wait(until); err != clock.ErrTimeout {
		return fmt.Errorf("run %s until: %w", l.name, err)
	}
	return nil
}

func (l *Loop) enter() {
	l.running = true
	l.idle.Clear()
	l.runner.Store(uint64(l.rt.Self()))
}

func (l *Loop) leave() {
	l.runner.Store(0)
	l.running = false
	l.idle.Set()
}

// Idle is set while nobody runs the loop. It is for the tasks of the loop's
// runtime, which may wait for it, and must not set it.
func (l *Loop) Idle() *clock.Latch { return l.idle }

// Runner is the task that runs the loop; zero: a driver, or nobody. Safe from any
// goroutine.
func (l *Loop) Runner() clock.TaskID { return clock.TaskID(l.runner.Load()) }

// Mine reports whether the caller is the task that runs the loop at this moment:
// then what it does to the loop's state needs no Post, and waiting for the loop
// would be for ever. It is false for other tasks, for clock callbacks and for
// goroutines outside; and also in a loop that a driver of a Virtual world runs,
// since nothing tells a driver from a goroutine outside. Safe from any
// goroutine.
func (l *Loop) Mine() bool {
	runner := l.runner.Load()
	return runner != 0 && runner == uint64(l.rt.Self())
}

// turn is how many callbacks a turn of the loop calls at most: under a flood the
// timers, and the other tasks, get their turns too.
const turn = 1024

// serve handles the timers that have fired and the callbacks queued at this
// moment, and reports whether there may be more. It leaves early for a Stop.
func (l *Loop) serve() (more bool) {
	more, _ = l.fireTimers(nil)
	n := min(l.inbox.Ready(), turn)
	more = more || n > 0
	for n > 0 && !l.stopping.Load() {
		n -= l.drain(n)
	}
	return more || l.stopping.Load()
}

// serveUntil is serve for RunUntil: it also leaves early when the condition
// holds.
func (l *Loop) serveUntil(condition func() bool) (more, held bool) {
	more, held = l.fireTimers(condition)
	if held {
		return true, true
	}
	n := min(l.inbox.Ready(), turn)
	more = more || n > 0
	for ; n > 0 && !l.stopping.Load(); n-- {
		l.drain(1)
		if condition() {
			return true, true
		}
	}
	return more, condition()
}

// fireTimers is one round of the timers that have fired, until a condition, if
// there is one, holds. A timer that fired twice by now, or was made in this
// round, is its last, and there may be more: so timers that are due all the time
// leave turns to what is posted.
func (l *Loop) fireTimers(condition func() bool) (more, held bool) {
	l.round++
	for !more && !l.stopping.Load() {
		owner, ok := l.sig.Fired()
		if !ok {
			return false, false
		}
		t := owner.(*Timer)
		more = t.round == l.round
		t.round = l.round
		t.fire()
		if condition != nil && condition() {
			return true, true
		}
	}
	return more, false
}

// drain calls up to n queued callbacks, under one recover for all of them: it
// returns early after a panic or a Stop.
func (l *Loop) drain(n int) (done int) {
	defer l.recover()
	for done < n && !l.stopping.Load() {
		fn, ok := l.inbox.Take()
		if !ok {
			return n
		}
		done++
		fn()
	}
	return done
}
