package format_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
)

var update = flag.Bool("update", false, "write testdata/*.want anew")

// samples are the files of testdata and the formats they are in.
var samples = []struct{ file, format string }{
	{"own.jsonl", "jsonl"},
	{"hbmqtt.jsonl", "jsonl"},
	{"nodered.jsonl", "jsonl"},
	{"matterbridge.jsonl", "jsonl"},
	{"tst.jsonl", "mosquitto"},
	{"verbose.txt", "mosquitto"},
	{"template.txt", "mosquitto"},
	{"length.txt", "mosquitto"},
	{"iso.txt", "mosquitto"},
	{"ts.txt", "mosquitto"},
	{"tsdate.txt", "mosquitto"},
	{"recorder-plain.csv", "mqtt-recorder"},
	{"recorder-header.csv", "mqtt-recorder"},
	{"mqttx.json", "mqttx"},
	{"mqttx.csv", "mqttx"},
	{"mqtt_dump.txt", "ha-dump"},
	{"session.txt", "pyziggy"},
	{"gridworks.jsonl", "gridworks"},
	{"firehose.jsonl", "gridworks"},
	{"firehose.json", "gridworks"},
}

func sample(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n") // a checkout on Windows
}

// dressed are ways in which the same file may come along.
var dressed = map[string]func(string) string{
	"plain":      func(s string) string { return s },
	"BOM":        func(s string) string { return "\xef\xbb\xbf" + s },
	"blank":      func(s string) string { return "\n \n\n" + s },
	"CR LF":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	"no end":     func(s string) string { return strings.TrimSuffix(s, "\n") },
	"everything": func(s string) string { return "\xef\xbb\xbf\r\n\r\n" + strings.ReplaceAll(s, "\n", "\r\n") },
}

func TestSamplesAreDetected(t *testing.T) {
	for _, s := range samples {
		for how, dress := range dressed {
			head := []byte(dress(sample(t, s.file)))
			if got := format.Matching(head); len(got) != 1 || got[0] != s.format {
				t.Errorf("%s, %s: it matches %q, want %s alone", s.file, how, got, s.format)
			}
			if f, err := format.Detect(head); err != nil || f.Name != s.format {
				t.Errorf("%s, %s: Detect = %q, %v", s.file, how, f.Name, err)
			}
		}
	}
}

// A head is cut off at any place behind the first record, and still known.
func TestCutHeadsAreDetected(t *testing.T) {
	for _, s := range samples {
		text := sample(t, s.file)
		long := strings.Repeat(text, format.HeadBytes/len(text)+1)
		step := 31
		if s.file == "length.txt" { // in the middle of a payload of several lines, too
			step = 3
		}
		for cut := 0; cut < 120; cut += step {
			head := long[:format.HeadBytes-cut]
			if f, err := format.Detect([]byte(head)); err != nil || f.Name != s.format {
				t.Errorf("%s, cut to %d bytes: %q, %v", s.file, len(head), f.Name, err)
				break
			}
		}
	}
}

// What the formats make of their samples is written down beside them.
func TestSamples(t *testing.T) {
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			text := sample(t, s.file)
			records, stats, err := decode(t, s.format, text, format.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := encode(t, "jsonl", recorder.Info{}, records) + tell(stats)
			golden := filepath.Join("testdata", s.file+".want")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want := sample(t, s.file+".want"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for how, dress := range dressed {
				again, more, err := decode(t, s.format, dress(text), format.Options{})
				if err != nil || len(again) != len(records) || tell(more) != tell(stats) {
					t.Fatalf("%s: %d of %d records, %s, %v", how, len(again), len(records), tell(more), err)
				}
				for i := range again {
					again[i].Payload = bytes.ReplaceAll(again[i].Payload, []byte("\r\n"), []byte("\n"))
					if !again[i].Equal(&records[i]) {
						t.Errorf("%s: record %d: %+v, want %+v", how, i, again[i], records[i])
					}
				}
			}
		})
	}
}

func tell(s format.Stats) string {
	return fmt.Sprintf("%d records, %d skipped, %d held, %d cut, %d guessed, missing %q, %v\n",
		s.Records, s.Skipped, s.Held, s.Cut, s.Guessed, s.Missing, s.FirstSkipped)
}

// No sample of one format is quietly taken for another: it is an error, or at
// least not without a word.
func TestNothingElseIsDetected(t *testing.T) {
	info := recorder.Info{}
	table := encode(t, "csv", info, []recorder.Record{{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a/b", Payload: []byte("x")}}})
	for _, head := range []string{
		"", "hello", "a,b,c", "a/b", "[]", "{}", "[1,2]", "{\"a\":1}", "[{\"a\":1}]", table,
		"and/or this is prose, of which\nno line says anything\n",
		"2026-11-20 14:33:46 INFO starting {\"a\":1}\nTraceback\n",
		"\x0a\x0d\x0d\x0a", "\xff\xfe{\x00", "\x1f\x8b\x08\x00/,",
		"name,email\nx/y,z\na,b\nc,d\ne,f\n",
		strings.Repeat("[", format.HeadBytes), strings.Repeat("{\"a\":", format.HeadBytes/5), strings.Repeat("\"", 1000),
	} {
		if f, err := format.Detect([]byte(head)); err == nil {
			t.Errorf("Detect(%.40q) = %s", head, f.Name)
		}
	}
}

// Lines of two formats that are near each other.
func TestNearMisses(t *testing.T) {
	for head, want := range map[string]string{
		`{"t":1763649226,"topic":"a","payload":"","qos":0}`: "jsonl",
		`{"t":1763649226,"topic":"a","payload":""}`:         "gridworks",
		`{"t":12,"topic":"a","payload":""}`:                 "jsonl",
		`{"t":"1763649226","topic":"a","payload":""}`:       "jsonl",
		"zigbee2mqtt/Hue light,{\"a\":1}\n":                 "ha-dump",
		"zigbee2mqtt/Hue light,[1]\nhomeassistant/x y,z\n":  "ha-dump",
		"a/b c,d\n":                        "mosquitto",
		"a/b,c d\n":                        "ha-dump",
		"a/b {\"x\":1,\"y\":2}\n":          "mosquitto",
		"a/b\tON\n":                        "mosquitto",
		"a/b,ON,0,False,1763649226.5,0\n":  "mqtt-recorder",
		"a/b,ON,0,maybe,1763649226.5,0\n":  "ha-dump",
		"12.5 a b\n":                       "",
		"1763649226.5 a b\n":               "mosquitto",
		"1763649226.5\ta\t1\t0\t2\thi\n":   "mosquitto",
		"2026-11-20T14:33:46 a\n  b 0 0\n": "",
	} {
		got := format.Matching([]byte(head))
		if strings.Join(got, " ") != want {
			t.Errorf("%q matches %q, want %q", head, got, want)
		}
	}
}
