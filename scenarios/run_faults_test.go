package scenarios_test

import (
	"strings"
	"testing"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// The hall's light is turned on by a motion at 1s and at 60s, and off at 6m.
const cutHall = `
name: hall
app: hall
params: {delay: 5m}
tape: {file: tape.jsonl, feed: [motion]}
faults:
  - disconnect: %s
expect: {%e}
`

func playCut(t *testing.T, disconnect, expect string) *scenarios.Result {
	t.Helper()
	return play(t, strings.NewReplacer("%s", disconnect, "%e", expect).Replace(cutHall))
}

func TestDisconnect(t *testing.T) {
	const (
		on  = `{topic: light/set, json: {state: "ON"}}`
		off = `{topic: light/set, json: {state: "OFF"}}`
	)
	for name, c := range map[string]struct{ disconnect, expect, want string }{
		"over before the motion":      {`{client: app, at: 100ms, for: 900ms}`, "ordered: [" + on + ", " + on + ", " + off + "]", ""},
		"for no time":                 {`{client: app, at: 1s}`, "ordered: [" + on + "]", ""},
		"at the motion":               {`{client: app, at: 1s, for: 1s}`, "never: [{topic: light/set, between: [0s, 59s]}], ordered: [" + on + "]", ""},
		"by the automation's name":    {`{client: hall, at: 1s, for: 1s}`, "ordered: [" + on + ", " + on + "]", "after the 1 before it"},
		"when it says off, at QoS 0":  {`{client: app, at: 6m, for: 1s}`, "never: [" + off + "]", ""},
		"all the time from its start": {`{client: app, at: 0s, for: 1h}`, "never: [" + on + "]", `app "hall" failed: connect "hall": the connection is cut until 1h0m0s`},
	} {
		t.Run(name, func(t *testing.T) {
			r := playCut(t, c.disconnect, c.expect)
			requireOutcome(t, r, c.want)
			require.Equal(t, r.Digest, playCut(t, c.disconnect, c.expect).Digest)
		})
	}
}

// Nor does one that is later than the end test anything.
func TestWarnsOfADisconnectAfterTheEnd(t *testing.T) {
	const never = "never: [{topic: light/set, json: {state: DIM}}]"
	r := playCut(t, `{at: 7h, client: hall}`, never)
	require.Len(t, r.Warnings, 1)
	require.Contains(t, r.Warnings[0], "hall.yaml:7:5: the scenario ended at ")
	require.Contains(t, r.Warnings[0], ", before the disconnect at 7h0m0s")
	require.Empty(t, playCut(t, `{at: 1s, client: hall}`, never).Warnings)
}

// A disconnect whose client is nobody is most likely a mistake.
func TestWarnsOfADisconnectOfNobody(t *testing.T) {
	const never = "never: [{topic: light/set, json: {state: DIM}}]"
	r := playCut(t, `{at: 1m, client: hal}`, never)
	require.Equal(t, scenarios.Passed, r.Status)
	require.Len(t, r.Warnings, 1)
	require.True(t, strings.HasSuffix(r.Warnings[0],
		`hall.yaml:7:34: nobody connected as the client "hal" that disconnect names; did you mean "hall"?`), r.Warnings[0])
	r = playCut(t, `{client: garage door, at: 7h}`, never)
	require.Contains(t, strings.Join(r.Warnings, "\n"), `names; there is hall, app`)
	r = play(t, "name: x\ntape: {file: tape.jsonl}\nfaults: [{disconnect: {client: app, at: 1s}}]\nexpect: {never: [{topic: motion, where: qos == 2}]}\n")
	require.Contains(t, strings.Join(r.Warnings, "\n"), `names; nobody at all did`)
}

// A run that fails before the disconnect has not seen all who connect; one that
// fails after it may have failed because of it.
func TestWarnsOfADisconnectOfNobodyInARunThatFails(t *testing.T) {
	text := func(at string) string {
		return "name: x\napp: hall\nfaults: [{disconnect: {client: hal, at: " + at + "}}]\nsteps: [{route_until: {topic: light/set, within: 1m}}]\n"
	}
	require.Len(t, play(t, text("1m")).Warnings, 1)
	require.Empty(t, play(t, text("61s")).Warnings)
}

func TestFaultsThatAreNotRunYet(t *testing.T) {
	for fault, want := range map[string]string{
		`drop: {topic: "#"}`:                               "hall.yaml:2:10: this version of hubtape does not run faults yet",
		`restart_broker: {at: 1m}`:                         "this version of hubtape does not run faults yet",
		`jump_clock: {at: 1m, by: 1h}`:                     "this version of hubtape does not run faults yet",
		`disconnect: {client: app, between: [1m, 2m]}`:     "this version of hubtape does not run disconnect with between yet",
		`disconnect: {client: app}, between: [1m, 2m]`:     "this version of hubtape does not run disconnect with between yet",
		`duplicate: {topic: "#", client: tape, by: 500ms}`: "this version of hubtape does not run faults yet",
	} {
		r := play(t, "name: x\nfaults: [{"+fault+"}]\n")
		require.ErrorContains(t, r.Err, want)
		require.ErrorContains(t, r.Err, "remove it, or use a version that has it")
		require.Equal(t, 2, r.ExitCode())
	}
}
