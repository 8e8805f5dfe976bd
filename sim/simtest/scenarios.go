package simtest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
)

// Scenarios runs every scenario file that the pattern (see filepath.Match)
// names as a subtest, with these automations. A pattern that names none is a
// failure.
func Scenarios(t *testing.T, pattern string, apps ...scenarios.Entry) {
	t.Helper()
	ScenariosWith(t, pattern, ScenarioOptions{Apps: apps})
}

// ScenarioOptions say how scenario files are run.
type ScenarioOptions struct {
	Apps []scenarios.Entry
	// Seeds are in place of the scenarios' own; each is a subtest of its file's.
	// Empty: one run under the scenario's own.
	Seeds []uint64
}

// ScenariosWith is Scenarios with options. With several seeds no golden file is
// written.
func ScenariosWith(t *testing.T, pattern string, o ScenarioOptions) {
	t.Helper()
	if len(o.Seeds) > 1 && updating() {
		t.Fatal("a golden file is written by one run: give one seed, or none, to update it")
	}
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario files match %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			s, err := scenarios.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Seeds) == 0 {
				runScenario(t, s, o.Apps, nil)
			}
			for _, seed := range o.Seeds {
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { runScenario(t, s, o.Apps, &seed) })
			}
		})
	}
}

func runScenario(t *testing.T, s *scenarios.Scenario, apps []scenarios.Entry, seed *uint64) {
	t.Helper()
	o := scenarios.RunOptions{Seed: seed, Update: updating()}
	page := openPage(t)
	if page != nil {
		o.History = &report.History{}
	}
	r := s.Run(apps, o)
	if page != nil {
		if err := page.write(scenarioRun(t, r, o.History)); err != nil {
			t.Error(err)
		}
	}
	tellResult(t, r)
}

// tellResult says how a scenario came out.
func tellResult(t *testing.T, r *scenarios.Result) {
	t.Helper()
	for _, warning := range r.Warnings {
		t.Log("warning: " + warning)
	}
	if r.Updated != "" {
		t.Log("wrote " + r.Updated)
	}
	if r.Digest != "" {
		t.Logf("%s of virtual time, messages: %d in, %d out, seed %d, digest %.12s", clock.FormatDuration(r.Virtual), r.In, r.Out, r.Seed, r.Digest)
	}
	switch r.Status {
	case scenarios.Skipped:
		t.Skip(r.Scenario.Skip)
	case scenarios.Error:
		t.Error(r.Err)
	case scenarios.Failed:
		t.Error(failureText(t, r))
	}
}

// failureText is what a scenario has failed, as simrun tells it.
func failureText(t *testing.T, r *scenarios.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Scenario.Name)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "  %s: %s: %s\n", place(r.Scenario.File, f.Pos), f.Kind, f.Message)
		for _, line := range slices.Concat(f.Details, f.Around) {
			fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(line, "\n", "\n      "))
		}
	}
	if len(r.Log) > 0 {
		b.WriteString("  the last that the automations logged:\n")
		for _, line := range r.Log {
			fmt.Fprintf(&b, "      %s\n", line)
		}
	}
	fmt.Fprintf(&b, "  repeat it: %s", repeatCommand(t.Name()))
	return b.String()
}

// place is a file and, where there is one, the line in it.
func place(file string, p scenarios.Pos) string {
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, p.Line)
}
