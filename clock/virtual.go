package clock

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// VirtualOptions say how a virtual world's clock begins. The zero value is
// usable.
type VirtualOptions struct {
	Start     time.Time      // the date at instant 0; zero: 2026-01-01T00:00:00Z
	Zone      *time.Location // of Wall; nil: UTC
	StepLimit int            // steps at one instant before a *StepLimitError; 0: 1,000,000
	Guard     time.Duration  // real time to wait for sources and holds; 0: 10 s
	// Trace, if set, is told of each turn of a task and each posted callback,
	// in order: what two runs of one program have in common. It must not wait.
	Trace func(at time.Duration, step string)
}

// DefaultStart is the date at instant 0 of a world that was given none.
var DefaultStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	defaultStepLimit = 1_000_000
	defaultGuard     = 10 * time.Second
	stepsNamed       = 8 // how many callbacks a StepLimitError names
)

// Virtual is a discrete-event runtime: tasks are coroutines, one runs at a
// time, and time moves only when nothing is left to do now. Whoever waits on a
// signal without being a task (a test's goroutine) drives the world until the
// signal is set. It is made by NewVirtual and ended by Close; goroutines that
// are locked to a thread must do neither.
type Virtual struct {
	// The world: owned by whoever runs at this moment, the driver or one task.
	now     time.Duration
	start   time.Time
	zone    *time.Location
	jumped  time.Duration // how far wall time has been made to jump
	seq     uint64        // the last number given to a timed event
	timers  queue[vtimer]
	batch   ring[work] // ready work being drained, in order
	handoff work       // what a parking task leaves to the driver
	current *vtask     // the task that runs; nil: the driver, or a callback
	tasks   taskList
	started TaskID // the number of the last task
	steps   int    // at this instant
	limit   int
	last    []string // names of the last steps, once the limit is near
	trace   func(at time.Duration, step string)
	failure error // what failed the run; every later wait returns it
	closing bool  // ready work still runs, time does not move
	ended   bool
	calling bool // a posted callback runs

	beforeMove func() // see OnSettled

	driver  vtask       // stands for the driver as a waiter
	driving atomic.Bool // somebody drives
	woken   atomic.Bool // the driver's signal is set, or its deadline came
	settled *vsignal    // what Advance waits on

	// The border: what goroutines outside may touch, under mu.
	mu      sync.Mutex
	inbox   ring[work]
	waiting atomic.Int32 // len(inbox), readable without mu
	idle    bool         // the driver sleeps on wake
	wake    chan struct{}
	sources []*Source
	holds   []*Hold
	held    atomic.Int32 // len(holds)
	outside atomic.Pointer[string]

	guard  time.Duration
	ctx    context.Context
	cancel context.CancelFunc
	owner  owner
	home   uintptr // the driver's goroutine
}

// work is one piece of ready work: a task to resume or a callback to call.
type work struct {
	task *vtask
	fn   func()
}

// NewVirtual makes a world's clock at instant 0.
func NewVirtual(o VirtualOptions) *Virtual {
	if o.Start.IsZero() {
		o.Start = DefaultStart
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.StepLimit <= 0 {
		o.StepLimit = defaultStepLimit
	}
	if o.Guard <= 0 {
		o.Guard = defaultGuard
	}
	v := &Virtual{start: o.Start, zone: o.Zone, limit: o.StepLimit, guard: o.Guard, trace: o.Trace, wake: make(chan struct{}, 1)}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.settled = v.newSignal("settled")
	return v
}

// Now is the present instant. Only the world's own tasks and its driver may
// ask.
func (v *Virtual) Now() time.Duration { return v.now }

// Wall is the date at this instant, in the world's zone, with every Jump in it.
func (v *Virtual) Wall() time.Time { return v.start.Add(v.now + v.jumped).In(v.zone) }

// Jump moves wall time by d, either way. Instants do not move.
func (v *Virtual) Jump(d time.Duration) { v.jumped += d }

// OnSettled sets the function that is called whenever an instant has settled and
// time is about to move; nil: none. It must not wait. What it makes ready still
// runs at this instant.
func (v *Virtual) OnSettled(fn func()) { v.beforeMove = fn }

// Scheduled is how many timed events, deadlines of waits included, are still to
// come.
func (v *Virtual) Scheduled() int { return v.timers.size() }

// Context is cancelled when the world ends.
func (v *Virtual) Context() context.Context { return v.ctx }

// Err is what failed the run, nil so far if nothing did.
func (v *Virtual) Err() error { return v.failure }

// Outside says what made the run not deterministic: work that entered from a
// goroutine outside without a hold taken inside. Empty: nothing did.
func (v *Virtual) Outside() string {
	if why := v.outside.Load(); why != nil {
		return *why
	}
	return ""
}

// cameFromOutside keeps the first reason why the run is not deterministic.
func (v *Virtual) cameFromOutside(why string) { v.outside.CompareAndSwap(nil, &why) }

// Blocking runs fn at once: time stands still in a world while a task does not
// wait.
func (v *Virtual) Blocking(fn func()) { fn() }

// Rejoin runs fn at once: the task has not been away.
func (v *Virtual) Rejoin(fn func()) { fn() }

// Self is the task that runs.
func (v *Virtual) Self() TaskID {
	if !v.owner.here() || v.current == nil {
		return 0
	}
	return v.current.id
}

// Post queues fn; see Runtime. From a goroutine outside, use a Source: it says
// that the work came from there.
func (v *Virtual) Post(fn func()) {
	if v.owner.elsewhere() {
		v.cameFromOutside("a callback was posted by a goroutine outside")
	}
	v.mu.Lock()
	v.readyLocked(work{fn: fn})
	v.mu.Unlock()
}

// readyLocked queues work behind all that is ready, and wakes a driver that
// sleeps. It needs mu.
func (v *Virtual) readyLocked(w work) {
	if w.task == &v.driver && w.task != nil {
		v.woken.Store(true)
	} else {
		v.inbox.push(w)
		v.waiting.Store(int32(v.inbox.size))
	}
	if v.idle {
		v.wakeLocked()
	}
}

func (v *Virtual) wakeLocked() {
	select { // the driver empties the channel before it sleeps: one token is enough
	case v.wake <- struct{}{}:
	default:
	}
}

// pick returns the next piece of work, moving time when nothing is ready. It
// returns the zero work when the driver has to look: it was woken, something
// failed, or nothing is left.
//
// It runs on the driver's stack or on that of the task that parks, so that a
// task whose own timer is next goes on without a switch.
func (v *Virtual) pick() work {
	for {
		if v.woken.Load() || v.failure != nil {
			return work{}
		}
		if v.batch.size == 0 && v.waiting.Load() != 0 {
			v.mu.Lock()
			v.batch, v.inbox = v.inbox, v.batch
			v.waiting.Store(0)
			v.mu.Unlock()
		}
		if v.batch.size > 0 {
			return v.step(v.batch.pop())
		}
		if v.closing || v.held.Load() != 0 {
			return work{}
		}
		w, any := v.fireNext()
		if w.task != nil {
			return v.step(w)
		}
		if !any {
			return work{}
		}
	}
}

// step counts a piece of work against the limit of its instant.
func (v *Virtual) step(w work) work {
	if v.steps++; v.steps > v.limit-stepsNamed {
		v.noteStep(w)
	}
	if v.trace != nil {
		v.trace(v.now, w.name())
	}
	return w
}

// fireNext moves time to the next timed event and fires it; false: there is
// none. The task that it wakes, if it wakes one alone, is next without going
// through the queue.
func (v *Virtual) fireNext() (next work, any bool) {
	for {
		e := v.timers.peek()
		if e == nil {
			return work{}, false
		}
		t := e.val
		if !t.live(e) {
			v.timers.drop()
			v.timers.stale--
			continue
		}
		if e.at > v.now {
			if v.beforeMove != nil {
				if v.beforeMove(); v.woken.Load() || v.waiting.Load() != 0 {
					return work{}, true // there is something to do at this instant after all
				}
			}
			v.now = e.at
			v.steps = 0
		} else if Lane(e.key>>laneShift) == LaneTape {
			v.steps = 0 // a tape ends by itself: thousands of records without a time are no endless loop
		}
		v.timers.drop()
		return work{task: t.fire()}, true
	}
}

// noteStep keeps the names of the last steps before the limit, and fails the
// run at the limit.
func (v *Virtual) noteStep(w work) {
	v.last = append(v.last, w.name())
	if v.steps >= v.limit {
		v.failure = &StepLimitError{At: v.now, Limit: v.limit, Last: v.last}
	}
	if len(v.last) > stepsNamed {
		v.last = v.last[1:]
	}
}
