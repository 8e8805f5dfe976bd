package golden_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/golden"
	"github.com/stretchr/testify/require"
)

// hall is the golden file of the tests of this file.
const hall = `{"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
{"t":1.000,"topic":"fan/POWER","payload":"ON"}
{"t":300.000,"topic":"light/set","payload":{"state":"OFF"}}
{"t":300.000,"topic":"fan/POWER","payload":"OFF","qos":1,"retain":true}
`

// evening is the run that hall was written from.
func evening() []golden.Message {
	off := say(300*time.Second, "fan/POWER", "OFF")
	off.QoS, off.Retain = 1, true
	return []golden.Message{
		say(time.Second, "light/set", `{"state":"ON","brightness":2e2}`), say(time.Second, "fan/POWER", "ON"),
		say(300*time.Second, "light/set", `{"state":"OFF"}`), off,
	}
}

func compareHall(t *testing.T, said []golden.Message, o golden.Options) []*sim.Failure {
	t.Helper()
	f, err := golden.Parse("hall.golden.jsonl", []byte(hall))
	require.NoError(t, err)
	failures, err := f.Compare(said, o)
	require.NoError(t, err)
	return failures
}

func told(failures []*sim.Failure) string {
	var b strings.Builder
	for _, f := range failures {
		fmt.Fprintf(&b, "%v %s %s: %s\n", f.At, f.Kind, f.Topic, f.Error())
	}
	return b.String()
}

// Each kind of difference, in the words that people get.
func TestWhatADifferenceSays(t *testing.T) {
	for name, c := range map[string]struct {
		change func(run []golden.Message) []golden.Message
		o      golden.Options
		want   string
	}{
		"none": {func(run []golden.Message) []golden.Message { return run }, golden.Options{}, ""},
		"missing": {func(run []golden.Message) []golden.Message { return append(run[:2], run[3]) }, golden.Options{}, `
5m0s golden light/set: hall.golden.jsonl:3: nobody said this on light/set at 5m0s
  golden: {"t":300.000,"topic":"light/set","payload":{"state":"OFF"}}
`},
		"extra": {func(run []golden.Message) []golden.Message { return append(run, say(400*time.Second, "door", "shut")) }, golden.Options{}, `
6m40s golden door: at 6m40s something was said on door that hall.golden.jsonl does not have
  run:    {"t":400.000,"topic":"door","payload":"shut"}
`},
		"late": {func(run []golden.Message) []golden.Message { run[3].At += 2500 * time.Millisecond; return run }, golden.Options{Time: time.Second}, `
5m2.5s golden fan/POWER: hall.golden.jsonl:4: this was said on fan/POWER 2.5s later, more than the tolerance of 1s
  golden: {"t":300.000,"topic":"fan/POWER","payload":"OFF","qos":1,"retain":true}
  run:    {"t":302.500,"topic":"fan/POWER","payload":"OFF","qos":1,"retain":true}
`},
		"early": {func(run []golden.Message) []golden.Message { run[1].At = 0; return run }, golden.Options{}, `
0s golden fan/POWER: hall.golden.jsonl:2: this was said on fan/POWER 1s earlier, more than the tolerance of 0s
  golden: {"t":1.000,"topic":"fan/POWER","payload":"ON"}
  run:    {"t":0.000,"topic":"fan/POWER","payload":"ON"}
`},
		"another payload": {func(run []golden.Message) []golden.Message {
			run[0].Payload = []byte(`{"state":"OFF","transition":1,"brightness":200}`)
			return run
		}, golden.Options{}, `
1s golden light/set: hall.golden.jsonl:1: at 1s something else was said on light/set
  golden: {"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
  run:    {"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"OFF","transition":1}}
  payload.state was "OFF", want "ON"
  payload.transition was 1, want none
`},
		"a field less": {func(run []golden.Message) []golden.Message { run[0].Payload = []byte(`{"state":"ON"}`); return run }, golden.Options{}, `
1s golden light/set: hall.golden.jsonl:1: at 1s something else was said on light/set
  golden: {"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
  run:    {"t":1.000,"topic":"light/set","payload":{"state":"ON"}}
  payload.brightness was not there, want 200
`},
		"another text": {func(run []golden.Message) []golden.Message { run[1].Payload = []byte("\x1b[2J"); return run }, golden.Options{}, `
1s golden fan/POWER: hall.golden.jsonl:2: at 1s something else was said on fan/POWER
  golden: {"t":1.000,"topic":"fan/POWER","payload":"ON"}
  run:    {"t":1.000,"topic":"fan/POWER","payload":"\u001b[2J"}
  payload was "\x1b[2J", want "ON"
`},
		"other flags": {func(run []golden.Message) []golden.Message { run[3].QoS, run[3].Retain = 0, false; return run }, golden.Options{}, `
5m0s golden fan/POWER: hall.golden.jsonl:4: at 5m0s something else was said on fan/POWER
  golden: {"t":300.000,"topic":"fan/POWER","payload":"OFF","qos":1,"retain":true}
  run:    {"t":300.000,"topic":"fan/POWER","payload":"OFF"}
  qos was 0, want 1
  retain was false, want true
`},
		"another order": {func(run []golden.Message) []golden.Message {
			run[0].At, run[2].At = 300*time.Second, time.Second
			return []golden.Message{run[2], run[1], run[0], run[3]}
		}, golden.Options{Time: 299 * time.Second}, `
5m0s golden light/set: hall.golden.jsonl:1: this was said on light/set at 5m0s, in another order than the file has it
  golden: {"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
  run:    {"t":300.000,"topic":"light/set","payload":{"brightness":2e2,"state":"ON"}}
`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, strings.TrimPrefix(c.want, "\n"), told(compareHall(t, c.change(evening()), c.o)))
		})
	}
}

// A few are told in full, and the rest counted.
func TestManyDifferences(t *testing.T) {
	run := evening()
	for i := range 5 {
		run = append(run, say(time.Hour+time.Duration(i), "door", "open"))
	}
	failures := compareHall(t, run, golden.Options{})
	require.Len(t, failures, golden.Told)
	run = append(run, say(2*time.Hour, "door", "open"))
	failures = compareHall(t, run, golden.Options{})
	require.Len(t, failures, golden.Told+1)
	require.Equal(t, "the run differs from hall.golden.jsonl in 1 message more", failures[golden.Told].Message)
	require.Equal(t, "golden", failures[golden.Told].Kind)
	failures = compareHall(t, append(run, run[4:]...), golden.Options{})
	require.Equal(t, "the run differs from hall.golden.jsonl in 7 messages more", failures[golden.Told].Message)
}

func TestTolerances(t *testing.T) {
	run := evening()
	run[0] = say(1100*time.Millisecond, "light/set", `{"state":"ON","brightness":200.01,"last_seen":{"x":1}}`)
	o := golden.Options{Time: 100 * time.Millisecond, Number: 0.01, Ignore: []string{"last_seen"}}
	require.Empty(t, compareHall(t, run, o))
	o.Time--
	require.Len(t, compareHall(t, run, o), 1)
	o.Time++
	o.Number = 0.009
	require.Len(t, compareHall(t, run, o), 1)
	o.Number = 0.01
	o.Ignore = nil
	require.Len(t, compareHall(t, run, o), 1)
}

func TestCompareWithNonsense(t *testing.T) {
	f, err := golden.Parse("x", nil)
	require.NoError(t, err)
	_, err = f.Compare(nil, golden.Options{Number: -1})
	require.Error(t, err)
}
