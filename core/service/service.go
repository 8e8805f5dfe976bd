package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Options say what a service does at each step of its life. The zero value is
// usable. Hooks may wait, if they run on a task; a panic in one is its error.
type Options struct {
	Name string       // for errors and logs; "": "service"
	Log  *slog.Logger // nil: nothing is logged

	FirstStart func() error // at the very first start only, before all else
	Start      func() error // before the tasks and children are started
	Started    func() error // when everything runs
	Stop       func() error // the first step of a stop
	Shutdown   func() error // the last step of a stop
	Restart    func() error // between the stop and the start of a restart
	Crashed    func(error)  // at a crash, its own or one below it

	// Dependencies returns children to add, at the first start.
	Dependencies func() []*Service
	// WaitForShutdown lets a stop wait until SetShutdown is called.
	WaitForShutdown bool
	// StopTimeout is how long Stop waits before it returns a *HangError; 0:
	// 60 s.
	StopTimeout time.Duration
}

const defaultStopTimeout = 60 * time.Second

// Service is a part of an automation that starts and stops as one. Make it with
// New. All its methods are for the tasks of its runtime, and for the driver of a
// Virtual one.
type Service struct {
	rt  clock.Runtime
	o   Options
	log *slog.Logger

	state    State
	err      error // why it crashed
	live     bool  // from the beginning of a start to the end of the stop
	rising   bool  // a start runs, or will
	climbing bool  // its steps run, on the task starter
	landing  bool  // a stop runs
	wasFirst bool  // FirstStart has been called
	wasUp    bool  // this start has come to its end
	hooked   bool  // the Start hook has succeeded
	restarts int

	parent     *Service
	supervisor *Supervisor // gets its crashes in place of the parent
	children   []*Service
	resources  []resource
	opened     []resource // in the order they were opened
	jobs       []job
	tasks      []*task      // that run
	starter    clock.TaskID // whom the start runs on
	controller clock.TaskID // whom the stop runs on, or the thread's task

	stopping *clock.Latch // stop, or a stop during the start, was asked for
	crashed  *clock.Latch
	shutdown *clock.Latch   // see SetShutdown
	ended    *clock.Latch   // the stop is through
	idle     *clock.Latch   // no task runs
	ends     []*clock.Latch // stopping and crashed: what ends a task's waits
	step     string         // of the start or stop that runs
	waitsFor *Service       // the child that this step waits for
	stopErr  error          // what failed in the last stop

	ctx    context.Context
	cancel context.CancelFunc

	control control
	parts   parts
}

// control runs a service's start and stop where they belong.
type control interface {
	// start runs s.up and returns its error, everything undone.
	start(s *Service) error
	// land lets s.down run. It does not wait: s.ended tells.
	land(s *Service)
}

// parts are the steps that a thread or a queue adds to a service's own.
type parts struct {
	begin   func() error // before the Start hook
	started func() error // after the Started hook
	finish  func() error // after the Stop hook
	last    func() error // after the Shutdown hook
	crash   func(error)
}

// New makes a service that does not run.
func New(rt clock.Runtime, o Options) *Service {
	if o.Name == "" {
		o.Name = "service"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.StopTimeout <= 0 {
		o.StopTimeout = defaultStopTimeout
	}
	s := &Service{rt: rt, o: o, log: o.Log.With("service", o.Name), control: direct{}}
	latch := func(what string) *clock.Latch { return clock.NewLatch(rt, o.Name+": "+what) }
	s.stopping, s.crashed, s.shutdown = latch("to be stopped"), latch("to crash"), latch("SetShutdown")
	s.ended, s.idle = latch("to have stopped"), latch("its tasks to end")
	s.ends = []*clock.Latch{s.stopping, s.crashed}
	s.idle.Set()
	s.renewContext()
	return s
}

// Name is what the service was called.
func (s *Service) Name() string { return s.o.Name }

// Runtime is what the service runs on.
func (s *Service) Runtime() clock.Runtime { return s.rt }

// State is where the service is in its life.
func (s *Service) State() State { return s.state }

// Err is why the service crashed; nil: it has not, or was restarted since.
func (s *Service) Err() error { return s.err }

// Restarts is how often the service was restarted.
func (s *Service) Restarts() int { return s.restarts }

// Stopped reports whether the service's tasks should come to their end: a stop
// was asked for, or it crashed, or it does not run.
func (s *Service) Stopped() bool { return !s.live || s.stopping.IsSet() || s.crashed.IsSet() }

// Context is cancelled when the service stops or crashes. It is for work off
// the runtime, in Blocking; each start has a new one.
func (s *Service) Context() context.Context { return s.ctx }

func (s *Service) renewContext() { s.ctx, s.cancel = context.WithCancel(s.rt.Context()) }

// SetShutdown lets a stop of a service with WaitForShutdown come to its end.
func (s *Service) SetShutdown() { s.shutdown.Set() }
