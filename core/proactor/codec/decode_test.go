package codec_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecode(t *testing.T) {
	c := newCodec(t, codec.Options{})
	head := codec.Header{Src: "hw1.scada", Dst: "a", MessageID: "7", AckRequired: true}
	of := func(messageType, version string, payload any) codec.Message {
		h := head
		h.MessageType = messageType
		return codec.Message{Header: h, Payload: payload, Version: version}
	}
	for name, tc := range map[string]struct {
		payload string
		want    codec.Message
	}{
		"a value of its type":         {`{"Watts":4500,"TypeName":"power.watts","Version":"000"}`, of("power.watts", "000", watts{Watts: 4500})},
		"what nobody knows":           {`{"Watts":1,"Amps":[2],"TypeName":"power.watts","Version":"000"}`, of("power.watts", "000", watts{Watts: 1})},
		"the type of its version":     {`{"Values":[1.5],"TypeName":"snapshot.spaceheat","Version":"002"}`, of("snapshot.spaceheat", "002", snapNew{Values: []float64{1.5}})},
		"another type of another one": {`{"Values":[1],"TypeName":"snapshot.spaceheat","Version":"001"}`, of("snapshot.spaceheat", "001", snapOld{Values: []int{1}})},
		"without a version":           {`{"Values":[1],"TypeName":"snapshot.spaceheat"}`, of("snapshot.spaceheat", "", snapOld{Values: []int{1}})},
		"an ack":                      {`{"AckMessageID":"9","TypeName":"gridworks.ack","Version":"000"}`, of("gridworks.ack", "000", codec.Ack{AckMessageID: "9"})},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := c.Decode(topicOf(tc.want.MessageType), []byte(envelope(tc.want.MessageType, tc.payload)))
			require.NoError(t, err)
			require.Equal(t, tc.want, m)
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	c := newCodec(t, codec.Options{})
	good := envelope("power.watts", `{"Watts":1,"TypeName":"power.watts","Version":"000"}`)
	for name, tc := range map[string]struct{ topic, text, want string }{
		"nothing":                     {"", "", "no JSON, at byte 0: unexpected end of JSON input"},
		"a bare state":                {"", "ON", "no JSON, at byte 1: invalid character 'O' looking for beginning of value"},
		"null":                        {"", "null", `the TypeName is "": an envelope's is "gw"`},
		"a list":                      {"", "[]", "the message is a JSON array: it has to be an object"},
		"more behind it":              {"", good + "x", "no JSON, at byte 213: invalid character 'x' after top-level value"},
		"no envelope":                 {"", `{"Header":{},"TypeName":"gwx"}`, `the TypeName is "gwx": an envelope's is "gw"`},
		"no header":                   {"", `{"TypeName":"gw"}`, "there is no Header"},
		"another header":              {"", strings.Replace(good, "gridworks.header", "header", 1), `the Header.TypeName is "header": a header's is "gridworks.header"`},
		"a header without a type":     {"", strings.Replace(good, `"MessageType":"power.watts"`, `"MessageType":""`, 1), "the Header.MessageType is empty"},
		"nobody said it":              {"", strings.Replace(good, `"Src":"hw1.scada"`, `"Src":""`, 1), "the Header.Src is empty"},
		"a header of another shape":   {"", strings.Replace(good, `"AckRequired":true`, `"AckRequired":"yes"`, 1), "Header.AckRequired is a JSON string: it has to be true or false"},
		"on another's topic":          {"gw/a/to/b/gridworks-ack", good, `the topic says that it is a "gridworks-ack"`},
		"no topic of ours":            {"zigbee2mqtt/lamp", good, "no GridWorks topic: it does not begin with gw/"},
		"no payload":                  {"", strings.Replace(good, `"Payload"`, `"Load"`, 1), "there is no Payload"},
		"a payload that is null":      {"", envelope("power.watts", "null"), "the Payload is no object"},
		"a payload that is a list":    {"", envelope("power.watts", "[]"), "the Payload is no object"},
		"a type that is a number":     {"", envelope("power.watts", `{"TypeName":7}`), "the Payload.TypeName is no string"},
		"a version that is a number":  {"", envelope("power.watts", `{"TypeName":"power.watts","Version":0}`), "the Payload.Version is no string"},
		"a version that is an object": {"", envelope("power.watts", `{"TypeName":"power.watts","Version":{}}`), "the Payload.Version is no string"},
		"a version that is true":      {"", envelope("power.watts", `{"TypeName":"power.watts","Version":true}`), "the Payload.Version is no string"},
		"a type in other letters":     {"", envelope("power.watts", `{"typename":"power.watts"}`), `the Payload.TypeName is "": the header says "power.watts"`},
		"a payload of another type":   {"", envelope("power.watts", `{"TypeName":"power"}`), `the Payload.TypeName is "power": the header says "power.watts"`},
		"a type mistyped":             {"gw/a/power-wats", envelope("power.wats", `{"TypeName":"power.wats"}`), `the type is not registered; did you mean "power.watts"?`},
		"an unknown version":          {"", envelope("power.watts", `{"TypeName":"power.watts","Version":"001"}`), `the version is not registered: "001" is none of ["000"]`},
		"versions of several types":   {"gw/a/snapshot-spaceheat", envelope("snapshot.spaceheat", `{"TypeName":"snapshot.spaceheat","Version":"9"}`), `the version is not registered: "9" is none of ["001" "" "002" "003"]`},
		"nonsense":                    {"", envelope("power.watts", `{"Watts":-1,"TypeName":"power.watts","Version":"000"}`), "the payload makes no sense: power below zero"},
		"a number beyond its type":    {"", envelope("power.watts", `{"Watts":1e99,"TypeName":"power.watts","Version":"000"}`), "Payload.Watts is a JSON number 1e99: it has to be a number (int)"},
	} {
		t.Run(name, func(t *testing.T) {
			topic := tc.topic
			if topic == "" {
				topic = topicOf("power.watts")
			}
			m, err := c.Decode(topic, []byte(tc.text))
			var e *codec.Error
			require.ErrorAs(t, err, &e)
			require.EqualError(t, e.Unwrap(), tc.want)
			require.Equal(t, topic, e.Topic)
			require.Equal(t, codec.Message{}, m)
		})
	}
}

// A hostile nesting ends as an error, not as a stack that overflows.
func TestDecodeDeep(t *testing.T) {
	c := newCodec(t, codec.Options{Unknown: codec.UnknownKept})
	deep := strings.Repeat(`{"a":`, 1<<20)
	for _, text := range []string{deep, envelope("x", deep+"1"+strings.Repeat("}", 1<<20))} {
		_, err := c.Decode("gw/a/x", []byte(text))
		require.Error(t, err)
	}
}

func TestUnknownKept(t *testing.T) {
	c := newCodec(t, codec.Options{Unknown: codec.UnknownKept})
	payload := `{"Temp":21.50,"TypeName":"zone.reading","Version":"004"}`
	text := []byte(envelope("zone.reading", payload))
	m, err := c.Decode(topicOf("zone.reading"), text)
	require.NoError(t, err)
	clear(text)
	require.Equal(t, codec.Raw{JSON: json.RawMessage(payload)}, m.Payload, "a copy")
	require.Equal(t, "004", m.Version)
	again, err := c.Encode(m)
	require.NoError(t, err)
	require.Contains(t, string(again), payload)

	m, err = c.Decode(topicOf("power.watts"), []byte(envelope("power.watts", `{"Watts":1,"TypeName":"power.watts","Version":"009"}`)))
	require.NoError(t, err)
	require.IsType(t, codec.Raw{}, m.Payload, "an unknown version")

	_, err = c.Decode(topicOf("power.watts"), []byte(envelope("power.watts", `{"Watts":"x","TypeName":"power.watts","Version":"000"}`)))
	require.Error(t, err, "a known one that is wrong")
}

func TestRoundTrip(t *testing.T) {
	c := newCodec(t, codec.Options{})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z][a-z0-9.-]{0,20}`)
		payload := rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 1<<40), func(n int) any { return watts{Watts: n} }),
			rapid.Map(rapid.MapOf(rapid.StringMatching("[a-z]+"), rapid.Bool()), func(m map[string]bool) any { return relays{States: m} }),
			rapid.Map(rapid.SliceOfN(rapid.Float64(), 1, 3), func(f []float64) any { return snapNew{Values: f} }),
			rapid.Map(rapid.String(), func(id string) any { return codec.Ack{AckMessageID: strings.ToValidUTF8(id, "")} }),
		)
		m := codec.Message{Payload: payload.Draw(t, "payload")}
		m.Src, m.Dst, m.MessageID = name.Draw(t, "src"), name.Draw(t, "dst"), name.Draw(t, "id")
		m.AckRequired = rapid.Bool().Draw(t, "ack")
		text, err := c.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		var e struct{ Header struct{ MessageType string } }
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		topic, err := codec.Topic{Src: m.Src, Dst: m.Dst, Type: e.Header.MessageType}.Format()
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Decode(topic, text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, text) {
			t.Fatalf("%s\nthen\n%s", text, again)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("gw/hw1-scada/to/a/power-watts", []byte(envelope("power.watts", `{"Watts":1,"TypeName":"power.watts","Version":"000"}`)))
	f.Add("gw/hw1-scada/power-watts", []byte(envelope("power.watts", `{"Watts":-1,"TypeName":"power.watts","Version":"000"}`)))
	f.Add("gw/a/x", []byte(envelope("x", `{"TypeName":"x"}`)))
	f.Add("gw/a/relay-states", []byte(envelope("relay.states", `{"TypeName":"relay.states","States":{"b":true}}`)))
	f.Add("", []byte("ON"))
	refuses, keeps := newCodec(f, codec.Options{}), newCodec(f, codec.Options{Unknown: codec.UnknownKept})
	f.Fuzz(func(t *testing.T, topic string, text []byte) {
		for _, c := range []*codec.Codec{refuses, keeps} {
			m, err := c.Decode(topic, text)
			if err != nil {
				require.ErrorAs(t, err, new(*codec.Error))
				require.NotEmpty(t, err.Error())
				continue
			}
			if m.AckRequired && m.MessageID == "" {
				continue // it may come, but is not to be sent
			}
			switch m.MessageType {
			case codec.AckType, codec.PingType, "relay.states": // written without a version
				m.Version = ""
			}
			again, err := c.Encode(m)
			require.NoError(t, err)
			same, err := c.Decode(topic, again)
			require.NoError(t, err)
			require.Equal(t, m.Header, same.Header)
		}
	})
}

// What real systems sent is understood, each message.
func TestRecorded(t *testing.T) {
	dir := os.Getenv("HUBTAPE_DATA")
	if dir == "" {
		t.Skip("HUBTAPE_DATA is not set")
	}
	file, err := os.Open(filepath.Join(dir, "gridworks-beech-messages.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	c := codec.New(codec.Options{Unknown: codec.UnknownKept})
	n := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for ; lines.Scan(); n++ {
		var line struct{ Topic, Payload string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		m, err := c.Decode(line.Topic, []byte(line.Payload))
		require.NoError(t, err)
		again, err := c.Encode(m)
		require.NoError(t, err)
		same, err := c.Decode(line.Topic, again)
		require.NoError(t, err)
		require.Equal(t, m, same)
	}
	require.NoError(t, lines.Err())
	require.Positive(t, n)
}
