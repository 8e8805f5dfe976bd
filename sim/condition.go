package sim

import (
	"fmt"
	"unicode/utf8"

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

// SeenOf keeps what a subject shows now; the payload is not copied.
func SeenOf(s *match.Subject) Seen {
	return Seen{At: s.At, Client: s.Client, Source: s.Source, Message: mqtt.Message{
		Topic: s.Topic, Payload: s.Payload, QoS: s.QoS, Retain: s.Retain,
	}}
}

// shownPayload is how much of a payload a failure shows.
const shownPayload = 120

// line is a message on one line, for people.
func (s *Seen) line() string {
	return fmt.Sprintf("%v %s %s (%s)", s.At, match.Plain(s.Message.Topic), s.payload(), s.Source)
}

// payload is the payload on one line, for people.
func (s *Seen) payload() string {
	payload := s.Message.Payload
	if len(payload) <= shownPayload {
		return match.Plain(string(payload))
	}
	cut := shownPayload
	for cut > shownPayload-utf8.UTFMax && !utf8.RuneStart(payload[cut]) {
		cut-- // not in the middle of a letter
	}
	return match.Plain(string(payload[:cut]) + "…")
}

// String is the message on one line: instant, topic, payload, source.
func (s Seen) String() string { return s.line() }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
