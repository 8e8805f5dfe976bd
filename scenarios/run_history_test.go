package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// historyOf runs a scenario's text beside the tape and keeps what happened.
func historyOf(t *testing.T, text string) (*scenarios.Result, *report.History) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tape.jsonl"), []byte(tape), 0o600))
	s, err := scenarios.Parse(filepath.Join(dir, "hall.yaml"), []byte(text))
	require.NoError(t, err)
	h := &report.History{}
	return s.Run(apps, scenarios.RunOptions{History: h}), h
}

// A history has what was said and by whom, who came, and what was asked for.
func TestHistory(t *testing.T) {
	r, h := historyOf(t, `
name: hall
description: |
  The light is on
  at once.
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl, app_outputs: [light/set]}
steps:
  - route_until: {topic: light/set, json: {state: "ON"}, within: 2s}
  - publish: {topic: motion, payload: now}
  - advance: 10s
  - never: {topic: light/set, json: {state: "OFF"}, for: 30s}
  - advance: {to: "00:02"}
  - replay: {until: 3m}
  - count: {topic: light/set, max: 1, for: 1s}
expect:
  ordered: [{topic: light/set, between: [1s, 2s]}, {topic: light/set, where: 'payload.state == "BLUE"'}]
  never: [{topic: heater/set}]
`)
	require.Equal(t, "The light is on at once.", r.Scenario.Description)
	require.Equal(t, scenarios.Failed, r.Status)
	var spans []string
	for _, s := range h.Spans {
		require.Equal(t, s.Kind == report.StepSpan, s.Line < 17, s.Text)
		failed := ""
		if s.Failed {
			failed = " FAILED"
		}
		spans = append(spans, s.From.String()+" "+s.To.String()+" "+s.Label+" "+s.Text+" ("+s.Topic+")"+failed)
	}
	require.Equal(t, strings.Split(`0s 1s route_until light/set json {"state":"ON"} within 2s (light/set)
1s 1s publish motion now (motion)
1s 11s advance 10s ()
11s 41s never light/set json {"state":"OFF"} for 30s (light/set)
41s 2m0s advance to 00:02 ()
2m0s 3m0s replay until 3m ()
3m0s 3m1s count light/set for 1s (light/set)
1s 2s ordered light/set (light/set)
0s 3m1s ordered light/set where payload.state == "BLUE" (light/set) FAILED
0s 3m1s never heater/set (heater/set)`, "\n"), spans)

	events, _, omitted := h.Events()
	require.Zero(t, omitted)
	said := map[report.EventKind][]string{}
	for _, e := range events {
		said[e.Kind] = append(said[e.Kind], strings.TrimSpace(e.At.String()+" "+e.Source+" "+e.Topic+" "+string(e.Payload)))
	}
	require.Equal(t, []string{
		"0s tape bridge/state online", "1s tape motion {}", `1s app light/set {"state":"ON","transition":1}`,
		"1s scenario motion now", `1s app light/set {"state":"ON","transition":1}`, "1m0s tape motion {}",
		`1m0s app light/set {"state":"ON","transition":1}`,
	}, said[report.Message])
	require.Contains(t, said[report.Connect], "0s app")
	require.Contains(t, said[report.Subscribe], "0s app motion")
}

// What a failure looks ahead to is no part of the run; the log ends where it
// failed.
func TestHistoryEndsWithTheFailure(t *testing.T) {
	r, h := historyOf(t, `
name: hall
app: hall
params: {delay: 5m, late: 2s}
tape: {file: tape.jsonl}
steps:
  - route_until: {topic: light/set, json: {state: "ON"}, within: 2s}
`)
	require.Equal(t, scenarios.Failed, r.Status)
	events, _, _ := h.Events()
	last := len(events) - 1
	require.LessOrEqual(t, events[last-1].At, 2*time.Second)
	require.Equal(t, report.Event{
		At: 3 * time.Second, Kind: report.Note, Client: "hall", Source: "app", Topic: "light/set",
		Text: `came 1s too late: {"state":"ON","transition":1}`,
	}, events[last], "but what came too late is noted")
	require.Len(t, h.Spans, 1)
	require.True(t, h.Spans[0].Failed)
	f := r.Failures[0]
	require.Equal(t, "light/set", f.Topic)
	require.Contains(t, strings.Join(f.Details, "\n"), "it came 1s too late")
	require.Contains(t, strings.Join(f.Around, "\n"), "1s  motion        {} (tape)")
	require.Equal(t, []string{"at=1s level=INFO msg=motion app=hall"}, r.Log)
}

// Neither does what came while looking ahead change the log, nor how long what is
// judged at the end was looked for.
func TestLookingAheadIsNoPartOfTheRun(t *testing.T) {
	r, h := historyOf(t, `
name: hall
app: hall
params: {delay: 5m, late: 2s}
tape: {file: tape.jsonl}
steps:
  - route_until: {topic: light/set, json: {state: "BLUE"}, within: 500ms}
expect:
  ordered: [{topic: heater/set}]
  never: [{topic: heater/set}]
`)
	require.Contains(t, r.Failures[0].Details, "it did not come in the 1h0m0s after that either")
	require.Empty(t, r.Log)
	require.Len(t, h.Spans, 2)
	require.Equal(t, r.Virtual, h.Spans[1].To)
}

// An automation that panics before it says it would never have said it.
func TestPanicWhileLookingAhead(t *testing.T) {
	r, _ := historyOf(t, `
name: hall
app: hall
params: {panics: true}
tape: {file: tape.jsonl, exclude: [light/set]}
steps:
  - route_until: {topic: light/set, within: 500ms}
`)
	require.Contains(t, r.Failures[0].Details, `it did not come after that either, until task "hall" panicked at 1s: no light`)
	require.Len(t, r.Failures, 1)
	require.Empty(t, r.Warnings)
}

// What a failure looks ahead to is not in the windows of what is judged all the
// same, those that begin later included, nor in the warnings.
func TestWindowsEndWithTheRun(t *testing.T) {
	r, h := historyOf(t, `
name: hall
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl}
steps:
  - route_until: {topic: light/set, where: payload.state > 5, within: 500ms}
expect:
  never: [{topic: heater/set}, {topic: heater/set, between: [10m, 20m]}]
`)
	require.Equal(t, scenarios.Failed, r.Status)
	require.Equal(t, 500*time.Millisecond, r.Virtual)
	require.Len(t, h.Spans, 3)
	for _, s := range h.Spans {
		require.LessOrEqual(t, s.From, s.To, s.Label)
		require.LessOrEqual(t, s.To, r.Virtual, s.Label)
	}
	require.Empty(t, r.Log)
	require.NotContains(t, strings.Join(r.Warnings, "\n"), "where")
}

// Nor is it on the tape of the run.
func TestLookingAheadIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	s, err := scenarios.Parse(filepath.Join(dir, "hall.yaml"), []byte(`
name: hall
steps:
  - publish: {topic: motion, payload: now}
  - route_until: {topic: light/set, within: 2s}
app: hall
params: {delay: 5m, late: 5s}
`))
	require.NoError(t, err)
	path := filepath.Join(dir, "run.hubtape")
	var w *recorder.Writer
	r := s.Run(apps, scenarios.RunOptions{Record: func(start time.Time) (*recorder.Writer, error) {
		w, err = recorder.Create(path, recorder.Options{Start: start})
		return w, err
	}})
	require.NoError(t, w.Close())
	require.Contains(t, strings.Join(r.Failures[0].Details, "\n"), "it came 3s too late")
	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer tape.Close()
	require.LessOrEqual(t, tape.Info().Duration, 2*time.Second)
}

// Every expectation that is judged at the end says what was said around it.
func TestAroundExpectations(t *testing.T) {
	for name, c := range map[string]struct{ expect, around string }{
		"ordered":      {`ordered: [{topic: light/set, json: {state: "BLUE"}, between: [0s, 5m]}]`, "looked for"},
		"unordered":    {`unordered: [{topic: heater/set}]`, "the last that was said on heater/set, and around it:"},
		"never":        {`never: [{topic: light/set, json: {state: "OFF"}}]`, `6m  light/set     {"state":"OFF"} (app)`},
		"same as tape": {`same_as_tape: {tolerance: 1ms, ignore: [transition]}`, "the last that was said on light/set, and around it:"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := historyOf(t, "name: hall\napp: hall\nparams: {delay: 5m}\ntape: {file: tape.jsonl, app_outputs: [light/set]}\nexpect: {"+c.expect+"}\n")
			require.Equal(t, scenarios.Failed, r.Status)
			around := strings.Join(r.Failures[0].Around, "\n")
			require.Contains(t, around, c.around)
			if name == "never" {
				require.NotContains(t, around, "6m40s", "it is shown when it came, not when the run ended")
			}
		})
	}
}
