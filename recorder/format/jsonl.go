package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/tidwall/gjson"
)

// jsonLines is hubtape's own exchange format, one JSON object a line:
//
//	{"t":12.5,"topic":"a/b","payload":"text","qos":0,"retain":false}
//
// and, where known, "payload_enc":"base64", "client", "kind", "time",
// "properties", and for a lossless tape "dup", "text", "until", "session".
var jsonLines = Format{
	Name:  "jsonl",
	About: "JSON lines",
	Matches: func(head []byte) bool {
		return len(head) > 0 && head[0] == '{' && gjson.GetBytes(head, "topic").Exists() && !gjson.GetBytes(head, "tst").Exists()
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		d := newLineDecoder(r, o)
		d.parse = parseJSONLine
		return d
	},
	NewEncoder: newJSONLEncoder,
}

// lineObject walks over the keys of a line that is a JSON object.
func lineObject(line []byte, field func(key string, v gjson.Result) error) error {
	if !gjson.ValidBytes(line) {
		return errors.New("it is not JSON")
	}
	obj := gjson.ParseBytes(line)
	if !obj.IsObject() {
		return errors.New("it is not a JSON object")
	}
	var err error
	obj.ForEach(func(k, v gjson.Result) bool {
		if err = field(k.String(), v); err != nil {
			err = fmt.Errorf("%q: %w", k.String(), err)
		}
		return err == nil
	})
	return err
}

// jsonLine is a line of which the keys came in any order.
type jsonLine struct {
	r       *recorder.Record
	at      time.Duration
	hasAt   bool
	payload string
	has     bool // a payload
	base64  bool
}

func parseJSONLine(line []byte, r *recorder.Record) (at time.Duration, none bool, err error) {
	l := jsonLine{r: r}
	if err := lineObject(line, l.field); err != nil {
		return 0, false, err
	}
	if r.Kind.IsMessage() {
		if !l.has {
			return 0, false, errors.New(`it has no "payload"`)
		}
		if err := mqtt.ValidateTopic(r.Topic); err != nil {
			return 0, false, err
		}
	}
	switch {
	case !l.base64:
		r.Payload = []byte(l.payload)
	default:
		if r.Payload, err = base64.StdEncoding.DecodeString(l.payload); err != nil {
			return 0, false, fmt.Errorf(`"payload": %w`, err)
		}
	}
	return l.at, !l.hasAt, nil
}

func (l *jsonLine) field(key string, v gjson.Result) (err error) {
	r := l.r
	switch key {
	case "t":
		if v.Type == gjson.Null {
			return nil
		}
		l.at, err = seconds(v)
		l.hasAt = err == nil
	case "topic":
		r.Topic, err = text(v)
	case "payload":
		l.has = true
		l.payload, err = textOrNull(v)
	case "payload_enc":
		l.base64, err = encoding(v)
	case "qos":
		r.QoS, err = qos(v)
	case "retain":
		r.Retain, err = truth(v)
	case "dup":
		r.Dup, err = truth(v)
	case "client":
		r.Client, err = textOrNull(v)
	case "kind":
		if v.Type != gjson.Null {
			r.Kind, err = recorder.ParseKind(v.String())
		}
	case "time":
		r.Wall, err = wall(v)
	case "properties":
		r.Properties, err = parseProperties(v)
	case "text":
		r.Text, err = textOrNull(v)
	case "until":
		r.Until, err = seconds(v)
	case "session":
		r.Session, err = sitting(v)
	}
	return err
}
