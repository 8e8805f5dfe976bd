package draft

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim/match"
)

// wait is a route_until that is going to be written.
type wait struct {
	topic   string
	content string // of its condition, as content writes it
	tape    bool   // the tape says it, beside an automation
	note    string // "": none
	seq     int    // where it was seen first

	seen    time.Duration // when it was seen to end, with an automation
	pattern *match.Pattern
	at      time.Duration // when it ends; below 0: it does not
	index   int           // of the message that ends it
}

func (x *wait) condition() string {
	text := "topic: " + quote(x.topic)
	if x.tape {
		text += ", source: " + quote(match.Tape)
	}
	return text + x.content
}

// compile makes the pattern that the step will have.
func (x *wait) compile(app string) error {
	text := "name: x\n"
	if app != "" {
		text += "app: " + quote(app) + "\n"
	}
	s, err := scenarios.Parse("step.yaml", []byte(text+"steps:\n  - route_until: {"+x.condition()+", within: 0s}\n"))
	if err != nil {
		return err
	}
	x.pattern = scenarios.PatternOf(s.Steps[0])
	return nil
}

// heard is what was said in a run on the topics of some waits, in order.
type heard []recorder.Record

// maxHeard bounds what is kept in memory of one run: all of the tape, and as much
// of an automation.
const maxHeard = 2 * maxMessages

// hear runs a text and keeps what is said on the topics of waits.
func (d *drafter) hear(text string, waits []*wait) (heard, error) {
	var topics []string
	for _, x := range waits {
		if err := x.compile(d.App); err != nil {
			return nil, err
		}
		topics = append(topics, x.topic)
	}
	var out heard
	err := d.listen(text, func(r *recorder.Record) {
		if slices.Contains(topics, r.Topic) && len(out) < maxHeard {
			kept := *r
			kept.Payload = slices.Clone(r.Payload)
			out = append(out, kept)
		}
	})
	return out, err
}

// follow finds the messages that end waits, one after the other, after an
// instant (0: at the start), as the world would. It returns the waits that end.
func (h heard) follow(waits []*wait, after time.Duration) (ended []*wait) {
	i := 0
	var s match.Subject
	for _, x := range waits {
		x.at = -1
		for at := i; at < len(h); at++ {
			r := &h[at]
			s.Set(r.Message, r.Client, sourceOf(r), r.At)
			if (after == 0 || r.At > after) && x.pattern.Match(&s) {
				x.at, x.index = r.At, at
				ended, i = append(ended, x), at+1
				break
			}
		}
	}
	return ended
}

// after counts the messages on a topic behind the one at an index; of a client,
// if there is one.
func (h heard) after(index int, topic, client string) (n int) {
	for _, r := range h[index+1:] {
		if r.Topic == topic && (client == "" || r.Client == client) {
			n++
		}
	}
	return n
}

// neverUntil is a condition on a wait's topic that no message of a client
// fulfils up to an instant: any message, or one like that which ends the wait;
// "" where there are such messages too.
func (h heard) neverUntil(at time.Duration, x *wait, client string) string {
	condition := "topic: " + quote(x.topic)
	var s match.Subject
	for _, r := range h {
		if r.At > at || r.Topic != x.topic || r.Client != client {
			continue
		}
		if s.Set(r.Message, r.Client, sourceOf(&r), r.At); x.pattern.Match(&s) {
			return ""
		}
		condition = x.condition()
	}
	return condition
}

// tapeClient is the client id of what a run's tape says.
const tapeClient = "tape"

// sourceOf is who said a message in a run with at most one automation.
func sourceOf(r *recorder.Record) string {
	if r.Client == tapeClient {
		return match.Tape
	}
	return match.App
}
