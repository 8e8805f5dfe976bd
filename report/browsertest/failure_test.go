package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// broken is a run of ten hours, with a message each minute, that failed so.
func broken(span report.Span, failure report.Failure) *report.Run {
	r := &report.Run{Name: "broken", File: "x.yaml", Status: report.Failed, Length: 10 * time.Hour, Failures: []report.Failure{failure}}
	span.Failed = true
	r.History = &report.History{Spans: []report.Span{{Kind: report.StepSpan, To: r.Length, Label: "replay", Line: 3}, span}}
	for at := time.Duration(0); at <= r.Length; at += time.Minute {
		r.History.Add(report.Event{At: at, Topic: "a/other", Payload: []byte("1")})
	}
	return r
}

// A failure is shown with its window, and with the moment that it is about.
func TestFailureIsShownWhereItWas(t *testing.T) {
	const line = 7
	step := report.Span{Kind: report.StepSpan, Label: "route_until", Line: line}
	expectation := report.Span{Kind: report.ExpectationSpan, Label: "never", Line: line}
	lasting := func(s report.Span, from, to time.Duration) report.Span {
		s.From, s.To = from, to
		return s
	}
	for name, x := range map[string]struct {
		span     report.Span
		at       time.Duration
		from, to time.Duration // what is to be seen
		most     time.Duration // in how much
	}{
		"a step that was not met":                {lasting(step, time.Hour, 2*time.Hour), 2 * time.Hour, time.Hour, 2 * time.Hour, 2 * time.Hour},
		"an expectation broken within the run":   {lasting(expectation, 0, 10*time.Hour), 4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 10 * time.Minute},
		"an expectation whose time ran out":      {lasting(expectation, time.Hour, 2*time.Hour), 2 * time.Hour, time.Hour, 2 * time.Hour, 2 * time.Hour},
		"an expectation with a match outside it": {lasting(expectation, time.Hour, 2*time.Hour), 3 * time.Hour, time.Hour, 3 * time.Hour, 4 * time.Hour},
		"a step without a length":                {lasting(step, time.Hour, time.Hour), time.Hour, time.Hour, time.Hour, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, "#run=0&failure=0", broken(x.span, report.Failure{Kind: x.span.Label, Message: name, At: x.at, Line: line}))
			p.drawn()
			from, to := settled(p)
			require.Less(t, from, x.from.Seconds())
			require.Greater(t, to, x.to.Seconds())
			require.Less(t, to-from, x.most.Seconds())
		})
	}
}

// What came too late is shown with the step that waited for it.
func TestLateMessageIsShown(t *testing.T) {
	r := broken(
		report.Span{Kind: report.StepSpan, From: 9 * time.Hour, To: 10 * time.Hour, Label: "route_until", Line: 7},
		report.Failure{Kind: "route_until", Message: "did not come", At: 10 * time.Hour, Topic: "a/+/set", Line: 7},
	)
	late := 10*time.Hour + 20*time.Minute
	r.History.Add(report.Event{At: late, Kind: report.Note, Topic: "a/lamp/set", Text: "came 20m0s too late: ON"})
	p := open(t, "#run=0&failure=0", r)
	p.drawn()
	from, to := settled(p)
	require.Less(t, from, (9 * time.Hour).Seconds())
	require.Greater(t, to, late.Seconds())
	p.shot("late")
	require.Equal(t, "came 20m0s too late: ON a/lamp/set", eval[string](p, fmt.Sprintf(`paint.markText({kind: %d, topic: "a/lamp/set", note: "came 20m0s too late: ON"})`, report.Note)))
}
