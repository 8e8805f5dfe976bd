package scenarios

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// RunOptions say how a scenario is run. The zero value is usable.
type RunOptions struct {
	Seed      *uint64   // in place of the scenario's
	Trace     io.Writer // of a sim.SelfCheck; nil: none
	StepLimit int       // of the world's clock; 0: its default
	// Record makes the tape on which the whole run is kept, with the run's date
	// at instant 0; nil: it is not kept. Who gives it closes the tape.
	Record func(start time.Time) (*recorder.Writer, error)
	// History gets what happens, for reports; nil: nobody. It belongs to the run
	// until Run returns.
	History *report.History
	// Progress is called with the instant of each message, on the goroutine that
	// runs the scenario; nil: it is not.
	Progress func(at time.Duration)
	// Update rewrites the golden file instead of comparing with it. Nothing is
	// written by a run that failed otherwise, nor, with Strict, by one with
	// warnings.
	Update, Strict bool
}

// Run runs the scenario in a world of its own, with the automations of apps,
// and judges it. The same scenario, automations and seed give the same result.
// Scenarios may be run side by side, each on a goroutine that is not locked to
// a thread.
func (s *Scenario) Run(apps []Entry, o RunOptions) *Result {
	r := &run{scenario: s, options: o, result: &Result{Scenario: s, Seed: s.Seed}}
	if o.Seed != nil {
		r.result.Seed = *o.Seed
	}
	for _, warning := range s.Warnings {
		r.result.Warnings = append(r.result.Warnings, warning.String())
	}
	if s.Skip != "" {
		r.result.Status = Skipped
		return r.result
	}
	if err := r.perform(apps); err != nil {
		r.result.Status, r.result.Err = Error, err
		return r.result
	}
	r.result.Status = Passed
	if len(r.result.Failures) > 0 {
		r.result.Status = Failed
	}
	return r.result
}

// run is one scenario being run.
type run struct {
	scenario *Scenario
	options  RunOptions
	result   *Result
	log      sim.LogTail
	tape     *recording // nil without one
	world    *sim.World
	judges   []judge
	filters  *filterUse
	// lookedAhead: the world has gone on beyond the run, whose result keeps how
	// far it was.
	lookedAhead bool
}

// judge is an expectation over the whole run.
type judge interface {
	// hear is called with every message the broker accepts.
	hear(s *match.Subject)
	// verdict is asked at the end, at the run's last instant.
	verdict(end time.Duration) ([]Failure, error)
}

// perform builds the world, takes the steps and judges. The error is what kept
// the scenario from being run; what it found is in the result.
func (r *run) perform(apps []Entry) (err error) {
	s, o := r.scenario, r.options
	if err := s.Check(apps); err != nil {
		return err
	}
	if s.Tape != nil {
		if r.tape, err = openRecording(s.Path(s.Tape.File)); err != nil {
			return s.tapeError(err)
		}
		defer func() { err = errors.Join(err, r.tape.close()) }()
	}
	world := sim.Options{
		Seed: r.result.Seed, Start: r.start(), Zone: s.Location, Log: r.log.Handler(func() time.Duration { return r.world.Now() }),
		Trace: o.Trace, StepLimit: o.StepLimit, History: o.History,
	}
	if o.Record != nil {
		if world.Record, err = o.Record(world.Start); err != nil {
			return err
		}
	}
	r.result.Start = world.Start.In(s.Location)
	if r.world, err = sim.New(world); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.world.Close()) }()
	if err := r.build(apps); err != nil {
		return err
	}
	if err := r.prepareJudges(); err != nil {
		return err
	}
	return r.finish(r.takeSteps())
}

// start is the date at instant 0.
func (r *run) start() time.Time {
	s := r.scenario
	switch {
	case !s.Start.IsZero():
		return s.Start
	case r.tape != nil && !r.tape.start.IsZero():
		return r.tape.start.Add(s.Tape.From)
	}
	return clock.DefaultStart
}

// build puts tape, devices, automations and faults into the world.
func (r *run) build(apps []Entry) error {
	s := r.scenario
	r.filters = newFilterUse(s, r.tape)
	r.world.Listen(r.filters.hear)
	if progress := r.options.Progress; progress != nil {
		r.world.Listen(func(s *match.Subject) { progress(s.At) })
	}
	if s.Tape != nil {
		if err := r.feed(); err != nil {
			return err
		}
	}
	for i := range s.Devices {
		d := &s.Devices[i]
		state, _ := d.State.(map[string]any)
		err := r.world.AddDevice(sim.Device{
			Name: d.Name, CommandTopic: d.CommandTopic, StateTopic: d.StateTopic, State: state,
			DelayMin: d.Delay.Min, DelayMax: d.Delay.Max, Retain: d.Retain,
		})
		if err != nil {
			return err
		}
	}
	for _, use := range s.Apps {
		entry, _ := findApp(apps, use.App) // Check has found it
		construct, err := entry.prepare(use.Params)
		if err != nil {
			return err
		}
		app := construct()
		if use.Key == "" {
			err = r.world.AddApp(use.App, app)
		} else {
			err = r.world.AddNamedApp(use.Key, app)
		}
		if err != nil {
			return err
		}
	}
	return r.cut()
}

// feed adds the tape, without what the old automation said and what the
// scenario's devices say.
func (r *run) feed() error {
	t := r.scenario.Tape
	fed := t.Fed()
	for _, d := range r.scenario.Devices {
		fed.Exclude = append(fed.Exclude[:len(fed.Exclude):len(fed.Exclude)], d.StateTopic)
	}
	until, length := sim.ToTheEnd, r.tape.length
	if t.Until != nil {
		until = *t.Until
		length = *t.Until
	}
	if t.From > 0 {
		if err := r.placeSnapshot(fed, t.From); err != nil {
			return err
		}
	}
	if t.From > r.tape.length {
		r.warn("%s:%d:%d: the tape ends at %v, before its from of %v: nothing is fed", r.scenario.File, t.FilePos.Line, t.FilePos.Col, r.tape.length, t.From)
	}
	if r.tape.warning != "" {
		r.warn("%s", r.tape.warning)
	}
	return r.world.Feed(sim.Feed{Records: r.tape.records(fed, t.From, until), From: t.From, Length: max(length, t.From)})
}

// placeSnapshot places the retained state of the tape's start in a world that
// begins later on the tape.
func (r *run) placeSnapshot(fed mqtt.Selection, from time.Duration) error {
	before := r.tape.records(fed, 0, from-1)
	for before.Next() {
		if rec := before.Record(); rec.Kind == recorder.KindSnapshot {
			m := rec.Message
			m.Retain = true
			if err := r.world.SetRetained(m); err != nil {
				return err
			}
		}
	}
	return before.Err()
}

// tapeError places an error of the tape at its name in the file.
func (s *Scenario) tapeError(err error) error {
	reason := strings.TrimPrefix(err.Error(), s.Path(s.Tape.File)+": ")
	fault := s.source().fault(s.Tape.FilePos, "", "the tape %s: %s", s.Tape.File, reason)
	return &TapeError{FileError: fault, Err: err}
}

// TapeError is a tape that a scenario names and that cannot be played.
type TapeError struct {
	*FileError
	Err error
}

// Unwrap returns the tape's own error.
func (e *TapeError) Unwrap() error { return e.Err }

func (r *run) warn(format string, args ...any) {
	r.result.Warnings = append(r.result.Warnings, fmt.Sprintf(format, args...))
}
