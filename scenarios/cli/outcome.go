package cli

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
)

// outcome is one run of one scenario under one seed, as the reports tell it.
type outcome struct {
	item          *item
	status        scenarios.Status
	seed          uint64
	seeds         int    // under how many its scenario runs
	digest        string // "" when nothing ran
	virtual       time.Duration
	wall          time.Duration
	in, out       int
	deterministic bool
	warnings      []string
	failures      []failure // with status error: why it could not run
	log           []string
	updated       string // the golden file that was written; "" for none
	exit          int
	repeat        int             // how often it was to run; 1: once
	history       *report.History // of --html; nil: not kept
	start         time.Time       // the date at instant 0
}

// failure is one reason why a scenario did not pass.
type failure struct {
	kind    string
	message string // one sentence
	details []string
	around  []string // what was said around it
	topic   string
	at      time.Duration
	file    string
	line    int // of the file; 0: the whole of it
	text    string
}

// kinds of failures that are made here.
const (
	kindNondeterministic = "nondeterministic"
	kindHang             = "timeout"
	kindWarning          = "warning"
	kindFile             = "file"
	kindError            = "error"
)

// outcomeOf takes over a result.
func outcomeOf(i *item, r *scenarios.Result, wall time.Duration) *outcome {
	o := &outcome{
		item: i, status: r.Status, seed: r.Seed, digest: r.Digest, virtual: r.Virtual, wall: wall, in: r.In, out: r.Out,
		deterministic: r.Deterministic(), warnings: r.Warnings, log: r.Log, updated: r.Updated, start: r.Start,
		exit: r.ExitCode(), repeat: 1,
	}
	for _, f := range r.Failures {
		o.failures = append(o.failures, failure{
			kind: f.Kind, message: f.Message, details: f.Details, around: f.Around, topic: f.Topic, at: f.At, file: i.file, line: f.Pos.Line,
		})
	}
	if r.Status == scenarios.Skipped {
		o.wall = 0
	}
	if r.Status == scenarios.Error {
		o.digest, o.wall = "", 0
		o.failures = errorFailures(i, r.Err)
	}
	return o
}

// errorOutcome is for a scenario that could not run at all.
func errorOutcome(i *item, seed uint64, err error) *outcome {
	return &outcome{
		item: i, status: scenarios.Error, seed: seed, deterministic: true, failures: errorFailures(i, err), exit: exitCode(err), repeat: 1,
	}
}

// errorFailures are the faults of a file, or the one error that it is.
func errorFailures(i *item, err error) (out []failure) {
	for _, f := range faultsOf(err) {
		out = append(out, failure{kind: kindFile, message: f.Message, file: f.File, line: f.Line, text: f.Error()})
	}
	if out == nil {
		text := command.OneSentence(err)
		out = []failure{{kind: kindError, message: text, file: i.file, text: i.file + ": " + text}}
	}
	return out
}

// fail adds a failure to a run that was well.
func (o *outcome) fail(f failure) {
	f.file = o.item.file
	o.failures = append(o.failures, f)
	o.status, o.exit = scenarios.Failed, worse(o.exit, command.Failed)
}

// strict makes failures of warnings.
func (o *outcome) strict() {
	if o.status != scenarios.Passed && o.status != scenarios.Failed {
		return
	}
	for _, w := range o.warnings {
		o.fail(failure{kind: kindWarning, message: "warning: " + w})
	}
}

// line is where a failure stands in its file, the first line for the whole file.
func (f *failure) place() int { return max(f.line, 1) }

// onlyGolden reports whether a run failed by its golden file and nothing else, so
// that writing the file anew would mend it.
func (o *outcome) onlyGolden() bool {
	return o.repeat == 1 && !slices.ContainsFunc(o.failures, func(f failure) bool { return f.kind != "golden" })
}

// bad reports whether the scenario did not pass.
func (o *outcome) bad() bool { return o.status == scenarios.Failed || o.status == scenarios.Error }
