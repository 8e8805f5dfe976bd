package redact_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
	"pgregory.net/rapid"
)

// A stand-in in JSON, and in JSON inside of a text.
const (
	standIn       = `("redacted-[0-9a-f]{12}"|-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?)`
	standInInside = `\\"redacted-[0-9a-f]{12}\\"`
)

// drawJSON writes a JSON value with odd spacing and spelling, and a regular
// expression for what it has to become when what stands under the key s is
// secret.
func drawJSON(t *rapid.T, depth int, secret bool) (as, like string) {
	space := func() string { return rapid.SampledFrom([]string{"", "", " ", "\n\t"}).Draw(t, "space") }
	leaf := func(text string) (string, string) {
		if secret {
			return text, standIn
		}
		return text, regexp.QuoteMeta(text)
	}
	kinds := 3
	if depth > 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		s := rapid.SampledFrom([]string{`a`, `on`, `\u00e9\n`, `\"q\"`, `ü`, `x\/y`, `{`, `[\"`, `\ud83d\ude00`, `\ud800`}).Draw(t, "text")
		return leaf(`"` + s + `"`)
	case 1:
		return leaf(rapid.SampledFrom([]string{"0", "-7", "4711", "1.50", "1e3", "-0.0", "300"}).Draw(t, "number"))
	case 2:
		w := rapid.SampledFrom([]string{"true", "false", "null", `""`}).Draw(t, "word")
		return w, regexp.QuoteMeta(w)
	case 3:
		if secret {
			return leaf(`"{\"k\":1}"`)
		}
		in, _ := json.Marshal(`{"k": [1,"é/"],` + space() + `"s":"§"}`)
		return strings.ReplaceAll(string(in), "§", "zz"), strings.ReplaceAll(regexp.QuoteMeta(string(in)), `\\"§\\"`, standInInside)
	case 4:
		as, like = "["+space(), `\[\s*`
		for i := range rapid.IntRange(0, 3).Draw(t, "items") {
			if i > 0 {
				as, like = as+",", like+","
			}
			a, l := drawJSON(t, depth-1, secret)
			before, after := space(), space()
			as, like = as+before+a+after, like+before+l+after
		}
		return as + "]", like + `\]`
	default:
		as, like = "{"+space(), `\{\s*`
		for i := range rapid.IntRange(0, 3).Draw(t, "fields") {
			if i > 0 {
				as, like = as+",", like+","
			}
			key := rapid.SampledFrom([]string{`k`, `s`, `S`, `_s`, `st`, `\u0073`, `state`}).Draw(t, "key")
			isSecret := secret || (key != "k" && key != "st" && key != "state")
			a, l := drawJSON(t, depth-1, isSecret)
			before, after := space(), space()
			as = as + `"` + key + `"` + before + ":" + after + a
			like = like + `"` + regexp.QuoteMeta(key) + `"` + before + ":" + after + l
		}
		return as + "}", like + `\}`
	}
}

var oneKey = func() *redact.Rules {
	r, err := redact.Parse([]byte("builtin: false\nrules: [{name: s, keys: [s]}]"), "rules.yaml")
	if err != nil {
		panic(err)
	}
	return r
}()

// JSON stays JSON, only the values of secret keys change, all of them do, and
// every other byte is as it was.
func TestOnlySecretsChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		as, like := drawJSON(t, 3, false)
		got := redacted(oneKey, "t", as)
		if !json.Valid([]byte(got)) {
			t.Fatalf("%s became %s, which is no JSON", as, got)
		}
		if !regexp.MustCompile(`\A` + like + `\z`).MatchString(got) {
			t.Fatalf("%s became %s, not %s", as, got, like)
		}
		if again := redacted(oneKey, "t", got); again != got {
			t.Fatalf("twice is not once: %s, then %s", got, again)
		}
		if left := oneKey.Find(message("t", got)); len(left) > 0 {
			t.Fatalf("%s: still found: %v", got, left)
		}
		if len(oneKey.Find(message("t", as))) == 0 && got != as {
			t.Fatalf("%s became %s, and nothing was found", as, got)
		}
	})
}

// The built-in rules leave every byte of a payload that they do not concern,
// and what they found once they do not find again.
func TestBuiltinOnAnything(t *testing.T) {
	rules := redact.Builtin(redact.BuiltinOptions{Places: true})
	x := redact.New(rules, testKey)
	pieces := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `"`, `:`, `,`, ` `, `password`, `"password":"`, `token`, `\"`, `\\`, `://u:`, `@`, `?token=`, `redacted-0123456789ab`,
		`redacted-`, `hunter2`, `4711`, `-1.5e3`, `192.168.1.1`, `a@b.de`, `'ssid': '`, `'`, `Bearer abcdefghijklmnop`, "\xff", `é`, `\u0022`, `network_key`, `[1,2,3]`, `"lat":`, `=`, `AKIAABCDEFGHIJKLMNOP`,
	})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		rec := message("tele/x/y", in)
		kept := bytes.Clone(rec.Payload)
		old := rec.Payload
		found := rules.Find(rec)
		changed := x.Record(rec)
		if changed != (len(found) > 0) || changed == (string(rec.Payload) == in) {
			t.Fatalf("%q became %q: changed %v, found %v", in, rec.Payload, changed, found)
		}
		if !bytes.Equal(old, kept) {
			t.Fatal("the payload was changed in place")
		}
		if json.Valid(kept) && !json.Valid(rec.Payload) {
			t.Fatalf("%q became %q, which is no JSON", in, rec.Payload)
		}
	})
}

// One secret is one stand-in, and two secrets are two.
func TestStandInsFollowSecrets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[a-z]{4,9}`).Draw(t, "a"), rapid.StringMatching(`[a-z]{4,9}`).Draw(t, "b")
		x, y := redacted(oneKey, "t", `{"s":"`+a+`"}`), redacted(oneKey, "u/v", ` {"k":{"S":"`+b+`"}}`)
		same := strings.Contains(y, strings.TrimSuffix(strings.TrimPrefix(x, `{"s":"`), `"}`))
		if same != (a == b) {
			t.Fatalf("%s and %s became %s and %s", a, b, x, y)
		}
	})
}

// Two goroutines may look for secrets by the same rules.
func TestFindByMany(t *testing.T) {
	rules := redact.Builtin(redact.BuiltinOptions{})
	done := make(chan int)
	for range 4 {
		go func() {
			n := 0
			for range 200 {
				rec := recorder.Record{Kind: recorder.KindMessage}
				rec.Topic, rec.Payload = "a/b", []byte(`{"password":"hunter2","x":"{\"psk\":\"hunter2\"}"}`)
				n += len(rules.Find(&rec))
			}
			done <- n
		}()
	}
	for range 4 {
		if n := <-done; n != 400 {
			t.Errorf("%d findings", n)
		}
	}
}
