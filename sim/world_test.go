package sim_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// light turns a lamp on at motion and off after a while without.
type light struct{ delay time.Duration }

func (l light) Start(env *core.Env) error {
	off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("lamp/set", `{"state":"OFF"}`) })
	return env.Subscribe("motion", func(mqtt.Message) {
		env.Publish("lamp/set", `{"state":"ON"}`)
		off.StartOnce(l.delay)
	})
}

func newWorld(t testing.TB, o sim.Options) *sim.World {
	t.Helper()
	w, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFailure(t *testing.T, err error, kind string, parts ...string) *sim.Failure {
	t.Helper()
	var f *sim.Failure
	if !errors.As(err, &f) || f.Kind != kind {
		t.Fatalf("got %v, want a failure of kind %s", err, kind)
	}
	for _, part := range parts {
		if !strings.Contains(f.Error(), part) {
			t.Errorf("the failure does not say %q:\n%v", part, f)
		}
	}
	return f
}

var (
	motion = mqtt.Message{Topic: "motion", Payload: []byte(`{"occupancy":true}`)}
	lampOn = match.Pattern{Topic: "lamp/set", JSON: map[string]any{"state": "ON"}, HasJSON: true}
)

func lampOff() match.Pattern {
	return match.Pattern{Topic: "lamp/set", JSON: map[string]any{"state": "OFF"}, HasJSON: true}
}

func records(rs ...recorder.Record) *sliceRecords { return &sliceRecords{rs: rs, i: -1} }

type sliceRecords struct {
	rs []recorder.Record
	i  int
}

func (s *sliceRecords) Next() bool               { s.i++; return s.i < len(s.rs) }
func (s *sliceRecords) Record() *recorder.Record { return &s.rs[s.i] }
func (s *sliceRecords) Err() error               { return nil }

func said(at time.Duration, topic, payload string) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

func TestRouteUntil(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", light{5 * time.Minute}))
	must(t, w.Publish(motion))
	must(t, w.RouteUntil(sim.Message(lampOn), 0))
	must(t, w.RouteUntil(sim.Message(lampOff()), 5*time.Minute)) // the deadline's own instant counts
	if w.Now() != 5*time.Minute {
		t.Errorf("the lamp went off at %v", w.Now())
	}
}

func TestRouteUntilFailureSaysWhatCame(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", light{time.Minute}))
	must(t, w.Publish(motion))
	bright := match.Pattern{Topic: "lamp/set", JSON: map[string]any{"state": "ON", "brightness": 100}, HasJSON: true}
	err := w.RouteUntil(sim.Message(bright), 10*time.Second)
	wantFailure(t, err, "route_until", "within 10s", `payload.brightness`, `lamp/set {"state":"ON"} (app)`)
	// The world goes on after a failed step.
	must(t, w.RouteUntil(sim.Message(lampOff()), time.Minute))
	err = w.RouteUntil(sim.Message(match.Pattern{Topic: "door"}), time.Second)
	wantFailure(t, err, "route_until", "nothing at all was said on door")
}

func TestLateMessageIsFoundAhead(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", light{time.Minute}))
	must(t, w.Publish(motion))
	wantFailure(t, w.RouteUntil(sim.Message(lampOff()), 30*time.Second), "route_until")
	digest, stats := w.Digest(), w.Stats()
	late, found, err := w.LookAhead(lampOff(), time.Hour)
	must(t, err)
	if !found || late.At != time.Minute {
		t.Errorf("LookAhead = %v, %v", late, found)
	}
	if w.Digest() != digest || w.Stats() != stats {
		t.Error("looking ahead changed the run")
	}
}

// What looking ahead meets is not told of the run: neither messages nor warnings.
func TestLookAheadLeavesNoTraces(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		env.Loop.After(time.Minute, func() { env.Publish("later", "text") })
		env.Loop.After(2*time.Minute, func() { panic("no lamp") })
		return nil
	})))
	where, err := match.CompileWhere("payload > 3")
	must(t, err)
	must(t, w.AddNamedApp("brief", core.AppFunc(func(env *core.Env) error {
		env.Loop.After(time.Minute, func() { env.Loop.Stop(0) })
		return nil
	})))
	must(t, w.Advance(time.Second))
	_, found, err := w.LookAhead(match.Pattern{Topic: "later", Where: where}, time.Hour)
	if found {
		t.Error("found what is not there")
	}
	wantFailure(t, err, "panic", "panicked at 2m0s: no lamp")
	if seen, warnings := w.Recent(10), w.Warnings(); len(seen) > 0 || len(warnings) > 0 {
		t.Errorf("it left %v and %v", seen, warnings)
	}
}

// Two steps on messages of one instant both see theirs, in order; a third does
// not see one that an earlier step has passed.
func TestWindows(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("app", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("go", func(mqtt.Message) {
			for _, topic := range []string{"a", "b", "c"} {
				env.Publish(topic, nil)
			}
		})
	})))
	must(t, w.Publish(mqtt.Message{Topic: "go"}))
	must(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "a"}), 0))
	must(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "b"}), 0))
	wantFailure(t, w.Retained(match.Pattern{Topic: "a"}), "retained") // settles, and takes nothing from the next
	must(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "c"}), 0))
	wantFailure(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "a"}), 0), "route_until")
	wantFailure(t, w.RouteUntil(sim.Message(match.Pattern{Topic: "c"}), 0), "route_until") // the step before settled the instant
}

// What the tape feeds or the scenario publishes never satisfies a condition
// about the app.
func TestNoFalseGreen(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.Feed(sim.Feed{Records: records(said(time.Second, "lamp/set", `{"state":"ON"}`)), Length: time.Second}))
	must(t, w.Publish(mqtt.Message{Topic: "lamp/set", Payload: []byte(`{"state":"ON"}`)}))
	wantFailure(t, w.RouteUntil(sim.Message(lampOn), 2*time.Second), "route_until", "source")
	w = newWorld(t, sim.Options{})
	must(t, w.Feed(sim.Feed{Records: records(said(time.Second, "lamp/set", `{"state":"ON"}`)), Length: time.Second}))
	fromTape := lampOn
	fromTape.Source = match.Tape
	must(t, w.RouteUntil(sim.Message(fromTape), 2*time.Second))
}

func TestRouteUntilThat(t *testing.T) {
	w := newWorld(t, sim.Options{})
	count := 0
	must(t, w.AddApp("app", core.AppFunc(func(env *core.Env) error {
		_, err := env.Loop.Every(time.Second, func() { count++ }) // no message is said
		return err
	})))
	must(t, w.RouteUntil(sim.That("three ticks", func() bool { return count == 3 }), time.Minute))
	if w.Now() != 3*time.Second {
		t.Errorf("came true at %v, want 3s", w.Now())
	}
	must(t, w.RouteUntil(sim.That("still three", func() bool { return count == 3 }), 0)) // true on entry
	wantFailure(t, w.RouteUntil(sim.That("never", func() bool { return false }), time.Second), "route_until", "never did not come")
	must(t, w.Always(sim.That("few", func() bool { return count < 10 }), 5*time.Second))
	f := wantFailure(t, w.Always(sim.That("few", func() bool { return count < 10 }), time.Hour), "always", "few no longer held")
	if f.At != 10*time.Second {
		t.Errorf("broke at %v, want 10s", f.At)
	}
}

func TestNeverAndCount(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", light{time.Minute}))
	must(t, w.Publish(motion))
	must(t, w.Count(lampOn, 1, 1, 30*time.Second))
	must(t, w.Never(lampOff(), 29*time.Second))
	f := wantFailure(t, w.Never(lampOff(), time.Second), "never", `"OFF"`)
	if f.At != time.Minute {
		t.Errorf("at %v, want the very last instant of the step", f.At)
	}
	wantFailure(t, w.Count(lampOn, 2, -1, time.Second), "count", "0 messages", "at least 2")
}

func TestRetained(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.SetRetained(mqtt.Message{Topic: "door", Payload: []byte("open")}))
	open := "open"
	must(t, w.Retained(match.Pattern{Topic: "door", Payload: &open}))
	wantFailure(t, w.Retained(match.Pattern{Topic: "window"}), "retained", "nothing is retained on window")
	must(t, w.Publish(mqtt.Message{Topic: "door", Payload: []byte("shut"), Retain: true}))
	wantFailure(t, w.Retained(match.Pattern{Topic: "door", Payload: &open}), "retained", "shut")
}

func TestTapeIsFedAtItsInstants(t *testing.T) {
	w := newWorld(t, sim.Options{})
	var got []string
	must(t, w.AddApp("app", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("#", func(m mqtt.Message) {
			got = append(got, fmt.Sprintf("%v %s retain=%v", env.Now(), m.Topic, m.Retain))
			if m.Topic == "x" {
				env.Publish("answer", nil)
			}
		})
	})))
	snapshot := said(0, "state", "on")
	snapshot.Kind = recorder.KindSnapshot
	must(t, w.Feed(sim.Feed{
		Records: records(snapshot, said(0, "x", ""), said(0, "y", ""), said(2*time.Second, "z", ""), said(3*time.Second, "out", "")),
		Select:  mqtt.Selection{Exclude: []string{"out"}},
		Length:  3 * time.Second,
	}))
	must(t, w.Replay(time.Second))
	if w.Now() != time.Second {
		t.Errorf("replay stopped at %v", w.Now())
	}
	must(t, w.Replay(sim.ToTheEnd))
	must(t, w.Replay(0)) // passed: at once
	want := []string{"0s state retain=true", "0s x retain=false", "0s answer retain=false", "0s y retain=false", "2s z retain=false"}
	if !reflect.DeepEqual(got, want) || w.Now() != 3*time.Second {
		t.Errorf("at %v: got %q, want %q", w.Now(), got, want)
	}
}

func TestTapeKeepsQoSAndRetain(t *testing.T) {
	w := newWorld(t, sim.Options{})
	var got []mqtt.Message
	must(t, w.AddApp("app", core.AppFunc(func(env *core.Env) error {
		_, err := env.Link.Subscribe("#", 2, func(m mqtt.Message) { got = append(got, m) })
		return err
	})))
	r := said(time.Second, "door", "open")
	r.QoS, r.Retain, r.Dup = 1, true, true
	must(t, w.Feed(sim.Feed{Records: records(r), Length: time.Second}))
	must(t, w.Replay(sim.ToTheEnd))
	if len(got) != 1 || got[0].QoS != 1 || got[0].Dup {
		t.Errorf("got %+v", got)
	}
	must(t, w.Retained(match.Pattern{Topic: "door"}))
}

// Answers keep the order of their commands, whatever delays are drawn.
func TestPanicOfAnApp(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("motion", func(mqtt.Message) { broken() })
	})))
	must(t, w.Publish(motion))
	err := w.Advance(time.Second)
	f := wantFailure(t, err, "panic", `task "hall" panicked`, "no lamp", "sim_test.broken")
	var panicked *clock.TaskPanic
	if !errors.As(f, &panicked) {
		t.Error("the panic itself is not in the error")
	}
	wantFailure(t, w.Advance(time.Second), "panic")
	if warnings := w.Warnings(); len(warnings) > 0 {
		t.Errorf("it warns of %q too", warnings)
	}
}

func broken() { panic("no lamp") }

// A panic is told on one line, and in nothing that a terminal would obey.
func TestPanicInPlainText(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", core.AppFunc(func(*core.Env) error { panic("no\n\x1b[31mlamp") })))
	wantFailure(t, w.Advance(time.Second), "panic", `panicked at 0s: "no\n\x1b[31mlamp"`)
}

func TestAppThatFails(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", core.AppFunc(func(*core.Env) error { return errors.New("no such room") })))
	wantFailure(t, w.Advance(time.Second), "app", `app "hall" failed: no such room`)
}

func TestEndlessLoopIsReported(t *testing.T) {
	w := newWorld(t, sim.Options{StepLimit: 5000})
	must(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("echo", func(m mqtt.Message) { env.Publish("echo", m.Payload) })
	})))
	must(t, w.Publish(mqtt.Message{Topic: "echo"}))
	wantFailure(t, w.Advance(time.Second), "step_limit", "5000 messages", "echo")
}

// A world in which somebody answers itself ends, though the clock has turns left.
func TestWorldEndsAfterAnEndlessLoop(t *testing.T) {
	w := newWorld(t, sim.Options{})
	answers := 0
	must(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("echo", func(m mqtt.Message) {
			if answers++; answers < 400_000 { // should it not end
				env.Publish("echo", m.Payload)
			}
		})
	})))
	must(t, w.Publish(mqtt.Message{Topic: "echo"}))
	wantFailure(t, w.Advance(time.Second), "step_limit", "200000 messages", "echo")
	must(t, w.Close())
	if answers > 250_000 {
		t.Errorf("it went on for %d answers", answers)
	}
}

// The harness's own client ids are not to be had.
func TestNamesThatAreTaken(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.AddApp("hall", light{}))
	for _, name := range []string{"scenario", "tape", "tape 2", "device lamp", "hall", ""} {
		if err := w.AddNamedApp(name, light{}); !errors.Is(err, sim.ErrName) {
			t.Errorf("an app named %q: %v", name, err)
		}
	}
}

// What is no object is no command, and numbers pass as they are written.
// Each client has bytes of its own, as over a network: what one does to a
// payload reaches neither the others nor what was said.
func TestPayloadsAreNotShared(t *testing.T) {
	w := newWorld(t, sim.Options{})
	var heard []string
	must(t, w.AddNamedApp("vandal", core.AppFunc(func(env *core.Env) error {
		buf := []byte("ON!")
		return env.Subscribe("in", func(m mqtt.Message) {
			clear(m.Payload)
			env.Publish("out", buf)
			copy(buf, "OFF")
			env.Publish("out", buf)
		})
	})))
	must(t, w.AddNamedApp("witness", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("+", func(m mqtt.Message) { heard = append(heard, string(m.Payload)) })
	})))
	said := mqtt.Message{Topic: "in", Payload: []byte("abc")}
	must(t, w.Publish(said))
	must(t, w.Advance(0))
	if want := []string{"abc", "ON!", "OFF"}; !reflect.DeepEqual(heard, want) || string(said.Payload) != "abc" {
		t.Errorf("heard %q of %q", heard, said.Payload)
	}
	for i, want := range []string{"abc", "ON!", "OFF"} {
		if got := w.Recent(3)[i].Message.Payload; string(got) != want {
			t.Errorf("message %d is remembered as %q, want %q", i, got, want)
		}
	}
}

func TestTooLateToAdd(t *testing.T) {
	w := newWorld(t, sim.Options{})
	must(t, w.Advance(0))
	for what, err := range map[string]error{
		"app": w.AddApp("x", light{}), "device": w.AddDevice(sim.Device{}), "feed": w.Feed(sim.Feed{}), "retained": w.SetRetained(),
	} {
		if !errors.Is(err, sim.ErrStarted) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// evening is a run with everything in it.
func evening(t testing.TB, o sim.Options, delay time.Duration) string {
	w, err := sim.New(o)
	must(t, err)
	defer w.Close()
	must(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "lamp/set", StateTopic: "lamp", DelayMin: 0, DelayMax: time.Second}))
	must(t, w.AddApp("hall", light{delay}))
	var rs []recorder.Record
	for i := range 200 {
		rs = append(rs, said(time.Duration(i/2)*time.Second, fmt.Sprint("sensor/", i%7), fmt.Sprint(i)))
		if i%40 == 0 {
			rs = append(rs, said(time.Duration(i/2)*time.Second, "motion", "{}"))
		}
	}
	must(t, w.Feed(sim.Feed{Records: records(rs...), Length: 100 * time.Second}))
	must(t, w.Replay(sim.ToTheEnd))
	digest, err := w.Finish()
	must(t, err)
	return digest
}
