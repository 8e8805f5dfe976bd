package cli

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/scenarios"
)

// maxSeedsTold is how many failing seeds of a scenario are told.
const maxSeedsTold = 20

// group is all runs of one scenario: one, or one for each seed.
type group struct {
	item     *item
	runs     int
	status   scenarios.Status
	counts   map[scenarios.Status]int
	bad      []*outcome // the first maxSeedsTold that did not pass
	warnings []string   // of all, each once
	warned   map[string]bool
	virtual  time.Duration
	wall     time.Duration
	in, out  int
	digest   string   // of the only run; "" for several
	updated  []string // golden files that were written
	first    *outcome // for pages, when it is not among the bad
	seed     uint64   // of the first
}

func newGroup(i *item) *group {
	return &group{item: i, counts: map[scenarios.Status]int{}, warned: map[string]bool{}}
}

func (g *group) add(o *outcome) {
	if g.runs++; g.runs == 1 {
		g.digest, g.seed, g.status = o.digest, o.seed, o.status
	} else {
		g.digest = ""
	}
	g.counts[o.status]++
	if rank(o.status) > rank(g.status) {
		g.status = o.status
	}
	g.virtual += o.virtual
	g.wall += o.wall
	g.in += o.in
	g.out += o.out
	for _, w := range o.warnings {
		if !g.warned[w] {
			g.warned[w] = true
			g.warnings = append(g.warnings, w)
		}
	}
	if o.updated != "" {
		g.updated = append(g.updated, o.updated)
	}
	switch {
	case o.bad() && len(g.bad) < maxSeedsTold:
		g.bad = append(g.bad, o)
	case g.runs == 1:
		g.first = o
	}
}

// ran reports whether anything of the scenario was run.
func (g *group) ran() bool { return g.counts[scenarios.Passed]+g.counts[scenarios.Failed] > 0 }

// badRuns is how many did not pass.
func (g *group) badRuns() int { return g.counts[scenarios.Failed] + g.counts[scenarios.Error] }

// rank orders statuses by how much they count for a group.
func rank(s scenarios.Status) int {
	return slices.Index([]scenarios.Status{scenarios.Skipped, scenarios.Passed, scenarios.Failed, scenarios.Error}, s)
}

// summary is a whole run of simrun.
type summary struct {
	counts    map[scenarios.Status]int // of runs
	scenarios int
	runs      int
	left      int // runs that were not made: stopped, or --fail-fast
	stopped   bool
	underWay  string // the run that was being made when it was stopped
	virtual   time.Duration
	wall      time.Duration
	exit      int
}

func (s *summary) add(o *outcome) {
	s.counts[o.status]++
	s.runs++
	s.virtual += o.virtual
	s.exit = worse(s.exit, o.exit)
}

// teller is a way to tell how the scenarios went. Outcomes come in the order of
// the files and seeds; a group after its last outcome.
type teller interface {
	outcome(o *outcome) error
	group(g *group) error
	end(s *summary) error
}

func newSummary() *summary { return &summary{counts: map[scenarios.Status]int{}} }

// good is how many runs passed, or were skipped.
func (s *summary) good() int { return s.counts[scenarios.Passed] + s.counts[scenarios.Skipped] }
