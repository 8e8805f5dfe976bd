package format

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// mosquittoText reads all that mosquitto_sub prints: lines of JSON, or text by a
// template, the given one or that of -v, which is "%t %p".
//
// -v has two gaps. A payload of several lines cannot be told from several
// messages; what gives itself away is an error, such as a line without a space or
// one that begins like a piece of JSON. And a topic with a space in it ends at
// its first one, unless the rest is a JSON document only when it ends later, or
// the topic is known from a line before: [Stats.Guessed] counts those. Both gaps
// are closed by a template such as '%U\t%t\t%q\t%r\t%l\t%p'.
type mosquittoText struct {
	*lines
	opened bool
	json   bool
	usual  bool // the template was found, not given
	match  match
	line   int // where the record began
	vain   int // bytes that were read for payloads that proved to be of another length
}

func (s *mosquittoText) began() int { return s.line }

func (s *mosquittoText) next(r *recorder.Record) (moment, error) {
	if !s.opened {
		if err := s.open(); err != nil {
			return moment{}, err
		}
	}
	line, err := s.text()
	s.line = s.at
	if err != nil {
		return moment{}, err
	}
	var m moment
	if s.json {
		m, err = parseMosquittoLine(s.common, line, r)
	} else {
		m, err = s.record(line, r)
	}
	var le *LineError
	if err != nil && !errors.As(err, &le) {
		err = s.bad(s.line, err)
	}
	return m, err
}

func (s *mosquittoText) open() error {
	var err error
	var t *template
	if s.Template != "" {
		if t, err = parseTemplate(s.Template); err != nil {
			return err
		}
	} else {
		head, err := s.head()
		if err != nil {
			return err
		}
		s.json = bytes.HasPrefix(head, []byte("{"))
		s.usual = true
		t = likelyTemplate(head)
	}
	s.match = match{template: t, zone: s.Zone, topics: &topicBook{}, stamps: &calendar{}}
	s.opened = true
	return nil
}

func (s *mosquittoText) record(line []byte, r *recorder.Record) (moment, error) {
	m := &s.match
	m.line, m.r, m.when = line, r, moment{}
	if err := m.read(); err != nil {
		return moment{}, err
	}
	if err := mqtt.ValidateTopic(r.Topic); err != nil {
		return moment{}, err
	}
	if looksContinued(r.Topic) {
		return moment{}, errors.New("it looks like part of a payload of several lines, which a text of mosquitto_sub does not tell apart; record with -F %j")
	}
	if err := s.lengthen(r); err != nil {
		return moment{}, err
	}
	// mosquitto_sub -v writes so what is empty.
	if s.usual && m.has('p') && string(r.Payload) == "(null)" {
		r.Payload = nil
	}
	s.note(r.Topic)
	return m.when, nil
}

func looksContinued(topic string) bool { return strings.IndexByte(`{}[]"`, topic[0]) >= 0 }

// note remembers what a line that was understood says about all of them.
func (s *mosquittoText) note(topic string) {
	m := &s.match
	for i, f := range m.fields {
		switch f {
		case 't':
			if end := m.texts[i+1]; end != "" {
				m.topics.learn(topic, end)
			}
		case 'q', 'r':
			s.flagged = true
		case stampField:
			s.lack(lackYears)
		case 'I':
			if !m.zoned {
				s.lack(lackZones)
			}
		}
	}
	if m.guess {
		s.guessed++
	}
}

// lengthen takes further lines into a payload that is shorter than its line
// says.
func (s *mosquittoText) lengthen(r *recorder.Record) error {
	want := s.match.length
	if want < 0 || len(r.Payload) == want {
		return nil
	}
	if s.match.has('x') || len(r.Payload) > want || s.vain > payloadMax {
		return errLength
	}
	taken := bytes.Clone(s.buf)
	for len(r.Payload) < want {
		more, err := s.raw()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		taken = append(taken, more...)
		r.Payload = append(append(r.Payload, '\n'), s.chop(more)...)
	}
	if len(r.Payload) != want {
		s.vain += len(taken)
		s.again(taken, s.line)
		return errLength
	}
	return nil
}

var errLength = errors.New("the payload is not as long as the line says")

// usualTemplates are those that are found by content: behind a time, as ts and
// templates write it, or -v, which is the last one. Of two by which the same
// lines can be read the one with more fields comes first.
var usualTemplates = func() []*template {
	out := []*template{{fields: []byte{stampField, 't', 'p'}, texts: []string{"", " ", " ", ""}}}
	for _, s := range []string{
		"%U\t%t\t%q\t%r\t%l\t%p", "%U\t%t\t%q\t%r\t%p", "%U\t%t\t%p", "%U %t %q %r %p", "%U %t %p",
		"%I\t%t\t%q\t%r\t%p", "%I\t%t\t%p", "%I %t %q %r %p", "%I %t %p",
		"%t\t%p", "%t %p",
	} {
		t, err := parseTemplate(s)
		if err != nil {
			panic(err)
		}
		out = append(out, t)
	}
	return out
}()

// timed reports whether lines begin with a time, by which they give themselves
// away.
func (t *template) timed() bool { return t.fields[0] != 't' }

// isMosquittoText reports whether all of a head reads by one of the usual
// templates. Lines without times have to have slashes in most of what would be
// their topics.
func isMosquittoText(head []byte) bool {
	for _, t := range usualTemplates {
		if read, failed, slashes := t.try(head, 0); read > 0 && failed == 0 && (t.timed() || mostly(slashes, read)) {
			return true
		}
	}
	return false
}

// likelyTemplate returns the template for a text that is said to be of
// mosquitto_sub: one with times, when at least half of it reads by that.
func likelyTemplate(head []byte) *template {
	for _, t := range usualTemplates {
		if read, failed, _ := t.try(head, len(head)); read > 0 && (failed == 0 || (t.timed() && read >= failed)) {
			return t
		}
	}
	return usualTemplates[len(usualTemplates)-1]
}

// try counts the records that a head has by this template, those among them
// with a slash in their topics, and what fails; beyond so many failures it gives
// up.
func (t *template) try(head []byte, failures int) (read, failed, slashes int) {
	cut := len(head) > HeadBytes-1024
	if end := bytes.LastIndexByte(head, '\n'); cut && end > 0 {
		head = head[:end+1]
	}
	s := mosquittoText{lines: linesOf(head), opened: true}
	s.match = match{template: t, topics: &topicBook{}, stamps: &calendar{}}
	for {
		var r recorder.Record
		_, err := s.next(&r)
		switch {
		case errors.Is(err, io.EOF):
			return read, failed, slashes
		case err != nil && cut && errors.Is(err, errLength) && s.ended(): // it goes on behind the head
			return read, failed, slashes
		case err != nil || !s.match.plausible(&r):
			if failed++; failed > failures {
				return read, failed, slashes
			}
			continue
		}
		if read++; strings.Contains(r.Topic, "/") {
			slashes++
		}
	}
}

func (m *match) plausible(r *recorder.Record) bool {
	switch m.fields[0] {
	case 'U':
		return isEpoch(m.when.ns)
	case 't':
		// What has its comma first is "topic,payload", or a row of CSV.
		topic, _, comma := bytes.Cut(m.line, []byte(","))
		if comma && plainTopic(string(topic)) && len(topic) < len(m.line)-1 && strings.IndexByte(`{["`, m.line[len(topic)+1]) >= 0 {
			return false
		}
		return plainTopic(r.Topic)
	}
	return !looksContinued(r.Topic)
}

// plainTopic reports whether a text looks like a topic and not like a piece of
// JSON or CSV.
func plainTopic(s string) bool {
	return mqtt.ValidateTopic(s) == nil && !strings.ContainsAny(s, `,"{}[]`) && strings.TrimSpace(s) == s
}
