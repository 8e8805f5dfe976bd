package draft

import (
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

func TestGuessedFilters(t *testing.T) {
	for _, c := range []struct{ topic, payload, filter string }{
		{"zigbee2mqtt/hall/set", "{}", "zigbee2mqtt/+/set"},
		{"zigbee2mqtt/floor/hall/set", "{}", "zigbee2mqtt/+/+/set"},
		{"zigbee2mqtt/hall/set/brightness", "1", "zigbee2mqtt/+/set/+"},
		{"zigbee2mqtt/hall", "{}", ""},
		{"zigbee2mqtt/set/state", "{}", ""}, // a device named set
		{"z2m/hall/set", "{}", "z2m/+/set"},
		{"cmnd/plug/POWER", "ON", "cmnd/#"},
		{"plug/cmnd/POWER", "ON", "+/cmnd/#"},
		{"stat/plug/POWER", "ON", ""},
		{"shellies/s/relay/0/command", "on", "shellies/+/+/+/command"},
		{"shellies/s/relay/0", "on", ""},
		{"shellyplus1-a/rpc", `{"id":1,"method":"Switch.Set"}`, "shellyplus1-a/rpc"},
		{"me/rpc", `{"id":1,"result":{}}`, ""},
		{"shellyplus1-a/events/rpc", `{"method":"NotifyStatus"}`, ""},
		{"W/c0/vebus/257/Mode", `{"value":3}`, "W/#"},
		{"W", "x", ""},
		{"N/c0/vebus/257/Mode", `{"value":3}`, ""},
		{"homie/lamp/light/power/set", "true", "homie/+/+/+/set"},
		{"evcc/loadpoints/1/mode/set", "pv", "evcc/+/+/+/set"},
		{"garage/cover/door/command", "OPEN", "garage/+/+/command"},
		{"homeassistant/status", "online", ""},
		{"set", "x", ""},
		{"/set", "x", "/set"},
		{"$SYS/x/set", "x", ""},
	} {
		s := newSurvey()
		s.add(&recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: c.topic, Payload: []byte(c.payload)}})
		var filters []string
		if c.filter != "" {
			filters = []string{c.filter}
		}
		got := filtersOf(guessOutputs(s))
		require.Equal(t, filters, got, c.topic)
		for _, f := range got {
			require.True(t, mqtt.Match(f, c.topic), c.topic)
		}
	}
}

func TestContent(t *testing.T) {
	for payload, want := range map[string]string{
		"":      `, payload: ""`,
		"ON":    `, payload: "ON"`,
		"a\nb":  "",
		"\xff":  "",
		"[1,2]": `, payload: "[1,2]"`,
		"null":  `, payload: "null"`,
		`{}`:    "",
		`{"id2":"765e250d-5df3-41bc-ad90-68c922a95376","at":"2026-01-10T17:00:00Z","mac":"A4CF12F45B10"}`: "",
		`{"last_seen":"x"}`:                 "",
		`{"b":2,"a":{"x":1},"on":true}`:     `, json: {"on": true, "a": {"x": 1}}`,
		`{"s":"x","t":"y","u":"z"}`:         `, json: {"s": "x", "t": "y"}`,
		`{"n":null,"l":[1],"k\"ey":"v\"w"}`: `, json: {"k\"ey": "v\"w"}`,
	} {
		require.Equal(t, want, content([]byte(payload), nil), payload)
	}
	for _, c := range []struct{ before, payload, content, state string }{
		{`{"a":true,"n":1}`, `{"a":false,"n":2}`, `, json: {"a": false, "n": 2}`, `, json: {"a": false}`},
		{`{"a":true,"n":1}`, `{"a":true,"n":2}`, `, json: {"n": 2}`, ``},
		{`{"a":true,"n":1}`, `{"a":true,"n":1}`, `, json: {"a": true, "n": 1}`, ``},
		{`x`, `{"a":true}`, `, json: {"a": true}`, `, json: {"a": true}`},
		{`{"p":{"s":"RUN","n":1}}`, `{"p":{"s":"IDLE","n":2}}`, `, json: {"p": {"s": "IDLE"}}`, `, json: {"p": {"s": "IDLE"}}`},
		{`{"p":{"q":{"r":{"s":{"t":1}}}}}`, `{"p":{"q":{"r":{"s":{"t":2}}}}}`, ``, ``}, // too deep to be looked at
		{`ON`, `OFF`, `, payload: "OFF"`, `, payload: "OFF"`},
	} {
		require.Equal(t, c.content, content([]byte(c.payload), []byte(c.before)), c.payload)
		require.Equal(t, c.state, stateContent([]byte(c.payload), []byte(c.before)), c.payload)
	}
}

func TestComments(t *testing.T) {
	w := &writer{}
	w.comment("  ", "a\tb\x00\xffc\nd")
	require.Equal(t, "  # a?b??c\n  # d\n", w.String())
}
