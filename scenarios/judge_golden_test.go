package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

const goldenScenario = `
name: hall
app: hall
params: {delay: 5m%s}
tape: {file: tape.jsonl, exclude: ["light/set"]}
expect:
  golden: {file: hall.golden.jsonl, topics: ["light/set"], ignore: [transition], tolerance: {time: 1s}}
`

// goldenHall is what the hall light says on the tape.
const goldenHall = `{"t":1.000,"topic":"light/set","payload":{"state":"ON"}}
{"t":60.000,"topic":"light/set","payload":{"state":"ON"}}
{"t":360.000,"topic":"light/set","payload":{"state":"OFF"}}
`

// goldenDir is a folder with a scenario, its tape and, unless it is "", a golden
// file.
func goldenDir(t *testing.T, text, golden string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"tape.jsonl": tape, "hall.yaml": text}
	if golden != "" {
		files["hall.golden.jsonl"] = golden
	}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func runIn(t *testing.T, dir string, o scenarios.RunOptions) *scenarios.Result {
	t.Helper()
	s, err := scenarios.Load(filepath.Join(dir, "hall.yaml"))
	require.NoError(t, err)
	return s.Run(apps, o)
}

func readGolden(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "hall.golden.jsonl"))
	require.NoError(t, err)
	return string(text)
}

func TestGolden(t *testing.T) {
	for name, c := range map[string]struct{ extra, want string }{
		"right":           {"", ""},
		"late, tolerable": {", late: 500ms", ""},
		"late":            {", late: 3s", "hall.golden.jsonl:1: this was said on light/set 3s later, more than the tolerance of 1s"},
		"twice":           {", twice: true", "at 1s something was said on light/set that "},
		"dead":            {", dead: true", "hall.golden.jsonl:3: nobody said this on light/set at 6m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := goldenDir(t, with(goldenScenario, c.extra), goldenHall)
			r := runIn(t, dir, scenarios.RunOptions{})
			requireOutcome(t, r, c.want)
			for _, f := range r.Failures {
				require.Equal(t, "golden", f.Kind)
				require.Equal(t, 7, f.Pos.Line)
				require.Equal(t, "light/set", f.Topic)
				require.NotEmpty(t, f.Details)
			}
			require.Equal(t, goldenHall, readGolden(t, dir), "only an update writes")
			require.Empty(t, r.Updated)
		})
	}
}

func TestGoldenUpdate(t *testing.T) {
	dir := goldenDir(t, with(goldenScenario, ""), "")
	r := runIn(t, dir, scenarios.RunOptions{Update: true})
	requireOutcome(t, r, "")
	require.Equal(t, goldenHall, readGolden(t, dir))
	require.Equal(t, filepath.Join(dir, "hall.golden.jsonl")+": 3 messages (a new file)", r.Updated)

	r = runIn(t, dir, scenarios.RunOptions{Update: true})
	requireOutcome(t, r, "")
	require.Empty(t, r.Updated)
	requireOutcome(t, runIn(t, dir, scenarios.RunOptions{}), "")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "hall.yaml"), []byte(with(goldenScenario, ", late: 3s")), 0o600))
	r = runIn(t, dir, scenarios.RunOptions{Update: true})
	requireOutcome(t, r, "")
	require.True(t, strings.HasSuffix(r.Updated, ": 3 messages (2 changed)"), r.Updated)
	require.Contains(t, readGolden(t, dir), `{"t":4.000,"topic":"light/set"`)
	seed := uint64(9)
	requireOutcome(t, runIn(t, dir, scenarios.RunOptions{Seed: &seed}), "")
}

// Nothing is written by a run that failed otherwise, be it in a step or in an
// expectation.
func TestGoldenUpdateOfAFailedRun(t *testing.T) {
	for name, extra := range map[string]string{
		"expectation": "  never: [{topic: light/set}]\n",
		"step":        "steps: [{route_until: {topic: door, within: 1s}}]\n",
		"panic":       "",
	} {
		text := with(goldenScenario, "") + extra
		if name == "panic" {
			text = with(goldenScenario, ", panics: true")
		}
		dir := goldenDir(t, text, goldenHall[:30]+"9"+goldenHall[30:])
		before := readGolden(t, dir)
		r := runIn(t, dir, scenarios.RunOptions{Update: true})
		require.NoError(t, r.Err)
		require.Equal(t, scenarios.Failed, r.Status, name)
		require.Empty(t, r.Updated)
		require.Equal(t, before, readGolden(t, dir))
	}
}

func TestGoldenFilesThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		replace, by, golden string
		update              bool
		want                []string
	}{
		"missing":           {"", "", "", false, []string{"hall.yaml:7:18: the golden file hall.golden.jsonl is not there", "hint: write it with simrun --update"}},
		"misspelt":          {"hall.golden.jsonl", "hal.golden.jsonl", goldenHall, false, []string{"hall.yaml:7:18: ", "did you mean hall.golden.jsonl? If not, write it with simrun --update"}},
		"no golden file":    {"", "", "x\n\n{}\n", false, []string{"hall.golden.jsonl:1:1: it is no JSON object: x", `hall.golden.jsonl:3:1: it has no "t"`, "  3 | {}", "hint: mend it; or delete it"}},
		"not overwritten":   {"", "", "precious\n", true, []string{"hall.golden.jsonl:1:1: it is no JSON object: precious"}},
		"no folder":         {"hall.golden.jsonl", "sub/x.jsonl", "", true, []string{"hall.yaml:7:18: the folder of the golden file sub/x.jsonl is not there", "hint: make it first"}},
		"a folder":          {"hall.golden.jsonl", ".", "", true, []string{"hall.yaml:7:18: the golden file . is no file"}},
		"the tape":          {"hall.golden.jsonl", "./tape.jsonl", "", true, []string{"hall.yaml:7:18: the golden file ./tape.jsonl is the tape"}},
		"the scenario":      {"hall.golden.jsonl", "hall.yaml", "", true, []string{"hall.yaml:7:18: the golden file hall.yaml is the scenario itself"}},
		"the tape, checked": {"hall.golden.jsonl", "tape.jsonl", "", false, []string{"is the tape"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := goldenDir(t, strings.Replace(with(goldenScenario, ""), c.replace, c.by, 1), c.golden)
			r := runIn(t, dir, scenarios.RunOptions{Update: c.update})
			require.Equal(t, scenarios.Error, r.Status)
			require.Equal(t, 2, r.ExitCode())
			var faults scenarios.Errors
			require.ErrorAs(t, r.Err, &faults)
			for _, part := range c.want {
				require.Contains(t, r.Err.Error(), part)
			}
			if c.golden != "" {
				require.Equal(t, c.golden, readGolden(t, dir))
			}
		})
	}
}

// A golden file that is yet to be written is no fault of the scenario file.
func TestCheckDoesNotNeedTheGoldenFile(t *testing.T) {
	s, err := scenarios.Load(filepath.Join(goldenDir(t, with(goldenScenario, ""), ""), "hall.yaml"))
	require.NoError(t, err)
	require.NoError(t, s.Check(apps))
}

// Without an automation everybody's messages are kept; that both sides are empty
// looks like a mistake.
func TestGoldenOfATapeAlone(t *testing.T) {
	const text = `
name: tape
tape: {file: tape.jsonl}
expect:
  golden: {file: hall.golden.jsonl, topics: ["bridge/+"]}
`
	dir := goldenDir(t, text, "")
	requireOutcome(t, runIn(t, dir, scenarios.RunOptions{Update: true}), "")
	require.Equal(t, `{"t":0.000,"topic":"bridge/state","payload":"online"}
{"t":400.000,"topic":"bridge/state","payload":"online"}
`, readGolden(t, dir))

	dir = goldenDir(t, strings.Replace(text, "bridge/+", "nobody", 1), "\n")
	r := runIn(t, dir, scenarios.RunOptions{})
	require.Equal(t, scenarios.Passed, r.Status)
	require.Contains(t, strings.Join(r.Warnings, "\n"), "hall.yaml:5:18: golden compared nothing: the file hall.golden.jsonl is empty")
	require.Equal(t, 400*time.Second, r.Virtual)
}
