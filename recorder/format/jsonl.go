package format

import (
	"errors"
	"fmt"
	"io"
	"math"

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
//
// The lines of others are taken where their keys leave no doubt:
//
//	{"time":1763649226.5,"qos":0,"retain":false,"topic":"a","msg_b64":"T04="}     recorders on hbmqtt
//	{"topic":"a","payload":{"v":1},"qos":0,"retain":false,"_msgid":"…"}           Node-RED
//	{"entity":"hall","service":"set","payload":"{\"state\":\"ON\"}"}              matterbridge
//
// A line without a "t" stands where its time says; "t": null is the time of the
// line before.
var jsonLines = Format{
	Name:  "jsonl",
	About: "JSON lines",
	Matches: func(head []byte) bool {
		if len(head) == 0 || head[0] != '{' || gjson.GetBytes(head, "tst").Exists() || isGridworks(head) {
			return false
		}
		return gjson.GetBytes(head, "topic").Exists() || (gjson.GetBytes(head, "entity").Exists() && gjson.GetBytes(head, "payload").Exists())
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source {
			return &lineSource{lines: newLines(r, c), parse: func(line []byte, r *recorder.Record) (moment, error) {
				return parseJSONLine(c, line, r)
			}}
		})
	},
	NewEncoder: newJSONLEncoder,
}

// matterbridgeBase is what the topics of Zigbee2MQTT begin with, which
// matterbridge leaves out.
const matterbridgeBase = "zigbee2mqtt/"

// jsonLine is a line of which the keys came in any order.
type jsonLine struct {
	*common
	r        *recorder.Record
	t        moment // of "t"
	saysT    bool   // "t" is there, be it null
	payload  gjson.Result
	has      bool // a payload
	base64   bool
	nodeRED  bool
	entity   string
	service  string
	hasTopic bool
}

func parseJSONLine(c *common, line []byte, r *recorder.Record) (moment, error) {
	l := jsonLine{common: c, r: r}
	if err := lineObject(line, l.field); err != nil {
		return moment{}, err
	}
	if l.entity != "" && !l.hasTopic {
		r.Topic = matterbridgeBase + l.entity
		if l.service != "" {
			r.Topic += "/" + l.service
		}
	}
	if r.Kind.IsMessage() {
		if !l.has {
			return moment{}, errors.New(`it has no "payload"`)
		}
		if err := mqtt.ValidateTopic(r.Topic); err != nil {
			return moment{}, err
		}
	}
	if err := l.setPayload(); err != nil {
		return moment{}, fmt.Errorf(`"payload": %w`, err)
	}
	return l.moment(), nil
}

// moment says when it was. A date beside an offset is kept as it is, and does
// not move the record.
func (l *jsonLine) moment() moment {
	if !l.saysT && l.r.Wall != 0 {
		return wallTime(l.r.Wall)
	}
	return l.t
}

func (l *jsonLine) setPayload() (err error) {
	v := l.payload
	switch {
	case !l.base64 && v.IsObject():
		if b, ok := buffer(v); ok {
			l.r.Payload = b
			return nil
		}
		l.r.Payload = []byte(v.Raw)
	case !l.base64 && v.IsArray(): // a golden file has them so
		l.r.Payload = []byte(v.Raw)
	case !l.base64 && l.nodeRED && v.Type != gjson.String && v.Type != gjson.Null:
		l.r.Payload = []byte(v.Raw)
	default:
		var s string
		if s, err = textOrNull(v); err != nil {
			return err
		}
		l.r.Payload = []byte(s)
		if l.base64 {
			l.r.Payload, err = fromBase64(s)
		}
	}
	return err
}

func (l *jsonLine) field(key string, v gjson.Result) (err error) {
	r := l.r
	switch key {
	case "t":
		if l.saysT = true; v.Type == gjson.Null {
			return nil
		}
		at, err := seconds(v)
		l.t = offset(at)
		return err
	case "topic":
		l.hasTopic = true
		r.Topic, err = text(v)
	case "payload":
		l.has, l.payload = true, v
	case "payload_enc":
		l.base64, err = encoding(v)
	case "qos":
		l.flagged = l.flagged || v.Type != gjson.Null
		r.QoS, err = qos(v)
	case "retain":
		l.flagged = l.flagged || v.Type != gjson.Null
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
		r.Wall, err = wall(v, false)
	case "properties":
		r.Properties, err = parseProperties(v)
	default:
		return l.rareField(key, v)
	}
	return err
}

// rareField takes what only a lossless tape has, and the keys of others.
func (l *jsonLine) rareField(key string, v gjson.Result) (err error) {
	r := l.r
	switch key {
	case "text":
		r.Text, err = textOrNull(v)
	case "until":
		r.Until, err = seconds(v)
	case "session":
		r.Session, err = sitting(v)
	case "msg_b64":
		l.has, l.base64, l.payload = true, true, v
	case "_msgid":
		l.nodeRED = true
	case "receivedTimestamp":
		l.nodeRED = true
		r.Wall, err = wall(v, true)
	case "entity":
		l.entity, err = textOrNull(v)
	case "service":
		l.service, err = textOrNull(v)
	}
	return err
}

// wall reads a date, or a number of seconds or milliseconds since 1970, as ns.
func wall(v gjson.Result, millis bool) (int64, error) {
	switch v.Type {
	case gjson.Null:
		return 0, nil
	case gjson.Number:
		return parseEpoch(v.Raw, millis)
	case gjson.String:
		ns, zoned, err := parseDate(v.String(), nil)
		if err == nil && !zoned {
			err = fmt.Errorf("%s says no time zone", short(v.Raw))
		}
		return ns, err
	}
	return 0, fmt.Errorf("%s is no time", short(v.Raw))
}

// epochSeconds is what a number of seconds since 1970 is not below, and an
// offset on a tape hardly above: 30 years.
const epochSeconds = 946_684_800

func isEpoch(ns int64) bool { return ns >= epochSeconds*1e9 && ns < math.MaxInt64 }
