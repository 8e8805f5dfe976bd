package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
)

// keepStep adds a step that was taken to the history.
func (r *run) keepStep(step Step, from time.Duration, failed bool) {
	h := r.options.History
	if h == nil {
		return
	}
	text, topic := describeStep(step)
	h.Spans = append(h.Spans, report.Span{
		Kind: report.StepSpan, From: from, To: r.world.Now(), Label: step.Kind(), Text: text, Topic: topic,
		Line: step.At().Line, Failed: failed,
	})
}

// describeStep is what a step asks for, on one line, and the filter of the
// messages it is about, if it is about any.
func describeStep(step Step) (text, topic string) {
	switch step := step.(type) {
	case *Publish:
		return fmt.Sprintf("%s %.200s", step.Topic, step.Payload), step.Topic
	case *RouteUntil:
		return step.Pattern.String() + lasting(" within ", step.Within), step.Pattern.Topic
	case *Advance:
		if step.To != nil {
			return "to " + step.To.String(), ""
		}
		return clock.FormatDuration(step.By), ""
	case *Replay:
		return strings.TrimSpace(lasting("until ", step.Until)), ""
	case *Never:
		return step.Pattern.String() + lasting(" for ", step.For), step.Pattern.Topic
	case *Count:
		return step.Pattern.String() + lasting(" for ", step.For), step.Pattern.Topic
	case *Retained:
		return step.Pattern.String(), step.Pattern.Topic
	}
	return "", ""
}

func lasting(word string, d *time.Duration) string {
	if d == nil {
		return ""
	}
	return word + clock.FormatDuration(*d)
}

// keepLate adds a message that came after its deadline to the history. It is a
// note: the run had ended.
func (r *run) keepLate(late *sim.Seen, deadline time.Duration) {
	if h := r.options.History; h != nil {
		h.Add(report.Event{
			At: late.At, Kind: report.Note, Client: late.Client, Source: late.Source, Topic: late.Message.Topic,
			Text: fmt.Sprintf("came %v too late: %.200s", late.At-deadline, late.Message.Payload),
		})
	}
}

// keepExpectations adds the windows of what was judged at the end to the
// history. Of a run that was cut short that is only what must never be said.
func (r *run) keepExpectations(end time.Duration, met bool) {
	h, e := r.options.History, r.scenario.Expect
	if h == nil || e == nil {
		return
	}
	keep := func(label, text, topic string, window *Window, p Pos) {
		s := report.Span{Kind: report.ExpectationSpan, To: end, Label: label, Text: text, Topic: topic, Line: p.Line}
		if window != nil {
			s.From, s.To = min(window.From, end), min(window.To, end)
		}
		s.Failed = slices.ContainsFunc(r.result.Failures, func(f Failure) bool { return f.Pos == p })
		h.Spans = append(h.Spans, s)
	}
	for _, x := range e.items() {
		if !met && x.kind != "never" {
			continue
		}
		keep(x.kind, x.Pattern.String(), x.Pattern.Topic, x.Between, x.Pos)
	}
	if s := e.SameAsTape; s != nil && met {
		keep("same_as_tape", "tolerance "+clock.FormatDuration(s.Tolerance), "", nil, s.Pos)
	}
	if g := e.Golden; g != nil && met {
		keep("golden", g.File, "", nil, g.Pos)
	}
}

// item is an expectation with the list it stands in.
type item struct {
	*Expectation
	kind string
}

// items are the expectations about single messages.
func (e *Expect) items() (all []item) {
	for i := range e.Ordered {
		all = append(all, item{&e.Ordered[i], "ordered"})
	}
	for i := range e.Unordered {
		all = append(all, item{&e.Unordered[i], "unordered"})
	}
	for i := range e.Never {
		all = append(all, item{&e.Never[i], "never"})
	}
	return all
}
