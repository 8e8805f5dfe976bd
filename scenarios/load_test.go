package scenarios

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata/bad")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each bad file stands beside the messages it must lead to.
func TestBadFiles(t *testing.T) {
	for _, path := range glob(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = Parse(filepath.Base(path), data)
			var all Errors
			require.True(t, errors.As(err, &all), "%v", err)
			for _, e := range all {
				require.Positive(t, e.Line)
				require.Positive(t, e.Col)
				require.NotContains(t, e.Message, "\n")
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

func TestGoodFiles(t *testing.T) {
	for _, path := range glob(t, "testdata/good/*.yaml") {
		s, err := Load(path)
		require.NoError(t, err)
		require.Equal(t, path, s.File)
		require.NotNil(t, s.Location)
		if filepath.Base(path) != "smallest.yaml" {
			require.Empty(t, s.Warnings, path)
		}
	}
}

func TestTheModelOfTheContractsExample(t *testing.T) {
	s, err := Load("testdata/good/contract.yaml")
	require.NoError(t, err)
	require.Equal(t, "hallway light follows motion", s.Name)
	require.Equal(t, []string{"lights"}, s.Tags)
	require.True(t, s.HasTag("lights"))
	require.False(t, s.HasTag("x"))
	require.Equal(t, []AppUse{{Pos: Pos{4, 6}, App: "hallway-light", Params: map[string]any{"delay": "5m"}, ParamsPos: Pos{5, 9}}}, s.Apps)
	require.Equal(t, "app", s.Apps[0].Source())
	require.Equal(t, "Europe/Budapest", s.Location.String())
	require.True(t, s.Start.Equal(time.Date(2026, 1, 10, 16, 0, 0, 0, time.UTC)))
	require.Equal(t, uint64(7), s.Seed)

	require.Equal(t, filepath.Join("testdata/good", "evening.hubtape"), s.Path(s.Tape.File))
	require.Equal(t, 4*time.Hour, *s.Tape.Until)
	fed := s.Tape.Fed()
	require.True(t, fed.Has("zigbee2mqtt/hall"))
	require.False(t, fed.Has("zigbee2mqtt/hall/set"))
	require.False(t, fed.Has("zigbee2mqtt/bridge/info"))

	require.Equal(t, Device{Pos: Pos{17, 5}, Name: "hall light", CommandTopic: "zigbee2mqtt/hall_light/set", StateTopic: "zigbee2mqtt/hall_light", State: map[string]any{"state": "OFF", "brightness": int64(0)}, Delay: Spread{180 * time.Millisecond, 180 * time.Millisecond}}, s.Devices[0])

	require.Len(t, s.Faults, 6)
	require.Equal(t, Fault{Pos: Pos{24, 5}, Kind: FaultDrop, Topic: "zigbee2mqtt/#", Probability: Ratio{1, 50}}, s.Faults[0])
	require.True(t, s.Faults[0].OfMessages())
	require.Equal(t, &Spread{10 * time.Millisecond, 2 * time.Second}, s.Faults[1].By)
	require.Equal(t, 30*time.Second, *s.Faults[2].For)
	require.False(t, s.Faults[3].KeepRetained)
	require.Equal(t, "hall light", s.Faults[4].Device)
	require.Equal(t, -time.Hour, s.Faults[5].Jump)

	kinds := []string{}
	for i, step := range s.Steps {
		kinds = append(kinds, step.Kind())
		require.Equal(t, Pos{31 + i, 5}, step.At())
	}
	require.Equal(t, stepKinds, kinds)
	require.Equal(t, `{"occupancy":true}`, string(s.Steps[0].(*Publish).Payload))
	until := s.Steps[1].(*RouteUntil)
	require.Equal(t, 2*time.Second, *until.Within)
	require.Equal(t, `zigbee2mqtt/hall_light/set json {"state":"ON"}`, until.Pattern.String())
	require.Equal(t, 5*time.Minute, s.Steps[2].(*Advance).By)
	require.Equal(t, 30*time.Minute, *s.Steps[3].(*Replay).Until)
	require.Equal(t, "payload.brightness > 100", s.Steps[4].(*Never).Pattern.Where.String())
	require.Equal(t, uint64(3), *s.Steps[5].(*Count).Max)
	require.Equal(t, match.Any, s.Steps[6].(*Retained).Pattern.Source)

	e := s.Expect
	require.Equal(t, &Window{0, 10 * time.Second}, e.Ordered[0].Between)
	require.Equal(t, time.Second, e.SameAsTape.Tolerance)
	require.Equal(t, []string{"transition"}, e.SameAsTape.Ignore)
	require.Equal(t, 100*time.Millisecond, e.Golden.TimeTolerance)
	require.Equal(t, 0.01, e.Golden.NumberTolerance)
}

func TestTheOtherForms(t *testing.T) {
	s, err := Load("testdata/good/apps.yaml")
	require.NoError(t, err)
	require.Equal(t, "apps.scada", s.Apps[0].Source())
	require.Equal(t, map[string]any{"deep": []any{int64(1), 2.5, nil, true, map[string]any{"big": uint64(18446744073709551615)}}}, s.Apps[0].Params)
	require.Equal(t, &Window{time.Minute, 2 * time.Minute}, s.Faults[0].Between)
	require.Equal(t, Ratio{1, 1}, s.Faults[0].Probability)
	require.Equal(t, Ratio{0, 1}, s.Faults[3].Probability)
	require.True(t, s.Faults[5].KeepRetained)
	require.Equal(t, 36*time.Hour, s.Faults[7].Jump)
	require.Equal(t, "ON", string(s.Steps[0].(*Publish).Payload))
	require.True(t, s.Steps[0].(*Publish).Retain)
	require.Empty(t, s.Steps[1].(*Publish).Payload)
	require.Equal(t, "22:00", s.Steps[3].(*Advance).To.String())
	require.Equal(t, "06:30:15", s.Steps[4].(*Advance).To.String())
	require.True(t, s.Steps[8].(*Never).Pattern.HasJSON)
	require.Nil(t, s.Steps[8].(*Never).Pattern.JSON)

	s, err = Load("testdata/good/exec.yaml")
	require.NoError(t, err)
	require.Equal(t, 100.0, s.Exec.Speed)
	require.Equal(t, 10*time.Second, s.Exec.Ready.Timeout)
	require.Nil(t, s.Steps[0].(*Replay).Until)

	s, err = Load("testdata/good/attach.yaml")
	require.NoError(t, err)
	require.True(t, s.Exec.Attach)
	require.Empty(t, s.Expect.Never[0].Pattern.Source, "with a program the default is what apps, devices and programs say")
}

func TestWithoutAProgramAnySourceIsSeen(t *testing.T) {
	s, err := Parse("x.yaml", []byte("name: x\nsteps: [{route_until: {topic: a}}, {never: {topic: a, source: device, for: 1s}}]\n"))
	require.NoError(t, err)
	require.Equal(t, match.Any, s.Steps[0].(*RouteUntil).Pattern.Source)
	require.Equal(t, match.Device, s.Steps[1].(*Never).Pattern.Source)
}

func TestPublishKeepsWhatTheFileSays(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`name: x
steps: [{publish: {topic: a, json: {z: 1.0, a: [0x1F, 1e3, 99999999999999999999, -0, "é<>\n", ~, OFF, "5"], n: {}}}}]
`))
	require.NoError(t, err)
	require.Equal(t, `{"z":1.0,"a":[31,1e3,99999999999999999999,0,"é<>\n",null,"OFF","5"],"n":{}}`, string(s.Steps[0].(*Publish).Payload))
}

func TestWarnings(t *testing.T) {
	s, err := Parse("dir/x.yaml", []byte(`name: x
tags: [on]
steps:
  - publish: {topic: a, json: {state: OFF, s: "OFF"}}
  - count: {topic: a, min: 1}
  - never: {topic: yes}
`))
	require.NoError(t, err)
	texts := []string{}
	for _, w := range s.Warnings {
		texts = append(texts, w.String())
	}
	require.Equal(t, []string{
		`dir/x.yaml:2:8: on without quotes is the text "on" here, and true or false to other readers of YAML; write "on"`,
		`dir/x.yaml:4:39: OFF without quotes is the text "OFF" here, and true or false to other readers of YAML; write "OFF"`,
		`dir/x.yaml:5:5: count without for ends with the tape, and there is none: it looks at one instant only`,
		`dir/x.yaml:6:5: never without for ends with the tape, and there is none: it looks at one instant only`,
		`dir/x.yaml:6:20: yes without quotes is the text "yes" here, and true or false to other readers of YAML; write "yes"`,
	}, texts)

	s, err = Load("testdata/good/smallest.yaml")
	require.NoError(t, err)
	require.Contains(t, s.Warnings[0].Message, "expects nothing")
}

func TestWarningsOfWhatOthersWrite(t *testing.T) {
	s, err := Parse("dir/x.yml", []byte(`name: x
app: “hall”
steps:
  - route_until: {topic: zigbee2mqtt/*, within: 5s}
  - never: {topic: /zigbee2mqtt/hall, where: topic == "/zigbee2mqtt/*", for: 1s}
  - never: {topic: /my/own/hub, json: '{"a":1}', for: 1s}
  - publish: {topic: "a", json: {topic: "*", json: '{}', quoted: "{a}"}}
tape: {file: a.jsonl, feed: ["cmnd/*/POWER"], exclude: ["/cmnd/#"]}
`))
	require.NoError(t, err)
	texts := []string{}
	for _, w := range s.Warnings {
		texts = append(texts, w.String())
	}
	require.Equal(t, []string{
		`dir/x.yml:1:1: of a folder only the *.yaml files are run; rename x.yml to x.yaml`,
		`dir/x.yml:2:6: the quotes of “hall” are a part of the text; those of YAML are " and '`,
		`dir/x.yml:4:26: * in zigbee2mqtt/* is a plain character: MQTT has + for one level and # for all that follow`,
		`dir/x.yml:5:20: /zigbee2mqtt/hall begins with /, so its first level is empty, and it is another topic than zigbee2mqtt/hall`,
		`dir/x.yml:6:39: json in quotes is one JSON text, with quotes in the message; leave the quotes out, or write it as payload`,
		`dir/x.yml:8:30: * in cmnd/*/POWER is a plain character: MQTT has + for one level and # for all that follow`,
		`dir/x.yml:8:57: /cmnd/# begins with /, so its first level is empty, and it is another topic than cmnd/#`,
	}, texts)
}

// A file with many mistakes is told all of them in one go.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Load("testdata/bad/many_at_once.yaml")
	var all Errors
	require.ErrorAs(t, err, &all)
	require.Greater(t, len(all), 20)
	lines := map[int]bool{}
	for _, fault := range all {
		lines[fault.Line] = true
		require.NotEmpty(t, fault.Excerpt)
	}
	require.Greater(t, len(lines), 10)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := Load("testdata/none.yaml")
	require.EqualError(t, err, "testdata/none.yaml: the scenario cannot be read: no such file or directory")
	_, err = Load("testdata")
	require.ErrorContains(t, err, "testdata: the scenario cannot be read")
	_, err = Parse("x.yaml", []byte("name: "+strings.Repeat("x", maxFileBytes)))
	require.ErrorContains(t, err, "x.yaml: the file is larger than 4 MiB")
	var one *FileError
	require.ErrorAs(t, err, &one)
}

func TestLineEndsAndByteOrderMark(t *testing.T) {
	s, err := Parse("x.yaml", []byte("\ufeffname: x\r\ntags: [a]\r\nexpect:\r\n  never: [{topic: a}]\r\n"))
	require.NoError(t, err)
	require.Equal(t, "x", s.Name)
	require.Equal(t, Pos{4, 11}, s.Expect.Never[0].Pos)
}

func TestNestingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 100_000),
		"braces":   strings.Repeat("{a: ", 50_000),
		"dashes":   strings.Repeat("- ", 100_000),
		"keys":     strings.Repeat("? ", 100_000),
		"anchors":  strings.Repeat("&a ", 100_000),
		"tags":     strings.Repeat("!a ", 100_000),
		"object":   strings.Repeat("a: 1\n", 100_000),
		"objects":  "a:\n" + strings.Repeat("- b: 1\n  c: 1\n", 3000) + strings.Repeat("x: 1\n", 100_000),
		"returns":  strings.Repeat("a: 1\r", 100_000),
		"indent":   indented(2000),
		"indented": indented(200),
	} {
		_, err := Parse("x.yaml", []byte(text))
		require.Error(t, err, name)
	}
}

func TestALongListIsNoObjectWithManyKeys(t *testing.T) {
	s, err := Parse("x.yaml", []byte("name: x\nsteps:\n"+strings.Repeat("  - publish: {topic: a}\n", 6000)))
	require.NoError(t, err)
	require.Len(t, s.Steps, 6000)
}

func TestFaultsAreBounded(t *testing.T) {
	_, err := Parse("x.yaml", []byte("name: x\nsteps:\n"+strings.Repeat("  - publsh: {topic: a}\n", 3000)))
	var all Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 101)
	require.Equal(t, "there are more faults; these are the first 100", all[100].Message)
}

func indented(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		paths, err := filepath.Glob("testdata/" + dir + "/*.yaml")
		require.NoError(f, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	schema := compiledSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("x.yaml", data)
		if v, ok := plainText(t, data); ok {
			requireAgreement(t, schema, v, data)
		}
		if err == nil {
			require.NotEmpty(t, s.Name)
			return
		}
		var all Errors
		require.ErrorAs(t, err, &all)
		for _, e := range all {
			require.LessOrEqual(t, e.Line, 1+strings.Count(string(data), "\n")+strings.Count(string(data), "\r"))
		}
		_ = err.Error()
	})
}
