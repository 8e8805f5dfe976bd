package draft_test

import (
	"testing"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli/internal/draft"
	"github.com/stretchr/testify/require"
)

// draftOf writes a scenario for an automation from JSON lines.
func draftOf(t *testing.T, app core.AppFunc, lines string) *draft.Draft {
	t.Helper()
	path := writeText(t, lines)
	apps := []scenarios.Entry{scenarios.App("own", func(struct{}) core.App { return app })}
	d, err := draft.New(draft.Options{Tape: path, App: "own", Apps: apps})
	require.NoError(t, err)
	require.Empty(t, d.Problem, d.Text)
	s, err := scenarios.Parse("x.yaml", []byte(d.Text))
	require.NoError(t, err)
	require.Equal(t, scenarios.Passed, s.Run(apps, scenarios.RunOptions{}).Status, d.Text)
	return d
}

// answerEvery answers every nth message on a topic.
func answerEvery(n int, topic, payload string) core.AppFunc {
	return func(env *core.Env) error {
		heard := 0
		return env.Subscribe(topic, func(mqtt.Message) {
			if heard++; heard%n == 0 {
				env.Publish("lamp", []byte(payload))
			}
		})
	}
}

// Only the second message is answered: the steps begin between the two, which
// look alike.
func TestTheStepsBeginRightBeforeTheTrigger(t *testing.T) {
	d := draftOf(t, answerEvery(2, "button", "ON"), `{"t":70,"topic":"button","payload":"push"}
{"t":75.5,"topic":"button","payload":"push"}
{"t":100,"topic":"other","payload":"x"}
`)
	require.Contains(t, d.Text, `- never: {topic: "lamp", for: "1m10s"}`)
	require.Contains(t, d.Text, `- route_until: {topic: "button", source: "tape", payload: "push", within: "10s"} # at 1m15.5s`)
	require.Contains(t, d.Text, `- never: {topic: "lamp"}`)
}

// The automation says something of the kind by itself before: then nothing is
// said of the time before the trigger.
func TestSilenceIsOnlyExpectedWhereThereIsSome(t *testing.T) {
	d := draftOf(t, func(env *core.Env) error {
		env.Publish("lamp", []byte(`{"a":true,"b":true,"c":1}`))
		return env.Subscribe("button", func(mqtt.Message) { env.Publish("lamp", []byte(`{"a":true,"b":true,"c":2}`)) })
	}, `{"t":70,"topic":"button","payload":"push"}
`)
	require.NotContains(t, d.Text, "for:")
	require.Contains(t, d.Text, "steps:")
}

// Of several topics that speak at the same time, that one is the trigger without
// which nothing is said.
func TestTheTriggerIsWhatTheAutomationNeeds(t *testing.T) {
	d := draftOf(t, answerEvery(1, "button", "ON"), `{"t":5,"topic":"before","payload":"x"}
{"t":5,"topic":"button","payload":"push"}
{"t":5,"topic":"between","payload":"x"}
{"t":6,"topic":"button","payload":"push"}
`)
	require.Contains(t, d.Text, "without button on the tape it does not")
	require.Contains(t, d.Text, `- count: {topic: "lamp", exactly: 1}`)
}

// An automation that waits before it answers, while others speak.
func TestTheTriggerOfALateAnswer(t *testing.T) {
	late := parrot{3_000_000_000}
	apps := []scenarios.Entry{scenarios.App("parrot", func(struct{}) parrot { return late })}
	path := writeText(t, `{"t":1,"topic":"a","payload":"1"}
{"t":2,"topic":"noise","payload":"1"}
{"t":3.5,"topic":"noise","payload":"2"}
{"t":20,"topic":"noise","payload":"3"}
`)
	d, err := draft.New(draft.Options{Tape: path, App: "parrot", Apps: apps})
	require.NoError(t, err)
	require.Empty(t, d.Problem)
	require.Contains(t, d.Text, "without a on the tape it does not")
	require.Contains(t, d.Text, `- route_until: {topic: "zigbee2mqtt/hall/set", payload: "1", within: "5s"} # at 4s`)
}

// What others say on the automation's topic is not counted: a condition does not
// see it either.
func TestOnlyTheAutomationIsCounted(t *testing.T) {
	d := draftOf(t, answerEvery(1, "button", "ON"), `{"t":5,"topic":"button","payload":"push"}
{"t":6,"topic":"lamp","payload":"ON"}
{"t":7,"topic":"button","payload":"push"}
{"t":8,"topic":"lamp","payload":"ON"}
`)
	require.Contains(t, d.Text, `- count: {topic: "lamp", exactly: 1}`)
}

// A frame asks for the state that changed, not for what was measured meanwhile.
func TestFramesAskForStates(t *testing.T) {
	d, err := draft.New(draft.Options{Tape: writeText(t, `{"t":1,"topic":"hall","payload":"{\"lux\":1,\"occupancy\":false}"}
{"t":2,"topic":"meter","payload":"{\"watts\":10}"}
{"t":3,"topic":"hall","payload":"{\"lux\":2,\"occupancy\":false}"}
{"t":4,"topic":"meter","payload":"{\"watts\":20}"}
{"t":5,"topic":"hall","payload":"{\"lux\":3,\"occupancy\":true}"}
{"t":6,"topic":"meter","payload":"{\"watts\":30}"}
{"t":7,"topic":"meter","payload":"{\"watts\":40}"}
`)})
	require.NoError(t, err)
	require.Empty(t, d.Problem)
	require.Contains(t, d.Text, `steps:
  - route_until: {topic: "hall", json: {"occupancy": true}, within: "10s"} # at 5s
  # And from there to the end of the tape.
  - never: {topic: "hall"}
`)
}
