package scenarios

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// orderedJudge is expect.ordered: each item is said, within its window, one
// after the other.
type orderedJudge struct {
	wants   []Expectation
	next    int // the first that has not come
	nearest nearest
}

func (j *orderedJudge) hear(s *match.Subject) {
	if j.next == len(j.wants) {
		return
	}
	want := &j.wants[j.next]
	if want.Between.Has(s.At) && want.Pattern.Match(s) {
		j.next++
		j.nearest = nearest{}
		return
	}
	j.nearest.see(want, s)
}

func (j *orderedJudge) verdict(time.Duration) ([]Failure, error) {
	if j.next == len(j.wants) {
		return nil, nil
	}
	f := j.nearest.failure("ordered", &j.wants[j.next])
	if j.next > 0 {
		f.Message += fmt.Sprintf(" after the %d before it", j.next)
	}
	return []Failure{f}, nil
}

// unorderedJudge is expect.unordered: each item is said, within its window, and
// no message stands for two of them.
type unorderedJudge struct {
	wants   []Expectation
	by      []int   // which message stands for each item; -1: none so far
	fits    [][]int // the items that each message of by fits
	nearest []nearest
}

func newUnorderedJudge(wants []Expectation) *unorderedJudge {
	j := &unorderedJudge{wants: wants, by: make([]int, len(wants)), nearest: make([]nearest, len(wants))}
	for i := range j.by {
		j.by[i] = -1
	}
	return j
}

func (j *unorderedJudge) hear(s *match.Subject) {
	var fits []int
	for i := range j.wants {
		want := &j.wants[i]
		switch {
		case want.Between.Has(s.At) && want.Pattern.Match(s):
			fits = append(fits, i)
		case j.by[i] < 0:
			j.nearest[i].see(want, s)
		}
	}
	if len(fits) == 0 {
		return
	}
	message := len(j.fits)
	j.fits = append(j.fits, fits)
	if !j.place(message, make([]bool, len(j.wants))) {
		j.fits = j.fits[:message] // it can stand for nothing that is still open
	}
	for _, i := range fits {
		if j.by[i] < 0 {
			j.nearest[i].see(&j.wants[i], s)
		}
	}
}

// place lets a message stand for one of the items it fits, if need be by moving
// the message that stands for it to another (an augmenting path).
func (j *unorderedJudge) place(message int, tried []bool) bool {
	for _, i := range j.fits[message] {
		if tried[i] {
			continue
		}
		tried[i] = true
		if j.by[i] < 0 || j.place(j.by[i], tried) {
			j.by[i] = message
			return true
		}
	}
	return false
}

func (j *unorderedJudge) verdict(time.Duration) (failures []Failure, err error) {
	for i := range j.wants {
		if j.by[i] < 0 {
			failures = append(failures, j.nearest[i].failure("unordered", &j.wants[i]))
		}
	}
	return failures, nil
}

// nearest keeps the message that came nearest to an expectation.
type nearest struct {
	seen  sim.Seen
	score int
	any   bool
}

func (n *nearest) see(want *Expectation, s *match.Subject) {
	if n.any && s.Topic != want.Pattern.Topic { // closeness is slow: only where it may count
		return
	}
	if score := want.Pattern.Closeness(s); !n.any || score >= n.score {
		n.seen, n.score, n.any = sim.SeenOf(s), score, true
	}
}

func (n *nearest) failure(kind string, want *Expectation) Failure {
	f := Failure{Kind: kind, Pos: want.Pos, Message: fmt.Sprintf("no message like %s came%s", want.Pattern, span(want.Between))}
	if !n.any {
		return f
	}
	f.At = n.seen.At
	f.Details = append(f.Details, "the nearest: "+n.seen.String())
	var s match.Subject
	s.Set(n.seen.Message, n.seen.Client, n.seen.Source, n.seen.At)
	reasons := want.Pattern.Explain(&s)
	if len(reasons) == 0 {
		reasons = []string{fmt.Sprintf("it came at %v, or stands for another item", s.At)}
	}
	f.Details = append(f.Details, reasons...)
	return f
}
