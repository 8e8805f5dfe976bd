package redact

import (
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
)

// plan is what the rules make of a topic. It is kept for the next message on
// that topic.
type plan struct {
	concerned []bool // by rule, exceptions last
	whole     *rule  // takes the payload
	free      bool   // an exception takes the payload and the topic
	topic     string // as it is written on the tape
	edits     []edit // of the topic
}

// concerns reports whether a rule is about this topic.
func (p *plan) concerns(r *rule) bool { return p.concerned[r.index] }

// Bounds on what is kept: about a megabyte.
const (
	maxPlans     = 2048
	maxPlanBytes = 256 // of a topic
)

// plans keeps plans by topic. When it is full it begins anew.
type plans struct {
	topics, filters map[string]*plan
}

func (c *plans) of(filter bool) map[string]*plan {
	m := &c.topics
	if filter {
		m = &c.filters
	}
	if *m == nil {
		*m = make(map[string]*plan)
	}
	return *m
}

// planFor returns the plan of a topic, or of the filter of a subscription.
func (s *scanner) planFor(topic string, isFilter bool) *plan {
	known := s.plans.of(isFilter)
	if p := known[topic]; p != nil {
		return p
	}
	p := s.newPlan(topic, isFilter)
	if len(topic) <= maxPlanBytes {
		if len(known) >= maxPlans {
			clear(known)
		}
		known[topic] = p
	}
	return p
}

func (s *scanner) newPlan(topic string, isFilter bool) *plan {
	p := &plan{concerned: make([]bool, len(s.rules.list)+len(s.rules.allow)), topic: topic}
	inner := topic
	if isFilter {
		inner = mqtt.Unshare(topic)
	}
	for _, r := range s.rules.list {
		p.concerned[r.index] = r.concerns(inner, isFilter)
	}
	for _, r := range s.rules.allow {
		p.concerned[r.index] = r.concerns(inner, isFilter)
		if p.concerned[r.index] && len(r.keys) == 0 && len(r.paths) == 0 {
			p.free = true
		}
	}
	for _, r := range s.rules.whole {
		if p.whole == nil && p.concerns(r) {
			p.whole = r
		}
	}
	if inner == "" || p.free {
		return p
	}
	s.plan = p
	s.topicEdits(inner, isFilter)
	for _, e := range s.edits {
		e.from += len(topic) - len(inner)
		e.to += len(topic) - len(inner)
		p.edits = append(p.edits, e)
	}
	p.topic = string(apply([]byte(topic), p.edits))
	return p
}

// topicEdits reads a topic level by level.
func (s *scanner) topicEdits(topic string, isFilter bool) {
	s.edits, s.steps = s.edits[:0], s.steps[:0]
	at := 0
	for level := 1; ; level++ {
		text, _, more := strings.Cut(topic[at:], "/")
		if !isFilter || (text != "+" && text != "#") {
			s.topicLevel([]byte(text), at, level)
		}
		if !more {
			return
		}
		at += len(text) + 1
	}
}

func (s *scanner) topicLevel(text []byte, at, level int) {
	s.where = "topic level " + strconv.Itoa(level)
	edits := len(s.edits)
	var by *rule
	for _, r := range s.rules.levels {
		if by == nil && s.plan.concerns(r) && hasLevel(r.levels, level) && r.isSecretText(text) {
			by = r
		}
	}
	if by != nil {
		s.replace(0, len(text), by, kindText, text)
	} else {
		s.ranges = s.ranges[:0]
		s.matches(text, s.rules.trig.in(text))
		if len(s.ranges) > 0 {
			for _, r := range merge(s.ranges) {
				s.replace(r.from, r.to, r.rule, kindText, text[r.from:r.to])
			}
		}
	}
	for i := range s.edits[edits:] {
		s.edits[edits+i].from += at
		s.edits[edits+i].to += at
	}
}

func hasLevel(levels []int, level int) bool {
	for _, l := range levels {
		if l == level {
			return true
		}
	}
	return false
}
