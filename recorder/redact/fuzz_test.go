package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
)

// FuzzRedact redacts any record by all built-in rules: it never panics, what
// was JSON stays JSON, payloads are never changed in place, and what says that
// nothing changed is right.
func FuzzRedact(f *testing.F) {
	for _, c := range positives {
		f.Add(c.topic, []byte(c.payload), "client", uint8(1))
	}
	for _, c := range negatives {
		f.Add(c.topic, []byte(c.payload), `{"token":"abcdefgh"}`, uint8(4))
	}
	rules := redact.Builtin(redact.BuiltinOptions{Places: true})
	x := redact.New(rules, testKey)
	f.Fuzz(func(t *testing.T, topic string, payload []byte, text string, kind uint8) {
		rec := recorder.Record{
			Kind: recorder.Kind(kind), Client: text, Text: text,
			Message: mqtt.Message{Topic: topic, Payload: payload, Properties: &mqtt.Properties{
				ResponseTopic: text, ContentType: text, CorrelationData: payload, User: []mqtt.UserProperty{{Key: text, Value: text}},
			}},
		}
		was, kept := rec, bytes.Clone(payload)
		found := rules.Find(&rec)
		changed := x.Record(&rec)
		if changed != (len(found) > 0) || changed == rec.Equal(&was) {
			t.Fatalf("changed %v, found %v", changed, found)
		}
		if !bytes.Equal(payload, kept) {
			t.Fatal("the payload was changed in place")
		}
		if json.Valid(payload) && !json.Valid(rec.Payload) {
			t.Fatalf("%q became %q, which is no JSON", payload, rec.Payload)
		}
		if mqtt.ValidateTopic(topic) == nil && mqtt.ValidateTopic(rec.Topic) != nil && len(rec.Topic) < 60_000 {
			t.Fatalf("the topic %q became %q, which is none", topic, rec.Topic)
		}
	})
}

// FuzzParse reads any text as rules: rules or faults with a place, and whatever
// is accepted can be used.
func FuzzParse(f *testing.F) {
	f.Add([]byte("places: true\nrules:\n  - name: x\n    keys: [a]\n    regex: '(x+)'\n    min: 3\n    types: [string]\n"))
	f.Add([]byte("rules: [{name: x, paths: ['**.a[*].\"b.c\"'], levels: [2], topics: [a/#]}]\nallow: [{keys: [s]}]"))
	f.Add([]byte("builtin: false\nrules:\n- name: |\n   x\n  payload: true\n  like: a\n  except: [b]\n"))
	f.Add([]byte("&a {b: *a, ? c : !!d e}\n--- \n..."))
	f.Add([]byte("\tx:\n  - \xff"))
	rec := message("a/b", `{"a":[{"b.c":"xxx","s":1}],"t":"\"x\""}`)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := redact.Parse(text, "f")
		if err != nil {
			var fault *redact.FileError
			if !errors.Is(err, redact.ErrRules) || !errors.As(err, &fault) || fault.Line < 1 || fault.Col < 1 || fault.Message == "" {
				t.Fatalf("%v", err)
			}
			if r != nil || !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("%v: %v", r, err)
			}
			return
		}
		r.Find(rec)
		out := *rec
		redact.New(r, testKey).Record(&out)
		if !json.Valid(out.Payload) && !json.Valid(bytes.TrimSpace(out.Payload)) {
			t.Fatalf("%s became %s, which is no JSON", rec.Payload, out.Payload)
		}
	})
}
