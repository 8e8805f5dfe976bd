package redact_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
	"github.com/stretchr/testify/require"
)

// own reads rules without the built-in ones.
func own(t testing.TB, rules string) *redact.Rules {
	t.Helper()
	return rulesOf(t, "builtin: false\n"+rules)
}

// hunter2 is the stand-in of that word.
var hunter2 = func() string {
	mac := hmac.New(sha256.New, testKey)
	mac.Write([]byte("hunter2"))
	return "redacted-" + hex.EncodeToString(mac.Sum(nil))[:12]
}()

func TestStandIns(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}]`)
	for in, want := range map[string]string{
		`{"s":"hunter2"}`:                 `{"s":"` + hunter2 + `"}`,
		` {"s" : "hunter2" , "t":1.50 } `: ` {"s" : "` + hunter2 + `" , "t":1.50 } `,
		`{"s":"hunter\u0032"}`:            `{"s":"` + hunter2 + `"}`,
		`{"s":["hunter2",null,true,""]}`:  `{"s":["` + hunter2 + `",null,true,""]}`,
		`{"s":{"hunter2":"hunter2"}}`:     `{"s":{"hunter2":"` + hunter2 + `"}}`,
		`{"s":null}`:                      `{"s":null}`,
		`{"s":{}}`:                        `{"s":{}}`,
		`{"s":[]}`:                        `{"s":[]}`,
		`{"s":[300,"hunter2"]}`:           `{"s":[136,"` + hunter2 + `"]}`,
	} {
		if got := redacted(r, "t", in); got != want {
			t.Errorf("%s became %s, not %s", in, got, want)
		}
	}
}

// A number keeps its digits, sign, point and exponent, and begins as all do.
func TestNumbersKeepTheirShape(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}]`)
	for in, like := range map[string]string{
		"4711": "13##", "471199": "130###", "-4711": "-13##", "0.25": "1.3#", "47.497912": "13.06####",
		"12.5e-7": "13.#e-7", "7": "1", "18446744073709551615": "1306749258##########", "0": "1",
	} {
		got := strings.TrimSuffix(strings.TrimPrefix(redacted(r, "t", `{"s":`+in+`}`), `{"s":`), "}")
		if !alike(got, like) {
			t.Errorf("%s became %s, not %s", in, got, like)
		}
	}
	if a, b := redacted(r, "t", `{"s":12345678}`), redacted(r, "t", `{"s":12345679}`); a == b {
		t.Errorf("two numbers have one stand-in, %s", a)
	}
}

func alike(got, like string) bool {
	if len(got) != len(like) {
		return false
	}
	for i := range got {
		if got[i] != like[i] && (like[i] != '#' || got[i] < '0' || got[i] > '9') {
			return false
		}
	}
	return true
}

// A list of bytes stays one, of the same length.
func TestByteListsKeepTheirShape(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}]`)
	got := redacted(r, "t", `{"s": [1, 2,3,255 ,0,6,7,8]}`)
	var a, b, c, d int
	if n, err := fmt.Sscanf(got, `{"s": [114, 101,100,97 ,%d,%d,%d,%d]}`, &a, &b, &c, &d); n != 4 || err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	for _, v := range []int{a, b, c, d} {
		if v < 0 || v > 255 {
			t.Errorf("%s holds %d", got, v)
		}
	}
	if other := redacted(r, "t", `{"s": [1, 2,3,255 ,0,6,7,9]}`); other == got {
		t.Errorf("two keys have one stand-in, %s", got)
	}
	x := redact.New(r, testKey)
	x.Record(message("t", `{"s":[1,2,3,4,5,6]}`))
	if st := x.Stats(); st.Values != 1 {
		t.Errorf("one key counts as %d values", st.Values)
	}
	for _, in := range []string{`{"s":[1,2,256]}`, `{"s":[1,2,-3]}`, `{"s":[1,2.5]}`, `{"s":[1,"x"]}`} {
		if got := redacted(r, "t", in); got == in || strings.Contains(got, "114") {
			t.Errorf("%s became %s", in, got)
		}
	}
}

// The same secret is the same stand-in wherever it stands and whichever rule
// finds it, so that what matched before matches after.
func TestOneSecretOneStandIn(t *testing.T) {
	r := own(t, `rules:
  - {name: key, keys: [password]}
  - {name: text, regex: 'psk=(\S+)'}
  - {name: level, topics: ["door/+/#"], levels: [2]}
  - {name: path, paths: [doors.id]}
  - {name: all, topics: [raw], payload: true}
`)
	x := redact.New(r, testKey)
	format := byte(1)
	props := &mqtt.Properties{
		PayloadFormat: &format, ContentType: "x; psk=hunter2", ResponseTopic: "door/hunter2/answers",
		CorrelationData: []byte(`{"password":"hunter2"}`),
		User:            []mqtt.UserProperty{{Key: "Password", Value: "hunter2"}, {Key: "k", Value: "psk=hunter2"}, {Key: "k", Value: "v"}, {Key: "id", Value: "hunter2"}}, // doors.id is no property
	}
	shared := *props
	rec := message("door/hunter2/state", `{"password":"hunter2","doors":{"id":"hunter2"},"log":"psk=hunter2 ok"}`)
	rec.Client, rec.Text, rec.Properties = "psk=hunter2", "lost psk=hunter2", props
	payload := rec.Payload
	if !x.Record(rec) {
		t.Fatal("nothing changed")
	}
	want := message("door/"+hunter2+"/state", `{"password":"`+hunter2+`","doors":{"id":"`+hunter2+`"},"log":"psk=`+hunter2+` ok"}`)
	want.Client, want.Text = "psk="+hunter2, "lost psk="+hunter2
	want.Properties = &mqtt.Properties{
		PayloadFormat: &format, ContentType: "x; psk=" + hunter2, ResponseTopic: "door/" + hunter2 + "/answers",
		CorrelationData: []byte(`{"password":"` + hunter2 + `"}`),
		User:            []mqtt.UserProperty{{Key: "Password", Value: hunter2}, {Key: "k", Value: "psk=" + hunter2}, {Key: "k", Value: "v"}, {Key: "id", Value: "hunter2"}}, // doors.id is no property
	}
	if !rec.Equal(want) {
		t.Errorf("became %+v, %+v\nnot    %+v, %+v", rec, rec.Properties, want, want.Properties)
	}
	if !strings.Contains(string(payload), "hunter2") || !props.Equal(&shared) || props.User[0].Value != "hunter2" {
		t.Error("what others share was changed in place")
	}
	for _, c := range []struct{ kind, topic, payload, want string }{
		{"message", "raw", "hunter2", hunter2},
		{"message", "raw", `"hunter2"`, `"` + hunter2 + `"`},
		{"message", "raw", `{"a":"hunter2"}`, `{"a":"` + hunter2 + `"}`},
		{"subscribe", "door/hunter2/#", "", ""},
		{"unsubscribe", "door/hunter2", "", ""},
		{"subscribe", "$share/g/door/hunter2/+", "", ""},
		{"subscribe", "+/hunter2/+", "", ""},
	} {
		rec := message(c.topic, c.payload)
		rec.Kind, _ = recorder.ParseKind(c.kind)
		x.Record(rec)
		if string(rec.Payload) != c.want || rec.Topic != strings.ReplaceAll(c.topic, "hunter2", hunter2) {
			t.Errorf("%s %s %s became %s %s", c.kind, c.topic, c.payload, rec.Topic, rec.Payload)
		}
	}
	for _, same := range []string{"door/+/x", "door/#", "#", "other/hunter2/x", "door"} {
		rec := message(same, "")
		rec.Kind = recorder.KindSubscribe
		if x.Record(rec); rec.Topic != same {
			t.Errorf("the filter %s became %s", same, rec.Topic)
		}
	}
}

func TestStats(t *testing.T) {
	r := own(t, `rules:
  - {name: never, keys: [nothing]}
  - {name: key, keys: [s]}
  - {name: text, regex: 'psk=(\S+)'}
`)
	x := redact.New(r, testKey)
	for _, p := range []string{`{"s":"a","t":{"s":"b"}}`, `{"t":1}`, `psk=a`, `{"t":"psk=a"}`} {
		x.Record(message("t", p))
	}
	want := redact.Stats{Records: 3, Values: 4, Rules: []redact.RuleCount{{Rule: "key", Values: 2}, {Rule: "text", Values: 2}}}
	if got := x.Stats(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, not %+v", got, want)
	}
}

func TestRuleConditions(t *testing.T) {
	for _, c := range []struct{ rule, payload, want string }{
		{`keys: [s], min: 3`, `{"s":"äö"}`, `{"s":"äö"}`},
		{`keys: [s], min: 2`, `{"s":"äö"}`, `{"s":"#"}`},
		{`keys: [s], min: 3`, `{"s":12}`, `{"s":12}`},
		{`keys: [s], min: 3`, `{"s":[1,2]}`, `{"s":[1,2]}`},
		{`keys: [s], types: [string]`, `{"s":4711}`, `{"s":4711}`},
		{`keys: [s], types: [number]`, `{"s":"x"}`, `{"s":"x"}`},
		{`keys: [s], types: [string]`, `{"s":["x"]}`, `{"s":["x"]}`},
		{`keys: [s], types: [list]`, `{"s":["x"]}`, `{"s":["#"]}`},
		{`keys: [s], types: [list]`, `{"s":{"a":"x"}}`, `{"s":{"a":"x"}}`},
		{`keys: [s], types: [object]`, `{"s":{"a":"x"}}`, `{"s":{"a":"#"}}`},
		{`keys: [s], types: [object, string]`, `{"s":{"s":"x"}}`, `{"s":{"s":"#"}}`},
		{`keys: [s], like: '\d+'`, `{"s":"12x"}`, `{"s":"12x"}`},
		{`keys: [s], like: '\d+'`, `{"s":"123"}`, `{"s":"#"}`},
		{`keys: [s], like: '1|2'`, `{"s":"12"}`, `{"s":"12"}`},
		{`keys: [s], except: [None]`, `{"s":"NONE"}`, `{"s":"NONE"}`},
		{`keys: [s], except: [none]`, `{"s":"nones"}`, `{"s":"#"}`},
		{`keys: [s]`, `{"s":"***"}`, `{"s":"***"}`},
		{`keys: [access_token]`, `{"AccessToken":"x","ACCESS-TOKEN":"x","_access_token_":"x","accesstoke":"x"}`, `{"AccessToken":"#","ACCESS-TOKEN":"#","_access_token_":"#","accesstoke":"x"}`},
		{`keys: [s]`, `{"S":"x","_s":"x","s-":"x","ss":"x"}`, `{"S":"#","_s":"#","s-":"#","ss":"x"}`},
		{`keys: [s], topics: [other]`, `{"s":"x"}`, `{"s":"x"}`},
		{`keys: [s], topics: [other, "t/#"]`, `{"s":"x"}`, `{"s":"#"}`},
		{`paths: [a.s]`, `{"a":{"s":"x"},"s":"x","b":{"a":{"s":"x"}}}`, `{"a":{"s":"#"},"s":"x","b":{"a":{"s":"x"}}}`},
		{`paths: ["**.a.s"]`, `{"a":{"s":"x"},"s":"x","b":[{"a":{"s":"x"}}]}`, `{"a":{"s":"#"},"s":"x","b":[{"a":{"s":"#"}}]}`},
		{`paths: ["a[*].s"]`, `{"a":[{"s":"x"},{"s":"x"}]}`, `{"a":[{"s":"#"},{"s":"#"}]}`},
		{`paths: ["a[1].s"]`, `{"a":[{"s":"x"},{"s":"x"}]}`, `{"a":[{"s":"x"},{"s":"#"}]}`},
		{`paths: ["a[*]"]`, `{"a":["x"],"b":["x"]}`, `{"a":["#"],"b":["x"]}`},
		{`paths: ["[0]"]`, `["x","y"]`, `["#","y"]`},
		{`paths: ["*.s"]`, `{"a":{"s":"x"},"s":"x"}`, `{"a":{"s":"#"},"s":"x"}`},
		{`paths: ["a.*"]`, `{"a":{"s":"x","t":["x"]},"s":"x"}`, `{"a":{"s":"#","t":["#"]},"s":"x"}`},
		{`paths: ['"a.b".s']`, `{"a.b":{"s":"x"},"a":{"b":{"s":"x"}}}`, `{"a.b":{"s":"#"},"a":{"b":{"s":"x"}}}`},
		{`paths: ["**.b.**.s"]`, `{"a":{"b":{"c":{"s":"x"}}},"c":{"s":"x"}}`, `{"a":{"b":{"c":{"s":"#"}}},"c":{"s":"x"}}`},
		{`paths: ["a.**.b.*.**.s"]`, `{"a":{"c":{"b":{"d":{"s":"x"},"s":"x"}}},"b":{"d":{"s":"x"}}}`, `{"a":{"c":{"b":{"d":{"s":"#"},"s":"x"}}},"b":{"d":{"s":"x"}}}`},
		{`paths: ["a.**.b.c.**.s"]`, `{"a":{"b":{"b":{"c":{"d":[{"s":"x"}]}}}}}`, `{"a":{"b":{"b":{"c":{"d":[{"s":"#"}]}}}}}`},
		{`paths: ["a.**.s"]`, `{"a":{"s":"x"},"b":{"a":{"s":"x"}}}`, `{"a":{"s":"#"},"b":{"a":{"s":"x"}}}`},
		{`paths: ["**.**.s"]`, `{"s":"x"}`, `{"s":"#"}`},
		{`paths: ["a.b.**.s"]`, `{"a":{"s":"x"}}`, `{"a":{"s":"x"}}`},
		{`regex: 'x(a(b)c)y'`, `xabcy`, `x#y`},
		{`regex: '\d{4}'`, `4711`, `4711`},
		{`regex: '\d{4}'`, `4711 a`, `# a`},
		{`paths: [a.s]`, `{"a":"{\"s\":\"x\"}"}`, `{"a":"{\"s\":\"#\"}"}`},
		{`regex: 'p=(\d+),(\d+)'`, `{"t":"p=1,2 p=3,4"}`, `{"t":"p=#,# p=#,#"}`},
		{`regex: '\d{4}'`, `{"t":"a 1234 b","n":1234,"1234":1}`, `{"t":"a # b","n":1234,"#":1}`},
		{`regex: 'psk=(\w+)'`, `{"p\u0073k=x":1}`, `{"p\u0073k=#":1}`},
		{`regex: 'é(\d+)'`, `{"t":"\u00e912\u00e9"}`, `{"t":"\u00e9#\u00e9"}`},
		{`regex: '(\d+)'`, `{"t":"\ud83d\ude00\n12\""}`, `{"t":"\ud83d\ude00\n#\""}`},
		{`regex: '"(x)'`, `{"t":"\"x"}`, `{"t":"\"#"}`},
		{`regex: '(?:a(x)|b(y))'`, `ax by`, `a# b#`},
		{`regex: 'k=([0-9a-z]+)'`, `k=` + hunter2, `k=#` + hunter2[len("redacted"):]},
	} {
		r := own(t, `rules: [{name: s, `+c.rule+`}]`)
		got := mask(redacted(r, "t/u", c.payload))
		if want := mask(c.want); got != want && c.payload != `k=`+hunter2 {
			t.Errorf("%s: %s became %s, not %s", c.rule, c.payload, got, c.want)
		}
		if c.payload == `k=`+hunter2 && redacted(r, "t/u", c.payload) != c.payload {
			t.Errorf("a part of a stand-in was replaced: %s", got)
		}
	}
}

// mask writes # for each stand-in.
func mask(s string) string {
	for i := 0; i+len(hunter2) <= len(s); i++ {
		if redact.IsStandIn(s[i : i+len(hunter2)]) {
			s = s[:i] + "#" + s[i+len(hunter2):]
		}
	}
	return s
}

func TestExceptions(t *testing.T) {
	for _, c := range []struct{ allow, topic, payload, want string }{
		{`{keys: [s]}`, "t", `{"s":"x","p":"x"}`, `{"s":"x","p":"#"}`},
		{`{keys: [o]}`, "t", `{"o":{"s":"x","l":["psk=x"]},"s":"x"}`, `{"o":{"s":"x","l":["psk=x"]},"s":"#"}`},
		{`{paths: [o.s]}`, "t", `{"o":{"s":"x"},"s":"x"}`, `{"o":{"s":"x"},"s":"#"}`},
		{`{paths: ["p[*]"]}`, "t", `{"p":["x","psk=x"],"s":["x"]}`, `{"p":["x","psk=x"],"s":["#"]}`},
		{`{topics: [t], keys: [s]}`, "u", `{"s":"x"}`, `{"s":"#"}`},
		{`{topics: ["t/#"]}`, "t/u", `{"s":"x"}`, `{"s":"x"}`},
		{`{topics: ["t/#"]}`, "u/t", `{"s":"x"}`, `{"s":"#"}`},
		{`{keys: [s]}`, "t", `{"s":"x`, `{"s":"x`},
	} {
		r := own(t, `rules: [{name: s, keys: [s, p]}, {name: psk, regex: 'psk=(\S+)'}, {name: l, levels: [3]}]`+"\nallow: ["+c.allow+"]")
		if got := mask(redacted(r, c.topic, c.payload)); got != c.want {
			t.Errorf("%s: %s became %s, not %s", c.allow, c.payload, got, c.want)
		}
	}
	r := own(t, `rules: [{name: l, levels: [2]}]`+"\nallow: [{topics: [\"t/#\"]}]")
	rec := message("t/x", "")
	if redact.New(r, testKey).Record(rec) || rec.Topic != "t/x" {
		t.Errorf("the topic became %s", rec.Topic)
	}
	rec.Properties = &mqtt.Properties{User: []mqtt.UserProperty{{Key: "s", Value: "x"}}}
	rec.Topic = "u"
	if redact.New(own(t, "rules: [{name: s, keys: [s]}]\nallow: [{keys: [s]}]"), testKey).Record(rec) {
		t.Errorf("the property became %+v", rec.Properties)
	}
}

// Broken and cut JSON is searched as far as it goes.
func TestTextThatLooksLikeJSON(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}, {name: p, paths: [a.p]}, {name: psk, regex: 'psk=(\w+)'}]`)
	for in, want := range map[string]string{
		`{"s":"x","b":1`:               `{"s":"#","b":1`,
		`{"s":"x`:                      `{"s":"#`,
		`{"b":{"s":"x"},}`:             `{"b":{"s":"#"},}`,
		`got {"s":"x"} and {"s":"y"}`:  `got {"s":"#"} and {"s":"#"}`,
		`{"s":["x","y"], "t":["z"]`:    `{"s":["#","#"], "t":["z"]`,
		`{"s":{"k":"x"}, "t":{"k":"z"`: `{"s":{"k":"#"}, "t":{"k":"z"`,
		`{"a":{"p":"x"}`:               `{"a":{"p":"#"}`,
		`{"b":{"p":"x"}`:               `{"b":{"p":"#"}`, // the way to p is not known
		`{"s":"x","t":"psk=y"`:         `{"s":"#","t":"psk=#"`,
		`{"s":"psk=y"`:                 `{"s":"#"`,
		`I: {\"s\":\"x\"}`:             `I: {\"s\":\"#\"}`,
		`I: {\"s\":\"x\"} "s":"y"`:     `I: {\"s\":\"#\"} "s":"#"`,
		`"s" : true, "t"`:              `"s" : true, "t"`,
		`it's "quoted": here`:          `it's "quoted": here`,
		`[12:00:01] psk=y`:             `[12:00:01] psk=#`,
		"\xff\"s\":\"x\"":              "\xff\"s\":\"#\"",
	} {
		got := mask(redacted(r, "t", in))
		if got != want {
			t.Errorf("%s became %s, not %s", in, got, want)
		}
	}
	got := redacted(r, "t", `x {"s":[1,2,3,4]} {"s":4711}`)
	if !strings.HasPrefix(got, `x {"s":[114,101,`) || !strings.Contains(got, `{"s":13`) {
		t.Errorf("numbers became %s", got)
	}
	if again := redacted(r, "t", got); again != got {
		t.Errorf("and then %s", again)
	}
}

// What two rules find in places that overlap is one secret.
func TestOverlap(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}, {name: x, regex: '(11 x)'}]`)
	if got := mask(redacted(r, "t", `{"s":4711 x`)); got != `{"s":#` {
		t.Errorf("it became %s", got)
	}
}

// JSON nested as deep as encoding/json takes it is read as JSON, and deeper is
// read as text; neither takes the stack.
func TestDeepNesting(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}]`)
	for _, depth := range []int{100, 9_990, 200_000} {
		in := strings.Repeat(`[`, depth) + `{"s":"hunter2"}` + strings.Repeat(`]`, depth)
		if got := redacted(r, "t", in); got != strings.Replace(in, "hunter2", hunter2, 1) {
			t.Errorf("depth %d: not replaced", depth)
		}
	}
}

// Only what is read as text takes a path by its end, which tells the two apart.
func TestDepthIsBounded(t *testing.T) {
	r := own(t, `rules: [{name: s, paths: [a.s]}]`)
	for depth, isText := range map[int]bool{9_990: false, 10_010: true} {
		in := strings.Repeat(`[`, depth) + `{"s":"hunter2"}` + strings.Repeat(`]`, depth)
		if got := redacted(r, "t", in); (got != in) != isText {
			t.Errorf("depth %d: changed %v", depth, got != in)
		}
	}
	wide := `[` + strings.Repeat(`{"s":"hunter2"},`, 10_010) + `{}]`
	if redacted(r, "t", wide) != wide {
		t.Error("objects that follow each other count as depth")
	}
}

func TestFindings(t *testing.T) {
	r := own(t, `rules:
  - {name: key, keys: [password, network_key, code]}
  - {name: text, regex: 'psk=(\S+)'}
  - {name: level, levels: [2]}
  - {name: all, topics: [raw], payload: true}
`)
	rec := message("door/4711/x", `{"a":[{"password":"hunter2","a.b":{"code":4711}}],"network_key":[1,2,3],"t":"{\"u\":\"psk=é\"}"}`)
	rec.Client, rec.Text = "psk=a b", "psk=c"
	rec.Properties = &mqtt.Properties{
		ContentType: "psk=d", ResponseTopic: "door/e", CorrelationData: []byte("psk=f"),
		User: []mqtt.UserProperty{{Key: "x", Value: "y"}, {Key: "password", Value: "g"}},
	}
	var got []string
	for _, f := range r.Find(rec) {
		got = append(got, f.String())
	}
	want := []string{
		"level: topic level 2 (4 characters: digits)",
		"key: payload: a[0].password (7 characters: letters, digits)",
		`key: payload: a[0]."a.b".code (4 digits, a number)`,
		"key: payload: network_key (a list of 3 numbers)",
		"text: payload: t.u (1 character: letters)",
		"text: client (1 character: letters)",
		"text: text (1 character: letters)",
		"text: content type (1 character: letters)",
		"text: correlation data (1 character: letters)",
		"key: user property 2 (1 character: letters)",
		"level: response topic level 2 (1 character: letters)",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("found\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	raw := r.Find(message("raw", "\xff\xfe!"))
	if len(raw) != 1 || raw[0].Sample != "3 bytes" || raw[0].Where != "payload" {
		t.Errorf("in bytes: %v", raw)
	}
	redact.New(r, testKey).Record(rec)
	if left := r.Find(rec); len(left) > 0 {
		t.Errorf("stand-ins are found: %v", left)
	}
}

// A topic that was seen is remembered, and memory stays bounded all the same.
func TestTopicsAreForgotten(t *testing.T) {
	r := own(t, `rules: [{name: l, levels: [2]}]`)
	x := redact.New(r, testKey)
	for i := range 3 * redact.MaxPlans {
		rec := message(fmt.Sprintf("t/%d", i), "")
		if x.Record(rec); !redact.IsStandIn(strings.TrimPrefix(rec.Topic, "t/")) {
			t.Fatalf("the topic became %s", rec.Topic)
		}
	}
	if n := x.PlansKept(); n == 0 || n > redact.MaxPlans {
		t.Errorf("%d topics are kept", n)
	}
	n := x.PlansKept()
	x.Record(message("t/"+strings.Repeat("x", 300), ""))
	if x.PlansKept() != n {
		t.Error("a very long topic is kept")
	}
}

func TestKeysDiffer(t *testing.T) {
	r := own(t, `rules: [{name: s, keys: [s]}]`)
	become := func(key []byte) string {
		rec := message("t", `{"s":"hunter2"}`)
		redact.New(r, key).Record(rec)
		return string(rec.Payload)
	}
	first, second, other := become(testKey), become(testKey), become([]byte("another"))
	if first != second {
		t.Errorf("one key gives %s and %s", first, second)
	}
	if first == other {
		t.Errorf("two keys give %s", first)
	}
	drawn, again := become(nil), become([]byte{})
	if drawn == again || drawn == first {
		t.Errorf("without a key stand-ins can be guessed: %s, %s", drawn, again)
	}
}

func TestIsStandIn(t *testing.T) {
	for s, want := range map[string]bool{
		hunter2: true, "redacted-000000000000": true, "redacted-00000000000": false, "redacted-0000000000000": false,
		"redacted-00000000000G": false, "redacted_000000000000": false, "redacted-00000000000A": false, "": false, "x" + hunter2: false,
	} {
		if redact.IsStandIn(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestHoldsStandIn(t *testing.T) {
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), []byte("key"))
	for _, payload := range []string{
		`{"password":"correct horse"}`,
		`{"config":{"advanced":{"network_key":[1,3,5,7,9,11,13,15,0,2,4,6,8,10,12,13]}}}`,
	} {
		r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "z/bridge/info", Payload: []byte(payload)}}
		require.False(t, redact.HoldsStandIn(r.Payload))
		require.True(t, x.Record(&r))
		require.True(t, redact.HoldsStandIn(r.Payload), "%s", r.Payload)
	}
	require.False(t, redact.HoldsStandIn([]byte("redacted-hello")))
}

// A secret in a picture's description is found, and the picture stays.
func TestTextInBinary(t *testing.T) {
	noise := make([]byte, 50_000)
	for i := range noise {
		noise[i] = byte(i*i>>5 | 0x80)
	}
	payload := slices.Concat(noise, []byte("Comment: rtsp://admin:geheim99@camera/1 "), noise, []byte(`{"password":"geheim98"}`), noise)
	r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "camera", Payload: slices.Clone(payload)}}
	rules := redact.Builtin(redact.BuiltinOptions{})
	require.Len(t, rules.Find(&r), 2)
	require.True(t, redact.New(rules, []byte("key")).Record(&r))
	require.NotContains(t, string(r.Payload), "geheim")
	require.True(t, bytes.HasPrefix(r.Payload, noise) && bytes.HasSuffix(r.Payload, noise))
	require.Contains(t, string(r.Payload), "rtsp://admin:redacted-")
	require.Empty(t, rules.Find(&r))
}

// BenchmarkBinary is a picture of a megabyte, as a camera sends it.
func BenchmarkBinary(b *testing.B) {
	payload := make([]byte, 1<<20)
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range payload {
		payload[i] = byte(draw.Uint32())
	}
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), []byte("key"))
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "camera", Payload: payload}}
		x.Record(&r)
	}
}

// A picture in base64 is not taken for a secret, and what stands around it is
// still found.
func TestPictureInBase64(t *testing.T) {
	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("\x7b\x22eyJhbGciOiJIUzI1NiJ9 AKIA sk-"), 400))
	require.Greater(t, len(picture), 4096)
	around := func(text string) []byte {
		return []byte(`{"a":"` + text + ` ` + picture + ` ` + text + `"}`)
	}
	r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "camera", Payload: around("rtsp://admin:geheim99@camera/1")}}
	rules := redact.Builtin(redact.BuiltinOptions{})
	require.Len(t, rules.Find(&r), 2)
	require.True(t, redact.New(rules, []byte("key")).Record(&r))
	require.NotContains(t, string(r.Payload), "geheim")
	require.Contains(t, string(r.Payload), picture)
}

// BenchmarkBase64 is a picture of a megabyte in a JSON text.
func BenchmarkBase64(b *testing.B) {
	raw := make([]byte, 3<<18)
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range raw {
		raw[i] = byte(draw.Uint32())
	}
	payload := []byte(`{"image":"` + base64.StdEncoding.EncodeToString(raw) + `"}`)
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), []byte("key"))
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "camera", Payload: payload}}
		x.Record(&r)
	}
}
