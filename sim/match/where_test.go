package match_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

func subject(payload string) *match.Subject {
	s := &match.Subject{Warnings: &match.Warnings{}}
	s.Set(mqtt.Message{Topic: "zigbee2mqtt/hall/set", Payload: []byte(payload), QoS: 1}, "hall", match.App, 1500*time.Millisecond)
	return s
}

func TestWhere(t *testing.T) {
	const light = `{"state":"ON","brightness":80,"temp":21.5,"n":null,"list":[1,2,{"a":3}],"color":{"x":0.3},"odd key":1,"big":12345678901234567890}`
	for _, c := range []struct {
		name, where, payload string
		want                 bool
		warns                string // part of the warning; "" for none
	}{
		{"topic", `topic == "zigbee2mqtt/hall/set"`, "", true, ""},
		{"topic startsWith", `topic startsWith "zigbee2mqtt/" and topic endsWith "/set"`, "", true, ""},
		{"qos", `qos == 1 and qos < 2`, "", true, ""},
		{"retain", `not retain`, "", true, ""},
		{"client", `client == "hall"`, "", true, ""},
		{"source", `source == "app"`, "", true, ""},
		{"at is seconds", `at == 1.5`, "", true, ""},
		{"at with a whole number", `at > 1 and at <= 2`, "", true, ""},
		{"field", `payload.state == "ON"`, light, true, ""},
		{"number", `payload.brightness > 79 and payload.brightness < 80.5`, light, true, ""},
		{"equal to a float", `payload.brightness == 80.0`, light, true, ""},
		{"text payload", `payload == "ON"`, "ON", true, ""},
		{"number payload", `payload > 21`, "21.5", true, ""},
		{"true payload", `payload`, "true", true, ""},
		{"empty payload is the empty text", `payload == ""`, "", true, ""},
		{"missing field", `payload.nope == nil`, light, true, ""},
		{"null is nil", `payload.n == nil`, light, true, ""},
		{"missing field of a missing field", `payload.a.b.c == nil`, light, true, ""},
		{"field of a text", `payload.state == nil`, "online", true, ""},
		{"optional chaining", `payload?.a?.b == nil`, light, true, ""},
		{"default for a missing field", `(payload.nope ?? 5) == 5`, light, true, ""},
		{"odd key", `payload["odd key"] == 1`, light, true, ""},
		{"element", `payload.list[0] == 1 and payload.list[-1].a == 3`, light, true, ""},
		{"element that is missing", `payload.list[9] == nil`, light, true, ""},
		{"nil <", `payload.nope < 1`, light, false, ""},
		{"nil >=", `payload.nope >= 1`, light, false, ""},
		{"nil <= nil", `payload.a <= payload.b`, light, false, ""},
		{"only that comparison is false", `payload.nope > 1 or payload.state == "ON"`, light, true, ""},
		{"not of a comparison with nil", `not (payload.nope > 1)`, light, true, ""},
		{"texts compare", `payload.state >= "OFF"`, light, true, ""},
		{"lists by value", `payload.list == [1.0, 2, {"a": 3.0}]`, light, true, ""},
		{"lists differ", `payload.list != [1]`, light, true, ""},
		{"objects by value", `payload.color == {"x": 0.3}`, light, true, ""},
		{"in a list", `payload.state in ["ON", "OFF"]`, light, true, ""},
		{"in an object", `"state" in payload`, light, true, ""},
		{"in a range", `payload.brightness in 1..100`, light, true, ""},
		{"any", `any(payload.list, # == 2)`, light, true, ""},
		{"field of the element", `any(payload.list, .a == 3)`, light, true, ""},
		{"count", `count(payload.list, # != nil) == 3`, light, true, ""},
		{"map and sum", `sum(map([1, 2, 3], # * 2)) == 12`, light, true, ""},
		{"reduce", `reduce([1, 2, 3], #acc + #) == 6`, light, true, ""},
		{"let", `let b = payload.brightness; b > 1 && b < 100`, light, true, ""},
		{"ternary", `payload.state == "ON" ? payload.brightness > 0 : true`, light, true, ""},
		{"matches", `topic matches "^zigbee2mqtt/[a-z]+/set$"`, light, true, ""},
		{"contains", `payload contains "line"`, "online", true, ""},
		{"len", `len(payload.list) == 3`, light, true, ""},
		{"arithmetic", `payload.brightness * 2 + 1 == 161`, light, true, ""},
		{"float arithmetic", `abs(payload.temp + 0.25 - 21.75) < 0.001`, light, true, ""},
		{"power", `2 ** 10 == 1024 and 2 ^ -1 == 0.5`, light, true, ""},
		{"text added", `payload.state + "!" == "ON!"`, light, true, ""},
		{"string", `string(payload.brightness) == "80"`, light, true, ""},
		{"type", `type(payload.state) == "string"`, light, true, ""},
		{"big numbers are numbers", `payload.big > 1`, light, true, ""},

		{"missing condition is false", `payload.nope`, light, false, ""},
		{"result of the wrong type", `payload.brightness`, light, false, "the result is a number, want true or false"},
		{"and of a number", `payload.brightness and true`, light, false, "a number stands where true or false is needed"},
		{"not of a missing field", `not payload.nope`, light, false, "nil (a missing field) stands where true or false is needed"},
		{"text compared with a number", `payload.state > 1`, light, false, "a text is compared with a number"},
		{"nil added", `payload.nope + 1 == 1`, light, false, "a number is added to nil"},
		{"contains of a number", `payload.brightness contains "x"`, light, false, "a number stands where a text is needed"},
		{"broken power", `2 ** 0.5 > 1`, light, false, "whole exponent"},
		{"iterating an object", `any(payload.color, # == 1)`, light, false, ""},
		{"too many steps", `sum(map(1..400, sum(map(1..400, sum(map(1..400, #)))))) > 0`, light, false, "it iterates too often"},
		{"too long a range", `len(1..1000000000) > 0`, light, false, "it iterates too often"},
		{"text that grows", `len(reduce(1..60, #acc + #acc, "ab")) > 0`, light, false, "beyond 64 KiB"},
		{"list that grows", `let a = [payload, payload, payload, payload]; let b = [a, a, a, a]; let c = [b, b, b, b]; let d = [c, c, c, c]; let e = [d, d, d, d]; len(e) == 4`, light, false, "grows beyond"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := match.CompileWhere(c.where)
			require.NoError(t, err)
			s := subject(c.payload)
			require.Equal(t, c.want, e.Holds(s), "warnings: %v", s.Warnings.List())
			if c.warns != "" {
				require.Len(t, s.Warnings.List(), 1)
				require.Contains(t, s.Warnings.List()[0].Text, c.warns)
			} else if c.name != "iterating an object" {
				require.Empty(t, s.Warnings.List())
			}
		})
	}
}

func TestWhereThatCannotCompile(t *testing.T) {
	for _, c := range []struct {
		where   string
		line    int
		column  int
		message string
	}{
		{``, 1, 1, "an expression is missing"},
		{`  `, 1, 1, "an expression is missing"},
		{`payload.state == `, 1, 17, "it ends where something is missing"},
		{`paylod.state == "ON"`, 1, 1, `unknown name paylod; did you mean "payload"?`},
		{`qos == 1 and é`, 1, 14, "unknown name é"},
		{"qos == 1\n  and nope", 2, 7, "unknown name nope"},
		{`qos == "1"`, 1, 5, "mismatched types"},
		{`qos`, 1, 1, "a number, want true or false"},
		{`topic + "x"`, 1, 1, "a text, want true or false"},
		{`now() == nil`, 1, 1, "now is not available here: it depends on the wall clock"},
		{`keys(payload) == nil`, 1, 1, "keys is not available here: its order is not defined"},
		{`values(payload) == nil`, 1, 1, "values is not available"},
		{`toPairs(payload) == nil`, 1, 1, "toPairs is not available"},
		{`repeat("a", 3) == nil`, 1, 1, "repeat is not available here"},
		{`lenn(payload) == 1`, 1, 1, `there is no function lenn; did you mean "len"?`},
		{`payload.foo() == 1`, 1, 9, "only the language's own functions can be called"},
		{`payload() == 1`, 1, 1, "there is no function payload"},
		{`hubtape_equal(1, 1)`, 1, 1, "there is no function hubtape_equal"},
		{`$env["topic"] == ""`, 1, 1, "$env is not available"},
		{`topic matches payload`, 1, 15, "must be written out in quotes"},
		{`topic matches "("`, 1, 7, "missing closing )"},
		{strings.Repeat("(", 5000), 1, 1, "longer than"},
		{strings.Repeat("1+", 600) + "1 > 0", 1, 0, "exceeds maximum"},
	} {
		_, err := match.CompileWhere(c.where)
		var we *match.WhereError
		require.True(t, errors.As(err, &we), "%.40q: %v", c.where, err)
		require.Contains(t, we.Message, c.message, "%.40q", c.where)
		require.Equal(t, c.line, we.Line, "%.40q", c.where)
		if c.column > 0 {
			require.Equal(t, c.column, we.Column, "%.40q: %v", c.where, err)
		}
	}
}

func TestWhereIsReadBackAsWritten(t *testing.T) {
	e, err := match.CompileWhere(` payload.x  > 1 `)
	require.NoError(t, err)
	require.Equal(t, ` payload.x  > 1 `, e.String())
}

func TestWarningsAreCountedByText(t *testing.T) {
	e, err := match.CompileWhere(`payload.x > 1`)
	require.NoError(t, err)
	s := subject(`{"x":"a"}`)
	for range 3 {
		require.False(t, e.Holds(s))
	}
	require.Equal(t, []match.Warning{{Text: "where payload.x > 1: a text is compared with a number", Count: 3}}, s.Warnings.List())

	s.Warnings = nil // not counted, and no trouble
	require.False(t, e.Holds(s))
	require.Empty(t, s.Warnings.List())

	var w match.Warnings
	for i := range 150 {
		w.Add(strings.Repeat("x", i+1))
	}
	require.Len(t, w.List(), 101)
	require.Equal(t, 50, w.List()[100].Count)
}

func FuzzCompileWhere(f *testing.F) {
	for _, s := range []string{
		`payload.brightness > 100`, `not (payload.a?.b ?? 1 == 1)`, `any(payload.l, .x in [1,2])`, `let a = payload; a == a`,
		`topic matches "^a"`, `1..3 == [1,2,3]`, `payload[1:2] == nil`, `{"a": payload}.a == 1`, `reduce(1..9, #acc + #, 0) > 1`, "((((", `"\u`,
		`sortBy(payload.l, .x, "desc")[0] == 1`, `payload | filter(# > 1) | len() > 0`, `true ? payload : 1`, `if qos > 0 { true } else { false }`,
		`get(payload, "a") == first([1])`, `findIndex(payload.l, # == 1) == 0`, `-payload.x < ~1`,
	} {
		f.Add(s, `{"a":{"b":1},"l":[1,{"x":2}],"x":1.5}`)
	}
	f.Fuzz(func(t *testing.T, src, payload string) {
		e, err := match.CompileWhere(src)
		if err != nil {
			var we *match.WhereError
			require.ErrorAs(t, err, &we)
			require.Positive(t, we.Line)
			require.Positive(t, we.Column)
			return
		}
		first, firstErr := e.Eval(subject(payload))
		second, secondErr := e.Eval(subject(payload))
		require.Equal(t, first, second)
		require.Equal(t, firstErr, secondErr)
		p := match.Pattern{Topic: "#", Where: e, Source: match.Any}
		require.Equal(t, first, len(p.Explain(subject(payload))) == 0)
	})
}

func TestIterationsOverALargePayload(t *testing.T) {
	list := `["` + strings.Repeat(`device","`, 1500) + `last"]`
	e, err := match.CompileWhere(`any(payload, # == "last")`)
	require.NoError(t, err)
	require.True(t, e.Holds(subject(list)))

	e, err = match.CompileWhere(`any(payload, any(payload, # == "none"))`)
	require.NoError(t, err)
	_, err = e.Eval(subject(list))
	require.EqualError(t, err, "it iterates too often")
}
