package simtest

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/expect"
	"github.com/hubtape/hubtape/sim/golden"
)

// Like is a message for an expectation: Pattern says what topic and payload
// mean. Its method In gives it a window of virtual time.
func (w *World) Like(topic, payload string) expect.Item {
	w.t.Helper()
	p := w.Pattern(topic, payload)
	return expect.Item{Pattern: &p}
}

// ExpectOrdered wants each of the messages to be said in the whole run, one after
// the other.
func (w *World) ExpectOrdered(items ...expect.Item) {
	w.t.Helper()
	w.expect(expectation{label: "ordered", items: items, judge: expect.NewOrdered(items)})
}

// ExpectUnordered wants each of the messages to be said in the whole run; none
// stands for two of them.
func (w *World) ExpectUnordered(items ...expect.Item) {
	w.t.Helper()
	w.expect(expectation{label: "unordered", items: items, judge: expect.NewUnordered(items)})
}

// ExpectNever wants none of the messages to be said in the whole run. It is
// judged also when the test has failed before its end.
func (w *World) ExpectNever(items ...expect.Item) {
	w.t.Helper()
	for i, item := range items {
		w.expect(expectation{label: "never", items: items[i : i+1], judge: expect.NewNever(item)})
	}
}

// ExpectSameAsTape wants the apps to say on the outputs what the tape that was
// fed last has there, as far as the run goes. The outputs must not be fed: give
// them to Feed's Selection as Exclude.
func (w *World) ExpectSameAsTape(o expect.SameOptions) {
	w.t.Helper()
	if w.fed == nil {
		w.t.Fatal("ExpectSameAsTape: no tape is fed: call Feed before")
	}
	outputs := mqtt.Selection{Include: o.Outputs}
	w.must(outputs.Validate())
	same, err := expect.NewSame(o, w.fed.Cursor(recorder.Query{Topics: outputs, Kinds: recorder.MessageKinds()}), 0)
	w.must(err)
	w.expect(expectation{label: "same_as_tape", text: "tolerance " + clock.FormatDuration(o.Tolerance), judge: same})
}

// ExpectGolden wants what is said to be what a golden file has (see package
// golden), by default all that apps say. The file is named relative to the
// package's folder, as all files of a test. With -hubtape.update, or an -update
// of the test's own, the file is written instead, if the test has not failed.
func (w *World) ExpectGolden(file string, o golden.Options) {
	w.t.Helper()
	w.fresh()
	w.must(o.Validate())
	g := &goldenFile{path: file, options: o, heard: golden.NewRecorder(o)}
	if !updating() {
		var err error
		g.file, err = readGolden(file)
		w.must(err)
	}
	w.Listen(g.heard.Hear)
	w.golden = append(w.golden, g)
}

// expectation is one that is judged at the end.
type expectation struct {
	label string
	items []expect.Item // none: it is not about single messages
	text  string        // in place of theirs
	judge expect.Judge
}

// always reports whether it is judged of a run that was cut short: such a run
// misses much, and what must not be counts all the same.
func (x *expectation) always() bool { return x.label == "never" }

// expect lets an expectation hear the run.
func (w *World) expect(x expectation) {
	w.t.Helper()
	w.fresh()
	w.Listen(x.judge.Hear)
	w.expectations = append(w.expectations, x)
}

// fresh ends the test when a step was taken already: what is said before an
// expectation would not be seen by it.
func (w *World) fresh() {
	w.t.Helper()
	if w.begun {
		w.t.Fatal("an expectation over the whole run is said before the first step (and the first Publish)")
	}
}

// judge returns what the whole run has failed. Of a run that was cut short only
// what always counts: one reason is enough.
func (w *World) judge(end time.Duration, cut bool) (failures []*sim.Failure) {
	for i := range w.expectations {
		x := &w.expectations[i]
		if cut && !x.always() {
			continue
		}
		verdict := x.judge.Verdict(end)
		w.keepExpectation(x, verdict, end)
		for i, f := range verdict {
			if i == 0 { // the others are much alike
				w.explain(f.Failure, end)
			}
			failures = append(failures, f.Failure)
		}
	}
	return failures
}

// keepExpectation adds the windows of an expectation to the page.
func (w *World) keepExpectation(x *expectation, verdict []expect.Failure, end time.Duration) {
	if len(x.items) == 0 {
		w.keepSpan(report.Span{To: end, Label: x.label, Text: x.text, Failed: len(verdict) > 0})
	}
	for i, item := range x.items {
		s := report.Span{To: end, Label: x.label, Text: item.Pattern.String(), Topic: item.Pattern.Topic}
		if item.Between != nil {
			s.From, s.To = min(item.Between.From, end), min(item.Between.To, end)
		}
		s.Failed = slices.ContainsFunc(verdict, func(f expect.Failure) bool { return f.Item == i })
		w.keepSpan(s)
	}
}

func (w *World) keepSpan(s report.Span) {
	if h := w.options.History; h != nil {
		s.Kind = report.ExpectationSpan
		h.Spans = append(h.Spans, s)
	}
}

// explain adds what was said around a failure: of a message that came, up to it;
// of one that did not come, up to the end.
func (w *World) explain(f *sim.Failure, end time.Duration) {
	if f.Topic == "" {
		return
	}
	scene := sim.Scene{Filter: f.Topic, From: f.At, To: f.At}
	if f.Kind == "ordered" || f.Kind == "unordered" {
		scene.From, scene.To = 0, end
	}
	f.Around = w.Around(scene)
}
