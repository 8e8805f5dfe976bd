package scenarios_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// params make the hall light right, or wrong in the ways that automations are.
type params struct {
	Delay  core.Duration `json:"delay"`
	Late   core.Duration `json:"late"`
	Twice  bool          `json:"twice"`
	Dead   bool          `json:"dead"`
	Panics bool          `json:"panics"`
}

type hall struct{ params }

func newHall(p params) *hall { return &hall{p} }

func (h *hall) Start(env *core.Env) error {
	if h.Dead {
		return nil
	}
	on := func() {
		env.Publish("light/set", `{"state":"ON","transition":1}`)
		if h.Twice {
			env.Publish("light/set", `{"state":"ON","transition":1}`)
		}
	}
	off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("light/set", `{"state":"OFF"}`) })
	return env.Subscribe("motion", func(mqtt.Message) {
		if h.Panics {
			panic("no light")
		}
		env.Log.Info("motion")
		env.Loop.After(time.Duration(h.Late), on)
		off.StartOnce(time.Duration(h.Delay))
	})
}

var apps = []scenarios.Entry{scenarios.App("hall", newHall)}

// tape is what a hall's hub said, the old automation included.
const tape = `{"t":0,"topic":"bridge/state","payload":"online"}
{"t":1,"topic":"motion","payload":"{}"}
{"t":1.2,"topic":"light/set","payload":"{\"state\":\"ON\",\"transition\":2}"}
{"t":60,"topic":"motion","payload":"{}"}
{"t":60.1,"topic":"light/set","payload":"{\"state\":\"ON\",\"transition\":2}"}
{"t":361,"topic":"light/set","payload":"{\"state\":\"OFF\"}"}
{"t":400,"topic":"bridge/state","payload":"online"}
`

// play runs a scenario's text beside the tape.
func play(t *testing.T, text string) *scenarios.Result {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tape.jsonl"), []byte(tape), 0o600))
	path := filepath.Join(dir, "hall.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	s, err := scenarios.Load(path)
	require.NoError(t, err)
	return s.Run(apps, scenarios.RunOptions{})
}

const sameAsTape = `
name: hall
app: hall
params: {delay: 5m%s}
tape: {file: tape.jsonl, app_outputs: ["light/set"]}
expect:
  same_as_tape: {tolerance: 1s, ignore: [transition]}
`

const steps = `
name: hall
app: hall
params: {delay: 5m%s}
tape: {file: tape.jsonl, exclude: ["light/set"]}
steps:
  - replay: {until: 900ms}
  - route_until: {topic: light/set, json: {state: "ON"}, within: 1s}
  - count: {topic: light/set, json: {state: "ON"}, exactly: 1, for: 2m}
  - route_until: {topic: light/set, json: {state: "OFF"}}
`

func with(text, extra string) string { return strings.Replace(text, "%s", extra, 1) }

func TestSameAsTape(t *testing.T) {
	for name, c := range map[string]struct{ extra, want string }{
		"right":           {"", ""},
		"late, tolerable": {", late: 500ms", ""},
		"late":            {", late: 3s", "2.8s later than the tape"},
		"twice":           {", twice: true", "does not have there"},
		"dead":            {", dead: true", "did not say what the tape has on light/set at 1.2s"},
		"other delay":     {", delay: 4m", "on light/set"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "other delay" {
				c.extra = ""
			}
			text := with(sameAsTape, c.extra)
			if name == "other delay" {
				text = strings.Replace(text, "5m", "4m", 1)
			}
			r := play(t, text)
			requireOutcome(t, r, c.want)
			require.Equal(t, 401*time.Second, r.Virtual, "the tape plus the tolerance")
			require.True(t, r.Deterministic())
		})
	}
}

// A tape that is played in part ends within the tolerance of what is said there:
// what it has right after the end may be said, and what it has before must be.
func TestSameAsTapeUntil(t *testing.T) {
	until := func(until, extra string) string {
		return strings.Replace(with(sameAsTape, extra), "tape.jsonl,", "tape.jsonl, until: "+until+",", 1)
	}
	for _, end := range []string{"358.9s", "359.9s", "360.2s", "360.9s", "361s", "60s"} {
		requireOutcome(t, play(t, until(end, "")), "")
	}
	require.Equal(t, scenarios.Passed, play(t, until("0s", "")).Status)
	requireOutcome(t, play(t, until("360.2s", ", twice: true")), "does not have there")
	requireOutcome(t, play(t, until("61s", ", dead: true")), "did not say what the tape has on light/set at 1m0.1s")
}

func TestSteps(t *testing.T) {
	for name, c := range map[string]struct{ extra, want string }{
		"right":  {"", ""},
		"late":   {", late: 3s", "2.1s too late"},
		"twice":  {", twice: true", "want exactly 1"},
		"dead":   {", dead: true", "nothing at all was said on light/set"},
		"panics": {", panics: true", "no light"},
	} {
		t.Run(name, func(t *testing.T) { requireOutcome(t, play(t, with(steps, c.extra)), c.want) })
	}
}

// What a step only places is settled at the end, and may fail there.
func TestTheLastInstantCanFail(t *testing.T) {
	r := play(t, "name: x\napp: hall\nparams: {panics: true}\nsteps: [{publish: {topic: motion, payload: x}}]\nexpect: {never: [{topic: y}]}\n")
	requireOutcome(t, r, "panic: ")
}

// requireOutcome wants a pass for "", else a failure that says want.
func requireOutcome(t *testing.T, r *scenarios.Result, want string) {
	t.Helper()
	require.NoError(t, r.Err)
	var told []string
	for _, f := range r.Failures {
		told = append(told, f.Kind+": "+f.Message+"\n  "+strings.Join(f.Details, "\n  "))
	}
	text := strings.Join(told, "\n")
	if want == "" {
		require.Equal(t, scenarios.Passed, r.Status, text)
		require.Empty(t, r.Warnings)
		require.Len(t, r.Digest, 64)
		return
	}
	require.Equal(t, scenarios.Failed, r.Status)
	require.Equal(t, 1, r.ExitCode())
	require.Contains(t, text, want)
	t.Log(text)
}

func TestExpectations(t *testing.T) {
	const head = `
name: hall
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl, exclude: ["light/set"]}
expect:
`
	for name, c := range map[string]struct{ text, want string }{
		"never holds":            {`never: [{topic: light/set, json: {state: "OFF"}, between: [0s, 5m59s]}]`, ""},
		"never broken":           {`never: [{topic: light/set, json: {state: "OFF"}, between: [0s, 6m]}]`, "never must between 0s and 6m0s"},
		"ordered":                {`ordered: [{topic: light/set, json: {state: "ON"}}, {topic: light/set, json: {state: "OFF"}, between: [6m, 6m]}]`, ""},
		"ordered, other way":     {`ordered: [{topic: light/set, json: {state: "OFF"}}, {topic: light/set, json: {state: "ON"}}]`, "after the 1 before it"},
		"unordered":              {`unordered: [{topic: light/set, json: {state: "OFF"}}, {topic: light/set, json: {state: "ON"}}]`, ""},
		"unordered, missing":     {`unordered: [{topic: light/set, json: {state: "DIM"}}]`, `want "DIM"`},
		"one message, two items": {`unordered: [{topic: light/set, json: {state: "OFF"}}, {topic: light/set, json: {state: "OFF"}}]`, "stands for another item"},
		"each its own":           {`unordered: [{topic: light/set}, {topic: light/set}, {topic: light/set, json: {state: "ON"}, between: [0s, 2s]}]`, ""},
		"what the tape says":     {`unordered: [{topic: motion}]`, "source"},
		"tape on request":        {`unordered: [{topic: motion, source: tape}]`, ""},
	} {
		t.Run(name, func(t *testing.T) { requireOutcome(t, play(t, head+"  "+c.text+"\n"), c.want) })
	}
}

func TestWarnsOfFiltersThatMatchNothing(t *testing.T) {
	r := play(t, `
name: hall
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl, feed: ["motion", "montion"]}
expect:
  never: [{topic: lamp/set}]
`)
	require.Equal(t, scenarios.Passed, r.Status)
	require.Len(t, r.Warnings, 2)
	require.Contains(t, r.Warnings[0], "montion")
	require.Contains(t, r.Warnings[1], "lamp/set")
}

func TestWarnsWhenNothingIsCompared(t *testing.T) {
	r := play(t, `
name: too short
app: hall
tape: {file: tape.jsonl, app_outputs: ["light/set"]}
steps: [{advance: 500ms}]
expect: {same_as_tape: {tolerance: 1s}}
`)
	require.Equal(t, scenarios.Passed, r.Status)
	require.Contains(t, strings.Join(r.Warnings, "\n"), "same_as_tape compared nothing")
	r = play(t, "name: beyond\napp: hall\ntape: {file: tape.jsonl, from: 1h}\nexpect: {never: [{topic: motion}]}\n")
	require.Contains(t, strings.Join(r.Warnings, "\n"), "before its from of 1h0m0s")
}

func TestCannotRun(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown app":     {"name: x\napp: hal\n", `did you mean "hall"?`},
		"unknown param":   {"name: x\napp: hall\nparams: {delya: 5m}\n", `unknown field "delya"`},
		"bad param":       {"name: x\napp: hall\nparams: {delay: soon}\n", `"soon" is not a duration`},
		"missing tape":    {"name: x\ntape: {file: tap.jsonl}\n", "did you mean tape.jsonl?"},
		"faults":          {"name: x\nfaults: [{drop: {topic: \"#\"}}]\n", "does not run faults yet"},
		"several at once": {"name: x\napp: hal\ntape: {file: tap.jsonl}\n", "hal"},
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, c.text)
			require.Equal(t, scenarios.Error, r.Status)
			require.Equal(t, 2, r.ExitCode())
			require.ErrorContains(t, r.Err, c.want)
			require.ErrorContains(t, r.Err, "hall.yaml:")
		})
	}
}

// An automation that starts a goroutine of its own is told of.
func TestWorkFromOutside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.yaml")
	require.NoError(t, os.WriteFile(path, []byte("name: x\napp: rogue\nsteps: [{advance: 1s}]\nexpect: {unordered: [{topic: out}]}\n"), 0o600))
	s, err := scenarios.Load(path)
	require.NoError(t, err)
	rogue := scenarios.App("rogue", func(struct{}) core.App {
		return core.AppFunc(func(env *core.Env) error {
			done := make(chan struct{})
			go func() {
				defer close(done)
				env.Loop.Post(func() { env.Publish("out", nil) })
			}()
			<-done
			return nil
		})
	})
	r := s.Run([]scenarios.Entry{rogue}, scenarios.RunOptions{})
	require.Equal(t, scenarios.Passed, r.Status)
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		require.False(t, r.Deterministic())
		require.Contains(t, strings.Join(r.Warnings, "\n"), "not deterministic: a goroutine outside")
	}
}

func TestSkip(t *testing.T) {
	r := play(t, "name: x\nskip: the lamp is broken\napp: hall\n")
	require.Equal(t, scenarios.Skipped, r.Status)
	require.Zero(t, r.ExitCode())
}

// Two instances of one automation have their own names and sources.
func TestSeveralApps(t *testing.T) {
	requireOutcome(t, play(t, `
name: two halls
apps: {north: {app: hall, params: {delay: 1m}}, south: {app: hall, params: {delay: 2m}}}
steps:
  - publish: {topic: motion, json: {}}
  - route_until: {topic: light/set, json: {state: "ON"}, source: apps.south, within: 1s}
  - route_until: {topic: light/set, json: {state: "OFF"}, source: apps.north, client: north, within: 1m}
  - route_until: {topic: light/set, json: {state: "OFF"}, source: app, within: 1m}
`), "")
}

func TestTapeFromTheMiddle(t *testing.T) {
	r := play(t, `
name: from the second motion
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl, from: 30s, until: 365s, app_outputs: ["light/set"]}
expect:
  same_as_tape: {tolerance: 1s, ignore: [transition]}
`)
	requireOutcome(t, r, "")
	require.Equal(t, 336*time.Second, r.Virtual)
	require.Equal(t, 1, r.In)
}

// The date at instant 0 is the scenario's own, else the tape's, else a fixed
// one; the run's own tape has it too.
func TestStart(t *testing.T) {
	at := time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	w, err := recorder.Create(filepath.Join(dir, "x.hubtape"), recorder.Options{Start: at})
	require.NoError(t, err)
	require.NoError(t, w.Append(recorder.Record{At: 2 * time.Hour, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}))
	require.NoError(t, w.Close())
	for name, c := range map[string]struct {
		text string
		want time.Time
	}{
		"its own":    {"start: 2026-05-01T12:00:00+02:00\ntape: {file: x.hubtape}", time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)},
		"the tape's": {"tape: {file: x.hubtape, from: 1h}", at.Add(time.Hour)},
		"fixed":      {"", clock.DefaultStart},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "x.yaml")
			require.NoError(t, os.WriteFile(path, []byte("name: x\n"+c.text+"\n"), 0o600))
			s, err := scenarios.Load(path)
			require.NoError(t, err)
			var tape *recorder.Writer
			r := s.Run(apps, scenarios.RunOptions{Record: func(start time.Time) (*recorder.Writer, error) {
				require.True(t, c.want.Equal(start), start)
				var err error
				tape, err = recorder.Create(filepath.Join(t.TempDir(), "run.hubtape"), recorder.Options{Start: start})
				return tape, err
			}})
			require.NoError(t, r.Err)
			require.NotNil(t, tape)
			require.NoError(t, tape.Close())
		})
	}
}
