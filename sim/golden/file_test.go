package golden_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/sim/golden"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

func say(at time.Duration, topic, payload string) golden.Message {
	return golden.Message{At: at, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

// The form of the file, to the byte: files in people's repositories have it.
func TestFormat(t *testing.T) {
	for name, c := range map[string]struct {
		m    golden.Message
		want string
	}{
		"keys sorted":       {say(0, "a", `{"b": 1.50, "a": {"d":2,"c":[1, 2]}}`), `{"t":0.000,"topic":"a","payload":{"a":{"c":[1,2],"d":2},"b":1.50}}`},
		"of two keys":       {say(0, "a", `{"a":1,"a":2}`), `{"t":0.000,"topic":"a","payload":{"a":2}}`},
		"milliseconds":      {say(1234567*time.Millisecond, "a", "x"), `{"t":1234.567,"topic":"a","payload":"x"}`},
		"nanoseconds":       {say(1234500001, "a", "x"), `{"t":1.234500001,"topic":"a","payload":"x"}`},
		"tens of them":      {say(1234500010, "a", "x"), `{"t":1.23450001,"topic":"a","payload":"x"}`},
		"a number":          {say(0, "a", "20.0"), `{"t":0.000,"topic":"a","payload":"20.0"}`},
		"a JSON text":       {say(0, "a", `"ON"`), `{"t":0.000,"topic":"a","payload":"\"ON\""}`},
		"an array":          {say(0, "a", `[ {"b":1,"a":2} ]`), `{"t":0.000,"topic":"a","payload":[{"a":2,"b":1}]}`},
		"empty":             {say(0, "a", ""), `{"t":0.000,"topic":"a","payload":""}`},
		"control":           {say(0, "a", "\x1b[2J\n\t\u009b\u2028\x7f"), `{"t":0.000,"topic":"a","payload":"\u001b[2J\n\t\u009b\u2028\u007f"}`},
		"not escaped":       {say(0, "haz/külső", "<é&ű>😀"), `{"t":0.000,"topic":"haz/külső","payload":"<é&ű>😀"}`},
		"binary":            {say(0, "a", "\xff\x00"), `{"t":0.000,"topic":"a","payload":"/wA=","payload_enc":"base64"}`},
		"binary in JSON":    {say(0, "a", "{\"a\":\"\xff\"}"), `{"t":0.000,"topic":"a","payload":"eyJhIjoi/yJ9","payload_enc":"base64"}`},
		"ignored":           {say(0, "a", `{"last_seen":5,"color":{"x":1,"y":2},"x":3,"l":[{"last_seen":1}]}`), `{"t":0.000,"topic":"a","payload":{"color":{"y":2},"l":[{}],"x":3}}`},
		"too deep to parse": {say(0, "a", strings.Repeat("[", 600)+strings.Repeat("]", 600)), `{"t":0.000,"topic":"a","payload":"` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			text := golden.Format([]golden.Message{c.m}, golden.Options{Ignore: []string{"last_seen", "color.x"}})
			require.Equal(t, c.want+"\n", string(text))
			require.True(t, json.Valid(text))
			f, err := golden.Parse("x", text)
			require.NoError(t, err)
			failures, err := f.Compare([]golden.Message{c.m}, golden.Options{Ignore: []string{"last_seen", "color.x"}})
			require.NoError(t, err)
			require.Empty(t, failures)
		})
	}
	m := say(0, "a", "x")
	m.QoS, m.Retain = 2, true
	require.Equal(t, `{"t":0.000,"topic":"a","payload":"x","qos":2,"retain":true}`+"\n", string(golden.Format([]golden.Message{m}, golden.Options{})))
}

// record import and tape.file read a golden file too.
func TestGoldenFilesAreJSONLines(t *testing.T) {
	m := say(1500*time.Millisecond, "light/set", `{"state":"ON"}`)
	m.QoS, m.Retain = 1, true
	text := golden.Format([]golden.Message{m, say(2*time.Second, "b", "OFF"), say(3*time.Second, "c", "\xff"), say(3*time.Second, "d", "[1, 2]")}, golden.Options{})
	jsonl, err := format.Lookup("jsonl")
	require.NoError(t, err)
	d := jsonl.NewDecoder(strings.NewReader(string(text)), format.Options{})
	got := make([]recorder.Record, 4)
	for i := range got {
		require.NoError(t, d.Next(&got[i]))
	}
	require.ErrorIs(t, d.Next(&recorder.Record{}), io.EOF)
	require.Equal(t, 1500*time.Millisecond, got[0].At)
	require.True(t, got[0].Message.Equal(m.Message))
	require.Equal(t, "OFF", string(got[1].Payload))
	require.Equal(t, "\xff", string(got[2].Payload))
	require.Equal(t, "[1,2]", string(got[3].Payload))
}

// What people write by hand is taken as they mean it.
func TestParseIsLiberal(t *testing.T) {
	text := "\ufeff" + `{"payload":{"b":2.0,"a":1},"topic":"a","t":1}` + "\r\n\r\n" +
		`  {"t":1e0,"topic":"a","payload":5,"qos":0,"retain":false,"client":"who"}` + "\n" +
		`{"t":2,"topic":"a","payload":"NQ==","payload_enc":"base64"}`
	f, err := golden.Parse("x", []byte(text))
	require.NoError(t, err)
	require.False(t, f.Empty())
	failures, err := f.Compare([]golden.Message{say(time.Second, "a", `{"a":1.0,"b":2}`), say(time.Second, "a", "5"), say(2*time.Second, "a", "5.0")}, golden.Options{})
	require.NoError(t, err)
	require.Empty(t, failures)
	empty, err := golden.Parse("x", nil)
	require.NoError(t, err)
	require.True(t, empty.Empty())
}

func TestParseNamesEachFault(t *testing.T) {
	for line, want := range map[string]string{
		`<<<<<<< HEAD`:                                                  `it is no JSON object: <<<<<<< HEAD`,
		"\x1b[2J":                                                       `it is no JSON object: "\x1b[2J"`,
		`[1]`:                                                           `it is no JSON object`,
		`{"topic":"a","payload":""}`:                                    `it has no "t"`,
		`{"t":0,"payload":""}`:                                          `it has no "topic"`,
		`{"t":0,"topic":"a"}`:                                           `it has no "payload"`,
		`{"t":null,"topic":"a","payload":""}`:                           `"t": null is no number of seconds`,
		`{"t":"1","topic":"a","payload":""}`:                            `"t": "1" is no number of seconds`,
		`{"t":-1,"topic":"a","payload":""}`:                             `"t": -1 is before the start`,
		`{"t":1e99,"topic":"a","payload":""}`:                           `"t": "1e99" is no number of seconds that can be kept`,
		`{"t":0,"topic":"a/#","payload":""}`:                            `"topic": `,
		`{"t":0,"topic":5,"payload":""}`:                                `"topic": `,
		`{"t":0,"topic":"a","payload":null}`:                            `"payload": null is no payload`,
		`{"t":0,"topic":"a","payload":"","payload_enc":"hex"}`:          `"payload_enc": "hex" is not known`,
		`{"t":0,"topic":"a","payload":"%","payload_enc":"base64"}`:      `"payload": it is no base64`,
		`{"t":0,"topic":"a","payload":"","qos":3}`:                      `"qos": 3 is not 0, 1 or 2`,
		`{"t":0,"topic":"a","payload":"","qos":1.0}`:                    `"qos": 1.0 is not 0, 1 or 2`,
		`{"t":0,"topic":"a","payload":"","qos":"1"}`:                    `"qos": "1" is not 0, 1 or 2`,
		`{"t":0,"topic":"a","payload":"","retain":1}`:                   `"retain": 1 is not true or false`,
		`{"t":0,"topic":"a","payload":""}x`:                             `it is no JSON object`,
		strings.Repeat("[", 300_000):                                    `it is no JSON object: [[[[`,
		`{"t":0,"topic":"a","payload":"` + strings.Repeat("é", 200):     `éé…`,
		`{"t":4.999999999,"topic":"a","payload":"before the line one"}`: `its time, 4.999999999s, is before the 5s of a line above`,
	} {
		_, err := golden.Parse("dir/hall.golden.jsonl", []byte(`{"t":5,"topic":"a","payload":""}`+"\n\n"+line+"\n"+`{"t":5,"topic":"b","payload":""}`))
		var faults golden.Errors
		require.ErrorAs(t, err, &faults, line)
		require.Len(t, faults, 1)
		require.Equal(t, 3, faults[0].Line)
		require.True(t, strings.HasPrefix(err.Error(), "dir/hall.golden.jsonl:3: "), err.Error())
		require.Contains(t, err.Error(), want)
		require.Less(t, len(err.Error()), 400)
		require.NotContains(t, err.Error(), "\x1b")
	}
}

func TestManyFaults(t *testing.T) {
	_, err := golden.Parse("x", []byte("a\nb\n"))
	require.EqualError(t, err, "x:1: it is no JSON object: a\nx:2: it is no JSON object: b")
	_, err = golden.Parse("x", []byte(strings.Repeat("a\n", 1000)))
	require.Len(t, err, 10)
}

func TestRecorder(t *testing.T) {
	all := []struct{ source, topic string }{
		{match.App, "x/app"}, {match.AppsPrefix + "two", "x/two"}, {match.Device, "x/device"}, {match.Tape, "x/tape"}, {match.Scenario, "x/scenario"}, {match.App, "y"},
	}
	for name, c := range map[string]struct {
		o    golden.Options
		want string
	}{
		"all that automations say": {golden.Options{}, "x/app x/two y"},
		"on topics, devices too":   {golden.Options{Topics: []string{"x/#"}}, "x/app x/two x/device"},
		"once":                     {golden.Options{Topics: []string{"x/#", "+/app"}}, "x/app x/two x/device"},
		"one of them":              {golden.Options{Source: match.AppsPrefix + "two"}, "x/two"},
		"anybody":                  {golden.Options{Source: match.Any, Topics: []string{"x/+"}}, "x/app x/two x/device x/tape x/scenario"},
	} {
		t.Run(name, func(t *testing.T) {
			r := golden.NewRecorder(c.o)
			for i, m := range all {
				var s match.Subject
				s.Set(mqtt.Message{Topic: m.topic, Payload: []byte("p"), QoS: 1, Retain: true}, "who", m.source, time.Duration(i))
				r.Hear(&s)
			}
			var topics []string
			for _, m := range r.Messages() {
				topics = append(topics, m.Topic)
				require.Equal(t, all[m.At].topic, m.Topic)
				require.Equal(t, "p", string(m.Payload))
				require.True(t, m.Retain && m.QoS == 1)
			}
			require.Equal(t, c.want, strings.Join(topics, " "))
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	require.NoError(t, golden.Options{Topics: []string{"a/+"}, Ignore: []string{"x"}, Time: time.Second, Number: 1}.Validate())
	require.Error(t, golden.Options{Topics: []string{"a/#/b"}}.Validate())
	require.Error(t, golden.Options{Number: -1}.Validate())
}

// Whatever stands in a file: no panic, and what is read can be written and read
// again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"t":1.5,"topic":"a","payload":{"b":1,"a":[1,{"x":null}]}}` + "\n"))
	f.Add([]byte(`{"t":0,"topic":"a","payload":"/w==","payload_enc":"base64","qos":1,"retain":true}`))
	f.Add([]byte(`{"t":1e1,"topic":"a","payload":-0.0e+1}`))
	f.Add([]byte("{\"t\":0,\"topic\":\"a\",\"payload\":\"\\ud800\xff\"}"))
	f.Add([]byte("x\n\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := golden.Parse("x", text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		once := golden.Format(file.Messages(), golden.Options{})
		again, err := golden.Parse("x", once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(golden.Format(again.Messages(), golden.Options{})))
		failures, err := file.Compare(again.Messages(), golden.Options{})
		require.NoError(t, err)
		require.Empty(t, failures)
	})
}
