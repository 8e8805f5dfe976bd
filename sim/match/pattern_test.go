package match_test

import (
	"math"
	"sync"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

func ptr[T any](v T) *T { return &v }

func where(t testing.TB, src string) *match.Expr {
	t.Helper()
	e, err := match.CompileWhere(src)
	require.NoError(t, err)
	return e
}

func TestPattern(t *testing.T) {
	const topic = "zigbee2mqtt/hall/set"
	for _, c := range []struct {
		name    string
		p       match.Pattern
		payload string
		why     []string // nil: matches
	}{
		{"topic", match.Pattern{Topic: topic}, "", nil},
		{"filter", match.Pattern{Topic: "zigbee2mqtt/+/set"}, "", nil},
		{"another topic", match.Pattern{Topic: "a/b"}, "", []string{"topic was zigbee2mqtt/hall/set, want a/b"}},
		{"no topic", match.Pattern{}, "", []string{"topic was zigbee2mqtt/hall/set, want "}},
		{"PZ-70 equal", match.Pattern{Topic: "#", JSON: map[string]any{"state": "ON"}, HasJSON: true}, `{"state":"ON"}`, nil},
		{"PZ-72 any further members, without a wildcard", match.Pattern{Topic: "#", JSON: map[string]any{"state": "ON"}, HasJSON: true}, `{"state":"ON","x":1}`, nil},
		{
			"json differs",
			match.Pattern{Topic: "#", JSON: map[string]any{"state": "ON", "a": map[string]any{"b c": 1}, "d": nil}, HasJSON: true},
			`{"state":"OFF","a":{"b c":2}}`,
			[]string{`payload.a["b c"] was 2, want 1`, `payload.d was missing, want null`, `payload.state was "OFF", want "ON"`},
		},
		{"json of text", match.Pattern{Topic: "#", JSON: "ON", HasJSON: true}, `ON`, []string{`payload was the text "ON", want the JSON "ON"`}},
		{"json null", match.Pattern{Topic: "#", HasJSON: true}, `null`, nil},
		{"json null of something", match.Pattern{Topic: "#", HasJSON: true}, `1`, []string{"payload was 1, want null"}},
		{"json not asked", match.Pattern{Topic: "#", JSON: "x"}, `1`, nil},
		{"empty object asks for an object", match.Pattern{Topic: "#", JSON: map[string]any{}, HasJSON: true}, `1`, []string{"payload was 1, want {}"}},
		{"payload", match.Pattern{Topic: "#", Payload: ptr("ON")}, "ON", nil},
		{"empty payload", match.Pattern{Topic: "#", Payload: ptr("")}, "ON", []string{`payload was "ON", want ""`}},
		{"qos", match.Pattern{Topic: "#", QoS: ptr(byte(2))}, "", []string{"qos was 1, want 2"}},
		{"retain", match.Pattern{Topic: "#", Retain: ptr(true)}, "", []string{"retain was false, want true"}},
		{"client", match.Pattern{Topic: "#", Client: "hall"}, "", nil},
		{"another client", match.Pattern{Topic: "#", Client: "x"}, "", []string{"client was hall, want x"}},
		{"where", match.Pattern{Topic: "#", Where: where(t, "payload.x > 1")}, `{"x":2}`, nil},
		{"where fails", match.Pattern{Topic: "#", Where: where(t, "payload.x > 100")}, `{"x":80}`, []string{"where payload.x > 100: payload.x was 80"}},
		{"where on what is missing", match.Pattern{Topic: "#", Where: where(t, "payload.x > 100 && qos == 1")}, `{}`, []string{"where payload.x > 100 && qos == 1: payload.x was nil, qos was 1"}},
		{"where on the whole and a part", match.Pattern{Topic: "#", Where: where(t, "payload == 1 or payload.x == 2 or payload?.y == 1")}, `{"x":80}`, []string{`where payload == 1 or payload.x == 2 or payload?.y == 1: payload was {"x":80}, payload.x was 80, payload.y was nil`}},
		{"where with a type error", match.Pattern{Topic: "#", Where: where(t, "payload.x > 1")}, `{"x":"a"}`, []string{`where payload.x > 1: a text is compared with a number, payload.x was "a"`}},
		{"where that is never true", match.Pattern{Topic: "#", Where: where(t, "1 > 2")}, "", []string{"where 1 > 2: it is never true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := subject(c.payload)
			require.Equal(t, c.why == nil, c.p.Match(s))
			require.Equal(t, c.why, c.p.Explain(s))
		})
	}
}

func TestSource(t *testing.T) {
	sources := []string{"app", "apps.one", "apps.two", "device", "tape", "scenario", "program"}
	for want, matches := range map[string]string{
		"":         "app apps.one apps.two device program",
		"any":      "app apps.one apps.two device tape scenario program",
		"app":      "app apps.one apps.two",
		"apps.one": "apps.one",
		"device":   "device",
		"tape":     "tape",
		"scenario": "scenario",
	} {
		got := ""
		for _, source := range sources {
			var s match.Subject
			s.Set(mqtt.Message{Topic: "a"}, "", source, 0)
			p := match.Pattern{Topic: "a", Source: want}
			if p.Match(&s) {
				got += source + " "
				require.Empty(t, p.Explain(&s))
			} else {
				require.Len(t, p.Explain(&s), 1)
			}
		}
		require.Equal(t, matches+" ", got, "source %q", want)
	}
	p := match.Pattern{Topic: "a"}
	var s match.Subject
	s.Set(mqtt.Message{Topic: "a"}, "", match.Tape, 0)
	require.Equal(t, []string{"source was tape, want app or device"}, p.Explain(&s))
}

func TestClosenessOrdersNearMisses(t *testing.T) {
	p := match.Pattern{Topic: "zigbee2mqtt/hall/set", JSON: map[string]any{"state": "ON", "brightness": 100}, HasJSON: true, QoS: ptr(byte(1))}
	messages := []struct{ topic, payload string }{ // nearest first
		{"zigbee2mqtt/hall/set", `{"state":"ON","brightness":100}`},
		{"zigbee2mqtt/hall/set", `{"state":"ON"}`},
		{"zigbee2mqtt/hall/set", `{}`},
		{"zigbee2mqtt/hall/get", `{"state":"ON","brightness":100}`},
		{"zigbee2mqtt/hall/get", `{"state":"ON"}`},
		{"tasmota/hall/set", ``},
	}
	last := -1
	for i := len(messages) - 1; i >= 0; i-- {
		var s match.Subject
		s.Set(mqtt.Message{Topic: messages[i].topic, Payload: []byte(messages[i].payload), QoS: 1}, "", match.App, 0)
		got := p.Closeness(&s)
		require.Greater(t, got, last, "%v", messages[i])
		last = got
	}
}

func TestPatternString(t *testing.T) {
	p := match.Pattern{Topic: "a/+", JSON: map[string]any{"b": 1, "a": "<x>"}, HasJSON: true, Payload: ptr("x\n"), QoS: ptr(byte(1)), Retain: ptr(true), Client: "c", Source: "any", Where: where(t, "qos > 0")}
	require.Equal(t, `a/+ json {"a":"<x>","b":1} payload "x\n" qos 1 retain true where qos > 0 client c source any`, p.String())
	require.Equal(t, "a", (&match.Pattern{Topic: "a"}).String())
}

func TestValidate(t *testing.T) {
	require.NoError(t, (&match.Pattern{Topic: "a/#"}).Validate())
	require.ErrorIs(t, (&match.Pattern{Topic: "a#"}).Validate(), mqtt.ErrFilter)
	require.ErrorContains(t, (&match.Pattern{Topic: "a", JSON: []any{map[string]any{"a": []string{"x"}}}, HasJSON: true}).Validate(), "holds a []string; turn it into plain values with Normalize")
	require.ErrorContains(t, (&match.Pattern{Topic: "a", JSON: math.NaN(), HasJSON: true}).Validate(), "no JSON can")
	require.NoError(t, (&match.Pattern{Topic: "a", JSON: map[string]any{"a": []any{nil, true, "x", 1, uint8(1), 1.5}}, HasJSON: true}).Validate())
}

func TestTheSubjectForgetsTheMessageBefore(t *testing.T) {
	p := match.Pattern{Topic: "#", Where: where(t, `payload.x == 1 and topic == "a"`)}
	var s match.Subject
	s.Set(mqtt.Message{Topic: "a", Payload: []byte(`{"x":1}`)}, "", match.App, 0)
	require.True(t, p.Match(&s))
	s.Set(mqtt.Message{Topic: "b", Payload: []byte(`{"x":1}`)}, "", match.App, 0)
	require.False(t, p.Match(&s))
	s.Topic, s.Payload = "a", []byte(`{"x":2}`)
	s.Reset()
	require.False(t, p.Match(&s))
}

func TestAMismatchAllocatesNothing(t *testing.T) {
	s := subject(`{"state":"ON"}`)
	for name, p := range map[string]match.Pattern{
		"topic":   {Topic: "zigbee2mqtt/+/get", JSON: 1, HasJSON: true},
		"source":  {Topic: "#", Source: match.Tape, JSON: 1, HasJSON: true},
		"client":  {Topic: "#", Client: "x", JSON: 1, HasJSON: true},
		"payload": {Topic: "#", Payload: ptr("x"), JSON: 1, HasJSON: true},
	} {
		require.Zero(t, testing.AllocsPerRun(100, func() { p.Match(s) }), name)
	}
}

func BenchmarkMatch(b *testing.B) {
	const payload = `{"state":"ON","brightness":80,"color":{"x":0.3,"y":0.4},"color_mode":"xy","linkquality":120,"last_seen":"2026-01-10T17:00:00+01:00","update":{"state":"idle","installed_version":1,"latest_version":1}}`
	for _, c := range []struct {
		name  string
		p     match.Pattern
		fresh bool
	}{
		{"topic mismatch", match.Pattern{Topic: "zigbee2mqtt/+/get"}, true},
		{"source mismatch", match.Pattern{Topic: "zigbee2mqtt/+/set", Source: match.Tape}, true},
		{"json", match.Pattern{Topic: "#", JSON: map[string]any{"state": "ON"}, HasJSON: true}, true},
		{"json again", match.Pattern{Topic: "#", JSON: map[string]any{"state": "ON"}, HasJSON: true}, false},
		{"where", match.Pattern{Topic: "#", Where: where(b, "payload.brightness > 50")}, true},
		{"where again", match.Pattern{Topic: "#", Where: where(b, "payload.brightness > 50")}, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := subject(payload)
			b.ReportAllocs()
			for b.Loop() {
				if c.fresh {
					s.Reset()
				}
				c.p.Match(s)
			}
		})
	}
}

func TestOnePatternInManyGoroutines(t *testing.T) {
	p := match.Pattern{Topic: "#", JSON: map[string]any{"x": 1}, HasJSON: true, Where: where(t, `topic matches "^z" and any(payload.l, # > 1)`)}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s := subject(`{"x":1,"l":[1,2]}`)
			for range 200 {
				s.Reset()
				if !p.Match(s) {
					t.Error("no match")
				}
			}
		})
	}
	wg.Wait()
}

// Topics may have anything in them; what people read has nothing that a terminal
// would obey.
func TestPatternsInPlainText(t *testing.T) {
	p := match.Pattern{Topic: "a/\x1b[31m"}
	require.Equal(t, `"a/\x1b[31m"`, p.String())
	var s match.Subject
	s.Set(mqtt.Message{Topic: "b\n"}, "", match.App, 0)
	require.Equal(t, []string{`topic was "b\n", want "a/\x1b[31m"`}, p.Explain(&s))
	require.Equal(t, "zigbee2mqtt/Küche 名 🎉", match.Plain("zigbee2mqtt/Küche 名 🎉"))
	require.Equal(t, `"\xff"`, match.Plain("\xff"))
	require.Equal(t, `"\u202e"`, match.Plain("\u202e"))
}
