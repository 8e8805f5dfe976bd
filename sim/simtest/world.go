package simtest

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// World is a simulated world of one test. It is closed when the test ends. Use
// it on the test's own goroutine.
type World struct {
	*sim.World
	t       testing.TB
	options sim.Options
	page    *page          // nil when none is asked for
	log     sim.LogTail    // of the apps
	fed     *recorder.Tape // the last one
	tapes   []*recorder.Tape
	cuts    []sim.Cut
	begun   bool // a step was taken
	golden  []*goldenFile
	failed  []*sim.Failure

	expectations []expectation
}

// New makes a world at instant 0.
func New(t testing.TB, o sim.Options) *World {
	t.Helper()
	w := &World{t: t}
	w.page = openPage(t)
	if w.page != nil && o.History == nil {
		o.History = &report.History{}
	}
	tail := w.log.Handler(func() time.Duration { return w.Now() })
	if o.Log == nil {
		o.Log = tail
	} else {
		o.Log = slog.NewMultiHandler(o.Log, tail)
	}
	var err error
	if w.World, err = sim.New(o); err != nil {
		t.Fatal(err)
	}
	w.options = o
	t.Cleanup(w.end)
	return w
}

// must ends the test at an error.
func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.keep(err)
		w.t.Fatal(w.tell(err))
	}
}

// keep remembers a failure for the page.
func (w *World) keep(err error) {
	var f *sim.Failure
	if !errors.As(err, &f) {
		f = &sim.Failure{Kind: "step", Message: err.Error(), At: w.Now()}
	}
	w.failed = append(w.failed, f)
}

// AddApp adds an automation under a name, which is its client id too.
func (w *World) AddApp(name string, app core.App) {
	w.t.Helper()
	w.must(w.World.AddApp(name, app))
}

// AddDevice adds a reactive device.
func (w *World) AddDevice(d sim.Device) {
	w.t.Helper()
	w.must(w.World.AddDevice(d))
}

// Cut takes the network away from a client for a while. A client that nobody is
// by the end of the test is a warning.
func (w *World) Cut(c sim.Cut) {
	w.t.Helper()
	w.must(w.World.Cut(c))
	w.cuts = append(w.cuts, c)
}

// Feed opens a tape and feeds its messages on the selected topics (the zero
// Selection: all).
func (w *World) Feed(path string, topics mqtt.Selection) {
	w.t.Helper()
	tape, err := recorder.Open(path)
	w.must(err)
	w.fed, w.tapes = tape, append(w.tapes, tape)
	records := tape.Cursor(recorder.Query{Topics: topics, Kinds: recorder.MessageKinds()})
	w.must(w.World.Feed(sim.Feed{Records: records, Length: tape.Info().Duration}))
}

// SetRetained places retained messages at instant 0.
func (w *World) SetRetained(messages ...mqtt.Message) {
	w.t.Helper()
	w.must(w.World.SetRetained(messages...))
}

// Pattern is a pattern of a topic filter and a payload: "" is any; JSON is what
// the message must have, a subset of it; any other text (ON) is the whole
// payload.
func (w *World) Pattern(topic, payload string) match.Pattern {
	w.t.Helper()
	p := match.Pattern{Topic: topic}
	if v, _, isJSON := match.ParseJSON([]byte(payload)); isJSON {
		p.JSON, p.HasJSON = v, true
	} else if payload != "" {
		p.Payload = &payload
	}
	w.must(p.Validate())
	return p
}
