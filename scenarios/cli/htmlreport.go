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
}

func newHTMLReport(file *command.File, items []*item, text textReport) *htmlReport {
	title := command.Count(len(items), "scenario")
	if len(items) == 1 {
		title = items[0].name()
	}
	page := report.NewHTML(file, report.Options{Title: title, Program: command.Version("simrun"), Created: time.Now()})
	return &htmlReport{page: page, text: text}
}

func (r *htmlReport) outcome(*outcome) error { return nil }

func (r *htmlReport) group(g *group) error {
	shown := g.bad
	if len(shown) == 0 && g.first != nil {
		shown = []*outcome{g.first}
	}
	for _, o := range shown {
		if err := r.page.Add(r.run(g, o)); err != nil {
			return err
		}
		o.history = nil // written; the rest of the report can do without
	}
	return nil
}

func (r *htmlReport) end(*summary) error { return r.page.Close() }

// run is an outcome as a page shows it.
func (r *htmlReport) run(g *group, o *outcome) *report.Run {
	run := &report.Run{
		Name: o.item.name(), File: o.item.file, Status: report.Status(o.status), Seed: o.seed, Digest: o.digest,
		Start: o.start, Length: o.virtual, Wall: o.wall, In: o.in, Out: o.out,
		Warnings: o.warnings, Log: o.log, History: o.history,
	}
	if g.runs > 1 {
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
