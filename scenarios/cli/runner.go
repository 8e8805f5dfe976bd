package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
)

// unit is one run to make: a scenario under a seed.
type unit struct {
	index int
	item  *item
	seed  uint64
	last  bool // of its scenario
}

// runner runs scenarios side by side and gives the outcomes in order.
type runner struct {
	apps     []scenarios.Entry
	items    []*item
	seeds    *seedRange // nil: seed
	seed     *uint64    // nil: each scenario's own
	repeat   int
	workers  int
	failFast bool
	strict   bool
	timeout  time.Duration                                   // of one run, in real time; 0: none
	record   func(start time.Time) (*recorder.Writer, error) // of --record; nil: none
	update   bool                                            // golden files
	underWay underWay

	// histories keeps what happens in each run, for pages; watched follows how
	// far each run is, for people.
	histories, watched bool

	// each gets the outcomes, in the order of the units. tick is called now and
	// then, from the same goroutine.
	each func(u unit, o *outcome)
	tick func(given, total int)
}

// ahead is how many units may be finished before the oldest unfinished one, for
// each worker: it bounds what is kept in memory, which is much with histories.
func (r *runner) ahead() int {
	if r.histories {
		return 2
	}
	return 64
}

// tickEvery is how often tick is called.
const tickEvery = 200 * time.Millisecond

// done is a unit that a worker has run.
type done struct {
	unit
	*outcome
}

// run makes all runs, until ctx is done or, with failFast, one did not pass. It
// returns how many it gave to each, of how many. A run that is under way when
// it stops is left behind: nothing can end it but the end of the process.
func (r *runner) run(ctx context.Context) (given, total int) {
	total = r.count()
	if total == 0 {
		return 0, 0
	}
	work, results := make(chan unit), make(chan done, r.workers)
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	for range min(r.workers, total) {
		workers.Go(func() { r.work(ctx, work, results) })
	}
	given = r.collect(ctx, work, results, total)
	cancel()
	close(work)
	if given == total {
		workers.Wait()
	}
	return given, total
}

// work runs units until there are no more.
func (r *runner) work(ctx context.Context, work <-chan unit, results chan<- done) {
	for u := range work {
		o := r.runUnit(ctx, u)
		select {
		case results <- done{u, o}:
		case <-ctx.Done():
			return
		}
	}
}

// collect hands units out and their outcomes on, in order.
func (r *runner) collect(ctx context.Context, work chan<- unit, results <-chan done, total int) (given int) {
	units := r.units()
	next, more := units()
	waiting := map[int]done{}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for out := 0; more || given < out; {
		to := work
		if !more || out-given >= r.ahead()*r.workers {
			to = nil
		}
		select {
		case to <- next:
			out++
			next, more = units()
		case d := <-results:
			waiting[d.index] = d
		case <-tick.C:
			r.tick(given, total)
		case <-ctx.Done():
			return given
		}
		for ; waiting[given].outcome != nil; given++ {
			if stop := r.give(waiting[given]); stop {
				return given + 1
			}
			delete(waiting, given)
		}
	}
	return given
}

// give hands an outcome on and reports whether it is the last one for now.
func (r *runner) give(d done) (stop bool) {
	stop = r.failFast && d.bad()
	d.last = d.last || stop
	r.each(d.unit, d.outcome)
	return stop
}

// seedsOf are the first seed of a scenario and how many there are. A scenario
// that is not really run has one.
func (r *runner) seedsOf(i *item) (first uint64, count int) {
	switch {
	case i.err != nil:
		return 0, 1
	case r.seeds != nil && i.scenario.Skip == "":
		return r.seeds.from, r.seeds.count()
	case r.seeds != nil:
		return r.seeds.from, 1
	case r.seed != nil:
		return *r.seed, 1
	}
	return i.scenario.Seed, 1
}

func (r *runner) count() (n int) {
	for _, i := range r.items {
		_, count := r.seedsOf(i)
		n += count
	}
	return n
}

// units returns a function that gives one unit after the other.
func (r *runner) units() func() (unit, bool) {
	index, at, offset := 0, 0, 0
	return func() (unit, bool) {
		if at == len(r.items) {
			return unit{}, false
		}
		i := r.items[at]
		first, count := r.seedsOf(i)
		u := unit{index: index, item: i, seed: first + uint64(offset), last: offset+1 == count}
		index++
		if offset++; offset == count {
			at, offset = at+1, 0
		}
		return u, true
	}
}

// runUnit runs a scenario under a seed, as often as it is to be repeated.
func (r *runner) runUnit(ctx context.Context, u unit) *outcome {
	var o *outcome
	switch {
	case u.item.err != nil:
		o = errorOutcome(u.item, u.seed, u.item.err)
	case r.repeat > 1 && u.item.scenario.Skip == "":
		o = r.runRepeated(ctx, u)
	default:
		o = r.runOnce(u, scenarios.RunOptions{Record: r.record})
	}
	if r.strict {
		o.strict()
	}
	_, o.seeds = r.seedsOf(u.item)
	return o
}

func (r *runner) runOnce(u unit, ro scenarios.RunOptions) *outcome {
	var result *scenarios.Result
	ro.Seed, ro.Update, ro.Strict = &u.seed, r.update, r.strict
	if r.histories {
		ro.History = &report.History{}
	}
	current := r.underWay.begin(u)
	defer r.underWay.end(current)
	if r.watched {
		ro.Progress = current.reached
	}
	start := time.Now()
	err := guard(r.timeout, func() { result = u.item.scenario.Run(r.apps, ro) })
	wall := time.Since(start)
	var hang *HangError
	switch {
	case errors.As(err, &hang):
		o := &outcome{item: u.item, seed: u.seed, wall: wall, deterministic: true, repeat: 1}
		o.fail(failure{kind: kindHang, message: hang.Error()})
		return o
	case err != nil:
		return errorOutcome(u.item, u.seed, err)
	}
	o := outcomeOf(u.item, result, wall)
	o.history = ro.History
	return o
}

// runRepeated runs a scenario several times and compares all events of each run
// with those of the first. The outcome is the first run's, with its wall time.
func (r *runner) runRepeated(ctx context.Context, u unit) *outcome {
	check, err := sim.NewSelfCheck()
	if err != nil {
		return errorOutcome(u.item, u.seed, err)
	}
	defer check.Close()
	var first *outcome
	for range r.repeat {
		o := r.runOnce(u, scenarios.RunOptions{Trace: check.NextRun()})
		if o.status == scenarios.Error || ctx.Err() != nil {
			return o
		}
		if first == nil {
			first = o
		}
		err := check.EndRun()
		var diff *sim.Difference
		switch {
		case errors.As(err, &diff):
			first.differs(diff)
			first.repeat = r.repeat
			return first
		case err != nil:
			return errorOutcome(u.item, u.seed, err)
		}
	}
	first.repeat = r.repeat
	return first
}

// differs adds that two runs were not the same.
func (o *outcome) differs(d *sim.Difference) {
	o.deterministic = false
	o.fail(failure{
		kind:    kindNondeterministic,
		message: fmt.Sprintf("run %d differs from run 1 at event %d, so the automation is not deterministic", d.Run, d.Event),
		details: []string{"run 1: " + d.First, fmt.Sprintf("run %d: %s", d.Run, d.Later)},
	})
}
