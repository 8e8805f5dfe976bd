package scenarios

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/sim/match"
)

// Step is one step of a scenario: a [*Publish], [*RouteUntil], [*Advance],
// [*Replay], [*Never], [*Count] or [*Retained].
type Step interface {
	// Kind is the key of the step in a file.
	Kind() string
	// At is where it stands in the file.
	At() Pos
}

// Publish places one message.
type Publish struct {
	Pos
	Topic   string // without wildcards
	Payload []byte // empty when neither json nor payload is given
	QoS     byte   // 0 unless given
	Retain  bool   // false unless given
}

// RouteUntil runs until a message is like the pattern.
type RouteUntil struct {
	Pos
	Pattern *match.Pattern
	Within  *time.Duration // nil: to the end of the tape and of all that follows
}

// Advance lets time pass.
type Advance struct {
	Pos
	By time.Duration
	To *TimeOfDay // when not nil, the next such local time instead
}

// Replay runs until the tape stands at Until.
type Replay struct {
	Pos
	Until *time.Duration // tape time; nil: to its end
}

// Never runs for a time in which no message may be like the pattern.
type Never struct {
	Pos
	Pattern *match.Pattern
	For     *time.Duration // nil: to the end of the tape
}

// Count runs for a time and counts the messages that are like the pattern.
type Count struct {
	Pos
	Pattern *match.Pattern
	Min     uint64
	Max     *uint64        // nil: no upper limit
	For     *time.Duration // nil: to the end of the tape
}

// Retained looks at what a new subscriber would get now.
type Retained struct {
	Pos
	Pattern *match.Pattern // its Source is any unless given
}

// Kind is publish.
func (*Publish) Kind() string { return "publish" }

// Kind is route_until.
func (*RouteUntil) Kind() string { return "route_until" }

// Kind is advance.
func (*Advance) Kind() string { return "advance" }

// Kind is replay.
func (*Replay) Kind() string { return "replay" }

// Kind is never.
func (*Never) Kind() string { return "never" }

// Kind is count.
func (*Count) Kind() string { return "count" }

// Kind is retained.
func (*Retained) Kind() string { return "retained" }

// Keys of a step, and of what stands in each.
var (
	stepKinds      = []string{"publish", "route_until", "advance", "replay", "never", "count", "retained"}
	publishKeys    = []string{"topic", "json", "payload", "qos", "retain"}
	routeUntilKeys = append(slices.Clone(patternKeys), "within")
	advanceKeys    = []string{"to"}
	replayKeys     = []string{"until"}
	neverKeys      = append(slices.Clone(patternKeys), "for")
	countKeys      = append(slices.Clone(patternKeys), "exactly", "min", "max", "for")
	retainedKeys   = patternKeys
)

// keysOfStep is nil for an unknown kind.
func keysOfStep(kind string) []string {
	return map[string][]string{
		"publish": publishKeys, "route_until": routeUntilKeys, "advance": advanceKeys, "replay": replayKeys,
		"never": neverKeys, "count": countKeys, "retained": retainedKeys,
	}[kind]
}

func (c *conditions) steps(o object) []Step {
	n, ok := o.has("steps")
	if !ok {
		return nil
	}
	if n.kind != kindList {
		c.want(n, "steps", "begin each step with a dash and a space: - publish: {topic: a/b}", "a list of steps")
		return nil
	}
	var out []Step
	for _, item := range n.items {
		if s := c.step(item); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// step reads `- kind: …`.
func (c *conditions) step(n *node) Step {
	if n.kind != kindObject {
		c.want(n, "a step", stepHint(n), "an object with one key, one of "+strings.Join(stepKinds, ", "))
		return nil
	}
	c.once(n)
	var kind *field
	for _, f := range n.fields {
		switch {
		case !slices.Contains(stepKinds, f.key.text):
			c.unknownStep(n, f, kind)
		case kind == nil:
			kind = f
		case kind.key.text != f.key.text:
			c.fail(f.key.Pos, "begin another step with -", "a step does one thing; %s is a second", f.key.text)
		}
	}
	if kind == nil {
		if len(n.fields) == 0 {
			c.fail(n.Pos, "", "a step needs one of %s", strings.Join(stepKinds, ", "))
		}
		return nil
	}
	return c.stepOf(n.Pos, kind.key.text, kind.value)
}

// unknownStep is for a key beside, or instead of, the kind of a step.
func (c *conditions) unknownStep(n *node, f, kind *field) {
	if kind != nil && slices.Contains(keysOfStep(kind.key.text), f.key.text) {
		c.fail(f.key.Pos, "indent it further than "+kind.key.text, "%q belongs to %s, and stands beside it", f.key.text, kind.key.text)
		return
	}
	c.unknownKey(n, f, "a step", stepKinds)
}

func (c *conditions) stepOf(p Pos, kind string, n *node) Step {
	switch kind {
	case "advance":
		return c.advance(p, n)
	case "replay":
		return c.replay(p, n)
	}
	o, ok := c.object(n, kind, keysOfStep(kind)...)
	if !ok {
		return nil
	}
	switch kind {
	case "publish":
		return c.publish(p, o)
	case "route_until":
		return &RouteUntil{Pos: p, Pattern: c.pattern(o), Within: o.optional("within")}
	case "never":
		return &Never{Pos: p, Pattern: c.pattern(o), For: o.optional("for")}
	case "count":
		return c.count(p, o)
	default:
		pattern := c.pattern(o)
		if _, ok := o.has("source"); !ok {
			pattern.Source = match.Any
		}
		if pattern.Client != "" || pattern.Source != match.Any {
			c.fail(p, "leave source and client out", "retained cannot ask who said a message: a broker does not keep that")
		}
		return &Retained{Pos: p, Pattern: pattern}
	}
}

func (c *conditions) publish(p Pos, o object) Step {
	out := &Publish{Pos: p, Topic: o.topic("topic")}
	json, hasJSON := o.has("json")
	if hasJSON {
		c.free(json, "json")
		out.Payload = json.appendJSON(nil)
	}
	if n, ok := o.has("payload"); ok {
		if hasJSON {
			c.fail(n.Pos, "leave out one of them", "publish takes json or payload, not both")
		}
		text, _ := c.readPayload(n)
		out.Payload = []byte(text)
	}
	qos, _ := o.integer("qos", 0, 2)
	out.QoS = byte(qos)
	out.Retain, _ = o.boolean("retain")
	return out
}

func (c *conditions) advance(p Pos, n *node) Step {
	out := &Advance{Pos: p}
	if n.kind != kindObject {
		out.By, _ = c.readDuration(n, "advance")
		return out
	}
	if hint := writtenAsFields(n); hint != "" {
		c.want(n, "advance", hint, "a duration or {to: TIME}")
		return out
	}
	o, _ := c.object(n, "advance", advanceKeys...)
	to, ok := o.required("to")
	if !ok {
		return out
	}
	if to.kind == kindScalar {
		if t, ok := parseTimeOfDay(to.text); ok {
			out.To = &t
			return out
		}
	}
	c.want(to, "to", "to let a duration pass write advance: 5m", `a local time such as "22:00" or "06:30:15"`)
	return out
}

func (c *conditions) replay(p Pos, n *node) Step {
	out := &Replay{Pos: p}
	if c.scenario.Tape == nil {
		c.fail(p, "add tape: {file: evening.hubtape}", "replay needs a tape, and the scenario has none")
	}
	if n.kind == kindMissing || n.kind == kindScalar && n.scalar() == nil {
		return out
	}
	if o, ok := c.object(n, "replay", replayKeys...); ok {
		out.Until = o.optional("until")
	}
	return out
}

func (c *conditions) count(p Pos, o object) Step {
	out := &Count{Pos: p, Pattern: c.pattern(o), For: o.optional("for")}
	_, hasMin := o.has("min")
	_, hasMax := o.has("max")
	if n, ok := o.integer("exactly", 0, math.MaxInt64); ok {
		out.Min, out.Max = n, &n
	}
	switch exactly, ok := o.has("exactly"); {
	case ok && (hasMin || hasMax):
		c.fail(exactly.Pos, "leave out min and max", "count has exactly, which says min and max already")
		return out
	case ok:
		return out
	case !hasMin && !hasMax:
		c.fail(p, "write exactly: 1", "count needs exactly, min or max")
	}
	out.Min, _ = o.integer("min", 0, math.MaxInt64)
	if most, ok := o.integer("max", 0, math.MaxInt64); ok {
		out.Max = &most
		if most < out.Min {
			c.fail(o.field("max").Pos, "", "count has a max below its min")
		}
	}
	return out
}
