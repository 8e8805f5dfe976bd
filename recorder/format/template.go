package format

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// ErrTemplate is returned, wrapped with the template and what is wrong with it,
// by [CheckTemplate], and by a decoder that was given such a template.
var ErrTemplate = errors.New("not a template that can be read back")

// CheckTemplate returns nil when lines that mosquitto_sub -F wrote with this
// template can be read back. It may hold %t (topic) and one of %p and %x
// (payload, or in hex), which both have to be there, %q (QoS), %r (retain flag),
// %l (length of the payload), %m (message id), %U and %I (time), %%, \t, \\ and
// any other text, of which there has to be some between two fields. %p comes
// last, since a payload may hold anything. Where %l comes before it a payload
// may have several lines.
func CheckTemplate(template string) error {
	_, err := parseTemplate(template)
	return err
}

// stampField is the time that ts puts before a line, which is no field of
// mosquitto_sub.
const stampField = 'T'

// template is a line's text and fields, in turn: texts[i] stands before
// fields[i], and texts[len(fields)] at the end.
type template struct {
	fields []byte
	texts  []string
}

func (t *template) has(field byte) bool { return bytes.IndexByte(t.fields, field) >= 0 }

func parseTemplate(s string) (*template, error) {
	bad := func(why string, args ...any) error {
		return fmt.Errorf("%w: %q %s", ErrTemplate, s, fmt.Sprintf(why, args...))
	}
	t := &template{}
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '%' && c != '\\' {
			text.WriteByte(c)
			continue
		}
		if i++; i == len(s) {
			return nil, bad("ends with %q", c)
		}
		switch e := s[i]; {
		case c == '\\' && e == 't':
			text.WriteByte('\t')
		case e == c:
			text.WriteByte(c)
		case c == '%' && strings.IndexByte("tpxqrlmUI", e) >= 0:
			if t.has(e) {
				return nil, bad("has %%%c twice", e)
			}
			t.fields, t.texts = append(t.fields, e), append(t.texts, text.String())
			text.Reset()
		default:
			return nil, bad(`has %c%c; there are %%t %%p %%x %%q %%r %%l %%m %%U %%I %%%% \t \\`, c, e)
		}
	}
	t.texts = append(t.texts, text.String())
	return t, t.check(bad)
}

func (t *template) check(bad func(string, ...any) error) error {
	switch {
	case !t.has('t'):
		return bad("has no %%t, the topic")
	case t.has('p') == t.has('x'):
		return bad("needs one of %%p and %%x, the payload")
	case t.has('p') && (t.fields[len(t.fields)-1] != 'p' || t.texts[len(t.fields)] != ""):
		return bad("has something after %%p, where a payload may hold anything; put %%p last")
	}
	for i, text := range t.texts[1:len(t.fields)] {
		if text == "" {
			return bad("has nothing between %%%c and %%%c", t.fields[i], t.fields[i+1])
		}
	}
	return nil
}

// match is a line being read by a template.
type match struct {
	*template
	zone   *time.Location
	line   []byte
	topics *topicBook
	stamps *calendar

	r      *recorder.Record
	when   moment
	zoned  bool // the time said its zone
	length int  // of the payload, as the line says; -1: it does not
	guess  bool // the topic may end elsewhere

	column int // of the furthest failure, from 0
	why    error
	firm   bool // the failure of the likeliest topic is known
}

// read fills r from the line, or says in which column it does not match.
func (m *match) read() error {
	m.length, m.column, m.why, m.guess, m.firm = -1, -1, nil, false, false
	if m.from(0, 0) {
		return nil
	}
	return fmt.Errorf("column %d: %w", m.column+1, m.why)
}

func (m *match) fail(column int, why error) bool {
	if column > m.column && !m.firm {
		m.column, m.why = column, why
	}
	return false
}

// from reads what follows text i, which begins at pos. The topic is the one
// field that may hold the text that ends it, so its ends are tried in turn; the
// others have one.
func (m *match) from(i, pos int) bool {
	text := m.texts[i]
	if !bytes.HasPrefix(m.line[pos:], []byte(text)) {
		return m.fail(pos, fmt.Errorf("there should be %q", text))
	}
	pos += len(text)
	if i == len(m.fields) {
		return pos == len(m.line) || m.fail(pos, errors.New("there is more than the template has"))
	}
	end := m.texts[i+1]
	switch {
	case end == "":
		return m.field(i, pos, len(m.line)) && m.from(i+1, len(m.line))
	case m.fields[i] == 't':
		return m.topic(i, pos, end)
	}
	n := valueEnd(m.fields[i], m.line[pos:], end)
	if n < 0 {
		return m.fail(pos, fmt.Errorf("there is no %q after %s", end, fieldNames[m.fields[i]]))
	}
	return m.field(i, pos, pos+n) && m.from(i+1, pos+n)
}

// valueMax is longer than any field but a topic and a payload.
const valueMax = 64

// valueEnd returns where a field ends that text follows; below 0: nowhere. What
// it looks at is bounded, as it may be asked for each end that a topic may have.
func valueEnd(field byte, line []byte, end string) int {
	switch field {
	case 'x':
		if n := bytes.IndexFunc(line, func(r rune) bool { return !isHex(r) }); n >= 0 && bytes.HasPrefix(line[n:], []byte(end)) {
			return n
		}
		return -1
	case stampField:
		if n := len(stampLayout); len(line) >= n && bytes.HasPrefix(line[n:], []byte(end)) {
			return n
		}
		return -1
	}
	line = line[:min(len(line), valueMax+len(end))]
	n := bytes.Index(line, []byte(end))
	if field == 'I' && n == len(time.DateOnly) { // ts '%F %T'
		if more := bytes.Index(line[n+len(end):], []byte(end)); more >= 0 {
			n += len(end) + more
		}
	}
	return n
}

func isHex(r rune) bool {
	return (r >= '0' && r <= '9') || (r >= 'a' && r <= 'f') || (r >= 'A' && r <= 'F')
}

func (m *match) topic(i, pos int, end string) bool {
	line := m.line[pos:min(len(m.line), pos+topicMax+len(end))]
	free := i+1 < len(m.fields) && m.fields[i+1] == 'p'
	for n := range m.topics.ends(line, m.line[pos:], end, free) {
		if n > 0 && m.from(i+1, pos+n) {
			m.r.Topic = string(line[:n])
			m.guess = free && n != bytes.Index(line, []byte(end))
			return true
		}
		m.firm = m.column >= 0
	}
	return m.fail(pos, fmt.Errorf("there is no %q after a topic", end))
}

// topicMax is the longest topic that the wire can carry [MQTT-1.5.4].
const topicMax = 65535

var fieldNames = map[byte]string{
	't': "a topic", 'p': "a payload", 'x': "a payload in hex", 'q': "a QoS", 'r': "a retain flag", 'l': "a length",
	'm': "a message id", 'U': "seconds since 1970", 'I': "a time", stampField: "a time",
}

func (m *match) field(i, from, to int) bool {
	s, err := string(m.line[from:to]), error(nil)
	switch m.fields[i] {
	case 't':
		m.r.Topic = s
	case 'p':
		m.r.Payload = []byte(s)
	case 'x':
		m.r.Payload, err = hex.DecodeString(s)
	case 'q':
		m.r.QoS, err = parseQoS(s)
	case 'r':
		m.r.Retain, err = parseTruth(s)
	case 'l':
		m.length, err = strconv.Atoi(s)
		if err == nil && (m.length < 0 || m.length > payloadMax) {
			err = errors.New("it is the length of no MQTT message")
		}
	case 'm':
		_, err = strconv.ParseUint(s, 10, 16)
	default:
		m.when, err = m.time(m.fields[i], s)
	}
	if err != nil {
		return m.fail(from, fmt.Errorf("%q is not %s: %w", short(s), fieldNames[m.fields[i]], err))
	}
	return true
}

func (m *match) time(field byte, s string) (at moment, err error) {
	var ns int64
	m.zoned = true
	switch field {
	case 'U':
		ns, err = parseEpoch(s, false)
	case stampField:
		var d time.Duration
		d, err = m.stamps.offset(s)
		return offset(d), err
	default:
		ns, m.zoned, err = parseDate(s, m.zone)
	}
	return wallTime(ns), err
}
