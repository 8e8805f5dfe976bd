package scenarios

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// prepareJudges makes what `expect` asks for and lets it hear the run.
func (r *run) prepareJudges() error {
	e := r.scenario.Expect
	if e == nil {
		return nil
	}
	for _, x := range e.Never {
		r.judges = append(r.judges, &neverJudge{want: x})
	}
	if len(e.Unordered) > 0 {
		r.judges = append(r.judges, newUnorderedJudge(e.Unordered))
	}
	if len(e.Ordered) > 0 {
		r.judges = append(r.judges, &orderedJudge{wants: e.Ordered})
	}
	if e.SameAsTape != nil {
		j, err := newTapeJudge(r.scenario, r.tape)
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

// maxTold is how many violations of one expectation are told in full.
const maxTold = 3

// neverJudge is an item of expect.never: nothing like it may be said.
type neverJudge struct {
	want  Expectation
	found []sim.Seen
	count int
}

func (j *neverJudge) hear(s *match.Subject) {
	if !j.want.Between.Has(s.At) || !j.want.Pattern.Match(s) {
		return
	}
	if j.count++; len(j.found) < maxTold {
		j.found = append(j.found, sim.SeenOf(s))
	}
}

func (j *neverJudge) verdict(time.Duration) ([]Failure, error) {
	if j.count == 0 {
		return nil, nil
	}
	f := Failure{
		Kind: "never", At: j.found[0].At, Pos: j.want.Pos,
		Message: fmt.Sprintf("a message like %s came at %v%s, and never must%s", j.want.Pattern, j.found[0].At, more(j.count-1), span(j.want.Between)),
	}
	for _, s := range j.found {
		f.Details = append(f.Details, s.String())
	}
	return []Failure{f}, nil
}

func more(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (and once more)"
	}
	return fmt.Sprintf(" (and %d times more)", n)
}

func span(w *Window) string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf(" between %v and %v", w.From, w.To)
}
