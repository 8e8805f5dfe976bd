package golden

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/tidwall/gjson"
)

// appendLine writes a message as a line, with its end. Numbers that are close to
// those of before, a payload, are written as there.
func (w *payloadWriter) appendLine(b []byte, m *Message, before []byte) []byte {
	b = append(b, `{"t":`...)
	b = appendSeconds(b, m.At)
	b = append(b, `,"topic":`...)
	b = appendText(b, m.Topic)
	b = append(b, `,"payload":`...)
	b = w.appendPayload(b, m.Payload, before)
	if m.QoS != 0 {
		b = append(b, `,"qos":`...)
		b = append(b, '0'+m.QoS)
	}
	if m.Retain {
		b = append(b, `,"retain":true`...)
	}
	return append(b, "}\n"...)
}

func (w *payloadWriter) appendPayload(b, payload, before []byte) []byte {
	if v, ok := container(payload); ok {
		old, _ := container(before)
		return w.append(b, "", v, old)
	}
	if utf8.Valid(payload) {
		return appendText(b, string(payload))
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, payload)
	return append(b, `","payload_enc":"base64"`...)
}

// appendSeconds writes seconds with three decimals, or as many as it takes.
func appendSeconds(b []byte, d time.Duration) []byte {
	nanos := fmt.Sprintf("%09d", d%time.Second)
	end := len(nanos)
	for end > 3 && nanos[end-1] == '0' {
		end--
	}
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	b = append(b, '.')
	return append(b, nanos[:end]...)
}

// appendText writes a JSON string in which no control character stands as it is.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// parseLine reads one line.
func parseLine(text string) (Message, error) {
	var l line
	if !jsontext.Valid([]byte(text)) || !gjson.Parse(text).IsObject() {
		return l.Message, fmt.Errorf("it is no JSON object: %s", clip(text))
	}
	var err error
	gjson.Parse(text).ForEach(func(k, v gjson.Result) bool {
		if err = l.field(k.Str, v); err != nil {
			err = fmt.Errorf("%q: %w", k.Str, err)
		}
		return err == nil
	})
	if err == nil {
		err = l.finish()
	}
	return l.Message, err
}

// line is a line of which the keys come in any order.
type line struct {
	Message
	payload gjson.Result
	base64  bool
	timed   bool
}

func (l *line) field(key string, v gjson.Result) (err error) {
	switch key {
	case "t":
		l.timed = true
		l.At, err = seconds(v)
	case "topic":
		l.Topic = v.Str
		err = mqtt.ValidateTopic(v.Str)
	case "payload":
		l.payload = v
		if v.Type == gjson.Null {
			err = fmt.Errorf(`null is no payload; write "" for an empty one`)
		}
	case "payload_enc":
		if l.base64 = v.Str == "base64"; !l.base64 {
			err = fmt.Errorf(`%s is not known; it is "base64" or not there`, clip(v.Raw))
		}
	case "qos":
		if len(v.Raw) != 1 || v.Raw[0] < '0' || v.Raw[0] > '2' {
			return fmt.Errorf("%s is not 0, 1 or 2", clip(v.Raw))
		}
		l.QoS = v.Raw[0] - '0'
	case "retain":
		if l.Retain = v.Type == gjson.True; !v.IsBool() {
			err = fmt.Errorf("%s is not true or false", clip(v.Raw))
		}
	}
	return err
}

// finish looks at the line as a whole.
func (l *line) finish() (err error) {
	switch {
	case !l.timed:
		return fmt.Errorf(`it has no "t"`)
	case l.Topic == "":
		return fmt.Errorf(`it has no "topic"`)
	case !l.payload.Exists():
		return fmt.Errorf(`it has no "payload"`)
	case !l.base64 && l.payload.Type == gjson.String:
		l.Payload = []byte(l.payload.Str)
	case !l.base64:
		l.Payload = []byte(l.payload.Raw)
	default:
		if l.Payload, err = base64.StdEncoding.DecodeString(l.payload.String()); err != nil {
			err = fmt.Errorf(`"payload": it is no base64: %s`, clip(l.payload.Raw))
		}
	}
	return err
}

// seconds reads a time since the start.
func seconds(v gjson.Result) (time.Duration, error) {
	if v.Type != gjson.Number {
		return 0, fmt.Errorf("%s is no number of seconds", clip(v.Raw))
	}
	at, err := format.ParseSeconds(v.Raw)
	if err == nil && at < 0 {
		err = fmt.Errorf("%s is before the start", clip(v.Raw))
	}
	return at, err
}

// shownBytes is how much of a line a message to people shows.
const shownBytes = 160

// clip cuts what is shown to people.
func clip(s string) string {
	if len(s) > shownBytes {
		s = strings.ToValidUTF8(s[:shownBytes], "") + "…"
	}
	return match.Plain(s)
}
