package redact_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/hubtape/hubtape/recorder/redact"
	"pgregory.net/rapid"
)

func TestLiterals(t *testing.T) {
	for expr, want := range map[string][]string{
		`psk=(\S+)`:                {"psk="},
		`(?i)Bearer +(\S+)`:        {"bearer"},
		`\b(?:AKIA|ASIA)[A-Z]{16}`: {"akia", "asia"},
		`gh[oprsu]_\w+`:            {"gho_", "ghp_", "ghr_", "ghs_", "ghu_"},
		`(?:abc|de)?x`:             {"x"},
		`(abc|defg)+`:              {"abc", "defg"},
		`a{2,3}`:                   {"aa"},
		`\d+`:                      nil,
		`(?:abc|\d)`:               nil,
		`(?:abc)*`:                 nil,
		`é+`:                       nil,
	} {
		if got := redact.Literals(expr); !slices.Equal(got, want) {
			t.Errorf("%s needs %q, not %q", expr, got, want)
		}
	}
}

// Every expression of the built-in rules is only tried where a literal of it
// stands: an expression that were not would cost each record microseconds.
func TestBuiltinExpressionsArePrepared(t *testing.T) {
	if names := redact.Builtin(redact.BuiltinOptions{}).Unprepared(); len(names) > 0 {
		t.Errorf("tried on every text: %v", names)
	}
}

// Looking for literals first changes nothing about what is found.
func TestTriggersHideNothing(t *testing.T) {
	exprs := []string{
		`psk=(\w+)`, `(?i)key[ :]+(\w+)`, `(?:ab|cd|e[fg])x+(\d)`, `=(\d+)`, `(a|b)(c|d)=`, `(?i)K(\d)`, `x{2,}y`,
		`(?:pre)?fix(\w)`, `[abc]d[ef]`, `\bq\b`, `a.c`,
	}
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.SampledFrom(exprs).Draw(t, "expr")
		text := rapid.StringMatching(`([a-gkpqsxyKEY=: 0-2]{0,6}(psk=|key: |fix|abx|ad)?){1,4}`).Draw(t, "text")
		r := rulesOfRapid(t, "builtin: false\nrules: [{name: x, regex: '"+expr+"'}]")
		found := len(r.Find(message("t", text))) > 0
		if want := regexp.MustCompile(expr).MatchString(text); found != want {
			t.Fatalf("%s in %q: found %v, want %v", expr, text, found, want)
		}
	})
}

func rulesOfRapid(t *rapid.T, text string) *redact.Rules {
	r, err := redact.Parse([]byte(text), "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return r
}
