package cli

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
)

// htmlReport writes a page: of each scenario the runs that did not pass, else
// the first.
type htmlReport struct {
	page *report.HTML
	text textReport // for the commands that repeat a failure
	bad  int        // runs of the present scenario that are on the page
}

func newHTMLReport(file *command.File, items []*item, text textReport) *htmlReport {
	title := command.Count(len(items), "scenario")
	if len(items) == 1 {
		title = items[0].name()
	}
	page := report.NewHTML(file, report.Options{Title: title, Program: command.Version("simrun"), Created: time.Now()})
	return &htmlReport{page: page, text: text}
}

// outcome writes a run that did not pass at once: histories are large, and under
// many seeds there are many.
func (r *htmlReport) outcome(o *outcome) error {
	if !o.bad() {
		return nil
	}
	if r.bad++; r.bad > maxSeedsTold {
		o.history = nil
		return nil
	}
	return r.add(o)
}

func (r *htmlReport) group(g *group) error {
	good := r.bad == 0
	r.bad = 0
	if good && g.first != nil {
		return r.add(g.first)
	}
	return nil
}

func (r *htmlReport) add(o *outcome) error {
	err := r.page.Add(r.run(o))
	o.history = nil // written; the rest of the report can do without
	return err
}

func (r *htmlReport) end(*summary) error { return r.page.Close() }

// run is an outcome as a page shows it.
func (r *htmlReport) run(o *outcome) *report.Run {
	run := &report.Run{
		Name: o.item.name(), File: o.item.file, Status: report.Status(o.status), Seed: o.seed, Digest: o.digest,
		Start: o.start, Length: o.virtual, Wall: o.wall, In: o.in, Out: o.out,
		Warnings: o.warnings, Log: o.log, History: o.history,
	}
	if o.seeds > 1 {
		run.Name += fmt.Sprintf(" (seed %d)", o.seed)
	}
	if s := o.item.scenario; s != nil {
		run.Description, run.Tags, run.Skip = s.Description, s.Tags, s.Skip
	}
	if o.status == scenarios.Passed || o.status == scenarios.Failed {
		run.Repeat = r.text.repeatCommand(o)
	}
	for i := range o.failures {
		f := &o.failures[i]
		failure := report.Failure{Kind: f.kind, Message: f.message, Details: f.details, Around: f.around, At: f.at, Topic: f.topic, Line: f.line}
		if f.text != "" {
			failure.Details = append(failure.Details, f.text)
		}
		run.Failures = append(run.Failures, failure)
	}
	return run
}
