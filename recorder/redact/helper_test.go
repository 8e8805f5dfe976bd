package redact_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testKey = []byte("a key that only tests have, 32 by")

func message(topic, payload string) *recorder.Record {
	return &recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}}
}

// rulesOf parses rules, without the built-in ones unless they are asked for.
func rulesOf(t testing.TB, text string) *redact.Rules {
	t.Helper()
	r, err := redact.Parse([]byte(text), "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// redacted returns what a payload becomes.
func redacted(r *redact.Rules, topic, payload string) string {
	rec := message(topic, payload)
	redact.New(r, testKey).Record(rec)
	return string(rec.Payload)
}

// recordings returns the messages of each real recording there is.
func recordings(t testing.TB) map[string][]recorder.Record {
	t.Helper()
	dir := os.Getenv("HUBTAPE_DATA")
	if dir == "" {
		t.Skip("HUBTAPE_DATA is not set: no real recordings to read")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings in %s (%v)", dir, err)
	}
	out := make(map[string][]recorder.Record)
	for _, p := range paths {
		out[filepath.Base(p)] = readLines(t, p)
	}
	return out
}

func readLines(t testing.TB, path string) []recorder.Record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	var out []recorder.Record
	for lines.Scan() {
		var l struct{ Topic, Payload string }
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, *message(l.Topic, l.Payload))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
