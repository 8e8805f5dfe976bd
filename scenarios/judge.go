package scenarios

import (
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/expect"
	"github.com/hubtape/hubtape/sim/match"
)

// prepareJudges makes what `expect` asks for and lets it hear the run.
func (r *run) prepareJudges() error {
	e := r.scenario.Expect
	if e == nil {
		return nil
	}
	never, places := listed(e.Never)
	for i, item := range never {
		r.judges = append(r.judges, &neverJudge{listJudge{expect.NewNever(item), places[i : i+1]}})
	}
	if items, places := listed(e.Unordered); len(items) > 0 {
		r.judges = append(r.judges, listJudge{expect.NewUnordered(items), places})
	}
	if items, places := listed(e.Ordered); len(items) > 0 {
		r.judges = append(r.judges, listJudge{expect.NewOrdered(items), places})
	}
	if e.SameAsTape != nil {
		j, err := newTapeJudge(r.scenario, r.tape)
		if err != nil {
			return err
		}
		r.judges = append(r.judges, j)
	}
	if e.Golden != nil { // the last: it is not written when another one was not met
		j, err := newGoldenJudge(r)
		if err != nil {
			return err
		}
		r.judges = append(r.judges, j)
	}
	for _, j := range r.judges {
		r.world.Listen(j.hear)
	}
	return nil
}

// listJudge is a list of expectations that package expect judges.
type listJudge struct {
	expect.Judge
	places []Pos // of the items
}

func (j listJudge) hear(s *match.Subject) { j.Hear(s) }

func (j listJudge) verdict(end time.Duration) (failures []Failure, err error) {
	for _, f := range j.Verdict(end) {
		failures = append(failures, failureAt(f.Failure, j.places[f.Item]))
	}
	return failures, nil
}

// failureAt is what went wrong in a world, at its place in the file.
func failureAt(f *sim.Failure, p Pos) Failure {
	return Failure{Kind: f.Kind, Message: f.Message, Details: f.Details, Around: f.Around, Topic: f.Topic, At: f.At, Pos: p}
}

// neverJudge is an item of expect.never; it judges also a run that was cut short.
type neverJudge struct{ listJudge }

// listed is a list of expectations as package expect has it, and their places.
func listed(list []Expectation) (items []expect.Item, places []Pos) {
	for _, x := range list {
		items = append(items, expect.Item{Pattern: x.Pattern, Between: (*expect.Window)(x.Between)})
		places = append(places, x.Pos)
	}
	return items, places
}
