package simtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/golden"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/require"
)

// asChild names the folder in which TestInAProcess plays the child of
// TestGoTest: tests that fail, as go test runs and tells them.
const asChild = "SIMTEST_CHILD"

func TestInAProcess(t *testing.T) {
	dir := os.Getenv(asChild)
	if dir == "" {
		t.Skip("run by TestGoTest")
	}
	hall := scenarios.App("hall", func(struct{}) core.App { return core.AppFunc(hallLight) })
	t.Run("step", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		evening(w)
		w.RouteUntil(set, on, time.Second)
	})
	t.Run("callback", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		w.AddApp("hall", lamp(func() { require.Equal(t, 1, 2) }))
		w.Publish("motion", "")
		w.Advance(0)
	})
	t.Run("goexit", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		w.AddApp("hall", lamp(runtime.Goexit))
		w.Publish("motion", "")
		w.Advance(0)
	})
	t.Run("goexit at the end", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		w.AddApp("hall", lamp(runtime.Goexit))
		w.Publish("motion", "")
	})
	t.Run("skip", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		w.AddApp("hall", lamp(func() { t.Skip("not on this day") }))
		w.Publish("motion", "")
		w.Advance(0)
	})
	t.Run("golden", func(t *testing.T) {
		w := simtest.New(t, sim.Options{})
		w.ExpectGolden(filepath.Join(dir, "hall.golden.jsonl"), golden.Options{})
		evening(w)
	})
	t.Run("scenarios", func(t *testing.T) { simtest.Scenarios(t, filepath.Join(dir, "*.yaml"), hall) })
	t.Run("seeds", func(t *testing.T) {
		simtest.ScenariosWith(t, filepath.Join(dir, "golden.yaml"), simtest.ScenarioOptions{Apps: []scenarios.Entry{hall}, Seeds: []uint64{1, 2}})
	})
	t.Run("the last", func(t *testing.T) { t.Log("the last test still runs") })
}

const childScenario = `name: hall light
app: hall
steps:
  - publish: {topic: zigbee2mqtt/hall_motion, json: {}}
  - route_until: {topic: zigbee2mqtt/hall_light/set, json: {state: "OFF"}, within: 1s}
`

const childGolden = `name: golden
app: hall
steps:
  - publish: {topic: zigbee2mqtt/hall_motion, json: {}}
  - advance: 1s
expect:
  golden: {file: scenario.golden.jsonl}
`

// What people see of all this in go test.
func TestGoTest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hall.yaml"), []byte(childScenario), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "golden.yaml"), []byte(childGolden), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "skipped.yaml"), []byte("name: skipped\nskip: not yet\n"), 0o600))
	child := func(args ...string) string {
		self, err := os.Executable()
		require.NoError(t, err)
		c := exec.CommandContext(t.Context(), self, append([]string{"-test.run", "^TestInAProcess$", "-test.v"}, args...)...)
		c.Env = append(os.Environ(), asChild+"="+dir)
		out, err := c.CombinedOutput()
		require.Error(t, err)
		return string(out)
	}
	got := child("-hubtape.html", filepath.Join(dir, "pages"))
	for _, want := range []string{
		"--- FAIL: TestInAProcess/step ",
		": a message like zigbee2mqtt/hall_light/set",
		`repeat it: go test -run '^TestInAProcess$/^step$' ./sim/simtest`,
		"--- FAIL: TestInAProcess/callback ", `a callback of "hall" ended the test at 0s, in advance 0s`,
		"--- FAIL: TestInAProcess/goexit ", "with runtime.Goexit; return from it instead",
		"--- FAIL: TestInAProcess/goexit_at_the_end ",
		"--- SKIP: TestInAProcess/skip ", "not on this day",
		"--- FAIL: TestInAProcess/golden ", "write it with go test -hubtape.update",
		"--- FAIL: TestInAProcess/scenarios/hall ", "hall.yaml:5: route_until: ", `payload.state was "ON", want "OFF"`,
		`repeat it: go test -run '^TestInAProcess$/^scenarios$/^hall$' ./sim/simtest`,
		"--- FAIL: TestInAProcess/scenarios/golden ", "golden.yaml:7:18: the golden file scenario.golden.jsonl is not there",
		"--- FAIL: TestInAProcess/seeds/golden/seed_2 ",
		"--- SKIP: TestInAProcess/scenarios/skipped ", "not yet",
		"the last test still runs",
	} {
		require.Contains(t, got, want)
	}
	require.NotContains(t, got, "panic:")
	require.Regexp(t, `\n    process_test\.go:\d+: a message like zigbee2mqtt`, got, "the line of the test's own step")
	require.Equal(t, []string{
		"TestInAProcess.callback.html", "TestInAProcess.goexit.html", "TestInAProcess.goexit_at_the_end.html", "TestInAProcess.golden.html",
		"TestInAProcess.scenarios.golden.html", "TestInAProcess.scenarios.hall.html", "TestInAProcess.scenarios.skipped.html",
		"TestInAProcess.seeds.golden.seed_1.html", "TestInAProcess.seeds.golden.seed_2.html", "TestInAProcess.skip.html", "TestInAProcess.step.html",
	}, files(t, filepath.Join(dir, "pages")))
	require.Contains(t, facts(t, filepath.Join(dir, "pages", "TestInAProcess.callback.html")), `a callback of \"hall\" ended the test`)

	require.Regexp(t, `"failures":.*"line":5.*"repeat":`, facts(t, filepath.Join(dir, "pages", "TestInAProcess.scenarios.hall.html")))

	got = child("-hubtape.update")
	require.Contains(t, got, "scenario.golden.jsonl: 1 message (a new file)")
	require.Contains(t, got, "a golden file is written by one run")
	require.Contains(t, got, "hall.golden.jsonl: 2 messages (a new file)")
	require.Contains(t, got, "--- PASS: TestInAProcess/golden ")
	got = child()
	for _, test := range []string{"golden ", "scenarios/golden ", "seeds/golden/seed_2 "} {
		require.Contains(t, got, "--- PASS: TestInAProcess/"+test)
	}
}
