package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// NearMisses keeps the last messages on a pattern's topics that were not what was
// asked for, to say why. Make it with NewNearMisses.
type NearMisses struct {
	pattern *match.Pattern
	last    []nearMiss // a ring, once it has nearRemembered
	count   int
}

// nearMiss is one of them.
type nearMiss struct {
	Seen
	why string // "": what the pattern does not like about it
}

// Of the last nearRemembered misses a failure tells the nearKept that are most
// like the pattern.
const (
	nearRemembered = 64
	nearKept       = 4
)

// NewNearMisses makes it for a pattern.
func NewNearMisses(p *match.Pattern) *NearMisses { return &NearMisses{pattern: p} }

// Look reports whether a message is like the pattern, and keeps one that is not.
func (n *NearMisses) Look(s *match.Subject) bool {
	if !mqtt.Match(n.pattern.Topic, s.Topic) {
		return false
	}
	if n.pattern.Match(s) {
		return true
	}
	n.add(nearMiss{Seen: SeenOf(s)})
	return false
}

// Add keeps a message that is like the pattern, and does not do for another
// reason.
func (n *NearMisses) Add(m Seen, why string) { n.add(nearMiss{m, why}) }

func (n *NearMisses) add(m nearMiss) {
	if len(n.last) < nearRemembered {
		n.last = append(n.last, m)
	} else {
		n.last[n.count%nearRemembered] = m
	}
	n.count++
}

// Any reports whether there was one.
func (n *NearMisses) Any() bool { return n.count > 0 }

// Details says, line by line, what came instead. Where nothing did, a topic that
// something was said on, and that is spelled nearly alike, may be what was meant:
// recent are the messages in which it is looked for.
func (n *NearMisses) Details(recent []Seen) (lines []string) {
	if n.count == 0 {
		lines = append(lines, fmt.Sprintf("nothing at all was said on %s in that time", match.Plain(n.pattern.Topic)))
		if near, ok := didyoumean.Nearest(n.pattern.Topic, topicsOf(recent)); ok && !mqtt.Match(n.pattern.Topic, near) {
			lines = append(lines, fmt.Sprintf("but on %s; is that what is meant?", match.Plain(near)))
		}
		return lines
	}
	nearest := n.nearest()
	which := ":"
	if n.count > len(nearest) {
		which = ", these the nearest:"
	}
	lines = append(lines, fmt.Sprintf("on %s came %s instead%s", match.Plain(n.pattern.Topic), plural(n.count, "message"), which))
	for i := range nearest {
		lines = append(lines, "  "+nearest[i].line()+": "+n.explain(&nearest[i]))
	}
	return lines
}

// nearest are those that are most like the pattern, the later ones where they are
// equal, in the order of time.
func (n *NearMisses) nearest() []nearMiss {
	type ranked struct {
		nearMiss
		place, score int
	}
	oldest := 0
	if len(n.last) == nearRemembered {
		oldest = n.count % nearRemembered
	}
	var all []ranked
	for i, m := range slices.Concat(n.last[oldest:], n.last[:oldest]) {
		all = append(all, ranked{m, i, n.pattern.Closeness(m.subject())})
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.place, a.place)) })
	all = all[:min(len(all), nearKept)]
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.place, b.place) })
	out := make([]nearMiss, len(all))
	for i := range all {
		out[i] = all[i].nearMiss
	}
	return out
}

func (n *NearMisses) explain(m *nearMiss) string {
	if m.why != "" {
		return m.why
	}
	return strings.Join(n.pattern.Explain(m.subject()), "; ")
}

// subject is a message as patterns see it.
func (s *Seen) subject() *match.Subject {
	var out match.Subject
	out.Set(s.Message, s.Client, s.Source, s.At)
	return &out
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
