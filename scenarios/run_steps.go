package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
)

// lookAhead is how much longer a world runs to see whether what was missing
// only came late.
const lookAhead = time.Hour

// takeSteps takes the steps in order and reports whether all were met. Without
// steps the whole tape is played.
func (r *run) takeSteps() bool {
	steps := r.scenario.Steps
	if len(steps) == 0 {
		return r.playAll()
	}
	for _, step := range steps {
		from := r.world.Now()
		err := r.take(step)
		r.keepStep(step, from, err != nil)
		if err != nil {
			r.addFailure(err, step.At())
			r.tellIfLate(step, err)
			return false
		}
	}
	return true
}

// playAll plays the tape to its end, and then as long as an answer of the
// automation may come late.
func (r *run) playAll() bool {
	err := r.world.Replay(sim.ToTheEnd)
	if e := r.scenario.Expect; err == nil && e != nil && e.SameAsTape != nil {
		err = r.world.Advance(e.SameAsTape.Tolerance)
	}
	if err != nil {
		r.addFailure(err, Pos{})
	}
	return err == nil
}

func (r *run) take(step Step) error {
	w := r.world
	switch step := step.(type) {
	case *Publish:
		return w.Publish(mqtt.Message{Topic: step.Topic, Payload: bytes.Clone(step.Payload), QoS: step.QoS, Retain: step.Retain})
	case *RouteUntil:
		return w.RouteUntil(sim.Message(*step.Pattern), orToTheEnd(step.Within))
	case *Advance:
		if to := step.To; to != nil {
			return w.AdvanceToTimeOfDay(to.Hour, to.Minute, to.Second)
		}
		return w.Advance(step.By)
	case *Replay:
		return w.Replay(orToTheEnd(step.Until))
	case *Never:
		return w.Never(*step.Pattern, orToTheEnd(step.For))
	case *Count:
		most := -1
		if step.Max != nil {
			most = int(*step.Max)
		}
		return w.Count(*step.Pattern, int(step.Min), most, orToTheEnd(step.For))
	case *Retained:
		return w.Retained(*step.Pattern)
	}
	return fmt.Errorf("the step %s is not known", step.Kind())
}

func orToTheEnd(d *time.Duration) time.Duration {
	if d == nil {
		return sim.ToTheEnd
	}
	return *d
}

// addFailure keeps what went wrong in the world, and what was logged until then.
func (r *run) addFailure(err error, p Pos) {
	r.result.Log = slices.Clone(r.log.Lines())
	var f *sim.Failure
	if !errors.As(err, &f) {
		r.result.Failures = append(r.result.Failures, Failure{Kind: "step", Message: err.Error(), At: r.world.Now(), Pos: p})
		return
	}
	r.result.Failures = append(r.result.Failures, Failure{
		Kind: f.Kind, Message: f.Message, Details: f.Details, Around: f.Around, Topic: f.Topic, At: f.At, Pos: p,
	})
}

// tellIfLate lets the world run on after a RouteUntil that was not met, to say
// whether the message came later.
func (r *run) tellIfLate(step Step, err error) {
	until, ok := step.(*RouteUntil)
	var f *sim.Failure
	if !ok || until.Within == nil || !errors.As(err, &f) || f.Kind != "route_until" {
		return
	}
	r.lookedAhead = true // which is no part of the run
	r.result.Digest, r.result.Virtual = r.world.Digest(), r.world.Now()
	failure := &r.result.Failures[len(r.result.Failures)-1]
	late, found, err := r.world.LookAhead(*until.Pattern, lookAhead)
	detail := fmt.Sprintf("it did not come in the %v after that either", lookAhead)
	switch {
	case found:
		detail = fmt.Sprintf("it came %v too late: %v", late.At-f.At, late)
		r.keepLate(&late, f.At)
	case errors.As(err, &f):
		detail = "it did not come after that either, until " + f.Message
	}
	failure.Details = append(failure.Details, detail)
}

// finish settles the run, judges the expectations, and fills in the result.
func (r *run) finish(met bool) error {
	met, end := r.settle(met)
	if err := r.judge(met, end); err != nil {
		return err
	}
	r.collectWarnings(met, end)
	if r.result.Log == nil && !r.lookedAhead {
		r.result.Log = r.log.Lines()
	}
	r.keepExpectations(end, met)
	return r.updateGolden(met)
}

// settle ends the world. It reports whether all was well to the end, and when
// that was.
func (r *run) settle(met bool) (stillMet bool, end time.Duration) {
	w := r.world
	end = w.Now()
	if r.lookedAhead {
		end = r.result.Virtual
	}
	if met {
		// The last instant settles, and the verdicts see all of it.
		if err := w.Advance(0); err != nil {
			r.addFailure(err, Pos{})
			met = false
		}
	}
	digest, _ := w.Finish() // a failure of the world is in Failures already
	if !r.lookedAhead {
		r.result.Digest, r.result.Virtual = digest, end
	}
	stats := w.Stats()
	r.result.In, r.result.Out, r.result.Outside = stats.In, stats.Out, w.Outside()
	return met, end
}

// judge asks for the verdicts.
func (r *run) judge(met bool, end time.Duration) error {
	for _, j := range r.judges {
		if _, always := j.(*neverJudge); !met && !always {
			continue // a run that was cut short misses much: one reason is enough
		}
		if t, ok := j.(*tapeJudge); ok && !t.compared(end) {
			r.warn("%s:%d:%d: same_as_tape compared nothing: neither the tape nor the app said anything on app_outputs in that time", r.scenario.File, t.Pos.Line, t.Pos.Col)
		}
		failures, err := j.verdict(end)
		if err != nil {
			return err
		}
		if len(failures) > 0 { // the others are of the same expectation, or much alike
			r.explain(&failures[0], end)
		}
		r.result.Failures = append(r.result.Failures, failures...)
	}
	return nil
}

func (r *run) collectWarnings(met bool, end time.Duration) {
	r.result.Warnings = append(r.result.Warnings, r.world.Warnings()...)
	if met {
		r.result.Warnings = append(r.result.Warnings, r.filters.unused(r.scenario)...)
	}
	r.warnOfCuts(met, end)
	if why := r.result.Outside; why != "" {
		r.warn("the run is not deterministic: %s", why)
	}
}

// updateGolden writes the golden file of a run that was well.
func (r *run) updateGolden(met bool) error {
	if !met || len(r.result.Failures) > 0 || r.options.Strict && len(r.result.Warnings) > 0 {
		return nil
	}
	for _, j := range r.judges {
		if g, ok := j.(*goldenJudge); ok && g.file == nil {
			return g.update()
		}
	}
	return nil
}

// explain adds what was said around a failure that was only found at the end.
func (r *run) explain(f *Failure, end time.Duration) {
	scene := sim.Scene{Filter: f.Topic, From: f.At, To: f.At}
	for _, x := range r.scenario.Expect.items() {
		if x.Pos != f.Pos {
			continue
		}
		scene = sim.Scene{Filter: x.Pattern.Topic, To: end}
		if x.Between != nil {
			scene.From, scene.To = x.Between.From, min(x.Between.To, end)
		}
		if f.Kind == "never" {
			scene.To = f.At // what came, not when it might have
		}
	}
	if scene.Filter != "" {
		f.Topic, f.Around = scene.Filter, r.world.Around(scene)
	}
}
