package simtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
)

// page is the file that shows what happened in a world.
type page struct {
	path  string
	began time.Time
}

// pages counts the worlds of each test that runs.
var pages = struct {
	sync.Mutex
	worlds map[string]int
}{worlds: map[string]int{}}

// openPage names the page of a world that begins; nil where none is asked for.
func openPage(t testing.TB) *page {
	if *htmlDir == "" {
		return nil
	}
	pages.Lock()
	defer pages.Unlock()
	test := t.Name()
	name := pageName(test)
	if pages.worlds[test]++; pages.worlds[test] == 1 {
		t.Cleanup(func() { forgetPages(test) })
	} else {
		name += fmt.Sprintf("-%d", pages.worlds[test])
	}
	return &page{path: filepath.Join(*htmlDir, name+".html"), began: time.Now()}
}

// forgetPages makes a test that runs again (-count) write the same pages again.
func forgetPages(test string) {
	pages.Lock()
	defer pages.Unlock()
	delete(pages.worlds, test)
}

// write writes the page of a run.
func (p *page) write(run *report.Run) (err error) {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(p.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	run.Wall = time.Since(p.began)
	html := report.NewHTML(f, report.Options{Title: run.Name, Program: "go test", Created: p.began})
	if err := html.Add(run); err != nil {
		return err
	}
	return html.Close()
}

// writePage writes the page of a world that has ended.
func (w *World) writePage(end time.Duration, warnings []string) {
	w.t.Helper()
	run := &report.Run{
		Name: w.t.Name(), Status: statusOf(w.t), Seed: w.options.Seed, Digest: w.Digest(), Start: w.start(), Length: end,
		In: w.Stats().In, Out: w.Stats().Out, Warnings: warnings, Log: w.log.Lines(), Repeat: repeatCommand(w.t.Name()), History: w.options.History,
	}
	for _, f := range w.failed {
		run.Failures = append(run.Failures, report.Failure{Kind: f.Kind, Message: f.Message, Details: f.Details, Around: f.Around, At: f.At, Topic: f.Topic})
	}
	if run.Status == report.Failed && len(run.Failures) == 0 {
		run.Failures = []report.Failure{{Kind: "test", Message: "the test failed by itself: go test says why", At: end}}
	}
	if err := w.page.write(run); err != nil {
		w.t.Error(err)
	}
}

// start is the date at instant 0.
func (w *World) start() time.Time { return w.Wall().Add(-w.Now()) }

func statusOf(t testing.TB) report.Status {
	switch {
	case t.Failed():
		return report.Failed
	case t.Skipped():
		return report.Skipped
	}
	return report.Passed
}

// scenarioRun is a scenario's result as a page shows it.
func scenarioRun(t *testing.T, r *scenarios.Result, history *report.History) *report.Run {
	s := r.Scenario
	run := &report.Run{
		Name: s.Name, File: s.File, Tags: s.Tags, Skip: s.Skip, Status: report.Status(r.Status), Seed: r.Seed, Digest: r.Digest,
		Start: r.Start, Length: r.Virtual, In: r.In, Out: r.Out, Warnings: r.Warnings, Log: r.Log,
		Repeat: repeatCommand(t.Name()), History: history,
	}
	if r.Err != nil {
		run.Failures = []report.Failure{{Kind: "error", Message: "it could not run", Details: []string{r.Err.Error()}}}
	}
	for _, f := range r.Failures {
		run.Failures = append(run.Failures, report.Failure{
			Kind: f.Kind, Message: f.Message, Details: f.Details, Around: f.Around, At: f.At, Topic: f.Topic, Line: f.Pos.Line,
		})
	}
	return run
}
