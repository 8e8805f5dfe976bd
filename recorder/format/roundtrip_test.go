package format_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"pgregory.net/rapid"
)

var (
	anyTopic = rapid.Custom(func(t *rapid.T) string {
		topic := rapid.SampledFrom([]string{"a", "a b/\"é\"", "$SYS/\t,", "x\r\ny", "b64:", " ", "a\"b", ",", "\"", "'"}).Draw(t, "begin") +
			rapid.StringOfN(rapid.Rune(), 0, 5, 20).Draw(t, "end")
		return strings.Map(func(r rune) rune {
			if r == '#' || r == '+' || r == 0 || r == 0xFFFD {
				return '_'
			}
			return r
		}, topic)
	})
	anyText    = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "b64:", "b64:T04=", "\r", "\n", "\r\n", "\"", "a,b", "\x00", " x ", "{\"v\":\n1}"}))
	anyPayload = rapid.OneOf(rapid.Map(anyText, func(s string) []byte { return []byte(s) }), rapid.SliceOf(rapid.Byte()))
)

// anyMessages are messages at wall times that never step back, from 2000 on.
func anyMessages(t *rapid.T, payload *rapid.Generator[[]byte]) []recorder.Record {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	var at int64
	var out []recorder.Record
	for i := range rapid.IntRange(0, 10).Draw(t, "n") {
		if i > 0 {
			at += rapid.OneOf(rapid.Int64Range(0, 1e15), rapid.Just[int64](1e9), rapid.Just[int64](0)).Draw(t, "step")
		}
		out = append(out, recorder.Record{At: time.Duration(at), Wall: start + at, Kind: recorder.KindMessage, Message: mqtt.Message{
			Topic: anyTopic.Draw(t, "topic"), Payload: payload.Draw(t, "payload"),
			QoS: byte(rapid.IntRange(0, 2).Draw(t, "qos")), Retain: rapid.Bool().Draw(t, "retain"),
		}})
	}
	return out
}

func checkSame(t *rapid.T, text string, got, want []recorder.Record, stats format.Stats, err error) {
	if err != nil || len(got) != len(want) || stats.Held > 0 {
		t.Fatalf("%d of %d records, %+v, %v\n%s", len(got), len(want), stats, err, text)
	}
	for i := range got {
		if !got[i].Equal(&want[i]) {
			t.Fatalf("record %d: %+v\nwant %+v\n%s", i, got[i], want[i], text)
		}
	}
}

func TestMosquittoRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyMessages(t, rapid.Map(anyText, func(s string) []byte { return []byte(strings.ToValidUTF8(s, "")) }))
		for i := range want {
			if rapid.Bool().Draw(t, "properties") {
				p := &mqtt.Properties{ContentType: anyText.Draw(t, "type"), ResponseTopic: anyText.Draw(t, "response"), CorrelationData: anyPayload.Draw(t, "correlation")}
				if rapid.Bool().Draw(t, "more") {
					one, expiry := byte(1), rapid.Uint32().Draw(t, "expiry")
					p.PayloadFormat, p.ExpirySeconds = &one, &expiry
					p.User = []mqtt.UserProperty{{Key: anyText.Draw(t, "key"), Value: anyText.Draw(t, "value")}, {Key: "k"}, {Key: "k", Value: "2"}}
				}
				want[i].Properties = p
			}
		}
		text := encode(t, "mosquitto", recorder.Info{}, want)
		got, stats, err := decode(t, "mosquitto", text, format.Options{})
		checkSame(t, text, got, want, stats, err)
	})
}

func TestMQTTRecorderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyMessages(t, anyPayload)
		text := encode(t, "mqtt-recorder", recorder.Info{}, want)
		got, stats, err := decode(t, "mqtt-recorder", text, format.Options{})
		checkSame(t, text, got, want, stats, err)
		if head := []byte(text); len(head) < format.HeadBytes && !slices.Equal(format.Matching(head), []string{"mqtt-recorder"}) {
			t.Fatalf("it matches %q:\n%s", format.Matching(head), text)
		}
	})
}

// encoding/csv reads what is written, but for the CR LF that it makes LF of.
func TestCSVIsReadByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := anyMessages(t, anyPayload)
		for i := range records {
			records[i].Kind = rapid.SampledFrom([]recorder.Kind{recorder.KindMessage, recorder.KindWill, recorder.KindNote}).Draw(t, "kind")
			records[i].Client, records[i].Text = anyText.Draw(t, "client"), anyText.Draw(t, "text")
			records[i].Until = time.Duration(rapid.Int64Range(-5, 5).Draw(t, "until"))
		}
		text := encode(t, "csv", recorder.Info{}, records)
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != len(records)+1 || len(rows[0]) != 11 {
			t.Fatalf("%d rows of %d records, %v\n%s", len(rows), len(records), err, text)
		}
		ours := format.CSVRows([]byte(text))
		same := func(a, b string) bool {
			return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
		}
		for i, row := range rows {
			if !slices.EqualFunc(row, ours[i], same) {
				t.Fatalf("row %d: %q by encoding/csv, %q by us", i, row, ours[i])
			}
			if i == 0 {
				continue
			}
			r := records[i-1]
			at, err := format.ParseSeconds(row[0])
			if err != nil || at != r.At || row[1] != r.Time().Format(time.RFC3339Nano) || row[2] != r.Kind.String() || !same(row[3], r.Client) || !same(row[4], r.Topic) || !same(row[9], r.Text) {
				t.Fatalf("row %q of %+v", row, r)
			}
			if row[8] == "" && !same(row[7], string(r.Payload)) {
				t.Fatalf("row %q of %+v", row, r)
			}
		}
	})
}

func TestCSV(t *testing.T) {
	got := encode(t, "csv", recorder.Info{}, []recorder.Record{
		{Kind: recorder.KindConnect, Client: "hall", Wall: 1763649226_500000000},
		{At: 1500 * time.Millisecond, Kind: recorder.KindMessage, Client: "hall", Message: mqtt.Message{Topic: "a,b", Payload: []byte(`{"v":1}`), QoS: 2, Retain: true}},
		{At: 1500 * time.Millisecond, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte{255, 0}}},
		{At: 2 * time.Second, Until: 3 * time.Second, Kind: recorder.KindGap, Text: "the \"hub\" was\naway"},
	})
	want := strings.Join([]string{
		"seconds,time,kind,client,topic,qos,retain,payload,payload_enc,text,until",
		"0,2025-11-20T14:33:46.5Z,connect,hall,,0,false,,,,",
		`1.5,,message,hall,"a,b",2,true,"{""v"":1}",,,`,
		"1.5,,message,,a,0,false,/wA=,base64,,",
		"2,,gap,,,0,false,,,\"the \"\"hub\"\" was\naway\",3",
		"",
	}, "\r\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMQTTRecorderWritten(t *testing.T) {
	start := time.Date(2026, 11, 20, 14, 33, 46, 0, time.UTC)
	got := encode(t, "mqtt-recorder", recorder.Info{Start: start}, []recorder.Record{
		{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a/b", Payload: []byte("x\ty"), QoS: 1, Retain: true}},
		{At: time.Millisecond, Kind: recorder.KindNote, Text: "left out"},
		{At: time.Millisecond, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a/b", Payload: []byte("b64:x")}},
		{At: 1000001, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a/b", Payload: []byte("\x01")}},
		{At: time.Second, Wall: start.Add(time.Hour).UnixNano(), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a/b"}},
	})
	want := `timestamp,topic,payload,qos,retain
2026-11-20T14:33:46.000Z,a/b,x	y,1,true
2026-11-20T14:33:46.001Z,a/b,b64:YjY0Ong=,0,false
2026-11-20T14:33:46.001000001Z,a/b,b64:AQ==,0,false
2026-11-20T15:33:46.000Z,a/b,,0,false
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Without a start it is 1970.
	got = encode(t, "mqtt-recorder", recorder.Info{}, []recorder.Record{{At: time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}})
	if !strings.Contains(got, "\n1970-01-01T00:00:01.000Z,a,,0,false\n") {
		t.Errorf("without a start: %s", got)
	}
	// An empty tape is still a file of its format.
	if got := encode(t, "mqtt-recorder", recorder.Info{}, nil); got != want[:strings.IndexByte(want, '\n')+1] {
		t.Errorf("of nothing: %q", got)
	}
}

func TestLost(t *testing.T) {
	records := []recorder.Record{
		{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}},
		{Kind: recorder.KindWill, Client: "hall", Session: 1, Message: mqtt.Message{Topic: "a", Dup: true, Properties: &mqtt.Properties{}}},
		{Kind: recorder.KindSnapshot, Client: "hall", Session: 1, Message: mqtt.Message{Topic: "a"}},
		{Kind: recorder.KindNote, Text: "\xff", Session: 1},
		{Kind: recorder.KindGap, Session: 1},
	}
	const (
		other      = "gaps, notes and other records that are no messages"
		kinds      = "whether a message was a will or a snapshot"
		clients    = "client ids"
		dups       = "dup flags"
		properties = "MQTT 5 properties"
		sittings   = "numbers of sittings"
		notText    = "topics, client ids and texts that are not UTF-8"
	)
	for name, want := range map[string][]format.Loss{
		"jsonl":         {{What: notText, Count: 1}},
		"mosquitto":     {{What: other, Count: 2}, {What: kinds, Count: 2}, {What: clients, Count: 2}, {What: dups, Count: 1}, {What: sittings, Count: 2}},
		"mqtt-recorder": {{What: other, Count: 2}, {What: kinds, Count: 2}, {What: clients, Count: 2}, {What: dups, Count: 1}, {What: properties, Count: 1}, {What: sittings, Count: 2}},
		"csv":           {{What: dups, Count: 1}, {What: properties, Count: 1}, {What: sittings, Count: 4}, {What: notText, Count: 1}},
	} {
		f, err := format.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		e := f.NewEncoder(&bytes.Buffer{}, recorder.Info{})
		if got := e.Lost(); got != nil {
			t.Errorf("%s: before anything was written %v", name, got)
		}
		if err := e.Write(&records[0]); err != nil || e.Lost() != nil {
			t.Errorf("%s: of a plain message %v, %v", name, e.Lost(), err)
		}
		for i := range records[1:] {
			if err := e.Write(&records[1+i]); err != nil {
				t.Fatal(err)
			}
		}
		if got := e.Lost(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestCSVQuotes(t *testing.T) {
	for field, want := range map[string]string{
		"": "", "a b": "a b", "'": "'", "a,b": `"a,b"`, `"`: `""""`, "a\rb": "\"a\rb\"", "a\nb": "\"a\nb\"", `x"y"`: `"x""y"""`,
	} {
		if got := string(format.AppendCSVField(nil, field)); got != want {
			t.Errorf("%q is written %s, want %s", field, got, want)
		}
	}
}

// A carriage return ends a row only together with a line feed.
func TestCSVLoneReturns(t *testing.T) {
	got := format.CSVRows([]byte("a\rb,\"c\rd\",e\r\nf,g\r\r\n"))
	want := [][]string{{"a\rb", "c\rd", "e"}, {"f", "g\r"}}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Fields come back as they were, in any row.
func TestCSVFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte("header\n") // before what may look like a byte order mark
		want := [][]string{{"header"}}
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := rapid.SliceOfN(anyText, 1, 4).Draw(t, "row")
			row = append(row, "end") // a blank row is none
			for i, field := range row {
				if i > 0 {
					text = append(text, ',')
				}
				text = format.AppendCSVField(text, field)
			}
			text = append(text, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")...)
			want = append(want, row)
		}
		if got := format.CSVRows(text); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Fatalf("%q\ngot  %q\nwant %q", text, got, want)
		}
	})
}
