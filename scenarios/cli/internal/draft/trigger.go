package draft

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// answer is a message of the automation, the first of its kind, and what it may
// be an answer to.
type answer struct {
	recorder.Record
	causes []cause // messages of the tape just before it, the latest first
}

// cause is a message of the tape, with the one before it on its topic.
type cause struct {
	recorder.Record
	before []byte
}

// Bounds on the search for what makes an automation speak.
const (
	maxAnswers  = 8                // messages that are looked at
	maxTries    = 12               // runs without a topic
	maxCauses   = 3                // topics that each of them may be an answer to
	causeWithin = 10 * time.Second // how much earlier a cause may be
)

// answers are the first messages of the automation, one for each topic and
// payload.
func (d *drafter) answers(text string) (list []*answer, err error) {
	var recent []cause // the latest message of each topic that spoke lately
	last := map[string][]byte{}
	seen := map[string]bool{}
	err = d.listen(text, func(r *recorder.Record) {
		switch {
		case r.Client == tapeClient:
			kept := *r
			kept.Payload = slices.Clone(r.Payload)
			recent = slices.DeleteFunc(recent, func(c cause) bool { return c.Topic == r.Topic || r.At-c.At > causeWithin })
			recent = append(recent, cause{kept, last[r.Topic]})
			last[r.Topic] = kept.Payload
		case r.Client == d.App && len(list) < maxAnswers && !seen[r.Topic+"\x00"+string(r.Payload)]:
			seen[r.Topic+"\x00"+string(r.Payload)] = true
			a := &answer{Record: *r}
			a.Payload = slices.Clone(r.Payload)
			for _, c := range slices.Backward(recent) {
				if len(a.causes) < maxCauses && r.At-c.At <= causeWithin {
					a.causes = append(a.causes, c)
				}
			}
			list = append(list, a)
		}
	})
	return list, err
}

// plan is how a scenario of an automation begins: it is silent for a while,
// then some waits end.
type plan struct {
	quiet time.Duration
	never string // the condition that nothing fulfils meanwhile
	waits []*wait
	left  int // messages of the automation on the last topic after that
}

// plan finds a message of the tape and what the automation says to it: with its
// topic left out of the tape, the automation does not say it. Without such a pair
// there is what the automation says first; nil: not even that can be said for
// sure.
func (d *drafter) plan() (*plan, error) {
	w := d.head("x", "x")
	d.app(w)
	d.tape(w)
	base := w.String()
	list, err := d.answers(base)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	tries := 0
	for _, a := range list {
		for _, c := range a.causes {
			if tries++; tries > maxTries {
				break
			}
			needed, err := d.needs(a, c.Topic)
			if err != nil {
				return nil, err
			}
			if !needed {
				continue
			}
			if p, err := d.follow(base, a, d.cause(c), d.consequence(a, c.Topic)); p != nil || err != nil {
				return p, err
			}
		}
	}
	alone := &wait{topic: list[0].Topic, content: content(list[0].Payload, nil), seen: list[0].At, note: "What " + d.App + " says first."}
	return d.follow(base, list[0], alone)
}

func (d *drafter) cause(c cause) *wait {
	return &wait{
		topic: c.Topic, tape: true, content: content(c.Payload, c.before), seen: c.At,
		note: nameOf(c.Topic) + " says this on the tape …",
	}
}

func (d *drafter) consequence(a *answer, topic string) *wait {
	return &wait{
		topic: a.Topic, content: content(a.Payload, nil), seen: a.At,
		note: "… and " + d.App + " says this; without " + topic + " on the tape it does not.",
	}
}

// follow makes a plan of waits if each ends with the message that it is about.
func (d *drafter) follow(base string, a *answer, waits ...*wait) (*plan, error) {
	heard, err := d.hear(base, waits)
	if err != nil || len(heard) == maxHeard {
		return nil, err
	}
	for _, unit := range []time.Duration{time.Minute, 10 * time.Second, time.Second, 0} {
		p := &plan{waits: waits}
		if first := waits[0].seen; unit > 0 && first > 0 {
			p.quiet = (first - 1).Truncate(unit)
		}
		if heard.follow(waits, p.quiet); !asSeen(waits) {
			continue
		}
		said := waits[len(waits)-1]
		if p.never = heard.neverUntil(p.quiet, said, d.App); p.never == "" && p.quiet > 0 {
			continue
		}
		p.left = heard.after(said.index, a.Topic, d.App)
		return p, nil
	}
	return nil, nil
}

func asSeen(waits []*wait) bool {
	return !slices.ContainsFunc(waits, func(x *wait) bool { return x.at != x.seen })
}

// needs reports whether the automation is silent at an answer's instant when a
// topic is left out of the tape.
func (d *drafter) needs(a *answer, topic string) (bool, error) {
	without := *d
	without.without, without.survey = topic, new(*d.survey)
	without.survey.until = a.At + time.Millisecond
	w := without.head("x", "x")
	without.app(w)
	without.tape(w)
	silent := true
	err := without.listen(w.String(), func(r *recorder.Record) {
		if r.Client == d.App && r.Topic == a.Topic && r.At == a.At && string(r.Payload) == string(a.Payload) {
			silent = false
		}
	})
	return silent, err
}

// pattern writes the steps that a scenario of an automation begins with. It
// returns false where there are none.
func (d *drafter) pattern(w *writer) (bool, error) {
	p, err := d.plan()
	if p == nil || err != nil {
		return false, err
	}
	said := p.waits[len(p.waits)-1].topic
	w.line("steps:")
	if p.quiet > 0 {
		w.comment("  ", "Up to there %s has no reason to say this.", d.App)
		w.line("  - never: {%s, for: %s}", p.never, duration(p.quiet))
	}
	d.waits(w, p.waits, p.quiet)
	w.comment("  ", "And from there to the end of the tape.")
	w.counted(said, p.left)
	return true, nil
}
