// Package simtest brings simulated worlds into go test.
//
//	func TestHall(t *testing.T) {
//		w := simtest.New(t, sim.Options{})
//		w.AddApp("hall", hall.New(hall.Params{}))
//		w.Publish("zigbee2mqtt/hall_motion", `{"occupancy":true}`)
//		w.RouteUntil(`zigbee2mqtt/hall_light/set`, `{"state":"ON"}`, time.Second)
//	}
//
// A [World] is a sim.World whose mistakes end the test, with the failure's
// details in its log. [Scenarios] runs scenario files as subtests.
package simtest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// World is a simulated world of one test. It is closed when the test ends. Use
// it on the test's own goroutine.
type World struct {
	*sim.World
	t testing.TB
}

// New makes a world at instant 0.
func New(t testing.TB, o sim.Options) *World {
	t.Helper()
	w, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The last instant settles, and what fails then fails the test too.
		if _, err := w.Finish(); err != nil && !t.Failed() {
			t.Error(err)
		}
		for _, warning := range w.Warnings() {
			t.Log("warning: ", warning)
		}
	})
	return &World{World: w, t: t}
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
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

// Feed opens a tape and feeds its messages on the selected topics (the zero
// Selection: all).
func (w *World) Feed(path string, topics mqtt.Selection) {
	w.t.Helper()
	tape, err := recorder.Open(path)
	w.must(err)
	w.t.Cleanup(func() {
		if err := tape.Close(); err != nil {
			w.t.Error(err)
		}
	})
	records := tape.Cursor(recorder.Query{Topics: topics, Kinds: recorder.MessageKinds()})
	w.must(w.World.Feed(sim.Feed{Records: records, Length: tape.Info().Duration}))
}

// Publish places a message, said by the scenario; the world runs in the next
// waiting step.
func (w *World) Publish(topic, payload string) {
	w.t.Helper()
	w.must(w.World.Publish(mqtt.Message{Topic: topic, Payload: []byte(payload)}))
}

// SetRetained places retained messages at instant 0.
func (w *World) SetRetained(messages ...mqtt.Message) {
	w.t.Helper()
	w.must(w.World.SetRetained(messages...))
}

// RouteUntil runs the world until an app or device says something like that on
// the topic (a filter), at most within. Pattern says what payload means.
func (w *World) RouteUntil(topic, payload string, within time.Duration) {
	w.t.Helper()
	w.must(w.World.RouteUntil(sim.Message(w.Pattern(topic, payload)), within))
}

// Until runs the world until holds is true, at most within; text says what it
// stands for.
func (w *World) Until(text string, holds func() bool, within time.Duration) {
	w.t.Helper()
	w.must(w.World.RouteUntil(sim.That(text, holds), within))
}

// Never runs the world for d, in which no app or device may say such a thing.
func (w *World) Never(topic, payload string, d time.Duration) {
	w.t.Helper()
	w.must(w.World.Never(w.Pattern(topic, payload), d))
}

// Always runs the world for d, in which holds must stay true.
func (w *World) Always(text string, holds func() bool, d time.Duration) {
	w.t.Helper()
	w.must(w.World.Always(sim.That(text, holds), d))
}

// Count runs the world for d and wants least to most such messages; a negative
// most is no limit.
func (w *World) Count(topic, payload string, least, most int, d time.Duration) {
	w.t.Helper()
	w.must(w.World.Count(w.Pattern(topic, payload), least, most, d))
}

// Retained wants a retained message like that.
func (w *World) Retained(topic, payload string) {
	w.t.Helper()
	w.must(w.World.Retained(w.Pattern(topic, payload)))
}

// Advance lets time pass for d.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	w.must(w.World.Advance(d))
}

// Replay runs until the tape stands at until; sim.ToTheEnd: to its end.
func (w *World) Replay(until time.Duration) {
	w.t.Helper()
	w.must(w.World.Replay(until))
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

// Scenarios runs every scenario file that the pattern (see filepath.Match)
// names as a subtest, with these automations. A pattern that names none is a
// failure.
func Scenarios(t *testing.T, pattern string, apps ...scenarios.Entry) {
	t.Helper()
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
			report(t, s.Run(apps, scenarios.RunOptions{}))
		})
	}
}

// report says how a scenario came out.
func report(t *testing.T, r *scenarios.Result) {
	t.Helper()
	for _, warning := range r.Warnings {
		t.Log("warning: " + warning)
	}
	switch r.Status {
	case scenarios.Skipped:
		t.Skip(r.Scenario.Skip)
	case scenarios.Error:
		t.Error(r.Err)
	case scenarios.Failed:
		for _, f := range r.Failures {
			t.Errorf("%s:%d: %s: %s\n  %s", r.Scenario.File, f.Pos.Line, f.Kind, f.Message, strings.Join(f.Details, "\n  "))
		}
		if len(r.Log) > 0 {
			t.Logf("the apps logged at last:\n  %s", strings.Join(r.Log, "\n  "))
		}
	}
	if r.Digest != "" {
		t.Logf("%v of virtual time, digest %.12s", r.Virtual, r.Digest)
	}
}
