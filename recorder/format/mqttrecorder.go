package format

import (
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

// mqttRecorder is the CSV of two programs called mqtt-recorder. One is Python,
// has no header, and takes seconds since 1970 and since the message before:
//
//	hall/light,ON,0,False,1763649226.5,0.25
//
// The other is Rust, and marks a payload that is not text:
//
//	timestamp,topic,payload,qos,retain
//	2026-11-20T14:33:46.500Z,hall/light,b64:/wA=,0,false
//
// Both can write all payloads as base64 and do not say so in the file, and a
// payload may look like base64 by chance: it is text unless [Options.Base64] says
// otherwise.
//
// What is written is the second one, as it alone holds every payload: one that
// is not text, or has control characters, or begins with "b64:" itself, is marked.
var mqttRecorder = Format{
	Name:  "mqtt-recorder",
	About: "CSV of mqtt-recorder, with or without a header",
	Matches: func(head []byte) bool {
		rows := headRows(head, 1)
		return len(rows) > 0 && (slices.Equal(rows[0], mqttRecorderHeader) || isPlainRow(rows[0]))
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source {
			return &mqttRecorderSource{csvRows: csvRows{lines: newLines(r, c)}}
		})
	},
	NewEncoder: func(w io.Writer, info recorder.Info) Encoder {
		header := strings.Join(mqttRecorderHeader, ",") + "\n"
		cannot := []trait{traitOther, traitKind, traitClient, traitDup, traitProperties, traitSitting}
		return newEncoder(w, header, cannot, func(b []byte, r *recorder.Record) ([]byte, error) {
			return appendMQTTRecorderRow(b, r, info.Start), nil
		})
	},
}

var mqttRecorderHeader = []string{"timestamp", "topic", "payload", "qos", "retain"}

// mqttRecorderMark stands before a payload in base64.
const mqttRecorderMark = "b64:"

// Columns of the file without a header. The last is the time since the row
// before, which the one before the last says already.
const (
	plainTopicAt = iota
	plainPayloadAt
	plainQoSAt
	plainRetainAt
	plainTimeAt
	plainColumns = plainTimeAt + 2
)

func isPlainRow(row []string) bool {
	if len(row) != plainColumns {
		return false
	}
	_, qerr := parseQoS(row[plainQoSAt])
	_, terr := parseTruth(row[plainRetainAt])
	_, serr := parseEpoch(row[plainTimeAt], false)
	return qerr == nil && terr == nil && serr == nil
}

type mqttRecorderSource struct {
	csvRows
	opened bool
	header csvColumns // nil: there is none
}

func (s *mqttRecorderSource) next(r *recorder.Record) (moment, error) {
	row, err := s.row()
	if err == nil && !s.opened {
		s.opened = true
		if slices.Equal(row, mqttRecorderHeader) {
			s.header = columnsOf(row)
			row, err = s.row()
		}
	}
	if err != nil {
		return moment{}, err
	}
	m, err := s.record(row, r)
	if err != nil {
		err = s.bad(s.line, err)
	}
	return m, err
}

func (s *mqttRecorderSource) record(row []string, r *recorder.Record) (m moment, err error) {
	want := plainColumns
	if s.header != nil {
		want = len(s.header)
	}
	if len(row) != want {
		return m, fmt.Errorf("it has %d columns in place of %d", len(row), want)
	}
	at, qos, retain, payload := row[plainTimeAt%want], row[plainQoSAt], row[plainRetainAt], row[plainPayloadAt]
	r.Topic = row[plainTopicAt]
	var ns int64
	if s.header != nil {
		at, r.Topic, payload = s.header.of(row, "timestamp"), s.header.of(row, "topic"), s.header.of(row, "payload")
		qos, retain = s.header.of(row, "qos"), s.header.of(row, "retain")
		var zoned bool
		if ns, zoned, err = parseDate(at, s.Zone); err == nil && !zoned {
			s.lack(lackZones)
		}
	} else {
		ns, err = parseEpoch(at, false)
	}
	if err != nil {
		return m, fmt.Errorf("time: %w", err)
	}
	if r.QoS, err = parseQoS(qos); err != nil {
		return m, fmt.Errorf("qos: %w", err)
	}
	if r.Retain, err = parseTruth(retain); err != nil {
		return m, fmt.Errorf("retain: %w", err)
	}
	if r.Payload, err = s.payload(payload); err != nil {
		return m, fmt.Errorf("payload: %w", err)
	}
	s.flagged = true
	return wallTime(ns), nil
}

func (s *mqttRecorderSource) payload(field string) ([]byte, error) {
	marked, isMarked := strings.CutPrefix(field, mqttRecorderMark)
	switch {
	case s.Base64:
		return fromBase64(field)
	case isMarked && s.header != nil:
		return fromBase64(marked)
	}
	return []byte(field), nil
}

func appendMQTTRecorderRow(b []byte, r *recorder.Record, start time.Time) []byte {
	t := wallOf(r, start)
	layout := "2006-01-02T15:04:05.000Z07:00"
	if t.Nanosecond()%1e6 != 0 {
		layout = time.RFC3339Nano
	}
	b = append(t.AppendFormat(b, layout), ',')
	b = append(appendField(b, r.Topic), ',')
	if needsMark(r.Payload) {
		b = append(b, mqttRecorderMark...)
		b = base64.StdEncoding.AppendEncode(b, r.Payload)
	} else {
		b = appendField(b, string(r.Payload))
	}
	b = append(b, ',', '0'+r.QoS, ',')
	b = strconv.AppendBool(b, r.Retain)
	return append(b, '\n')
}

func needsMark(payload []byte) bool {
	if !utf8.Valid(payload) || strings.HasPrefix(string(payload[:min(len(payload), len(mqttRecorderMark))]), mqttRecorderMark) {
		return true
	}
	return slices.ContainsFunc(payload, func(c byte) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' })
}
