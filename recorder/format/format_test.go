package format_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"pgregory.net/rapid"
)

// failer is a test, or what rapid makes of one.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// decode reads all records of a text.
func decode(t failer, name, text string, o format.Options) ([]recorder.Record, format.Stats, error) {
	t.Helper()
	f, err := format.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	d := f.NewDecoder(strings.NewReader(text), o)
	var out []recorder.Record
	for {
		var r recorder.Record
		err := d.Next(&r)
		if errors.Is(err, io.EOF) {
			return out, d.Stats(), nil
		}
		if err != nil {
			return out, d.Stats(), err
		}
		out = append(out, r)
	}
}

func encode(t failer, name string, info recorder.Info, records []recorder.Record) string {
	t.Helper()
	f, err := format.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := f.NewEncoder(&b, info)
	for i := range records {
		if err := e.Write(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONLines(t *testing.T) {
	text := `{"t":null,"topic":"a","payload":"first","qos":null,"retain":null}
{"t":1.5,"topic":"a/b c","payload":"x\ny\u00e9","qos":1,"retain":true,"client":"hall","unknown":{"deep":[1]}}

{"topic":"a","payload":"/wA=","payload_enc":"base64","t":1.25}
{"t":null,"topic":"a","payload":""}
{"t":2e1,"topic":"a","payload":"s","kind":"snapshot","time":"2026-01-10T17:00:00.000000001+01:00"}
{"t":21,"topic":"","payload":"","kind":"gap","text":"cut","until":22.5}` + "\r\n"
	got, stats, err := decode(t, "jsonl", text, format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	want := []recorder.Record{
		{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte("first")}},
		{At: at(1.5), Kind: recorder.KindMessage, Client: "hall", Message: mqtt.Message{Topic: "a/b c", Payload: []byte("x\nyé"), QoS: 1, Retain: true}},
		{At: at(1.5), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte{255, 0}}},
		{At: at(1.5), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}},
		{At: at(20), Kind: recorder.KindSnapshot, Wall: time.Date(2026, 1, 10, 16, 0, 0, 1, time.UTC).UnixNano(), Message: mqtt.Message{Topic: "a", Payload: []byte("s")}},
		{At: at(21), Kind: recorder.KindGap, Text: "cut", Until: at(22.5)},
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if !got[i].Equal(&want[i]) {
			t.Errorf("record %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if stats.Held != 1 || stats.Records != 6 {
		t.Errorf("stats = %+v", stats)
	}
}

func TestBadLines(t *testing.T) {
	good := `{"t":0,"topic":"a","payload":""}` + "\n"
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":          {`{"t":0,`, "it is not JSON"},
		"no object":        {`[1]`, "it is not a JSON object"},
		"no topic":         {`{"t":0,"payload":""}`, "is empty"},
		"wildcard":         {`{"t":0,"topic":"a/#","payload":""}`, "wildcard"},
		"no payload":       {`{"t":0,"topic":"a"}`, `no "payload"`},
		"payload a number": {`{"t":0,"topic":"a","payload":5}`, `"payload": 5 is no text`},
		"t a text":         {`{"t":"0","topic":"a","payload":""}`, `"t": "0" is no number`},
		"t far away":       {`{"t":1e12,"topic":"a","payload":""}`, `"t"`},
		"QoS 3":            {`{"t":0,"topic":"a","payload":"","qos":3}`, `"qos": 3 is none of 0, 1 and 2`},
		"retain a text":    {`{"t":0,"topic":"a","payload":"","retain":"yes"}`, `"retain"`},
		"no base64":        {`{"t":0,"topic":"a","payload":"!","payload_enc":"base64"}`, "base64"},
		"other encoding":   {`{"t":0,"topic":"a","payload":"","payload_enc":"hex"}`, "hex"},
		"no such kind":     {`{"t":0,"topic":"a","payload":"","kind":"song"}`, "song"},
		"bad time":         {`{"t":0,"topic":"a","payload":"","time":"yesterday"}`, "yesterday"},
	} {
		_, _, err := decode(t, "jsonl", good+"\n"+c.line+"\n", format.Options{File: "in.jsonl"})
		var le *format.LineError
		if !errors.As(err, &le) || le.Line != 3 || !strings.HasPrefix(err.Error(), "in.jsonl:3: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want in.jsonl:3 and %q", name, err, c.want)
		}
		got, stats, err := decode(t, "jsonl", good+c.line+"\n"+good, format.Options{Lenient: true})
		if err != nil || len(got) != 2 || stats.Skipped != 1 || stats.FirstSkipped == nil {
			t.Errorf("%s, lenient: %d records, %+v, %v", name, len(got), stats, err)
		}
	}
}

// What is written reads back the same, all kinds and properties included.
func TestJSONLinesRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var at time.Duration
		n := rapid.IntRange(0, 10).Draw(rt, "n")
		var records []recorder.Record
		for range n {
			at += time.Duration(rapid.Int64Range(0, 1e15).Draw(rt, "step"))
			r := recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{
				Topic:   rapid.SampledFrom([]string{"a", "a b/\"é\"\\", "$SYS/\t"}).Draw(rt, "topic"),
				Payload: []byte(rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(rt, "payload")),
				QoS:     byte(rapid.IntRange(0, 2).Draw(rt, "qos")), Retain: rapid.Bool().Draw(rt, "retain"), Dup: rapid.Bool().Draw(rt, "dup"),
			}}
			if rapid.Bool().Draw(rt, "rare") {
				one := byte(1)
				expiry := rapid.Uint32().Draw(rt, "expiry")
				r.Properties = &mqtt.Properties{
					PayloadFormat: &one, ExpirySeconds: &expiry, ContentType: "text", ResponseTopic: "r",
					CorrelationData: []byte{0, 255}, User: []mqtt.UserProperty{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}},
				}
				r.Client, r.Wall = "c\x01", rapid.Int64Range(1, 1<<62).Draw(rt, "wall")
				r.Kind = recorder.KindWill
			}
			if rapid.IntRange(0, 5).Draw(rt, "gap") == 0 {
				r = recorder.Record{At: at, Kind: recorder.KindGap, Text: "why", Until: at + 1, Session: 3}
			}
			records = append(records, r)
		}
		text := encode(t, "jsonl", recorder.Info{}, records)
		for line := range strings.Lines(text) {
			if !json.Valid([]byte(line)) {
				rt.Fatalf("not JSON: %s", line)
			}
		}
		got, stats, err := decode(t, "jsonl", text, format.Options{})
		if err != nil || len(got) != len(records) || stats.Held > 0 {
			rt.Fatalf("%d records, %+v, %v", len(got), stats, err)
		}
		for i := range got {
			if !got[i].Equal(&records[i]) || got[i].Session != records[i].Session {
				rt.Fatalf("record %d: %+v, want %+v", i, got[i], records[i])
			}
		}
	})
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "-0": 0, "1": 1e9, "0.1": 1e8, "12.000000001": 12_000_000_001, "1e3": 1e12, "1.5E-7": 150, "-2.5": -25e8,
		"0.30000000000000004": 3e8, "0.0000000005": 1, "0.00000000049": 0, "1e-400": 0, "0.9999999999": 1e9,
		"9223372036.854775807": 1<<63 - 1, "0e999": 0, "107093.989437": 107093_989437000,
	} {
		if got, err := format.ParseSeconds(text); err != nil || got != want {
			t.Errorf("ParseSeconds(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "-", "x", "1.2.3", "1e", "9223372036.854775808", "1e999", "0x1", "NaN", ".5e"} {
		if got, err := format.ParseSeconds(bad); err == nil {
			t.Errorf("ParseSeconds(%q) = %d", bad, got)
		}
	}
}

func TestMosquitto(t *testing.T) {
	text := `{"tst":"2020-05-06T21:48:00.250000+0200","topic":"a","qos":1,"retain":1,"payloadlen":2,"mid":7,"properties":{"content-type":"x","user-properties":{"k":"v"}},"payload":"ON"}
{"tst":1588794481.5,"topic":"b","qos":0,"retain":0,"payloadlen":7,"payload":{"v":1}}
{"tst":1588794481,"topic":"b","qos":0,"retain":0,"payloadlen":0,"payload":null}
{"tst":"2020-05-06T19:48:02.000000Z","topic":"b","qos":0,"retain":0,"payloadlen":9,"payload":"cut"}
`
	got, stats, err := decode(t, "mosquitto", text, format.Options{})
	if err != nil || len(got) != 4 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	start := time.Date(2020, 5, 6, 19, 48, 0, 250e6, time.UTC).UnixNano()
	for i, want := range []recorder.Record{
		{Wall: start, Message: mqtt.Message{Topic: "a", Payload: []byte("ON"), QoS: 1, Retain: true, Properties: &mqtt.Properties{ContentType: "x", User: []mqtt.UserProperty{{Key: "k", Value: "v"}}}}},
		{At: 1250 * time.Millisecond, Wall: start + 1250e6, Message: mqtt.Message{Topic: "b", Payload: []byte(`{"v":1}`)}},
		{At: 1250 * time.Millisecond, Wall: start + 750e6, Message: mqtt.Message{Topic: "b"}},
		{At: 1750 * time.Millisecond, Wall: start + 1750e6, Message: mqtt.Message{Topic: "b", Payload: []byte("cut")}},
	} {
		want.Kind = recorder.KindMessage
		if !got[i].Equal(&want) {
			t.Errorf("record %d: %+v\nwant %+v", i, got[i], want)
		}
	}
	if stats.Held != 1 || stats.Cut != 1 {
		t.Errorf("stats = %+v", stats)
	}
	again, _, err := decode(t, "mosquitto", encode(t, "mosquitto", recorder.Info{}, got), format.Options{})
	if err != nil || len(again) != 4 {
		t.Fatal(err)
	}
	for i := range again {
		if !again[i].Equal(&got[i]) {
			t.Errorf("written and read again: %+v\nwant %+v", again[i], got[i])
		}
	}
	f, _ := format.Lookup("mosquitto")
	binary := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte{255}}}
	if err := f.NewEncoder(io.Discard, recorder.Info{}).Write(&binary); !errors.Is(err, format.ErrBinary) {
		t.Errorf("a binary payload: %v", err)
	}
}

func TestDetect(t *testing.T) {
	for head, want := range map[string]string{
		`{"t":0,"topic":"a","payload":"x"}`:                                 "jsonl",
		"\xef\xbb\xbf\n " + `{"topic":"a","payload":"x"}`:                   "jsonl",
		`{"tst":"2020-05-06T21:48:00.250000+0200","topic":"a","payload":"`:  "mosquitto",
		`{"t":1,"topic":"zigbee2mqtt/bridge/info","payload":"{\"commit\":\`: "jsonl",
	} {
		if f, err := format.Detect([]byte(head)); err != nil || f.Name != want {
			t.Errorf("Detect(%.30q) = %q, %v; want %q", head, f.Name, err, want)
		}
	}
	for _, head := range []string{"", "hello", "a,b,c", "[]", "{}"} {
		if f, err := format.Detect([]byte(head)); !errors.Is(err, format.ErrUndetected) {
			t.Errorf("Detect(%q) = %q, %v", head, f.Name, err)
		}
	}
	if _, err := format.Lookup("cassette"); !errors.Is(err, format.ErrUnknown) {
		t.Errorf("Lookup = %v", err)
	}
}

// plainLine is how a careful reader without our code sees a line.
type plainLine struct {
	T       *float64 `json:"t"`
	Topic   string   `json:"topic"`
	Payload string   `json:"payload"`
	Enc     string   `json:"payload_enc"`
	QoS     *byte    `json:"qos"`
	Retain  *bool    `json:"retain"`
}

// Real recordings give back the same messages in the same order.
func TestRealRecordings(t *testing.T) {
	data := os.Getenv("HUBTAPE_DATA")
	if data == "" {
		t.Skip("HUBTAPE_DATA is not set to a folder of real recordings")
	}
	files, err := filepath.Glob(filepath.Join(data, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Skipf("no *.jsonl in HUBTAPE_DATA=%s", data)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if names := format.Matching(b[:min(len(b), format.HeadBytes)]); !slices.Equal(names, []string{"jsonl"}) {
				t.Errorf("it matches %q", names)
			}
			first, stats, err := decode(t, "jsonl", string(b), format.Options{File: file})
			if err != nil {
				t.Fatal(err)
			}
			second, again, err := decode(t, "jsonl", encode(t, "jsonl", recorder.Info{}, first), format.Options{})
			if err != nil || len(second) != len(first) || again.Held > 0 {
				t.Fatalf("%d of %d records, %+v, %v", len(second), len(first), again, err)
			}
			i, back, last := 0, 0, 0.0
			for line := range strings.Lines(string(b)) {
				var p plainLine
				if err := json.Unmarshal([]byte(line), &p); err != nil {
					t.Fatal(err)
				}
				want := plainMessage(t, p)
				if !first[i].Message.Equal(want) || !second[i].Equal(&first[i]) {
					t.Fatalf("line %d is not what comes back", i+1)
				}
				if p.T != nil && *p.T < last {
					back++
				} else if p.T != nil {
					last = *p.T
				}
				i++
			}
			if i != len(first) || stats.Held != back {
				t.Errorf("%d records of %d lines, %d held of %d that step back", len(first), i, stats.Held, back)
			}
		})
	}
}

func plainMessage(t *testing.T, p plainLine) mqtt.Message {
	t.Helper()
	m := mqtt.Message{Topic: p.Topic, Payload: []byte(p.Payload)}
	if p.Enc == "base64" {
		var raw struct{ B []byte }
		if err := json.Unmarshal([]byte(`{"B":"`+p.Payload+`"}`), &raw); err != nil {
			t.Fatal(err)
		}
		m.Payload = raw.B
	}
	if p.QoS != nil {
		m.QoS = *p.QoS
	}
	if p.Retain != nil {
		m.Retain = *p.Retain
	}
	return m
}

// FuzzJSONLines: a text is refused with a line number, or what was read writes
// and reads back the same.
func FuzzJSONLines(f *testing.F) {
	f.Add(`{"t":1.5,"topic":"a","payload":"x","qos":1,"retain":true,"properties":{"user":[["k","v"]],"expiry_seconds":5}}`)
	f.Add(`{"t":null,"topic":"a","payload":"/wA=","payload_enc":"base64","kind":"will","client":"\ud800","time":"2026-01-10T17:00:00Z"}`)
	f.Add("{\"t\":1e-9,\"topic\":\"a\",\"payload\":\"\xff\\u0000\"}\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		first, _, err := decode(t, "jsonl", text, format.Options{})
		var le *format.LineError
		if err != nil && !errors.As(err, &le) {
			t.Fatal(err)
		}
		lenient, _, err := decode(t, "jsonl", text, format.Options{Lenient: true})
		if err != nil || len(lenient) < len(first) {
			t.Fatalf("lenient: %d records of %d, %v", len(lenient), len(first), err)
		}
		second, _, err := decode(t, "jsonl", encode(t, "jsonl", recorder.Info{}, first), format.Options{})
		if err != nil || len(second) != len(first) {
			t.Fatalf("%d of %d records, %v", len(second), len(first), err)
		}
		for i := range first {
			if !bytes.Equal(first[i].Payload, second[i].Payload) || first[i].Topic != second[i].Topic || first[i].At != second[i].At {
				t.Fatalf("record %d: %+v, want %+v", i, second[i], first[i])
			}
		}
	})
}

func BenchmarkJSONLines(b *testing.B) {
	var text strings.Builder
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range 10_000 {
		r := recorder.Record{At: time.Duration(i) * 1e6, Kind: recorder.KindMessage, Message: mqtt.Message{
			Topic: "zigbee2mqtt/hall", Payload: []byte(`{"temperature":` + time.Duration(rnd.Int64N(1e9)).String() + `,"humidity":50,"linkquality":120,"state":"ON"}`),
		}}
		text.Write(format.AppendJSONLine(nil, &r))
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, _, err := decode(b, "jsonl", text.String(), format.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
