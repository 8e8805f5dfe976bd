package redact_test

import (
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
)

// A payload of 200 bytes as a Zigbee2MQTT lamp sends it, which no rule concerns.
const lamp = `{"brightness":254,"color":{"hue":28,"saturation":70,"x":0.4599,"y":0.4106},"color_mode":"color_temp",` +
	`"color_temp":370,"linkquality":138,"power_on_behavior":null,"state":"ON","update":{"state":"idle"}}`

func lampRecord() *recorder.Record {
	rec := message("zigbee2mqtt/hall lamp", lamp)
	rec.Client = "0x00158d0007e778c1"
	rec.Properties = &mqtt.Properties{ContentType: "application/json", ResponseTopic: "answers/1"}
	return rec
}

func BenchmarkRecordNotConcerned(b *testing.B) {
	for _, c := range []struct {
		name string
		rec  *recorder.Record
	}{
		{"lamp", message("zigbee2mqtt/hall lamp", lamp)},
		{"properties", lampRecord()},
		{"number", message("evcc/site/gridPower", "-1234.5")},
		{"image", message("frigate/front/snapshot", strings.Repeat("\xff\xd8\xe0JFIF", 40_000))},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := redact.New(redact.Builtin(redact.BuiltinOptions{}), testKey)
			b.SetBytes(int64(len(c.rec.Payload)))
			b.ReportAllocs()
			for b.Loop() {
				if x.Record(c.rec) {
					b.Fatal("changed")
				}
			}
		})
	}
}

func BenchmarkRecordConcerned(b *testing.B) {
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), testKey)
	rec := message("tele/plug/STATE", `{"Wifi":{"AP":1,"SSId":"Kunterbunt","BSSId":"AA:BB:CC:11:22:33","RSSI":72}}`)
	payload := rec.Payload
	b.ReportAllocs()
	for b.Loop() {
		rec.Payload = payload
		if !x.Record(rec) {
			b.Fatal("not changed")
		}
	}
}

// A record that no rule concerns costs no allocation, once its topic is known.
func TestNotConcernedAllocatesNothing(t *testing.T) {
	x := redact.New(redact.Builtin(redact.BuiltinOptions{}), testKey)
	for _, rec := range []*recorder.Record{
		message("zigbee2mqtt/hall lamp", lamp), lampRecord(),
		message("a/b", `{"text":"with \"quotes\" and \u00e9","n":[1,2,{"a":null}]}`),
		message("a/b", "plain text"),
	} {
		x.Record(rec)
		if n := testing.AllocsPerRun(100, func() {
			if x.Record(rec) {
				t.Fatal("changed")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", rec.Payload, n)
		}
	}
}
