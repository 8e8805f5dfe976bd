package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/hubtape/hubtape/recorder"
)

// pyziggy is a recorded session of pyziggy, in which a message has several lines
// and a rule follows it:
//
//	  2.12  SEND  zigbee2mqtt/lamp/set        {
//	                                            "brightness": 100
//	                                          }
//	------------------------------------------------------
//
// RECV is what it received, SEND what it said: its client is "pyziggy". EXPO,
// EXPU and PROH are no messages but what a test expects; each becomes a note. The
// payload was parsed and written anew, so its white space is not what was sent;
// none is kept.
var pyziggy = Format{
	Name:    "pyziggy",
	About:   "recorded session of pyziggy",
	Matches: func(head []byte) bool { return pyziggyBegin.Match(headLine(head)) },
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source {
			c.lack(lackSpacing)
			return &pyziggySource{lines: newLines(r, c)}
		})
	},
}

var pyziggyBegin = regexp.MustCompile(`^\s*(\d+\.\d+)  (RECV|SEND|EXPO|EXPU|PROH)  (.+?)\s+\{`)

// pyziggyNotes are how what is no message begins as a note.
var pyziggyNotes = map[string]string{
	"EXPO": "expected in order", "EXPU": "expected in any order", "PROH": "must not be said",
}

func headLine(head []byte) []byte {
	if lines := headLines(head); len(lines) > 0 {
		return lines[0]
	}
	return nil
}

type pyziggySource struct {
	*lines
	line int // where the record began
	raw  []byte
}

func (s *pyziggySource) began() int { return s.line }

var (
	errPyziggyBegin = errors.New(`it is neither the begin of a message, such as "  2.12  SEND  topic  {", nor a rule of dashes`)
	errPyziggyOpen  = errors.New("the payload does not end")
)

func (s *pyziggySource) next(r *recorder.Record) (moment, error) {
	var line []byte
	for isRule(line) {
		var err error
		line, err = s.text()
		s.line = s.at
		if err != nil {
			return moment{}, err
		}
	}
	begin := pyziggyBegin.FindSubmatchIndex(line)
	if begin == nil {
		return moment{}, s.bad(s.line, errPyziggyBegin)
	}
	text := func(i int) string { return string(line[begin[2*i]:begin[2*i+1]]) }
	at, kind, topic := text(1), text(2), text(3)
	payload, err := s.payload(line[begin[1]-1:])
	if err != nil {
		return moment{}, err
	}
	t, err := ParseSeconds(at)
	if err != nil {
		return moment{}, s.bad(s.line, err)
	}
	switch kind {
	case "RECV", "SEND":
		r.Topic, r.Payload = topic, payload
		if kind == "SEND" {
			r.Client = "pyziggy"
		}
	default:
		r.Kind = recorder.KindNote
		r.Text = fmt.Sprintf("%s: %s %s", pyziggyNotes[kind], topic, payload)
	}
	return offset(t), nil
}

func isRule(line []byte) bool { return len(bytes.Trim(line, "- \t\r")) == 0 }

// payload reads on to the end of the object that begins with the text given. The
// next message ends it too, so that not each that is left open reads the whole
// file.
func (s *pyziggySource) payload(text []byte) ([]byte, error) {
	s.raw = append(s.raw[:0], s.buf...)
	var scan objectEnd
	object := bytes.Clone(text)
	for !scan.reached(text) {
		line, err := s.lines.raw()
		switch {
		case errors.Is(err, io.EOF) || (err == nil && pyziggyBegin.Match(line)):
			if err == nil {
				s.raw = append(s.raw, line...)
			}
			return nil, s.giveUp(errPyziggyOpen)
		case err != nil:
			return nil, err
		}
		s.raw = append(s.raw, line...)
		if len(s.raw) > lineMax {
			return nil, s.giveUp(errLineLong)
		}
		text = s.chop(line)
		object = append(append(object, '\n'), text...)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, object); err != nil {
		return nil, s.giveUp(fmt.Errorf("the payload is not JSON: %w", err))
	}
	return out.Bytes(), nil
}

// giveUp goes on at the line after the one where the record began.
func (s *pyziggySource) giveUp(why error) error {
	s.again(s.raw, s.line)
	return s.bad(s.line, why)
}

// objectEnd finds the end of a JSON object that is given line by line.
type objectEnd struct {
	depth    int
	inString bool
}

// reached reports whether the object ends within this line.
func (o *objectEnd) reached(line []byte) bool {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case o.inString && c == '\\':
			i++
		case c == '"':
			o.inString = !o.inString
		case o.inString:
		case c == '{' || c == '[':
			o.depth++
		case c == '}' || c == ']':
			o.depth--
		}
	}
	return o.depth <= 0
}
