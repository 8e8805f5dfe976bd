package format_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
)

// one is what a line has to be read as.
type one struct {
	at      time.Duration
	topic   string
	payload string
	client  string
}

func checkAll(t *testing.T, name string, got []recorder.Record, want []one) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d records, want %d: %+v", name, len(got), len(want), got)
		return
	}
	for i, w := range want {
		if g := got[i]; g.At != w.at || g.Topic != w.topic || string(g.Payload) != w.payload || g.Client != w.client {
			t.Errorf("%s: record %d: %v %q %q %q, want %v %q %q %q", name, i, g.At, g.Topic, g.Payload, g.Client, w.at, w.topic, w.payload, w.client)
		}
	}
}

// A bad record is an error with the line at which it began; with Lenient it is
// counted, and all the others are there.
func TestBadRecords(t *testing.T) {
	const (
		plain   = "a/b,ON,0,False,1763649226.5,0\n"
		header  = "timestamp,topic,payload,qos,retain\n"
		marked  = "2026-11-20T14:33:46Z,a/b,ON,0,true\n"
		tableau = "client_id,connection_name,topic,payload,qos,retain,direction,createAt\n"
		row     = "c,n,a/b,ON,0,false,received,2026-11-20 14:33:46\n"
		said    = "  0.17  RECV  a/b  {\n \"v\": 1\n }\n-----\n"
		fire    = `{"CapturedUnixMs":1763649226500,"RoutingKeys":["a.b"],"User":"u","PayloadText":"1"}` + "\n"
		verbose = "a/b ON\n"
		begin   = `[{"clientId":"c","messages":[` + "\n"
		message = `{"topic":"a","payload":"x","qos":0,"retain":false,"createAt":"2026-11-20 14:33:46"}`
	)
	for name, c := range map[string]struct {
		format, before, bad, after string
		line                       int // where the error is
		want                       string
		good                       int // records, with Lenient
	}{
		"recorder: few columns":         {"mqtt-recorder", plain, "a/b,ON,0\n", plain, 2, "3 columns in place of 6", 2},
		"recorder: QoS":                 {"mqtt-recorder", plain, "a/b,ON,3,False,1,0\n", plain, 2, "qos: 3 is none of", 2},
		"recorder: retain":              {"mqtt-recorder", plain, "a/b,ON,0,no,1,0\n", plain, 2, "retain: no is neither", 2},
		"recorder: time":                {"mqtt-recorder", plain, "a/b,ON,0,True,noon,0\n", plain, 2, `time: "noon": it is no time from 1970 to 2262`, 2},
		"recorder: time before 1970":    {"mqtt-recorder", plain, "a/b,ON,0,True,-1,0\n", plain, 2, "1970", 2},
		"recorder: topic":               {"mqtt-recorder", plain, "a/#,ON,0,True,1,0\n", plain, 2, "wildcard", 2},
		"recorder: quote":               {"mqtt-recorder", plain, "a/b,\"ON\"x,0,True,1,0\n", plain, 2, "closing quote", 2},
		"recorder: row of lines":        {"mqtt-recorder", plain, "a/b,\"O\nN\",9,True,1,0\n", plain, 2, "qos", 2},
		"recorder: quote left open":     {"mqtt-recorder", plain, "a/b,\"ON,0,True,1,0\n", plain + plain, 2, "does not end", 3},
		"header: columns":               {"mqtt-recorder", header + marked, "2026-11-20T14:33:46Z,a/b\n", marked, 3, "2 columns in place of 5", 2},
		"header: time":                  {"mqtt-recorder", header + marked, "noon,a/b,ON,0,true\n", marked, 3, `time: "noon" is no time`, 2},
		"header: time of 2300":          {"mqtt-recorder", header + marked, "2300-11-20T14:33:46Z,a/b,ON,0,true\n", marked, 3, "2262", 2},
		"header: time of 2600":          {"mqtt-recorder", header + marked, "2600-11-20T14:33:46Z,a/b,ON,0,true\n", marked, 3, "2262", 2},
		"header: time of 1969":          {"mqtt-recorder", header + marked, "1969-11-20T14:33:46Z,a/b,ON,0,true\n", marked, 3, "1970", 2},
		"header: base64":                {"mqtt-recorder", header + marked, "2026-11-20T14:33:46Z,a/b,b64:!,0,true\n", marked, 3, "base64", 2},
		"mqttx: no header":              {"mqttx", "", row, "", 1, "no header of MQTTX", 0},
		"mqttx: columns":                {"mqttx", tableau + row, "c,n\n", row, 3, "2 columns in place of 8", 2},
		"mqttx: direction":              {"mqttx", tableau + row, "c,n,a/b,ON,0,false,up,2026-11-20 14:33:46\n", row, 3, "direction", 2},
		"mqttx: QoS":                    {"mqttx", tableau + row, "c,n,a/b,ON,,false,publish,2026-11-20 14:33:46\n", row, 3, "qos", 2},
		"mqttx: retain":                 {"mqttx", tableau + row, "c,n,a/b,ON,0,,publish,2026-11-20 14:33:46\n", row, 3, "retain", 2},
		"mqttx: time":                   {"mqttx", tableau + row, "c,n,a/b,ON,0,true,publish,\n", row, 3, "createAt", 2},
		"mqttx JSON: message":           {"mqttx", begin + message + ",\n", `{"topic":"a"}`, ",\n" + message + "]}]", 3, `no "payload"`, 2},
		"mqttx JSON: several lines":     {"mqttx", begin + message + ",\n", "{\n\"topic\":\n\"a\"\n}", ",\n" + message + "]}]", 3, `no "payload"`, 2},
		"mqttx JSON: no object":         {"mqttx", begin + message + ",\n", `5`, ",\n" + message + "]}]", 3, "not a JSON object", 2},
		"mqttx JSON: QoS":               {"mqttx", begin + message + ",\n", strings.Replace(message, `"qos":0`, `"qos":5`, 1), ",\n" + message + "]}]", 3, `"qos"`, 2},
		"mqttx JSON: properties":        {"mqttx", begin + message + ",\n", strings.Replace(message, `"qos":0`, `"properties":5`, 1), ",\n" + message + "]}]", 3, `"properties": it is no object`, 2},
		"mqttx JSON: user properties":   {"mqttx", begin + message + ",\n", strings.Replace(message, `"qos":0`, `"properties":{"userProperties":5}`, 1), ",\n" + message + "]}]", 3, `"userProperties": it is no object`, 2},
		"mqttx JSON: syntax":            {"mqttx", begin + message + ",\n", `{"topic":}`, ",\n" + message + "]}]", 2, "nothing after it can be read", 1},
		"mqttx JSON: cut":               {"mqttx", begin + message + ",\n", `{"topic":"a","pay`, "", 2, "ends in the middle", 1},
		"mqttx JSON: cut between":       {"mqttx", begin + message, "", "", 2, "ends in the middle", 1},
		"mqttx JSON: more behind":       {"mqttx", begin + message, "]}]\n[]", "", 3, "no list of objects", 1},
		"mqttx JSON: no list":           {"mqttx", "", `[5]`, "", 1, "no list of objects", 0},
		"mqttx JSON: messages":          {"mqttx", "", `[{"messages":5}]`, "", 1, "no list of objects", 0},
		"mqttx JSON: deep":              {"mqttx", "", `[{"x":` + strings.Repeat("[", 2000), "", 1, "nested too deep", 0},
		"ha: no comma":                  {"ha-dump", "a/b,ON\n", "a/b\n", "a/b,OFF\n", 2, "no comma", 2},
		"ha: no topic":                  {"ha-dump", "a/b,ON\n", ",x\n", "a/b,OFF\n", 2, "is empty", 2},
		"pyziggy: no begin":             {"pyziggy", said, "hello\n", said, 5, "neither the begin", 2},
		"pyziggy: open":                 {"pyziggy", said, "  1.00  SEND  a  {\n", said, 5, "does not end", 2},
		"pyziggy: open at the end":      {"pyziggy", said, "  1.00  SEND  a  {\n \"v\": 1\n", "", 5, "does not end", 1},
		"pyziggy: no JSON":              {"pyziggy", said, "  1.00  SEND  a  {v}\n", said, 5, "not JSON", 2},
		"pyziggy: more than an object":  {"pyziggy", said, "  1.00  SEND  a  {} {}\n", said, 5, "not JSON", 2},
		"pyziggy: time":                 {"pyziggy", said, "  99999999999.0  SEND  a  {}\n", said, 5, "number of seconds", 2},
		"gridworks: no key":             {"gridworks", fire, `{"CapturedUnixMs":1,"RoutingKeys":[],"PayloadText":""}` + "\n", fire, 2, "neither a topic nor a routing key", 2},
		"gridworks: key":                {"gridworks", fire, `{"CapturedUnixMs":1,"RoutingKeys":[5],"PayloadText":""}` + "\n", fire, 2, `"RoutingKeys"`, 2},
		"gridworks: second key":         {"gridworks", fire, `{"CapturedUnixMs":1763649226500,"RoutingKeys":["#","b"],"PayloadText":""}` + "\n", fire, 2, "wildcard", 3},
		"gridworks: no payload":         {"gridworks", fire, `{"CapturedUnixMs":1,"RoutingKeys":["a"]}` + "\n", fire, 2, "no payload", 2},
		"gridworks: base64":             {"gridworks", fire, `{"CapturedUnixMs":1,"RoutingKeys":["a"],"PayloadB64":"!"}` + "\n", fire, 2, "PayloadB64", 2},
		"gridworks: time":               {"gridworks", fire, `{"CapturedUnixMs":"x","RoutingKeys":["a"],"PayloadText":""}` + "\n", fire, 2, "CapturedUnixMs", 2},
		"gridworks: time before 1970":   {"gridworks", fire, `{"t":-5,"topic":"a","payload":""}` + "\n", fire, 2, "1970", 2},
		"gridworks: no JSON":            {"gridworks", fire, "{\n", fire, 2, "not JSON", 2},
		"gridworks: list":               {"gridworks", "[" + fire + ",", `{"t":1}`, "," + fire + "]", 2, "neither", 2},
		"gridworks: list cut":           {"gridworks", "[" + fire + ",", `{"t":1`, "", 2, "ends in the middle", 1},
		"gridworks: more behind":        {"gridworks", "[" + fire, "]\n5", "", 3, "no list", 1},
		"verbose: no space":             {"mosquitto", verbose, "a/b\n", verbose, 2, `column 1: there is no " " after a topic`, 2},
		"verbose: part of a payload":    {"mosquitto", verbose, "\"v\": 1,\n", verbose, 2, "-F %j", 2},
		"verbose: wildcard":             {"mosquitto", verbose, "a/# x\n", verbose, 2, "wildcard", 2},
		"seconds":                       {"mosquitto", "1763649226.5 a 1 0 x\n", "1763649226.5 a 1 2 x\n", "1763649226.5 a 1 0 x\n", 2, `column 18: "2" is not a retain flag`, 2},
		"seconds: no time":              {"mosquitto", "1763649226.5 a/b x\n", "soon a/b x\n", "1763649226.5 a/b x\n", 2, `column 1: "soon" is not seconds since 1970`, 2},
		"date":                          {"mosquitto", "2026-11-20T14:33:46+0000 a/b x\n", "2026-11-20Z14:33:46 a/b x\n", "2026-11-20T14:33:46+0000 a/b x\n", 2, "column 1:", 2},
		"stamp":                         {"mosquitto", "Nov 20 14:33:46 a/b x\n", "Nov 31 14:33:46 a/b x\n", "Nov 20 14:33:46 a/b x\n", 2, "no time like Nov 20 14:33:46", 2},
		"length: too long":              {"mosquitto", "1763649226.5\ta/b\t0\t0\t1\tx\n", "1763649226.5\ta/b\t0\t0\t1\txx\n", "1763649226.5\ta/b\t0\t0\t1\tx\n", 2, "not as long", 2},
		"length: line ends do not fit":  {"mosquitto", "1763649226.5\ta/b\t0\t0\t1\tx\n", "1763649226.5\ta/b\t0\t0\t4\txx\n", "1763649226.5\ta/b\t0\t0\t3\tx\ny\n", 2, "not as long", 2},
		"length: more than the file":    {"mosquitto", "1763649226.5\ta/b\t0\t0\t1\tx\n", "1763649226.5\ta/b\t0\t0\t4000\txx\n", "1763649226.5\ta/b\t0\t0\t1\tx\n", 2, "not as long", 2},
		"jsonl: no time zone":           {"jsonl", "", `{"topic":"a","payload":"","time":"2026-01-10T17:00:00"}`, "", 1, "time zone", 0},
		"jsonl: time of 1900":           {"jsonl", "", `{"topic":"a","payload":"","time":"1900-01-10T17:00:00Z"}`, "", 1, "1970", 0},
		"jsonl: time of 2263":           {"jsonl", "", `{"topic":"a","payload":"","time":"2263-01-10T17:00:00Z"}`, "", 1, "2262", 0},
		"jsonl: time is true":           {"jsonl", "", `{"topic":"a","payload":"","time":true}`, "", 1, "no time", 0},
		"jsonl: QoS a text":             {"jsonl", "", `{"topic":"a","payload":"","qos":"1"}`, "", 1, "qos", 0},
		"jsonl: base64 of an object":    {"jsonl", "", `{"topic":"a","payload":{},"payload_enc":"base64"}`, "", 1, "no text", 0},
		"jsonl: a number without Node":  {"jsonl", "", `{"topic":"a","payload":1}`, "", 1, "no text", 0},
		"jsonl: an entity and no text":  {"jsonl", "", `{"entity":5,"payload":""}`, "", 1, "entity", 0},
		"jsonl: nested deeper than all": {"jsonl", "", `{"a":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`, "", 1, "not JSON", 0},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.before + c.bad + c.after
			_, _, err := decode(t, c.format, text, format.Options{File: "in"})
			var le *format.LineError
			if !errors.As(err, &le) || le.Line != c.line || le.File != "in" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want in:%d and %q", err, c.line, c.want)
			}
			got, stats, err := decode(t, c.format, text, format.Options{File: "in", Lenient: true})
			if err != nil || len(got) != c.good || stats.Skipped == 0 || stats.FirstSkipped == nil || !strings.Contains(stats.FirstSkipped.Error(), c.want) {
				t.Errorf("lenient: %d records of %d, %+v, %v", len(got), c.good, stats, err)
			}
		})
	}
}

// What the reader says is passed on as it is, by every decoder, at any place.
func TestReaderErrors(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, s := range samples {
		text := sample(t, s.file)
		f, err := format.Lookup(s.format)
		if err != nil {
			t.Fatal(err)
		}
		for _, keep := range []int{0, len(text) / 2, len(text)} {
			in := io.MultiReader(strings.NewReader(text[:keep]), iotest.ErrReader(broken))
			d := f.NewDecoder(in, format.Options{Lenient: true})
			for err = nil; err == nil; {
				var r recorder.Record
				err = d.Next(&r)
			}
			if !errors.Is(err, broken) {
				t.Errorf("%s, after %d bytes: %v", s.file, keep, err)
			}
		}
	}
}

// After a row that does not end well the lines after its first are read once
// more, each time it happens.
func TestLinesAreReadAgain(t *testing.T) {
	const good = "a/b,%,0,False,1,0\n"
	nth := func(n string) string { return strings.Replace(good, "%", n, 1) }
	text := nth("0") +
		"x/y,\"open\n" + nth("1") + nth("2") + nth("\"end\"") +
		nth("3") +
		"x/y,\"open\n" + nth("4") + nth("\"end\"") +
		"x/y,\"open\n" + nth("5")
	got, stats, err := decode(t, "mqtt-recorder", text, format.Options{Lenient: true})
	if err != nil || stats.Skipped != 3 {
		t.Errorf("%+v, %v", stats, err)
	}
	payloads := ""
	for _, r := range got {
		payloads += string(r.Payload) + " "
	}
	if payloads != "0 1 2 end 3 4 end 5 " {
		t.Errorf("records are %q", payloads)
	}
}

func TestTooLargeForATape(t *testing.T) {
	r := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: make([]byte, 256<<20)}}
	if err := format.CheckRecord(&r); err != nil {
		t.Error(err)
	}
	r.Payload = make([]byte, 256<<20+1)
	if err := format.CheckRecord(&r); err == nil || !strings.Contains(err.Error(), "268435457 bytes") {
		t.Errorf("one byte more: %v", err)
	}
}

// A record without an end does not fill the memory. Those after it are read, but
// in a JSON document, which cannot be taken up again.
func TestRecordsWithoutEnd(t *testing.T) {
	before := format.SetLineMax(200_000)
	defer format.SetLineMax(before)
	long := strings.Repeat("x", 500_000)
	for name, c := range map[string]struct {
		format, text string
		good         int
	}{
		"jsonl":          {"jsonl", `{"topic":"a","payload":""}` + "\n" + `{"topic":"` + long + "\n" + `{"topic":"a","payload":""}`, 2},
		"verbose":        {"mosquitto", "a/b x\na/b " + long + "\na/b x\n", 2},
		"recorder":       {"mqtt-recorder", "a/b,x,0,True,1,0\na/b,\"" + strings.Repeat("x\n", 150_000) + "a/b,x,0,True,1,0\n", 2},
		"pyziggy":        {"pyziggy", "  1.00  SEND  a  {}\n  2.00  SEND  a  {\n" + strings.Repeat("\n", 250_000) + "  3.00  SEND  a  {}\n", 2},
		"mqttx":          {"mqttx", `[{"messages":[{"topic":"a","payload":"","createAt":"2026-11-20 14:33:46"},` + "\n" + `{"topic":"` + long + `"}]}]`, 1},
		"mqttx setting":  {"mqttx", "[\n{\"name\":\"" + long + `","messages":[]}]`, 0},
		"gridworks list": {"gridworks", `[{"t":1,"topic":"a","payload":""},` + "\n" + `{"t":1,"topic":"` + long + `"}]`, 1},
	} {
		_, _, err := decode(t, c.format, c.text, format.Options{})
		var le *format.LineError
		if !errors.As(err, &le) || le.Line > 2 || !strings.Contains(err.Error(), "longer than any MQTT message") {
			t.Errorf("%s: %v", name, err)
		}
		got, stats, err := decode(t, c.format, c.text, format.Options{Lenient: true})
		if err != nil || len(got) != c.good || stats.Skipped == 0 {
			t.Errorf("%s, lenient: %d records, %+v, %v", name, len(got), stats, err)
		}
	}
}

// Only what JSON.stringify makes of a Buffer is one.
func TestBuffers(t *testing.T) {
	for payload, want := range map[string]string{
		`{"type":"Buffer","data":[1,255]}`:         "\x01\xff",
		`{"data":[],"type":"Buffer"}`:              "",
		`{"type":"Buffer","data":[1],"more":true}`: `{"type":"Buffer","data":[1],"more":true}`,
		`{"type":"Buffer","data":[256]}`:           `{"type":"Buffer","data":[256]}`,
		`{"type":"Buffer","data":"x"}`:             `{"type":"Buffer","data":"x"}`,
		`{"type":"buffer","data":[1]}`:             `{"type":"buffer","data":[1]}`,
	} {
		got, _, err := decode(t, "jsonl", `{"topic":"a","payload":`+payload+`}`, format.Options{})
		if err != nil || len(got) != 1 || string(got[0].Payload) != want {
			t.Errorf("%s is %+v, %v", payload, got, err)
		}
	}
}

// Nothing at all is an empty recording in every text format, and misses nothing.
func TestEmptyFiles(t *testing.T) {
	read, _ := format.Names()
	for _, name := range read {
		if name == "pcap" { // has a header at least
			continue
		}
		for _, text := range []string{"", "\n", "\xef\xbb\xbf\r\n \r\n"} {
			if got, stats, err := decode(t, name, text, format.Options{}); err != nil || len(got) != 0 || stats.Missing != nil {
				t.Errorf("%s of %q: %d records, %+v, %v", name, text, len(got), stats, err)
			}
		}
	}
}

// The end stays the end, also of a file that cannot be read further.
func TestEndIsTheEnd(t *testing.T) {
	for _, s := range samples {
		text := sample(t, s.file)
		f, err := format.Lookup(s.format)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{text, text[:len(text)/2], text + "]"} {
			d := f.NewDecoder(strings.NewReader(part), format.Options{Lenient: part != text})
			var r recorder.Record
			for err = nil; err == nil; {
				err = d.Next(&r)
			}
			if again := d.Next(&r); !errors.Is(err, io.EOF) || !errors.Is(again, io.EOF) {
				t.Errorf("%s: %v, then %v", s.file, err, again)
			}
		}
	}
}

func TestEvery(t *testing.T) {
	const text = "a/b,1\na/b,2\na/b,3\n"
	for every, want := range map[time.Duration]time.Duration{0: 0, time.Second: 2 * time.Second, -time.Second: 0, 1<<63 - 1: 1<<63 - 1} {
		got, stats, err := decode(t, "ha-dump", text, format.Options{Every: every})
		if err != nil || len(got) != 3 || got[0].At != 0 || got[2].At != want || stats.Held != 0 || stats.Missing[0] != "times" {
			t.Errorf("Every %v: %+v, %+v, %v", every, got, stats, err)
		}
	}
}

func TestZone(t *testing.T) {
	zone := time.FixedZone("two hours east", 2*60*60)
	want := time.Date(2026, 11, 20, 12, 33, 46, 0, time.UTC)
	for name, text := range map[string]string{
		"mosquitto":     "2026-11-20T14:33:46 a/b ON\n",
		"mqtt-recorder": "timestamp,topic,payload,qos,retain\n2026-11-20 14:33:46,a/b,ON,0,true\n",
		"mqttx":         "client_id,connection_name,topic,payload,qos,retain,direction,createAt\nc,n,a/b,ON,0,false,received,2026-11-20 14:33:46\n",
	} {
		for zone, hours := range map[*time.Location]time.Duration{nil: 2, time.UTC: 2, zone: 0} {
			got, stats, err := decode(t, name, text, format.Options{Zone: zone})
			if err != nil || len(got) != 1 || !got[0].Time().Equal(want.Add(hours*time.Hour)) || stats.Missing[len(stats.Missing)-1] != "time zones" {
				t.Errorf("%s in %v: %+v, %+v, %v", name, zone, got, stats, err)
			}
		}
	}
}

func TestBase64(t *testing.T) {
	for _, text := range []string{
		"a/b,T04=,0,False,1763649226.5,0\n",
		"timestamp,topic,payload,qos,retain\n2026-11-20T14:33:46Z,a/b,T04=,0,true\n",
	} {
		got, _, err := decode(t, "mqtt-recorder", text, format.Options{})
		if err != nil || string(got[0].Payload) != "T04=" {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		got, _, err = decode(t, "mqtt-recorder", text, format.Options{Base64: true})
		if err != nil || string(got[0].Payload) != "ON" {
			t.Errorf("%q with Base64: %+v, %v", text, got, err)
		}
		_, _, err = decode(t, "mqtt-recorder", strings.Replace(text, "T04=", "ON", 1), format.Options{Base64: true})
		if err == nil || !strings.Contains(err.Error(), "payload: ") {
			t.Errorf("text with Base64: %v", err)
		}
	}
	// The file without a header has no marks.
	got, _, err := decode(t, "mqtt-recorder", "a/b,b64:T04=,0,False,1,0\n", format.Options{})
	if err != nil || string(got[0].Payload) != "b64:T04=" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A payload ends where its object does, whatever stands in its texts.
func TestPyziggyPayloads(t *testing.T) {
	got, _, err := decode(t, "pyziggy", "  1.00  SEND  a b  {\n\"x\": \"\\\"}\",\n\"y\": [\"\\\\\"]\n}\n--\n  2.00  RECV  c  {}\n", format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkAll(t, "pyziggy", got, []one{{time.Second, "a b", `{"x":"\"}","y":["\\"]}`, "pyziggy"}, {2 * time.Second, "c", "{}", ""}})
}

// matterbridge leaves out the base of topics; a topic that is there is the topic.
func TestMatterbridgeTopics(t *testing.T) {
	for line, want := range map[string]string{
		`{"entity":"hall","payload":""}`:                             "zigbee2mqtt/hall",
		`{"entity":"hall","service":"","payload":""}`:                "zigbee2mqtt/hall",
		`{"entity":"hall","service":"set/state","payload":""}`:       "zigbee2mqtt/hall/set/state",
		`{"entity":"hall","service":"set","topic":"a","payload":""}`: "a",
	} {
		got, _, err := decode(t, "jsonl", line, format.Options{})
		if err != nil || len(got) != 1 || got[0].Topic != want {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
}

// Times of any mixture are placed by the first that is known.
func TestMixedTimes(t *testing.T) {
	got, stats, err := decode(t, "jsonl", `{"topic":"a","payload":"first, at no time"}
{"t":5,"topic":"a","payload":"at 5 s","time":"2026-01-10T17:00:05Z"}
{"topic":"a","payload":"2 s later","time":1768064407}
{"topic":"a","payload":"Node-RED","receivedTimestamp":1768064408000}
{"t":null,"topic":"a","payload":"when the one before was","time":"2030-01-10T17:00:05Z"}
{"topic":"a","payload":"back","time":"2026-01-10T17:00:01Z"}
`, format.Options{})
	if err != nil || stats.Held != 1 || len(stats.Missing) != 1 {
		t.Fatalf("%+v, %v", stats, err)
	}
	s := time.Second
	checkAll(t, "mixed", got, []one{
		{0, "a", "first, at no time", ""},
		{5 * s, "a", "at 5 s", ""},
		{7 * s, "a", "2 s later", ""},
		{8 * s, "a", "Node-RED", ""},
		{8 * s, "a", "when the one before was", ""},
		{8 * s, "a", "back", ""},
	})
	if got[4].Time().Year() != 2030 || got[5].Time().Second() != 1 {
		t.Errorf("wall times are %v and %v", got[4].Time(), got[5].Time())
	}
	_, _, err = decode(t, "jsonl", `{"t":9000000000,"topic":"a","payload":""}
{"topic":"a","payload":"","time":"1970-01-02T00:00:00Z"}
{"topic":"a","payload":"","time":"2261-01-02T00:00:00Z"}`, format.Options{})
	var le *format.LineError
	if !errors.As(err, &le) || le.Line != 3 || !strings.Contains(err.Error(), "centuries") {
		t.Errorf("a time beyond what a tape can count: %v", err)
	}
}

// ts says no year: it is told by the months.
func TestStamps(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		stamps []string
		want   []time.Duration
		held   int
	}{
		"a year's end":  {[]string{"Dec 31 23:59:59", "Jan  1 00:00:00", "May  1 00:00:00", "Oct  1 00:00:00", "Dec 31 00:00:00", "Jan  1 00:00:00"}, []time.Duration{0, time.Second, 120*day + time.Second, 273*day + time.Second, 364*day + time.Second, 365*day + time.Second}, 0},
		"a late line":   {[]string{"Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:59", "Jan  1 00:00:02"}, []time.Duration{0, 2 * time.Second, 2 * time.Second, 3 * time.Second}, 1},
		"late at once":  {[]string{"Jan  1 00:00:01", "Dec 31 23:59:59", "Jan  1 00:00:02"}, []time.Duration{0, 0, time.Second}, 1},
		"February":      {[]string{"Feb 28 00:00:00", "Mar  1 00:00:00"}, []time.Duration{0, day}, 0},
		"leap February": {[]string{"Feb 28 00:00:00", "Feb 29 00:00:00", "Mar  1 00:00:00"}, []time.Duration{0, day, 2 * day}, 0},
		"leap year":     {[]string{"Feb 29 00:00:00", "Aug  1 00:00:00", "Dec 31 00:00:00", "Jan  1 00:00:00", "Mar  1 00:00:00"}, []time.Duration{0, 154 * day, 306 * day, 307 * day, 366 * day}, 0},
		"a step back":   {[]string{"Nov 20 14:00:00", "Nov 20 13:00:00", "Nov 20 15:00:00"}, []time.Duration{0, 0, time.Hour}, 1},
	} {
		text := ""
		for _, s := range c.stamps {
			text += s + " a/b x\n"
		}
		got, stats, err := decode(t, "mosquitto", text, format.Options{})
		if err != nil || len(got) != len(c.want) || stats.Held != c.held {
			t.Errorf("%s: %d records, %+v, %v", name, len(got), stats, err)
			continue
		}
		for i := range got {
			if got[i].At != c.want[i] || got[i].Wall != 0 {
				t.Errorf("%s: %s is at %v (wall %d), want %v", name, c.stamps[i], got[i].At, got[i].Wall, c.want[i])
			}
		}
	}
}

// Topics with spaces, as -v leaves them.
func TestVerboseTopics(t *testing.T) {
	got, stats, err := decode(t, "mosquitto", `z/lamp one ON
z/lamp one {"state":"ON"}
z/lamp one OFF
z/lamp one/set {"state":"OFF"}
z/lamp one/availability online
z/lamp oneself {no JSON}
z/lamp [1, 2] {"x":1}
z/lamp 5 {"x":1}
z/lamp {"a": {"b":1}}
z/lamp "quoted text"
z/lamp one/set a/b c
z/lamp  two spaces
`, format.Options{})
	if err != nil || stats.Guessed != 6 {
		t.Fatalf("%+v, %v", stats, err)
	}
	checkAll(t, "-v", got, []one{
		{0, "z/lamp", "one ON", ""}, // not known yet
		{0, "z/lamp one", `{"state":"ON"}`, ""},
		{0, "z/lamp one", "OFF", ""},
		{0, "z/lamp one/set", `{"state":"OFF"}`, ""},
		{0, "z/lamp one/availability", "online", ""},
		{0, "z/lamp", "oneself {no JSON}", ""},
		{0, "z/lamp", `[1, 2] {"x":1}`, ""},
		{0, "z/lamp 5", `{"x":1}`, ""},
		{0, "z/lamp", `{"a": {"b":1}}`, ""},
		{0, "z/lamp", `"quoted text"`, ""},
		{0, "z/lamp one/set", "a/b c", ""},
		{0, "z/lamp", " two spaces", ""},
	})
}

// Topics beyond a length are not remembered, so that no line is compared with
// much.
func TestVerboseLongTopics(t *testing.T) {
	for length, remembered := range map[int]bool{1024: true, 1025: false} {
		topic := "z/lamp " + strings.Repeat("x", length-len("z/lamp "))
		got, stats, err := decode(t, "mosquitto", topic+" {}\n"+topic+" ON\n", format.Options{})
		if err != nil || got[0].Topic != topic || (got[1].Topic == topic) != remembered || (stats.Guessed == 2) != remembered {
			t.Errorf("%d bytes: %+v, %v", length, stats, err)
		}
	}
}

func TestTemplates(t *testing.T) {
	s := time.Second
	for template, c := range map[string]struct {
		text string
		want []one
	}{
		"%I %t %q %r %p":             {"2026-11-20T14:33:46+0000 a b 1 0 x 2 1 y\n2026-11-20T14:33:48+0000 a b 0 1 \n", []one{{0, "a b", "x 2 1 y", ""}, {2 * s, "a b", "", ""}}},
		"<%t>[%m] %p":                {"<a>[65535] x\n", []one{{0, "a", "x", ""}}},
		`100%% \\ %t\t%p`:            {"100% \\ a\tx\ty\n", []one{{0, "a", "x\ty", ""}}},
		"%t %x":                      {"a b 00ff\nc \n", []one{{0, "a b", "\x00\xff", ""}, {0, "c", "", ""}}},
		"%x %l %t":                   {"00FF 2 a b\n", []one{{0, "a b", "\x00\xff", ""}}},
		"%x: %t!":                    {"00ff: a!\n", []one{{0, "a", "\x00\xff", ""}}},
		"%l %t %p":                   {"3 a x\ny\n4 b \n\nxy\n0 c \n3 d \r\r\r\n", []one{{0, "a", "x\ny", ""}, {0, "b", "\n\nxy", ""}, {0, "c", "", ""}, {0, "d", "\r\r\r", ""}}},
		"%t %p":                      {"a/b (null)\n  x\n", []one{{0, "a/b", "(null)", ""}}},
		"%U %t %p":                   {"1763649226.000000001 a x\n1763649226.000000002 a y\n", []one{{0, "a", "x", ""}, {1, "a", "y", ""}}},
		"%q %r %m %l %U %t: all: %p": {"2 1 7 1 1763649226 a: b: all: x\n", []one{{0, "a: b", "x", ""}}},
	} {
		got, stats, err := decode(t, "mosquitto", c.text, format.Options{Template: template, Lenient: true})
		if err != nil || (stats.Skipped > 0 && template != "%t %p") {
			t.Errorf("%s: %+v, %v", template, stats, err)
		}
		checkAll(t, template, got, c.want)
		if strings.Contains(template, "%q") == (len(stats.Missing) > 0 && stats.Missing[len(stats.Missing)-1] == "QoS and retain flags") {
			t.Errorf("%s: missing %q", template, stats.Missing)
		}
	}
	for template, c := range map[string]struct{ line, want string }{
		"%t %q %p":  {"a 3 x", `column 3: "3" is not a QoS`},
		"%t|%m %p":  {"a|65536 x", `column 3: "65536" is not a message id`},
		"<%t> %p":   {"a> x", `column 1: there should be "<"`},
		"%p":        {"", "has no %t"},
		"%t":        {"", "needs one of %p and %x"},
		"%t %p %x":  {"", "needs one of %p and %x"},
		"%p %t":     {"", "put %p last"},
		"%t %p!":    {"", "put %p last"},
		"%t%p":      {"", "nothing between %t and %p"},
		"%t %t %p":  {"", "%t twice"},
		"%t %j":     {"", "has %j; there are"},
		`%t\n%p`:    {"", `has \n; there are`},
		"%t %p%":    {"", "ends with '%'"},
		"%t %x end": {"a 0f ende", "column 9: there is more"},
		"%l %t %p":  {"-1 a x", "length of no MQTT message"},
		"%l|%t|%p":  {"268435457|a|x", "length of no MQTT message"},
		"%l %t %x":  {"2 a 0f", "not as long"},
		"%I %t %p":  {"2026-11-20T14:33:4 a x", "column 1"},
	} {
		_, _, err := decode(t, "mosquitto", c.line+"\n", format.Options{Template: template})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", template, err, c.want)
		}
		if bad := format.CheckTemplate(template); (c.line == "") != errors.Is(bad, format.ErrTemplate) || errors.Is(err, format.ErrTemplate) != errors.Is(bad, format.ErrTemplate) {
			t.Errorf("CheckTemplate(%s) = %v", template, bad)
		}
	}
}

// Settings of a connection come before and after its messages, and no secret
// among them comes near a record.
func TestMQTTXSettings(t *testing.T) {
	text := `[{"name":"hub","password":"hunter2","messages":[
{"topic":"a","payload":{"type":"Buffer","data":[1,255]},"out":true,"createAt":"2026-11-20T14:33:46.5Z","properties":{"correlationData":{"type":"Buffer","data":[0]},"contentType":"","userProperties":"","messageExpiryInterval":null}}
],"clientId":"late","ca":"-----BEGIN"},{"messages":[{"topic":"b","payload":null,"out":true,"createAt":"2026-11-20T14:33:47Z"}]}]`
	got, stats, err := decode(t, "mqttx", text, format.Options{})
	if err != nil || stats.Missing[0] != "QoS and retain flags" || len(stats.Missing) != 1 {
		t.Fatalf("%+v, %v", stats, err)
	}
	checkAll(t, "mqttx", got, []one{{0, "a", "\x01\xff", "hub"}, {time.Second / 2, "b", "", ""}})
	if p := got[0].Properties; p == nil || string(p.CorrelationData) != "\x00" {
		t.Errorf("properties are %+v", p)
	}
	if all := encode(t, "jsonl", recorder.Info{}, got); strings.Contains(all, "hunter2") || strings.Contains(all, "BEGIN") {
		t.Error("settings of a connection are in a record")
	}
}

// endless gives the same piece again and again.
type endless struct {
	begin, piece string
	rest         string
	read         int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read == 0 {
		e.rest = e.begin
	}
	if e.rest == "" {
		e.rest = strings.Repeat(e.piece, 100)
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.read += n
	return n, nil
}

// Records come while the file is still being read, so memory does not grow with
// its length.
func TestDecodersStream(t *testing.T) {
	for name, in := range map[string]*endless{
		"jsonl":         {"", `{"t":1,"topic":"a","payload":"x"}` + "\n", "", 0},
		"mosquitto":     {"", "a/b x\n", "", 0},
		"mqtt-recorder": {"", "a/b,\"x\ny\",0,False,1763649226.5,0\n", "", 0},
		"mqttx":         {`[{"messages":[{"topic":"a","payload":"x","createAt":"2026-11-20 14:33:46"}`, `,{"topic":"a","payload":"x","createAt":"2026-11-20 14:33:46"}`, "", 0},
		"ha-dump":       {"", "a/b,x\n", "", 0},
		"pyziggy":       {"", "  1.00  SEND  a  {\n}\n---\n", "", 0},
		"gridworks":     {`[{"t":1763649226,"topic":"a","payload":""}`, `,{"t":1763649226,"topic":"a","payload":""}`, "", 0},
	} {
		f, err := format.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		d := f.NewDecoder(in, format.Options{})
		for range 20_000 {
			var r recorder.Record
			if err := d.Next(&r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if ahead := in.read - 20_000*len(in.piece); ahead > 1<<20 {
			t.Errorf("%s has read %d bytes ahead", name, ahead)
		}
	}
}
