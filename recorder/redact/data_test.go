package redact_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/hubtape/hubtape/recorder/redact"
)

// What stands in real recordings is found, and after redaction nothing is.
func TestRealRecordings(t *testing.T) {
	all := recordings(t)
	for _, places := range []bool{false, true} {
		rules := redact.Builtin(redact.BuiltinOptions{Places: places})
		x := redact.New(rules, testKey)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			found := map[string]int{}
			for _, rec := range all[name] {
				before := slices.Clone(rec.Payload)
				findings := rules.Find(&rec)
				for _, f := range findings {
					found[fmt.Sprintf("%s (topic %s)", f, rec.Topic)]++
				}
				wasJSON := json.Valid(rec.Payload)
				after := rec
				if changed := x.Record(&after); changed != (len(findings) > 0) {
					t.Fatalf("%s, topic %s: changed %v, with %d findings", name, rec.Topic, changed, len(findings))
				}
				if string(before) != string(rec.Payload) {
					t.Fatal("the payload was changed in place")
				}
				if left := rules.Find(&after); len(left) > 0 {
					t.Errorf("%s, topic %s: still found: %v", name, rec.Topic, left)
				}
				if wasJSON && !json.Valid(after.Payload) {
					t.Errorf("%s, topic %s: no JSON any more", name, rec.Topic)
				}
			}
			for _, f := range slices.Sorted(maps.Keys(found)) {
				t.Logf("places %v: %s: %d times %s", places, name, found[f], f)
			}
		}
		t.Logf("places %v: %+v", places, x.Stats())
	}
}

// The recording of a Zigbee2MQTT house shows its MQTT user, and that of a
// printer the signed link of its job: neither stays.
func TestKnownSecretsOfRecordings(t *testing.T) {
	all := recordings(t)
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), testKey)
	for name, secret := range map[string]*regexp.Regexp{
		"z2m-matterbridge-home.jsonl": regexp.MustCompile(`"mqtt":\{[^}]*"user":"[a-z]{3,8}"`),
		"bambu-testqube_cloud.jsonl":  regexp.MustCompile(`AKIA[A-Z0-9]{16}|Signature=[0-9a-f]{64}`),
	} {
		before, after := 0, 0
		for _, rec := range all[name] {
			before += len(secret.FindAll(rec.Payload, -1))
			x.Record(&rec)
			after += len(secret.FindAll(rec.Payload, -1))
		}
		if before == 0 || after != 0 {
			t.Errorf("%s: %v matched %d times, and %d times after", name, secret, before, after)
		}
	}
}
