package service

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Strategy is what a supervisor does when a service of its crashes.
type Strategy uint8

// The strategies.
const (
	OneForOne        Strategy = iota // restart the service that crashed
	OneForAll                        // stop all at once, then restart one by one
	ForfeitOneForOne                 // stop the service that crashed, for good
	ForfeitOneForAll                 // stop all, for good
	Crashing                         // let the crash go on to the supervisor's parents, and stop
)

var strategyNames = [...]string{"one for one", "one for all", "forfeit one for one", "forfeit one for all", "crashing"}

func (s Strategy) String() string { return strategyNames[s] }

// SupervisorOptions say how a supervisor works. The zero value restarts each
// service by itself, up to 100 times in a second.
type SupervisorOptions struct {
	Name     string // "": "supervisor"
	Log      *slog.Logger
	Strategy Strategy
	// More than MaxRestarts restarts within Per crash the supervisor with a
	// *RestartsError; 0: 100 and 1 s. As many may come at one instant.
	MaxRestarts int
	Per         time.Duration
	// Replace, if set, is asked for a service to take the place of one that
	// crashed, in its stead; nil from it restarts the old one.
	Replace     func(crashed *Service, index int) *Service
	StopTimeout time.Duration // see Options
}

// RestartsError says that services crash faster than they are worth restarting.
type RestartsError struct {
	Supervisor  string
	MaxRestarts int
	Per         time.Duration
	Last        error // why the last service crashed
}

func (e *RestartsError) Error() string {
	return fmt.Sprintf("%s: more than %d restarts within %v; the last crash: %v", e.Supervisor, e.MaxRestarts, e.Per, e.Last)
}
func (e *RestartsError) Unwrap() error { return e.Last }

// Supervisor is a service that looks after others: it starts them with itself,
// in order, stops them in reverse order, and does what its strategy says when one
// of them crashes. A start that fails is a crash too. Their crashes do not go on
// to the supervisor's parents, but under Crashing. One that somebody stops stays
// stopped, and Remove lets go of one. Make it with NewSupervisor.
type Supervisor struct {
	*Service
	opts   SupervisorOptions
	woken  *clock.Latch
	recent []time.Duration // when the restarts within Per were
}

// NewSupervisor makes a supervisor that looks after nothing yet; see Add.
func NewSupervisor(rt clock.Runtime, o SupervisorOptions) *Supervisor {
	if o.Name == "" {
		o.Name = "supervisor"
	}
	if o.MaxRestarts <= 0 {
		o.MaxRestarts = 100
	}
	if o.Per <= 0 {
		o.Per = time.Second
	}
	p := &Supervisor{opts: o}
	p.Service = New(rt, Options{Name: o.Name, Log: o.Log, StopTimeout: o.StopTimeout, Crashed: p.crashedItself})
	p.woken = clock.NewLatch(rt, o.Name+": a crash")
	p.Task("supervise", p.supervise)
	p.parts.begin = func() error { p.recent = nil; return nil } // each life may use them up anew
	p.parts.started = func() error { p.wake(); return nil }     // for what crashed in the start
	return p
}

// Add gives the supervisor services to look after, which it starts if it runs
// itself. A nil one is left out. It returns why one cannot be added, and adds
// those before it.
func (p *Supervisor) Add(services ...*Service) error {
	for _, s := range services {
		if s == nil || s.parent == p.Service {
			continue
		}
		if err := p.mayHave(s); err != nil {
			return err
		}
		p.lookAfter(s)
		if err := p.Service.Add(s); err != nil {
			return err
		}
	}
	return nil
}

// Insert puts a service in the place of the one at index, which is stopped and
// given back; the new one is started if the supervisor runs.
func (p *Supervisor) Insert(index int, s *Service) (old *Service, err error) {
	if index < 0 || index >= len(p.children) {
		return nil, fmt.Errorf("insert %s into %s: there is no place %d of %d", s.o.Name, p.o.Name, index, len(p.children))
	}
	if err := p.mayHave(s); err != nil {
		return nil, err
	}
	old = p.children[index]
	p.swap(index, s)
	if err := old.Stop(); err != nil {
		p.log.Error("stop a service that was replaced", "error", err)
	}
	s.replaces = nil
	if p.state == Running {
		err = p.startChild(s)
	}
	return old, err
}

// lookAfter lets the crashes of a service come here, instead of to its parents.
func (p *Supervisor) lookAfter(s *Service) {
	if p.opts.Strategy != Crashing {
		s.supervisor = p
	}
}

func (p *Supervisor) swap(index int, s *Service) {
	old := p.children[index]
	old.parent, old.supervisor = nil, nil
	p.lookAfter(s)
	s.parent, s.replaces = p.Service, old
	p.children[index] = s
}

// crashedItself lets a supervisor stop that does not restart anything.
func (p *Supervisor) crashedItself(error) {
	if p.opts.Strategy == Crashing && p.life.phase == aloft {
		p.land()
	}
}

// wake lets the supervisor look at its services.
func (p *Supervisor) wake() { p.woken.Set() }

// supervise is the supervisor's task. It looks at what is, not at what it was
// told, so that no crash is missed.
func (p *Supervisor) supervise() error {
	for !p.Stopped() {
		p.woken.Clear()
		if !p.life.starts() { // else the start is at it
			if err := p.look(); err != nil {
				return err
			}
		}
		if err := p.Wait(clock.Forever, p.woken); err != nil {
			return err
		}
	}
	return nil
}

// look starts what was not started and sees to what has crashed.
func (p *Supervisor) look() error {
	for _, s := range slices.Clone(p.children) {
		if s.state == Init {
			if err := p.startChild(s); err != nil {
				return err
			}
		}
	}
	for _, s := range slices.Clone(p.children) {
		if s.err != nil && s.wanted && s.supervisor == p && !p.Stopped() {
			if err := p.see(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// see does what the strategy says about a service that crashed.
func (p *Supervisor) see(crashed *Service) error {
	switch p.opts.Strategy {
	case ForfeitOneForOne:
		p.stopTogether([]*Service{crashed}, (*Service).Stop)
		return nil
	case ForfeitOneForAll:
		p.stopTogether(p.children, (*Service).Stop)
		return nil
	}
	if err := p.spend(crashed.err); err != nil {
		return err
	}
	if p.opts.Strategy == OneForOne {
		return p.restart(crashed)
	}
	p.stopTogether(p.children, (*Service).stop)
	for _, s := range slices.Clone(p.children) {
		if err := p.restart(s); err != nil {
			return err
		}
	}
	return nil
}

// spend counts a restart against what is allowed.
func (p *Supervisor) spend(crash error) error {
	now := p.rt.Now()
	p.recent = slices.DeleteFunc(p.recent, func(at time.Duration) bool { return at <= now-p.opts.Per })
	if len(p.recent) >= p.opts.MaxRestarts {
		return &RestartsError{Supervisor: p.o.Name, MaxRestarts: p.opts.MaxRestarts, Per: p.opts.Per, Last: crash}
	}
	p.recent = append(p.recent, now)
	return nil
}

// restart restarts a service, or starts what takes its place. A start that fails
// is the next crash; a stop that hangs is the supervisor's own.
func (p *Supervisor) restart(s *Service) error {
	index := slices.Index(p.children, s)
	if p.Stopped() || index < 0 {
		return nil // meanwhile
	}
	if p.opts.Replace != nil && s.err != nil {
		if other := p.opts.Replace(s, index); other != nil && other != s {
			if index = slices.Index(p.children, s); index < 0 {
				return nil // Replace has let go of it
			}
			_, err := p.Insert(index, other)
			return err
		}
	}
	p.log.Info("restarting", "service", s.o.Name, "crash", s.err)
	s.wanted = true
	stopErr, err := s.restart()
	if stopErr != nil {
		p.log.Error("stop", "service", s.o.Name, "error", stopErr)
	}
	var hang *HangError
	if errors.As(err, &hang) {
		return err
	}
	if err != nil {
		p.wake()
	}
	return nil
}

// stopTogether stops services at the same time, and waits for all of them.
func (p *Supervisor) stopTogether(services []*Service, stop func(*Service) error) {
	done := clock.NewLatch(p.rt, p.o.Name+": its services to stop")
	left := len(services)
	for _, s := range slices.Clone(services) {
		p.rt.Go("stop "+s.o.Name, func() {
			if err := stop(s); err != nil {
				p.log.Error("stop", "service", s.o.Name, "error", err)
			}
			if left--; left == 0 {
				done.Set()
			}
		})
	}
	if err := done.Wait(clock.Forever); err != nil {
		p.log.Error("stop", "error", err)
	}
}
