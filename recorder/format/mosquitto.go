package format

import (
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

// mosquitto is what mosquitto_sub prints. With -F %j, and with %J, which leaves
// the payload as the JSON it is, nothing is lost but what is not text:
//
//	{"tst":"2026-05-06T21:48:00.000000+0000","topic":"a","qos":0,"retain":0,"payloadlen":2,"payload":"ON"}
//
// tst is the wall time; older versions wrote seconds since 1970. The first one
// is the tape's start. The text of -v and of other templates is read by
// mosquittoText.
var mosquitto = Format{
	Name:  "mosquitto",
	About: "lines of mosquitto_sub: -F %j or %J, -v, or a template",
	Matches: func(head []byte) bool {
		if len(head) > 0 && head[0] == '{' {
			return gjson.GetBytes(head, "tst").Exists()
		}
		return isMosquittoText(head)
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source {
			return &mosquittoText{lines: newLines(r, c)}
		})
	},
	NewEncoder: func(w io.Writer, info recorder.Info) Encoder {
		return newEncoder(w, "", []trait{traitOther, traitKind, traitClient, traitDup, traitSitting}, func(b []byte, r *recorder.Record) ([]byte, error) {
			return appendMosquittoLine(b, r, info.Start)
		})
	},
}

// parseMosquittoLine reads a line of %j or %J.
func parseMosquittoLine(c *common, line []byte, r *recorder.Record) (moment, error) {
	size, has, timed := int64(-1), false, false
	var at int64
	err := lineObject(line, func(key string, v gjson.Result) (err error) {
		switch key {
		case "tst":
			timed = true
			at, err = tst(v)
		case "topic":
			r.Topic, err = text(v)
		case "qos":
			c.flagged = true
			r.QoS, err = qos(v)
		case "retain":
			c.flagged = true
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
		return moment{}, err
	case !has:
		return moment{}, errors.New(`it has no "payload"`)
	case !timed:
		return moment{}, errors.New(`it has no "tst"`)
	}
	if err := mqtt.ValidateTopic(r.Topic); err != nil {
		return moment{}, err
	}
	if size > int64(len(r.Payload)) {
		c.cut++
	}
	return wallTime(at), nil
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
		return parseEpoch(v.Raw, false)
	}
	ns, zoned, err := parseDate(v.String(), nil)
	if err == nil && !zoned {
		err = fmt.Errorf("%s is no time of mosquitto_sub", short(v.Raw))
	}
	return ns, err
}

// ErrBinary is returned by an encoder whose format holds text only.
var ErrBinary = errors.New("the payload is not text, which this format cannot hold; export as jsonl")

func appendMosquittoLine(b []byte, r *recorder.Record, start time.Time) ([]byte, error) {
	if !utf8.Valid(r.Payload) {
		return b, fmt.Errorf("record %d, topic %q: %w", r.Seq, r.Topic, ErrBinary)
	}
	t := wallOf(r, start)
	layout := "2006-01-02T15:04:05.000000-0700"
	if t.Nanosecond()%1000 != 0 {
		layout = "2006-01-02T15:04:05.000000000-0700"
	}
	b = append(b, `{"tst":"`...)
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
		b = appendProperties(b, r.Properties, &mosquittoNames)
	}
	b = append(b, `,"payload":`...)
	b = appendString(b, r.Payload)
	return append(b, "}\n"...), nil
}
