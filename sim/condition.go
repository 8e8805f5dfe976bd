package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// Condition is what RouteUntil and Always ask. Make it with Message or That.
type Condition struct {
	pattern *match.Pattern
	holds   func() bool
	text    string
}

// Message is the condition that a message like the pattern is said. Unless the
// pattern names a source, what the tape fed or the scenario published does not
// count.
func Message(p match.Pattern) Condition {
	return Condition{pattern: &p, text: "a message like " + p.String()}
}

// That is a condition on any state of the program, described by text. It is
// asked on entry, after every message, and when an instant has settled. It must
// not wait.
func That(text string, holds func() bool) Condition {
	return Condition{holds: holds, text: text}
}

func (c Condition) String() string { return c.text }

// nearKept is how many near misses a failure tells of.
const nearKept = 4

// nearMisses keeps the last messages on a pattern's topics that were not like
// it otherwise, with the reason.
type nearMisses struct {
	pattern *match.Pattern
	last    []Seen
	count   int
}

// look is a step's look: it reports whether the message is like the pattern.
func (n *nearMisses) look(s *match.Subject) bool {
	if !mqtt.Match(n.pattern.Topic, s.Topic) {
		return false
	}
	if n.pattern.Match(s) {
		return true
	}
	n.count++
	if len(n.last) == nearKept {
		n.last = append(n.last[:0], n.last[1:]...)
	}
	n.last = append(n.last, SeenOf(s))
	return false
}

// SeenOf keeps what a subject shows now; the payload is not copied.
func SeenOf(s *match.Subject) Seen {
	return Seen{At: s.At, Client: s.Client, Source: s.Source, Message: mqtt.Message{
		Topic: s.Topic, Payload: s.Payload, QoS: s.QoS, Retain: s.Retain,
	}}
}

// details says what came instead. Where nothing did, a topic that something was
// said on, and that is spelled nearly alike, may be what was meant.
func (n *nearMisses) details(recent []Seen) (lines []string) {
	if n.count == 0 {
		lines = append(lines, fmt.Sprintf("nothing at all was said on %s in that time", n.pattern.Topic))
		if near, ok := didyoumean.Nearest(n.pattern.Topic, topicsOf(recent)); ok && !mqtt.Match(n.pattern.Topic, near) {
			lines = append(lines, fmt.Sprintf("but on %s; is that what is meant?", near))
		}
		return lines
	}
	lines = append(lines, fmt.Sprintf("on %s came %s instead:", n.pattern.Topic, plural(n.count, "message")))
	for i := range n.last {
		lines = append(lines, "  "+n.last[i].line()+": "+strings.Join(n.explain(&n.last[i]), "; "))
	}
	return lines
}

// topicsOf are the topics of messages, each once, the latest first.
func topicsOf(seen []Seen) (topics []string) {
	known := map[string]bool{}
	for i := range slices.Backward(seen) {
		if t := seen[i].Message.Topic; !known[t] {
			known[t] = true
			topics = append(topics, t)
		}
	}
	return topics
}

func (n *nearMisses) explain(seen *Seen) []string {
	var s match.Subject
	s.Set(seen.Message, seen.Client, seen.Source, seen.At)
	return n.pattern.Explain(&s)
}

// shownPayload is how much of a payload a failure shows.
const shownPayload = 120

// line is a message on one line, for people.
func (s *Seen) line() string {
	return fmt.Sprintf("%v %s %s (%s)", s.At, s.Message.Topic, s.payload(), s.Source)
}

// payload is the payload on one line, for people.
func (s *Seen) payload() string {
	payload := string(s.Message.Payload)
	if len(payload) > shownPayload {
		payload = payload[:shownPayload] + "…"
	}
	if strings.ContainsFunc(payload, unicode.IsControl) || !utf8.ValidString(payload) {
		payload = strconv.Quote(payload) // nothing that a terminal would obey
	}
	return payload
}

// String is the message on one line: instant, topic, payload, source.
func (s Seen) String() string { return s.line() }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
