package redact

import (
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// visitor is told of each field of a record in which something was found, with
// its edits in order. The edits are only valid until it returns.
type visitor interface {
	topic(p *plan)
	payload(edits []edit)
	client(edits []edit)
	text(edits []edit)
	contentType(edits []edit)
	responseTopic(p *plan)
	correlation(edits []edit)
	user(i int, edits []edit)
}

// visit looks through a record, which it does not change.
func (s *scanner) visit(rec *recorder.Record, v visitor) {
	isFilter := rec.Kind == recorder.KindSubscribe || rec.Kind == recorder.KindUnsubscribe
	topic := s.planFor(rec.Topic, isFilter)
	if topic.free {
		return
	}
	if len(topic.edits) > 0 {
		v.topic(topic)
	}
	s.plan = topic
	if len(rec.Payload) > 0 {
		s.where = "payload"
		if s.scan(rec.Payload, hold{rule: topic.whole}); len(s.edits) > 0 {
			v.payload(s.edits)
		}
	}
	if s.scanString("client", rec.Client, hold{}) {
		v.client(s.edits)
	}
	if s.scanString("text", rec.Text, hold{}) {
		v.text(s.edits)
	}
	if rec.Properties != nil {
		s.visitProperties(rec.Properties, v)
	}
}

func (s *scanner) visitProperties(p *mqtt.Properties, v visitor) {
	topic := s.plan
	if s.scanString("content type", p.ContentType, hold{}) {
		v.contentType(s.edits)
	}
	if len(p.CorrelationData) > 0 {
		s.where = "correlation data"
		if s.scan(p.CorrelationData, hold{}); len(s.edits) > 0 {
			v.correlation(s.edits)
		}
	}
	for i, u := range p.User {
		h := s.heldProperty(u.Key)
		if s.scanString("user property", u.Value, h) {
			v.user(i, s.edits)
		}
	}
	if p.ResponseTopic != "" {
		if answer := s.planFor(p.ResponseTopic, false); len(answer.edits) > 0 {
			v.responseTopic(answer)
		}
	}
	s.plan = topic
}

// heldProperty decides about the value of a user property by its key.
func (s *scanner) heldProperty(key string) (h hold) {
	s.copied = append(s.copied[:0], key...)
	for _, e := range s.rules.find(s.copied) {
		if e.path != nil || !s.plan.concerns(e.rule) {
			continue
		}
		if e.rule.allow {
			h.free = true
		} else if e.rule.takes(typeText) {
			h.add(e.rule)
		}
	}
	return h
}

// scanString is scan for a field that is a string, and reports whether it found
// something.
func (s *scanner) scanString(where, text string, h hold) bool {
	if text == "" {
		return false
	}
	s.where = where
	s.copied = append(s.copied[:0], text...)
	s.scan(s.copied, h)
	return len(s.edits) > 0
}

// apply returns a text with its edits made, in room of its own.
func apply(text []byte, edits []edit) []byte {
	size := len(text)
	for _, e := range edits {
		size += len(e.with) - (e.to - e.from)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.from]...), e.with...)
		at = e.to
	}
	return append(out, text[at:]...)
}
