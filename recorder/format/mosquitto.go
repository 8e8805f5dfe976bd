package format

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/tidwall/gjson"
)

// mosquitto is what mosquitto_sub prints with -F %j, and with %J, which leaves
// the payload as the JSON it is:
//
//	{"tst":"2026-05-06T21:48:00.000000+0000","topic":"a","qos":0,"retain":0,"payloadlen":2,"payload":"ON"}
//
// tst is the wall time; older versions wrote seconds since 1970. The first one
// is the tape's start.
var mosquitto = Format{
	Name:  "mosquitto",
	About: "lines of mosquitto_sub -F %j or %J",
	Matches: func(head []byte) bool {
		return len(head) > 0 && head[0] == '{' && gjson.GetBytes(head, "tst").Exists()
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		m := &mosquittoDecoder{lineDecoder: newLineDecoder(r, o)}
		m.parse = m.parseLine
		return m
	},
	NewEncoder: func(w io.Writer, info recorder.Info) Encoder {
		return &mosquittoEncoder{w: bufio.NewWriterSize(w, 256<<10), start: info.Start.UnixNano()}
	},
}

type mosquittoDecoder struct {
	*lineDecoder
	start int64 // the first tst, ns since 1970
	some  bool
}

func (m *mosquittoDecoder) parseLine(line []byte, r *recorder.Record) (at time.Duration, none bool, err error) {
	size, has, timed := int64(-1), false, false
	err = lineObject(line, func(key string, v gjson.Result) (err error) {
		switch key {
		case "tst":
			timed = true
			r.Wall, err = tst(v)
		case "topic":
			r.Topic, err = text(v)
		case "qos":
			r.QoS, err = qos(v)
		case "retain":
			r.Retain, err = truth(v)
		case "payloadlen":
			size = v.Int()
		case "properties":
			r.Properties, err = parseProperties(v)
		case "payload":
			has = true
			r.Payload = payloadOf(v)
		}
		return err
	})
	switch {
	case err != nil:
		return 0, false, err
	case !has:
		return 0, false, errors.New(`it has no "payload"`)
	case !timed:
		return 0, false, errors.New(`it has no "tst"`)
	}
	if err := mqtt.ValidateTopic(r.Topic); err != nil {
		return 0, false, err
	}
	if size > int64(len(r.Payload)) {
		m.stats.Cut++
	}
	if !m.some {
		m.some, m.start = true, r.Wall
	}
	return time.Duration(r.Wall - m.start), false, nil
}

// payloadOf takes the text of %j, or the JSON of %J as it stands.
func payloadOf(v gjson.Result) []byte {
	switch v.Type {
	case gjson.Null:
		return nil
	case gjson.String:
		return []byte(v.String())
	}
	return []byte(v.Raw)
}

// tst reads both forms of mosquitto_sub's time as ns since 1970.
func tst(v gjson.Result) (int64, error) {
	if v.Type == gjson.Number {
		return parseNanos(v.Raw)
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999-0700", time.RFC3339Nano} {
		if t, err := time.Parse(layout, v.String()); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
			return t.UnixNano(), nil
		}
	}
	return 0, fmt.Errorf("%s is no time of mosquitto_sub", short(v.Raw))
}

type mosquittoEncoder struct {
	w     *bufio.Writer
	start int64
	buf   []byte
}

// ErrBinary is returned by an encoder whose format holds text only.
var ErrBinary = errors.New("the payload is not text, which this format cannot hold; export as jsonl")

func (e *mosquittoEncoder) Write(r *recorder.Record) error {
	if !r.Kind.IsMessage() {
		return nil
	}
	if !utf8.Valid(r.Payload) {
		return fmt.Errorf("record %d, topic %q: %w", r.Seq, r.Topic, ErrBinary)
	}
	t := time.Unix(0, e.start+int64(r.At)).UTC()
	if r.Wall != 0 {
		t = r.Time()
	}
	layout := "2006-01-02T15:04:05.000000-0700"
	if t.Nanosecond()%1000 != 0 {
		layout = "2006-01-02T15:04:05.000000000-0700"
	}
	b := append(e.buf[:0], `{"tst":"`...)
	b = t.AppendFormat(b, layout)
	b = append(b, `","topic":`...)
	b = appendString(b, r.Topic)
	b = append(b, `,"qos":`...)
	b = append(b, '0'+r.QoS)
	b = append(b, `,"retain":`...)
	b = append(b, "01"[one(r.Retain)])
	b = append(b, `,"payloadlen":`...)
	b = strconv.AppendInt(b, int64(len(r.Payload)), 10)
	if r.Properties != nil {
		b = append(b, `,"properties":`...)
		b = appendMosquittoProperties(b, r.Properties)
	}
	b = append(b, `,"payload":`...)
	b = appendString(b, r.Payload)
	e.buf = append(b, "}\n"...)
	_, err := e.w.Write(e.buf)
	return err
}

func (e *mosquittoEncoder) Close() error { return e.w.Flush() }

func appendMosquittoProperties(b []byte, p *mqtt.Properties) []byte {
	b = append(b, '{')
	sep := ""
	key := func(k string) {
		b = append(b, sep...)
		b = append(appendString(b, k), ':')
		sep = ","
	}
	if p.PayloadFormat != nil {
		key("payload-format-indicator")
		b = strconv.AppendUint(b, uint64(*p.PayloadFormat), 10)
	}
	if p.ExpirySeconds != nil {
		key("message-expiry-interval")
		b = strconv.AppendUint(b, uint64(*p.ExpirySeconds), 10)
	}
	if p.ContentType != "" {
		key("content-type")
		b = appendString(b, p.ContentType)
	}
	if p.ResponseTopic != "" {
		key("response-topic")
		b = appendString(b, p.ResponseTopic)
	}
	if utf8.Valid(p.CorrelationData) && len(p.CorrelationData) > 0 {
		key("correlation-data")
		b = appendString(b, p.CorrelationData)
	} else if len(p.CorrelationData) > 0 {
		key("correlation_data")
		b = appendString(b, base64.StdEncoding.EncodeToString(p.CorrelationData))
	}
	if len(p.User) > 0 {
		key("user-properties")
		b, sep = append(b, '{'), ""
		for _, u := range p.User {
			key(u.Key)
			b = appendString(b, u.Value)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}
