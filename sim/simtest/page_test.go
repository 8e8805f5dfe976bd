package simtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/golden"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/require"
)

// files are the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// facts is what a page says of its one run.
func facts(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), `"run">`)
	require.True(t, found)
	run, _, _ := strings.Cut(rest, "</script>")
	require.True(t, json.Valid([]byte(run)), run)
	return run
}

func TestPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "now")
	setFlag(t, "hubtape.html", dir)
	history := &report.History{}
	for range 2 { // as with -count
		f := run(t, func(f *fake) {
			f.name = "TestHall/at_night"
			w := simtest.New(f, sim.Options{History: history})
			evening(w)
			simtest.New(f, sim.Options{})
		})
		require.False(t, f.failed, f.log.String())
	}
	require.Equal(t, []string{"TestHall.at_night-2.html", "TestHall.at_night.html"}, files(t, dir))
	run1 := facts(t, filepath.Join(dir, "TestHall.at_night.html"))
	for _, want := range []string{`"passed"`, `TestHall/at_night`, `advance`, `publish`, `go test -run`} {
		require.Contains(t, run1, want)
	}
	var labels []string
	for _, s := range history.Spans[:2] {
		labels = append(labels, s.Label+" "+s.Text)
	}
	require.Equal(t, []string{`publish zigbee2mqtt/hall_motion {"occupancy":true}`, "advance 1h"}, labels)
	require.Equal(t, report.StepSpan, history.Spans[1].Kind)
	require.Equal(t, time.Hour, history.Spans[1].To)
}

func TestPageOfAFailure(t *testing.T) {
	dir := t.TempDir()
	setFlag(t, "hubtape.html", dir)
	history := &report.History{}
	run(t, func(f *fake) {
		f.name = "TestStep"
		w := simtest.New(f, sim.Options{History: history, Seed: 5})
		evening(w)
		w.RouteUntil(set, on, time.Second)
	})
	got := facts(t, filepath.Join(dir, "TestStep.html"))
	for _, want := range []string{`"failed"`, `"route_until"`, "did not come within 1s"} {
		require.Contains(t, got, want)
	}
	require.True(t, history.Spans[2].Failed)
	require.Equal(t, set, history.Spans[2].Topic)

	run(t, func(f *fake) {
		f.name = "TestMine"
		simtest.New(f, sim.Options{})
		f.Error("mine")
	})
	require.Contains(t, facts(t, filepath.Join(dir, "TestMine.html")), "go test says why")

	run(t, func(f *fake) {
		f.name = "TestSkip"
		simtest.New(f, sim.Options{})
		f.SkipNow()
	})
	require.Contains(t, facts(t, filepath.Join(dir, "TestSkip.html")), `"skipped"`)

	run(t, func(f *fake) {
		f.name = "TestEnd"
		w := simtest.New(f, sim.Options{})
		w.ExpectNever(w.Like(set, on))
		w.AddApp("boom", core.AppFunc(func(env *core.Env) error {
			return env.Subscribe(motion, func(mqtt.Message) { panic("no light") })
		}))
		w.Publish(motion, "")
	})
	require.Contains(t, facts(t, filepath.Join(dir, "TestEnd.html")), "no light")
}

// The expectations of a page are their windows, and each says how it came out.
func TestPageOfExpectations(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.golden.jsonl")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	history := &report.History{}
	run(t, func(f *fake) {
		w := simtest.New(f, sim.Options{History: history})
		w.ExpectOrdered(w.Like(set, on), w.Like(set, on).In(time.Minute, 2*time.Hour))
		w.ExpectNever(w.Like("x", ""), w.Like(set, off).In(0, time.Second))
		w.ExpectGolden(path, golden.Options{})
		evening(w)
	})
	p := `zigbee2mqtt/hall_light/set json {"state":"ON"}`
	require.Equal(t, []report.Span{
		{Kind: report.ExpectationSpan, To: time.Hour, Label: "ordered", Text: p, Topic: set},
		{Kind: report.ExpectationSpan, From: time.Minute, To: time.Hour, Label: "ordered", Text: p, Topic: set, Failed: true},
		{Kind: report.ExpectationSpan, To: time.Hour, Label: "never", Text: "x", Topic: "x"},
		{Kind: report.ExpectationSpan, To: time.Second, Label: "never", Text: `zigbee2mqtt/hall_light/set json {"state":"OFF"}`, Topic: set},
		{Kind: report.ExpectationSpan, To: time.Hour, Label: "golden", Text: path, Failed: true},
	}, history.Spans[2:])
}

func TestNoPages(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	run(t, func(f *fake) { evening(simtest.New(f, sim.Options{})) })
	require.Empty(t, files(t, dir))
}

// What the page cannot be written to fails the test.
func TestPageThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	setFlag(t, "hubtape.html", path)
	require.True(t, run(t, func(f *fake) { simtest.New(f, sim.Options{}) }).failed)
}

func TestPagesOfScenarios(t *testing.T) {
	dir, pages := t.TempDir(), filepath.Join(t.TempDir(), "pages")
	setFlag(t, "hubtape.html", pages)
	for name, text := range map[string]string{
		"hall":    "name: hall light\napp: hall\nsteps:\n  - publish: {topic: zigbee2mqtt/hall_motion, json: {}}\n  - route_until: {topic: zigbee2mqtt/hall_light/set, within: 1s}\n",
		"skipped": "name: skipped\nskip: not yet\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600))
	}
	hall := scenarios.App("hall", func(struct{}) core.App { return core.AppFunc(hallLight) })
	simtest.ScenariosWith(t, filepath.Join(dir, "hall.yaml"), simtest.ScenarioOptions{Apps: []scenarios.Entry{hall}, Seeds: []uint64{1, 2}})
	simtest.Scenarios(t, filepath.Join(dir, "skip*.yaml"))
	require.Equal(t, []string{"TestPagesOfScenarios.hall.seed_1.html", "TestPagesOfScenarios.hall.seed_2.html", "TestPagesOfScenarios.skipped.html"}, files(t, pages))
	for _, seed := range []string{"1", "2"} {
		got := facts(t, filepath.Join(pages, "TestPagesOfScenarios.hall.seed_"+seed+".html"))
		require.Contains(t, got, `"passed"`)
		require.Contains(t, got, `"seed":"`+seed+`"`)
	}
	require.Contains(t, facts(t, filepath.Join(pages, "TestPagesOfScenarios.skipped.html")), "not yet")
}
