package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/tidwall/gjson"
)

// mqttx is what MQTTX exports, as JSON, a list of connections with their
// messages, or as CSV, a message a row. Of a connection's settings nothing but
// its client id, or else its name, is kept: the export holds user names,
// passwords and keys.
//
// Connections follow each other in a file, so those after the first step back in
// time; their records are held at the latest seen. The client is known for what
// MQTTX itself published, in a JSON export when it stands before the messages.
// Times say no zone.
var mqttx = Format{
	Name:  "mqttx",
	About: "JSON or CSV export of MQTTX",
	Matches: func(head []byte) bool {
		if rows := headRows(head, 1); len(rows) > 0 && isMQTTXHeader(rows[0]) {
			return true
		}
		keys := topKeys(head)
		return keys["clientId"] && (keys["messages"] || keys["host"])
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source { return &mqttxSource{common: c, lines: newLines(r, c)} })
	},
}

func isMQTTXHeader(row []string) bool {
	return slices.Contains(row, "connection_name") && slices.Contains(row, "createAt") && slices.Contains(row, "topic") && slices.Contains(row, "payload")
}

// mqttxSource finds out which of the two it is.
type mqttxSource struct {
	*common
	lines *lines
	src   source
}

func (s *mqttxSource) began() int { return s.src.began() }

func (s *mqttxSource) next(r *recorder.Record) (moment, error) {
	if s.src == nil {
		head, err := s.lines.head()
		if err != nil {
			return moment{}, err
		}
		if len(head) > 0 && head[0] != '[' {
			s.src = &mqttxCSV{csvRows: csvRows{lines: s.lines}}
		} else {
			s.src = &mqttxJSON{jsonStream: newJSONStream(s.lines.in, s.common)}
		}
	}
	return s.src.next(r)
}

// mqttxJSON reads a list of connections.
type mqttxJSON struct {
	*jsonStream
	inside      bool // the list
	connection  bool // inside one
	messages    bool // inside its list of them
	id, name    string
	ended, some bool
}

func (s *mqttxJSON) next(r *recorder.Record) (moment, error) {
	for !s.ended && !s.broken {
		if s.messages && s.dec.More() {
			raw, err := s.value()
			if err != nil {
				return moment{}, s.fail(err)
			}
			m, err := s.message(raw, r)
			if err != nil {
				err = s.bad(s.line, err)
			}
			return m, err
		}
		if err := s.advance(); err != nil {
			return moment{}, s.fail(err)
		}
	}
	return moment{}, io.EOF
}

// advance goes on to the next message, or to the end.
func (s *mqttxJSON) advance() error {
	switch {
	case s.messages:
		s.messages = false
		return s.want(']')
	case s.connection && s.dec.More():
		return s.setting()
	case s.connection:
		s.connection = false
		return s.want('}')
	case s.inside && s.dec.More():
		s.connection, s.id, s.name = true, "", ""
		return s.want('{')
	case s.inside:
		s.inside = false
		return s.want(']')
	case s.some:
		_, err := s.token()
		if s.ended = errors.Is(err, io.EOF); s.ended {
			return nil
		}
		return errNoList
	}
	s.inside, s.some = true, true
	err := s.want('[')
	if s.ended = errors.Is(err, io.EOF); s.ended { // nothing at all is no connection
		return nil
	}
	return err
}

// setting reads one of a connection: its names, or the begin of its messages.
func (s *mqttxJSON) setting() error {
	t, err := s.token()
	if err != nil {
		return err
	}
	switch t {
	case "messages":
		t, err := s.token()
		if err == nil && t != nil && t != json.Delim('[') {
			err = errNoList
		}
		s.messages = t == json.Delim('[')
		return err
	case "clientId", "name":
		raw, err := s.value()
		if text := gjson.ParseBytes(raw); t == "name" {
			s.name = text.String()
		} else {
			s.id = text.String()
		}
		return err
	}
	return s.skip()
}

func (s *mqttxJSON) message(raw []byte, r *recorder.Record) (m moment, err error) {
	obj, err := object(raw)
	if err != nil {
		return m, err
	}
	has, out := false, false
	err = members(obj, func(key string, v gjson.Result) (err error) {
		switch key {
		case "topic":
			r.Topic, err = text(v)
		case "payload":
			has = true
			r.Payload, err = mqttxPayload(v)
		case "qos":
			s.flagged = true
			r.QoS, err = qos(v)
		case "retain":
			r.Retain, err = truth(v)
		case "out":
			out, err = truth(v)
		case "createAt":
			m, err = mqttxTime(s.common, v.String())
		case "properties":
			r.Properties, err = mqttxProperties(v)
		}
		return err
	})
	if err == nil && !has {
		err = errors.New(`it has no "payload"`)
	}
	if out {
		r.Client = mqttxClient(s.id, s.name)
	}
	return m, err
}

func mqttxClient(id, name string) string {
	if id == "" {
		return name
	}
	return id
}

func mqttxPayload(v gjson.Result) ([]byte, error) {
	if b, ok := buffer(v); ok {
		return b, nil
	}
	s, err := textOrNull(v)
	return []byte(s), err
}

// mqttxTime reads times such as "2026-11-20 14:33:46:123".
func mqttxTime(c *common, s string) (moment, error) {
	ns, zoned, err := parseDate(s, c.Zone)
	if err == nil && !zoned {
		c.lack(lackZones)
	}
	return wallTime(ns), err
}

// mqttxProperties reads properties as MQTT.js names them; nil where none says
// anything.
func mqttxProperties(v gjson.Result) (*mqtt.Properties, error) {
	if v.Type == gjson.Null {
		return nil, nil
	}
	if !v.IsObject() {
		return nil, errNoObject
	}
	p := &mqtt.Properties{}
	err := members(v, func(key string, v gjson.Result) error {
		if v.Type == gjson.Null || v.Raw == `""` {
			return nil
		}
		return mqttxProperty(p, key, v)
	})
	if err != nil || p.Equal(&mqtt.Properties{}) {
		return nil, err
	}
	return p, nil
}

func mqttxProperty(p *mqtt.Properties, key string, v gjson.Result) (err error) {
	switch key {
	case "payloadFormatIndicator":
		var yes bool
		yes, err = parseTruth(v.String())
		p.PayloadFormat = ptr(byte(one(yes)))
	case "messageExpiryInterval":
		n, perr := strconv.ParseUint(v.String(), 10, 32)
		p.ExpirySeconds, err = ptr(uint32(n)), perr
	case "contentType":
		p.ContentType, err = text(v)
	case "responseTopic":
		p.ResponseTopic, err = text(v)
	case "correlationData":
		p.CorrelationData, err = mqttxPayload(v)
	case "userProperties":
		if !v.IsObject() {
			return errNoObject
		}
		p.User = userObject(v)
	}
	return err
}

// mqttxCSV reads a message a row.
type mqttxCSV struct {
	csvRows
	header csvColumns
}

func (s *mqttxCSV) next(r *recorder.Record) (moment, error) {
	if s.header == nil {
		row, err := s.row()
		if err != nil {
			return moment{}, err
		}
		if !isMQTTXHeader(row) {
			return moment{}, s.bad(s.line, errors.New("it is no header of MQTTX, such as client_id,connection_name,topic,payload,qos,retain,direction,createAt"))
		}
		s.header = columnsOf(row)
	}
	row, err := s.row()
	if err != nil {
		return moment{}, err
	}
	m, err := s.record(row, r)
	if err != nil {
		err = s.bad(s.line, err)
	}
	return m, err
}

func (s *mqttxCSV) record(row []string, r *recorder.Record) (m moment, err error) {
	if len(row) != len(s.header) {
		return m, fmt.Errorf("it has %d columns in place of %d", len(row), len(s.header))
	}
	col := func(name string) string { return s.header.of(row, name) }
	r.Topic, r.Payload = col("topic"), []byte(col("payload"))
	if m, err = mqttxTime(s.common, col("createAt")); err != nil {
		return m, fmt.Errorf("createAt: %w", err)
	}
	if r.QoS, err = parseQoS(col("qos")); err != nil {
		return m, fmt.Errorf("qos: %w", err)
	}
	if r.Retain, err = parseTruth(col("retain")); err != nil {
		return m, fmt.Errorf("retain: %w", err)
	}
	s.flagged = true
	switch d := col("direction"); d {
	case "publish":
		r.Client = mqttxClient(col("client_id"), col("connection_name"))
	case "received":
	default:
		return m, fmt.Errorf(`direction: %q is neither "publish" nor "received"`, short(d))
	}
	r.Properties, err = mqttxProperties(gjson.ParseBytes(mqttxColumns(col)))
	return m, err
}

// mqttxColumns makes of the columns for properties the object that they were.
func mqttxColumns(col func(string) string) []byte {
	var o jsonObject
	for _, c := range [][2]string{
		{"payload_format_indicator", "payloadFormatIndicator"},
		{"message_expiry_interval", "messageExpiryInterval"},
		{"response_topic", "responseTopic"},
		{"correlation_data", "correlationData"},
		{"content_type", "contentType"},
		{"user_properties", "userProperties"},
	} {
		value := col(c[0])
		if value == "" {
			continue
		}
		o.key(c[1])
		if strings.HasPrefix(value, "{") && c[1] != "contentType" && c[1] != "responseTopic" && json.Valid([]byte(value)) {
			o.b = append(o.b, value...)
		} else {
			o.b = appendString(o.b, value)
		}
	}
	return o.end()
}
