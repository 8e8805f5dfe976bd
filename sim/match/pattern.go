package match

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
)

// Pattern is what a message must look like. Parts that are not given are not
// asked for. A Pattern is not written to once it is in use; it is then safe for
// concurrent use.
type Pattern struct {
	// Topic is a topic filter. Required: with "" nothing matches.
	Topic string
	// JSON is what the payload must have, a subset of it (see [Subset]), in
	// plain values: nil, bool, string, numbers, []any, map[string]any; see
	// [Normalize]. It is asked for only with HasJSON, so that null can be too.
	JSON    any
	HasJSON bool
	// Payload is the exact bytes, nil for any.
	Payload *string
	QoS     *byte // nil for any
	Retain  *bool // nil for any
	// Client is the client id, "" for any.
	Client string
	// Source is who must have said it: [App] (any automation), "apps.NAME"
	// (that one), [Device], [Tape], [Scenario], [Any], or a name of the
	// caller's own. The empty Source is what a condition sees by default: all
	// that apps, devices and programs say, and nothing that came from [Tape] or
	// [Scenario].
	Source string
	// Where is an expression that must be true, nil for none.
	Where *Expr
}

// Validate returns an error when the filter is not one, or when JSON holds
// anything but plain values.
func (p *Pattern) Validate() error {
	if err := mqtt.ValidateFilter(p.Topic); err != nil {
		return err
	}
	if p.HasJSON {
		return plainError(p.JSON)
	}
	return nil
}

// Match reports whether the message is like the pattern. A mismatch that shows
// in topic, source, client or flags costs no allocation; the payload is parsed
// once for all patterns that look at it. A type error in Where is no match, and
// is counted in the subject's Warnings.
func (p *Pattern) Match(s *Subject) bool {
	if !mqtt.Match(p.Topic, s.Topic) || !sourceMatches(p.Source, s.Source) {
		return false
	}
	if p.Client != "" && p.Client != s.Client || p.QoS != nil && *p.QoS != s.QoS || p.Retain != nil && *p.Retain != s.Retain {
		return false
	}
	if p.Payload != nil && *p.Payload != string(s.Payload) {
		return false
	}
	if p.HasJSON {
		got, ok := s.JSON()
		if !ok || !Subset(p.JSON, got) {
			return false
		}
	}
	return p.Where == nil || p.Where.Holds(s)
}

// sourceMatches compares a pattern's source with a message's; see
// [Pattern.Source].
func sourceMatches(want, source string) bool {
	switch want {
	case "":
		return source != Tape && source != Scenario
	case Any:
		return true
	case App:
		return source == App || strings.HasPrefix(source, AppsPrefix)
	default:
		return want == source
	}
}

// String writes the pattern on one line, for messages to people.
func (p *Pattern) String() string {
	var b strings.Builder
	b.WriteString(Plain(p.Topic))
	if p.HasJSON {
		fmt.Fprintf(&b, " json %s", show(p.JSON))
	}
	if p.Payload != nil {
		fmt.Fprintf(&b, " payload %s", clip(strconv.Quote(*p.Payload)))
	}
	if p.QoS != nil {
		fmt.Fprintf(&b, " qos %d", *p.QoS)
	}
	if p.Retain != nil {
		fmt.Fprintf(&b, " retain %t", *p.Retain)
	}
	if p.Where != nil {
		fmt.Fprintf(&b, " where %s", p.Where)
	}
	if p.Client != "" {
		fmt.Fprintf(&b, " client %s", Plain(p.Client))
	}
	if p.Source != "" {
		fmt.Fprintf(&b, " source %s", p.Source)
	}
	return b.String()
}

// Explain says, part by part, why the message is not like the pattern, such as
// `payload.state was "OFF", want "ON"`; nothing when it is. It may be slow, and
// counts no warnings.
func (p *Pattern) Explain(s *Subject) []string {
	_, why := p.judge(s)
	return why
}

// Closeness ranks near misses: of two messages, the one with the higher number
// is more like the pattern. A message on a matching topic always comes before
// one on another; then it counts which share of the parts holds; then, on other
// topics, how many levels at the start agree. It may be slow, and counts no
// warnings.
func (p *Pattern) Closeness(s *Subject) int {
	score, _ := p.judge(s)
	return score
}

const (
	topicScore = 1_000_000 // for a topic that matches
	partsScore = 10_000    // shared between the other parts
	levelScore = 10        // for each level of another topic that agrees
)

// judgement gathers how many parts of a pattern hold, and why others do not.
type judgement struct {
	parts, good int
	why         []string
}

func (j *judgement) part(ok bool, format string, args ...any) {
	j.parts++
	if ok {
		j.good++
		return
	}
	j.why = append(j.why, fmt.Sprintf(format, args...))
}

// judge looks at every part, which Match need not do.
func (p *Pattern) judge(s *Subject) (score int, why []string) {
	var j judgement
	if mqtt.Match(p.Topic, s.Topic) {
		score = topicScore
	} else {
		score = levelScore * min(commonLevels(p.Topic, s.Topic), 100)
		j.why = append(j.why, fmt.Sprintf("topic was %s, want %s", Plain(s.Topic), Plain(p.Topic)))
	}
	p.judgeSender(s, &j)
	p.judgePayload(s, &j)
	if j.parts == 0 {
		return score + partsScore, j.why
	}
	return score + partsScore*j.good/j.parts, j.why
}

func (p *Pattern) judgeSender(s *Subject, j *judgement) {
	if !sourceMatches(p.Source, s.Source) {
		want := p.Source
		if want == "" {
			want = "app or device"
		}
		j.part(false, "source was %s, want %s", s.Source, want)
	}
	if p.Client != "" {
		j.part(p.Client == s.Client, "client was %s, want %s", Plain(s.Client), Plain(p.Client))
	}
	if p.QoS != nil {
		j.part(*p.QoS == s.QoS, "qos was %d, want %d", s.QoS, *p.QoS)
	}
	if p.Retain != nil {
		j.part(*p.Retain == s.Retain, "retain was %t, want %t", s.Retain, *p.Retain)
	}
}

func (p *Pattern) judgePayload(s *Subject, j *judgement) {
	if p.Payload != nil {
		j.part(*p.Payload == string(s.Payload), "payload was %s, want %s",
			clip(strconv.Quote(string(s.Payload))), clip(strconv.Quote(*p.Payload)))
	}
	if p.HasJSON {
		leaves, diffs := p.judgeJSON(s)
		j.parts, j.good = j.parts+leaves, j.good+max(leaves-len(diffs), 0)
		j.why = append(j.why, diffs...)
	}
	if p.Where != nil {
		why := p.Where.explain(s)
		j.part(why == "", "%s", why)
	}
}

func (p *Pattern) judgeJSON(s *Subject) (leaves int, why []string) {
	got, ok := s.JSON()
	if !ok {
		return 1, []string{fmt.Sprintf("payload was the text %s, want the JSON %s", clip(strconv.Quote(string(s.Payload))), show(p.JSON))}
	}
	for _, d := range differences("payload", p.JSON, got, &leaves) {
		why = append(why, d.String())
	}
	return leaves, why
}

// commonLevels counts the levels at the start of a topic that the filter
// agrees with.
func commonLevels(filter, topic string) int {
	n := 0
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		t, trest, tmore := strings.Cut(topic, "/")
		if f != "+" && f != "#" && f != t {
			return n
		}
		n++
		if !fmore || !tmore {
			return n
		}
		filter, topic = frest, trest
	}
}
