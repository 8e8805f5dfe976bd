package format_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
)

// fuzz reads texts in one format: each is refused with a line number, or gives
// records that a tape takes and that hubtape's own lines carry; with Lenient none
// is refused.
func fuzz(f *testing.F, name string, o ...format.Options) {
	for _, s := range samples {
		if s.format == name {
			text := sample(f, s.file)
			f.Add(text)
			f.Add(text[:len(text)/2])
			f.Add(strings.ReplaceAll(text, "\n", "\r\n"))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range append(o, format.Options{}) {
			o.File = "fuzz"
			records, stats, err := decode(t, name, text, o)
			var le *format.LineError
			if err != nil && (!errors.As(err, &le) || le.File != "fuzz" || le.Line < 1 || le.Line > strings.Count(text, "\n")+1) {
				t.Fatalf("%v is no error of a line", err)
			}
			checkFit(t, records, stats)
			o.Lenient = true
			lenient, more, lerr := decode(t, name, text, o)
			if lerr != nil || len(lenient) < len(records) || (err == nil) != (more.Skipped == 0) || (more.Skipped > 0) != (more.FirstSkipped != nil) {
				t.Fatalf("lenient: %d records of %d, %+v, %v", len(lenient), len(records), more, lerr)
			}
			checkFit(t, lenient, more)
		}
	})
}

// checkFit holds records to what recorder.Writer wants, and to what comes back.
func checkFit(t *testing.T, records []recorder.Record, stats format.Stats) {
	t.Helper()
	if stats.Records != len(records) {
		t.Fatalf("%d records, %+v", len(records), stats)
	}
	for i := range records {
		r := &records[i]
		switch {
		case r.At < 0 || (i > 0 && r.At < records[i-1].At):
			t.Fatalf("record %d is at %v", i, r.At)
		case r.QoS > 2 || !r.Kind.Valid() || r.Wall < 0:
			t.Fatalf("record %d: %+v", i, r)
		case r.Kind.IsMessage() && mqtt.ValidateTopic(r.Topic) != nil:
			t.Fatalf("record %d: %v", i, mqtt.ValidateTopic(r.Topic))
		}
	}
	again, _, err := decode(t, "jsonl", encode(t, "jsonl", recorder.Info{}, records), format.Options{})
	if err != nil || len(again) != len(records) {
		t.Fatalf("%d of %d records come back, %v", len(again), len(records), err)
	}
	for i := range again {
		if again[i].At != records[i].At || again[i].Topic != records[i].Topic || string(again[i].Payload) != string(records[i].Payload) {
			t.Fatalf("record %d: %+v, want %+v", i, again[i], records[i])
		}
	}
}

func FuzzMosquitto(f *testing.F) {
	f.Add(`{"tst":1588794481.5,"topic":"b","qos":0,"retain":0,"payloadlen":7,"payload":{"v":1}}`)
	f.Add(`{"tst":"2020-05-06T21:48:00.250000+0200","topic":"a","payloadlen":9,"properties":{"correlation_data":"!"},"payload":"x"}`)
	fuzz(f, "mosquitto")
}

func FuzzMosquittoText(f *testing.F) {
	f.Add("z/lamp one {\"a\":1}\nz/lamp one/set x\nz/lamp one  \n")
	f.Add("1763649226.5\ta b\t1\t0\t9\ttwo\nlines\n\n1763649226.5\ta\t1\t0\t0\t\n")
	f.Add("Feb 29 23:59:59 a/b x\nMar  1 00:00:00 a/b y\nJan  1 00:00:00 a/b z\n")
	fuzz(f, "mosquitto", format.Options{Template: "%l %t %x"}, format.Options{Template: "%U|%t|%m|%q %r %l %p"}, format.Options{Template: "%t %q %p"})
}

func FuzzTemplate(f *testing.F) {
	f.Add("%U\\t%t\\t%p", "1763649226.5\ta\tx")
	f.Add("%t %q%%%r %m %l \\\\ %I %p", "a b 1%0 7 1 \\ 2026-11-20T14:33:46+0000 x")
	f.Fuzz(func(t *testing.T, template, text string) {
		if err := format.CheckTemplate(template); template == "" || err != nil {
			if err != nil && !errors.Is(err, format.ErrTemplate) {
				t.Fatal(err)
			}
			return
		}
		records, stats, err := decode(t, "mosquitto", text, format.Options{Template: template, Lenient: true})
		if err != nil {
			t.Fatal(err)
		}
		checkFit(t, records, stats)
	})
}

func FuzzMQTTRecorder(f *testing.F) {
	f.Add("a,\"x\n\"y,0,True,1,0\n\"\",,,\n")
	fuzz(f, "mqtt-recorder", format.Options{Base64: true})
}

func FuzzMQTTX(f *testing.F) {
	f.Add(`[{"messages":[{"topic":"a","payload":{"type":"Buffer","data":[1]},"createAt":"2026-11-20 14:33:46","out":true}],"name":"n"},{}] `)
	fuzz(f, "mqttx")
}

func FuzzHADump(f *testing.F) { fuzz(f, "ha-dump", format.Options{Every: 1 << 61}) }

func FuzzPyziggy(f *testing.F) {
	f.Add("1.0  SEND  a {\"a\\\"}\": [\n{}\n]}\n---\n 2.5  EXPU  * {}")
	fuzz(f, "pyziggy")
}

func FuzzGridWorks(f *testing.F) {
	f.Add(`[{"CapturedUnixMs":1e12,"RoutingKeys":["a.b","c"],"PayloadB64":"/wA="},{"t":1.5e9,"topic":"x","payload":[1]}]`)
	fuzz(f, "gridworks")
}

// FuzzDetect: whatever a head is, at most one format takes it.
func FuzzDetect(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(sample(f, s.file)))
	}
	files, _ := filepath.Glob("testdata/*.want")
	for _, file := range files {
		f.Add([]byte(sample(f, filepath.Base(file))))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if names := format.Matching(head); len(names) > 1 {
			t.Fatalf("%q matches %q", head, names)
		}
	})
}
