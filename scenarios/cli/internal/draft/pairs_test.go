package draft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		asked, state, condition string
		json, ok                bool
	}{
		{`{"state":"ON","transition":2}`, `{"state":"ON","brightness":254}`, `, json: {"state": "ON"}`, true, true},
		{`{"state":"ON"}`, `{"state":"OFF"}`, ``, true, false},
		{`{"brightness":10}`, `{"state":"ON"}`, ``, true, false},
		{`{"color":[1,2]}`, `{"color":[1,2]}`, ``, true, false}, // nothing that a condition can ask for
		{`ON`, `on`, `, payload: "on"`, false, true},
		{`ON`, `{"state":"ON"}`, ``, true, false},
		{``, ``, `, payload: ""`, false, false},
		{`ON`, `OFF`, `, payload: "OFF"`, false, false},
	} {
		condition, isJSON, ok := answers([]byte(c.asked), []byte(c.state))
		require.Equal(t, c.ok, ok, c.asked+" "+c.state)
		require.Equal(t, c.condition, condition, c.asked+" "+c.state)
		require.Equal(t, c.json, isJSON, c.asked+" "+c.state)
	}
}

func TestPairsAreMeasured(t *testing.T) {
	p := &pair{}
	at := time.Duration(0)
	say := func(after time.Duration, payload string) {
		at += after
		p.hear(message{0, at, []byte(payload)})
	}
	ask := func(payload string) { p.pending = &message{0, at, []byte(payload)} }

	say(0, `{"state":"ON"}`)
	require.Zero(t, p.count, "nobody asked")
	ask(`{"state":"ON"}`)
	say(100*time.Millisecond, `{"state":"OFF"}`) // not what was asked for
	say(100*time.Millisecond, `{"state":"ON"}`)
	say(time.Second, `{"state":"ON"}`) // a report
	require.Equal(t, 1, p.count)
	ask(`{"state":"OFF"}`)
	say(answersWithin+1, `{"state":"OFF"}`)
	require.Equal(t, 1, p.count, "too late to be an answer")
	ask(`{"state":"OFF"}`)
	say(50*time.Millisecond, `{"state":"OFF"}`)
	require.Equal(t, 2, p.count)
	require.Equal(t, "50ms to 200ms", p.delays())
	require.Equal(t, `{"state":"ON"}`, string(p.said.payload))
}

func TestStateTopics(t *testing.T) {
	for name, want := range map[string][]string{
		"zigbee2mqtt/hall/set":             {"zigbee2mqtt/hall", "zigbee2mqtt/hall/state"},
		"cmnd/plug/POWER":                  {"stat/plug/POWER"},
		"garage/cover/door/command":        {"garage/cover/door", "garage/cover/door/state"},
		"shellies/shelly1/relay/0/command": {"shellies/shelly1/relay/0", "shellies/shelly1/relay/0/state"},
		"W/c0/vebus/257/Mode":              {"N/c0/vebus/257/Mode"},
		"zigbee2mqtt/hall":                 nil,
		"zigbee2mqtt/hall/set/brightness":  nil,
	} {
		require.Equal(t, want, stateTopics(&topic{name: name}), name)
	}
}

// A state is a word that comes again; what is another each time tells nothing.
func TestTurns(t *testing.T) {
	follow := func(payloads ...string) *turns {
		s := &turns{}
		for i, p := range payloads {
			s.add(message{seq: i + 1, payload: []byte(p)}, false)
		}
		return s
	}
	s := follow("OFF", "OFF", "ON", "OFF")
	require.True(t, s.tells())
	require.Equal(t, 2, s.count)
	require.Equal(t, 3, s.first.seq)
	require.Equal(t, "OFF", string(s.before))
	require.False(t, follow("1", "2", "3").tells(), "a meter")
	require.False(t, follow("a", "b", "c", "d", "e", "f", "g", "h", "i").tells(), "another text each time")
	require.False(t, follow(`{"on":true,"n":1}`, `{"on":true,"n":2}`).tells())
	require.True(t, follow(`{"on":true,"n":1}`, `{"on":false,"n":1}`).tells())

	s = &turns{}
	s.add(message{seq: 1, payload: []byte("OFF")}, true)
	s.add(message{seq: 2, payload: []byte("ON")}, true)
	require.False(t, s.tells(), "what was retained is no change")
}

func TestNamesOfThings(t *testing.T) {
	for topic, want := range map[string]string{
		"zigbee2mqtt/Hall light/set": "Hall light", "cmnd/plug/POWER": "plug", "shellies/shelly1-A/relay/0/command": "shelly1-A", "set": "set", "a/": "a",
	} {
		require.Equal(t, want, nameOf(topic), topic)
	}
}

func TestWaitsHaveRoom(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		0: 200 * time.Millisecond, 200 * time.Millisecond: 500 * time.Millisecond, 59 * time.Second: time.Minute, time.Minute: 2 * time.Minute,
		13 * time.Hour: 24 * time.Hour, 24 * time.Hour: 48 * time.Hour,
	} {
		require.Equal(t, want, roundUp(d))
	}
}
