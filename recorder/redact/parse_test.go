package redact_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/recorder/redact"
)

func TestParse(t *testing.T) {
	builtin := redact.Builtin(redact.BuiltinOptions{}).Names()
	places := redact.Builtin(redact.BuiltinOptions{Places: true}).Names()
	for text, want := range map[string][]string{
		"":              builtin,
		"# nothing":     builtin,
		"builtin: true": builtin,
		"places: true":  places,
		"\ufeffrules: [{name: x, keys: [y]}]\r\n": append(slices.Clone(builtin), "x"),
		"builtin: false": {},
		"builtin: false\nrules:\n  - name: b\n    keys: [x]\n  - {name: a, payload: true}\n": {"b", "a"},
		"without: [passwords]": slices.DeleteFunc(slices.Clone(builtin), func(n string) bool { return n == "passwords" }),
		"without: [passwords]\nrules: [{name: passwords, keys: [kennwort]}]": append(
			slices.DeleteFunc(slices.Clone(builtin), func(n string) bool { return n == "passwords" }), "passwords"),
	} {
		if got := rulesOf(t, text).Names(); !slices.Equal(got, want) {
			t.Errorf("%s: rules %v, not %v", text, got, want)
		}
	}
	r := rulesOf(t, "without: [passwords]")
	if got := redacted(r, "t", `{"password":"hunter2"}`); got != `{"password":"hunter2"}` {
		t.Errorf("a rule left out still works: %s", got)
	}
}

// Each fault is told with its place; all at once.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, at, message, hint string }{
		{"rules: [{nam: x, keys: [y]}]", "f:1:10", `a rule has no key "nam"`, `did you mean "name"?`},
		{"rules: [{keys: [y]}]", "f:1:9", `a rule needs the key "name"`, ""},
		{"rules: [{name: x}]", "f:1:9", "does not say what is secret", "add keys"},
		{"rules: [{name: x, topics: [a]}]", "f:1:9", "does not say what is secret", "add keys"},
		{"rules: [{name: x, keys: [y]}, {name: x, keys: [y]}]", "f:1:38", `there is a rule "x" already`, "choose another"},
		{"rules: [{name: passwords, keys: [y]}]", "f:1:16", `there is a rule "passwords" already`, "without"},
		{"rules: [{name: x, keys: y}]", "f:1:25", `keys is a list, not "y"`, "[ ]"},
		{"rules: [{name: x, keys: []}]", "f:1:25", "keys is empty", ""},
		{"rules: [{name: x, keys: [__]}]", "f:1:26", "a key has 1 to 100 bytes", ""},
		{"rules: [{name: x, keys: [{a: b}]}]", "f:1:26", "a key is a text, not an object", ""},
		{"rules: [{name: x, keys: ['']}]", "f:1:26", "a key is empty", ""},
		{"rules: [{name: x, topics: ['a/#/b'], keys: [y]}]", "f:1:28", "not a topic filter", ""},
		{"rules: [{name: x, topics: ['$share/g/a'], keys: [y]}]", "f:1:28", "is a subscription", "$share"},
		{"rules: [{name: x, paths: ['a..b']}]", "f:1:27", `"a..b" is not a path: it has an empty step`, "such as"},
		{"rules: [{name: x, paths: ['a[b]']}]", "f:1:27", "between [ and ]", ""},
		{"rules: [{name: x, paths: ['a[1']}]", "f:1:27", "not closed", ""},
		{"rules: [{name: x, paths: ['\"a']}]", "f:1:27", "a quote is not closed", ""},
		{"rules: [{name: x, paths: ['a[1]b']}]", "f:1:27", "a step ends with . or [", ""},
		{"rules: [{name: x, paths: ['a.**']}]", "f:1:27", "must be followed", ""},
		{"rules: [{name: x, regex: '('}]", "f:1:26", "missing closing )", "RE2"},
		{"rules: [{name: x, regex: '(x*)'}]", "f:1:26", "matches the empty text", "+"},
		{"rules: [{name: x, keys: [y], like: '('}]", "f:1:36", "missing closing )", "RE2"},
		{"rules: [{name: x, payload: yes}]", "f:1:28", `payload is true or false, not "yes"`, ""},
		{"rules: [{name: x, levels: [0]}]", "f:1:28", `a topic level is a whole number from 1 to 1000, not "0"`, ""},
		{"rules: [{name: x, levels: [x]}]", "f:1:28", `a topic level is a whole number`, ""},
		{"rules: [{name: x, keys: [y], types: [text]}]", "f:1:38", `there is no type "text"`, "there are string, number"},
		{"rules: [{name: x, keys: [y], types: [strin]}]", "f:1:38", `there is no type "strin"`, `did you mean "string"?`},
		{"rules: [{name: x, keys: [y], min: many}]", "f:1:35", `min is a whole number from 1 to 1000, not "many"`, ""},
		{"rules: [{name: x, keys: [y], keys: [z]}]", "f:1:30", `the key "keys" stands here a second time`, ""},
		{"rules: [x]", "f:1:9", `a rule is an object, not "x"`, "it takes name"},
		{"rules: x", "f:1:8", `rules is a list, not "x"`, ""},
		{"rules:", "f:1:1", "rules has no value", ""},
		{"rule: []", "f:1:1", `a rule file has no key "rule"`, `did you mean "rules"?`},
		{"- a", "f:1:", "a rule file is an object, not a list", ""},
		{"builtin: 1", "f:1:10", "builtin is true or false", ""},
		{"builtin: false\nplaces: true", "f:1:1", "places adds to the built-in rules", ""},
		{"builtin: false\nwithout: [x]", "f:2:10", "without chooses among the built-in rules", ""},
		{"without: [password]", "f:1:11", `there is no built-in rule "password"`, `did you mean "passwords"?`},
		{"allow: [{}]", "f:1:9", "the exception does not say what stays", ""},
		{"allow: [{key: [a]}]", "f:1:10", `an exception has no key "key"`, `did you mean "keys"?`},
		{"rules: &a []", "f:1:8", "anchors, aliases and tags", ""},
		{"rules: [", "f:1:", "this is not YAML", ""},
		{"\tx: 1", "f:1:1", "does not allow a tab", "spaces"},
		{"a: b: c", "f:1:", "this is not YAML", ""},
		{"builtin: true\n---\nbuiltin: true", "f:3:1", "a second document", ""},
		{"? a\n: b", "f:1:1", "keys with ?", ""},
		{"x: \xff", "f:1:1", "not UTF-8", "UTF-8"},
		{"x: \x00", "f:1:1", "NUL", ""},
		{strings.Repeat(" ", 300) + "x: 1", "f:1:1", "indented", ""},
		{"rules: " + strings.Repeat("[", 100), "f:1:", "it nests deeper than 16 levels", ""},
		{strings.Repeat("- ", 100) + "x", "f:1:", "it nests deeper than 16 levels", ""},
		{strings.Repeat("x", 600<<10), "f:1:1", "larger than 512 KiB", ""},
		{"rules: [" + strings.Repeat("x,", 150_000) + "]", "f:1:1", "holds too much", ""},
	} {
		_, err := redact.Parse([]byte(c.text), "f")
		var fault *redact.FileError
		if !errors.Is(err, redact.ErrRules) || !errors.As(err, &fault) {
			t.Errorf("%.60q: %v", c.text, err)
			continue
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		if !strings.HasPrefix(first, c.at) || !strings.Contains(fault.Message, c.message) || !strings.Contains(fault.Hint, c.hint) {
			t.Errorf("%.60q: %s, hint %q", c.text, first, fault.Hint)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := redact.Parse([]byte(`places: maybe
rules:
  - name: one
    key: [a]
  - name: two
    keys: [a]
    min: -1
`), "home.yaml")
	want := `home.yaml:1:9: places is true or false, not "maybe"
     1 | places: maybe
       |         ^
home.yaml:4:5: a rule has no key "key"
     3 |   - name: one
     4 |     key: [a]
       |     ^
  hint: did you mean "keys"?
home.yaml:7:10: min is a whole number from 1 to 1000, not "-1"
     6 |     keys: [a]
     7 |     min: -1
       |          ^`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nnot\n%s", err, want)
	}
	many := "rules:\n" + strings.Repeat("  - {}\n", 500)
	var all redact.Errors
	if _, err := redact.Parse([]byte(many), "f"); !errors.As(err, &all) || len(all) != 50 {
		t.Errorf("%d faults are told", len(all))
	}
}

func TestTooManyRules(t *testing.T) {
	for _, list := range []string{"rules", "allow"} {
		one := map[string]string{"rules": "{name: 'N', keys: [k]}", "allow": "{keys: [k]}"}[list]
		var b strings.Builder
		b.WriteString("builtin: false\n" + list + ":\n")
		for i := range 2001 {
			b.WriteString("  - " + strings.Replace(one, "N", strings.Repeat("a", i/50+1)+strings.Repeat("b", i%50), 1) + "\n")
		}
		_, err := redact.Parse([]byte(b.String()), "f")
		if err == nil || !strings.Contains(err.Error(), "f:2003:5: a file may have 2000") {
			t.Errorf("%s: %.200v", list, err)
		}
	}
}

// More expressions than a set of triggers has places all work.
func TestManyExpressions(t *testing.T) {
	var b strings.Builder
	b.WriteString("builtin: false\nrules:\n")
	for i := range 200 {
		n := strings.Repeat("a", i/10+1) + strings.Repeat("b", i%10)
		b.WriteString("  - {name: " + n + ", regex: '<" + n + "=(\\w+)'}\n")
	}
	r := rulesOf(t, b.String())
	for _, n := range []string{"a", "aaaaabbbb", "aaaaaaaaaabbbbbbbbb", "aaaaaaaaaaaaaaaaaaaabbbbbbbbb"} {
		found := r.Find(message("t", "<"+n+"=x"))
		if len(found) != 1 || found[0].Rule != n {
			t.Errorf("%s: %v", n, found)
		}
	}
}
