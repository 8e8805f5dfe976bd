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
	for _, x := range e.Unordered {
		r.judges = append(r.judges, &onceJudge{kind: "unordered", wants: []Expectation{x}})
	}
	if len(e.Ordered) > 0 {
		r.judges = append(r.judges, &onceJudge{kind: "ordered", wants: e.Ordered})
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

// onceJudge is expect.ordered, all of it, or one item of expect.unordered: each
// is said, within its window, one after the other.
type onceJudge struct {
	kind   string
	wants  []Expectation
	next   int // the first that has not come
	closer struct {
		seen  sim.Seen
		score int
		any   bool
	}
}

func (j *onceJudge) hear(s *match.Subject) {
	if j.next == len(j.wants) {
		return
	}
	want := j.wants[j.next]
	if want.Between.Has(s.At) && want.Pattern.Match(s) {
		j.next++
		j.closer.any = false
		return
	}
	if p := want.Pattern; s.Topic == p.Topic || !j.closer.any { // closeness is slow: only where it may count
		if score := p.Closeness(s); !j.closer.any || score >= j.closer.score {
			j.closer.seen, j.closer.score, j.closer.any = sim.SeenOf(s), score, true
		}
	}
}

func (j *onceJudge) verdict(time.Duration) ([]Failure, error) {
	if j.next == len(j.wants) {
		return nil, nil
	}
	want := j.wants[j.next]
	f := Failure{Kind: j.kind, Pos: want.Pos, Message: fmt.Sprintf("no message like %s came%s", want.Pattern, span(want.Between))}
	if j.next > 0 {
		f.Message += fmt.Sprintf(" after the %d before it", j.next)
	}
	if j.closer.any {
		f.At = j.closer.seen.At
		f.Details = append(f.Details, "the nearest: "+j.closer.seen.String())
		var s match.Subject
		s.Set(j.closer.seen.Message, j.closer.seen.Client, j.closer.seen.Source, j.closer.seen.At)
		reasons := want.Pattern.Explain(&s)
		if len(reasons) == 0 {
			reasons = []string{fmt.Sprintf("it came at %v", s.At)}
		}
		f.Details = append(f.Details, reasons...)
	}
	return []Failure{f}, nil
}
