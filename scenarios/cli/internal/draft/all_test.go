package draft_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli/internal/draft"
	"github.com/hubtape/hubtape/scenarios/library"
	"github.com/stretchr/testify/require"
)

// What is written from the library's tapes keeps its word, for every automation
// there is and for none.
func TestDraftsOfTheLibrary(t *testing.T) {
	tapes, err := filepath.Glob("../../../library/*/*.hubtape")
	require.NoError(t, err)
	require.NotEmpty(t, tapes)
	for _, tape := range tapes {
		draftAll(t, tape, append([]string{""}, scenarios.Names(library.Apps())...))
	}
}

// So does what is written from real recordings, with automations that answer to
// some of them.
func TestDraftsOfRealRecordings(t *testing.T) {
	dir := os.Getenv("HUBTAPE_DATA")
	if dir == "" {
		t.Skip("HUBTAPE_DATA is not set: no real recordings to read")
	}
	tapes, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, tapes)
	for _, tape := range tapes {
		draftAll(t, tape, []string{"", "motion-light", "load-shedding", "heat-reports"})
	}
}

func draftAll(t *testing.T, tape string, apps []string) {
	t.Helper()
	for _, app := range apps {
		t.Run(filepath.Base(tape)+" "+app, func(t *testing.T) {
			d, err := draft.New(draft.Options{Tape: tape, App: app, Apps: library.Apps()})
			require.NoError(t, err)
			if app == "" {
				require.Empty(t, d.Problem, d.Text)
			}
			requireWord(t, d)
		})
	}
}

// requireWord runs a draft: it passes, without a warning, or says in it why not.
func requireWord(t *testing.T, d *draft.Draft) {
	t.Helper()
	s, err := scenarios.Parse("x.yaml", []byte(d.Text))
	require.NoError(t, err, d.Text)
	require.Empty(t, s.Warnings, d.Text)
	require.NotEmpty(t, s.Description)
	require.NotContains(t, d.Text, "TODO")
	r := s.Run(library.Apps(), scenarios.RunOptions{})
	require.Equal(t, d.Problem == "", r.Status == scenarios.Passed, "%s\n%v\n%s", d.Problem, r.Failures, d.Text)
	require.Equal(t, d.Problem != "", strings.Contains(d.Text, "This does not pass as it stands"), d.Text)
}

// The devices that a draft suggests are right, once somebody takes the # away.
func TestSuggestedDevicesCanBeTaken(t *testing.T) {
	d, err := draft.New(draft.Options{Tape: "../../../library/motionlight/motionlight.hubtape"})
	require.NoError(t, err)
	before, rest, found := strings.Cut(d.Text, "# devices:")
	require.True(t, found, d.Text)
	block, after, _ := strings.Cut(rest, "\nsteps:")
	text := before + "devices:" + strings.ReplaceAll(block, "\n# ", "\n") + "\nsteps:" + after
	s, err := scenarios.Parse("x.yaml", []byte(text))
	require.NoError(t, err, text)
	require.Len(t, s.Devices, 1)
	light := s.Devices[0]
	require.Equal(t, "Hallway light (ceiling)", light.Name)
	require.Equal(t, "zigbee2mqtt/Hallway light (ceiling)/set", light.CommandTopic)
	require.Equal(t, "zigbee2mqtt/Hallway light (ceiling)", light.StateTopic)
	require.Positive(t, light.Delay.Min)
	require.Less(t, light.Delay.Min, light.Delay.Max)
}

// The trigger of an automation is found, shown with its answer, and the count
// behind them holds.
func TestTheTriggerIsFound(t *testing.T) {
	for tape, want := range map[string][]string{
		"leakalarm": {
			`- never: {topic: "shellies/shelly1-A4CF12F45B10/relay/0/command", for: "8m"}`,
			`- route_until: {topic: "zigbee2mqtt/Kitchen leak", source: "tape", json: {"water_leak": true}, within: "200ms"} # at 8m0.058s, 02:18:00 UTC`,
			`- route_until: {topic: "shellies/shelly1-A4CF12F45B10/relay/0/command", payload: "off", within: "200ms"}`,
			`- count: {topic: "shellies/shelly1-A4CF12F45B10/relay/0/command", exactly: 4}`,
		},
		"loadshedding": {
			`- never: {topic: "cmnd/wallbox/POWER", payload: "OFF", for: "5m"}`, // it asks before
			`- route_until: {topic: "N/c0619ab2d8f1/grid/30/Ac/Power", source: "tape", json: {"value": 6393}, within: "1m"}`,
		},
	} {
		app := map[string]string{"leakalarm": "leak-alarm", "loadshedding": "load-shedding"}[tape]
		d, err := draft.New(draft.Options{Tape: "../../../library/" + tape + "/" + tape + ".hubtape", App: app, Apps: library.Apps()})
		require.NoError(t, err)
		require.Empty(t, d.Problem)
		for _, line := range want {
			require.Contains(t, d.Text, line)
		}
	}
}

// Of a tape that is too long to be run often, the beginning is played.
func TestLongTapes(t *testing.T) {
	var text bytes.Buffer
	for i := range draft.MaxMessages + 1000 {
		state := []string{"ON", "OFF"}[i/50_000%2]
		text.WriteString(`{"t":` + strconv.FormatFloat(float64(i)/100, 'f', 2, 64) + `,"topic":"hall","payload":"` + state + `"}` + "\n")
	}
	path := filepath.Join(t.TempDir(), "long.jsonl")
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	d, err := draft.New(draft.Options{Tape: path})
	require.NoError(t, err)
	require.Empty(t, d.Problem)
	require.Contains(t, d.Text, `until: "33m20s"`)
	require.Contains(t, d.Text, "200,001 messages on 1 topic in 33m20s")
	require.Contains(t, d.Text, "The tape is longer")
	requireWord(t, d)
}
