package redact_test

import (
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder/redact"
	"github.com/stretchr/testify/require"
)

// A value that one rule finds, and then does not take for its form, is for the
// next one: a built-in rule on the same key hides none of the user's.
func TestSeveralRulesOnOneValue(t *testing.T) {
	const own = `builtin: true
rules: [{name: alarm, topics: ["alarm/#"], keys: [code, pin]}]`
	for name, c := range map[string]struct{ rules, payload string }{
		"a text beside a built-in rule":   {own, `{"code":"geheim"}`},
		"with dashes":                     {own, `{"code":"4711-0815"}`},
		"below an object":                 {own, `{"code":{"today":"geheim"}}`},
		"the second of two":               {`rules: [{name: a, keys: [k], like: "x.*"}, {name: b, keys: [k], like: "geh.*"}]`, `{"k":"geheim"}`},
		"the third":                       {`rules: [{name: a, keys: [k], like: "x.*"}, {name: b, keys: [k], min: 20}, {name: c, keys: [k]}]`, `{"k":"geheim"}`},
		"a number":                        {`rules: [{name: a, keys: [k], min: 9, types: [number]}, {name: b, keys: [k], types: [number]}]`, `{"k":4711}`},
		"a list":                          {`rules: [{name: a, keys: [k], min: 20, types: [list]}, {name: b, keys: [k], types: [list]}]`, `{"k":[1,2,3,4,5,6,7,8]}`},
		"one of each, side by side":       {own, `{"pin":"geheim","x":{"code":"geheim","pin":"geheim"}}`},
		"an outer rule that takes others": {`rules: [{name: a, keys: [o], like: "x.*"}, {name: b, keys: [k]}]`, `{"o":{"k":"geheim"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := redacted(rulesOf(t, c.rules), "alarm/panel", c.payload)
			require.NotEqual(t, c.payload, got)
			require.NotContains(t, got, "geheim")
			require.NotContains(t, got, "4711")
		})
	}

	// What a rule knows for no secret is none for those behind it either.
	excepted := rulesOf(t, `rules: [{name: a, keys: [k], except: [geheim]}, {name: b, keys: [k]}]`)
	require.Equal(t, `{"k":"geheim"}`, redacted(excepted, "alarm/panel", `{"k":"geheim"}`))
	require.NotContains(t, redacted(excepted, "alarm/panel", `{"k":"secret"}`), "secret")

	rec := message("alarm/panel", "x")
	rec.Properties = &mqtt.Properties{User: []mqtt.UserProperty{{Key: "code", Value: "geheim"}}}
	redact.New(rulesOf(t, own), testKey).Record(rec)
	require.NotEqual(t, "geheim", rec.Properties.User[0].Value)
}
