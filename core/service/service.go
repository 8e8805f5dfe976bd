package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Options say what a service does at each step of its life. The zero value is
// usable. Hooks may wait, if they run on a task; a panic in one is its error,
// and one in Crashed is logged. Tasks, timers and resources are best added
// before the first start: what a hook adds, it adds again at each start.
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
	// StopTimeout is how long each step of a stop may take before Stop returns a
	// *HangError; 0: 60 s. A child's stop has its own.
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

	state     State
	err       error // why it crashed
	life      *life // the last one; never nil
	ran       bool  // it was started before
	wasFirst  bool  // FirstStart has succeeded
	dependent bool  // the dependencies have been added
	wanted    bool  // it was asked to run, and not since then to stop
	restarts  int
	resting   *clock.Latch // it is not between the stop and the start of a restart

	parent     *Service
	supervisor *Supervisor // gets its crashes in place of the parent
	replaces   *Service    // in whose place it was put, and which may still stop
	children   []*Service
	resources  []resource
	jobs       []job

	control control
	parts   parts
}

// control runs a service's start and stop where they belong.
type control interface {
	// start runs s.up and returns its error, everything undone.
	start(s *Service) error
	// land lets s.down run. It does not wait: the life's ended tells.
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
	s.resting = clock.NewLatch(rt, o.Name+": to be restarted")
	s.resting.Set()
	s.life = s.unborn()
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
func (s *Service) Stopped() bool { return s.life.stopping.IsSet() || s.life.crashed.IsSet() }

// lives reports whether a start, a stop, or what is between them runs.
func (s *Service) lives() bool { return s.life.phase != over }

// Context is cancelled when the service stops or crashes, and before it starts.
// It is for work off the runtime, in Blocking; each start has a new one.
func (s *Service) Context() context.Context { return s.life.ctx }

// SetShutdown lets the stop of a service with WaitForShutdown come to its end,
// now or when it comes to that. Each start begins without.
func (s *Service) SetShutdown() { s.life.shutdown.Set() }
