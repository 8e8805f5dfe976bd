package simtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
)

// step is what a test does with a world, as its page tells it.
type step struct {
	label, text, topic string
}

// take takes a step, and ends the test when it is not met.
func (w *World) take(s step, run func() error) {
	w.t.Helper()
	w.begun = true
	from := w.Now()
	returned := false
	defer func() {
		if !returned {
			w.t.Helper()
			w.exited(s, from)
		}
	}()
	err := run()
	returned = true
	w.keepStep(s, from, err != nil)
	w.must(err)
}

func (w *World) keepStep(s step, from time.Duration, failed bool) {
	if h := w.options.History; h != nil {
		h.Spans = append(h.Spans, report.Span{Kind: report.StepSpan, From: from, To: w.Now(), Label: s.label, Text: s.text, Topic: s.topic, Failed: failed})
	}
}

// exited is called while a callback of an app ends the test's goroutine: with an
// assertion, which has failed the test, or with a Goexit of its own, which go test
// would take for the end of all tests.
func (w *World) exited(s step, from time.Duration) {
	w.t.Helper()
	var exit *clock.TaskExit
	if !errors.As(w.Clock().Err(), &exit) {
		return // a panic on the test's own goroutine
	}
	f := &sim.Failure{Kind: "exit", At: w.Now(), Err: exit, Message: fmt.Sprintf(
		"a callback of %q ended the test at %v, in %s %s", exit.Task, w.Now(), s.label, s.text)}
	switch {
	case w.t.Skipped():
		w.t.Log(f.Message)
	case w.t.Failed():
		w.keepStep(s, from, true)
		w.failed = append(w.failed, f)
		w.t.Log(w.tell(f))
	default:
		f.Message += " with runtime.Goexit; return from it instead"
		w.keepStep(s, from, true)
		w.must(f)
	}
}

// Publish places a message, said by the scenario; the world runs in the next
// waiting step.
func (w *World) Publish(topic, payload string) {
	w.t.Helper()
	w.take(step{"publish", fmt.Sprintf("%s %.200s", topic, payload), topic}, func() error {
		return w.World.Publish(mqtt.Message{Topic: topic, Payload: []byte(payload)})
	})
}

// RouteUntil runs the world until an app or device says something like that on
// the topic (a filter), at most within. Pattern says what payload means.
func (w *World) RouteUntil(topic, payload string, within time.Duration) {
	w.t.Helper()
	p := w.Pattern(topic, payload)
	w.take(step{"route_until", p.String() + lasting(" within ", within), topic}, func() error {
		return w.World.RouteUntil(sim.Message(p), within)
	})
}

// Until runs the world until holds is true, at most within; text says what it
// stands for.
func (w *World) Until(text string, holds func() bool, within time.Duration) {
	w.t.Helper()
	w.take(step{"until", text + lasting(" within ", within), ""}, func() error {
		return w.World.RouteUntil(sim.That(text, holds), within)
	})
}

// Never runs the world for d, in which no app or device may say such a thing.
func (w *World) Never(topic, payload string, d time.Duration) {
	w.t.Helper()
	p := w.Pattern(topic, payload)
	w.take(step{"never", p.String() + lasting(" for ", d), topic}, func() error { return w.World.Never(p, d) })
}

// Always runs the world for d, in which holds must stay true.
func (w *World) Always(text string, holds func() bool, d time.Duration) {
	w.t.Helper()
	w.take(step{"always", text + lasting(" for ", d), ""}, func() error { return w.World.Always(sim.That(text, holds), d) })
}

// Count runs the world for d and wants least to most such messages; a negative
// most is no limit.
func (w *World) Count(topic, payload string, least, most int, d time.Duration) {
	w.t.Helper()
	p := w.Pattern(topic, payload)
	w.take(step{"count", p.String() + lasting(" for ", d), topic}, func() error { return w.World.Count(p, least, most, d) })
}

// Retained wants a retained message like that.
func (w *World) Retained(topic, payload string) {
	w.t.Helper()
	p := w.Pattern(topic, payload)
	w.take(step{"retained", p.String(), topic}, func() error { return w.World.Retained(p) })
}

// Advance lets time pass for d.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	w.take(step{"advance", clock.FormatDuration(d), ""}, func() error { return w.World.Advance(d) })
}

// Replay runs until the tape stands at until; sim.ToTheEnd: to its end.
func (w *World) Replay(until time.Duration) {
	w.t.Helper()
	w.take(step{"replay", lasting("until ", until), ""}, func() error { return w.World.Replay(until) })
}

// lasting is a duration with the word before it; nothing for sim.ToTheEnd.
func lasting(word string, d time.Duration) string {
	if d < 0 {
		return ""
	}
	return word + clock.FormatDuration(d)
}
