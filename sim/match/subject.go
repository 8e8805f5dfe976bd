package match

import (
	"time"

	"github.com/expr-lang/expr/vm"
	"github.com/hubtape/hubtape/mqtt"
)

// Sources of a message, as they stand in [Subject.Source]. One of several
// automations is "apps.NAME".
const (
	App      = "app"
	Device   = "device"
	Tape     = "tape"
	Scenario = "scenario"
	// Any is only for patterns: whoever said it.
	Any = "any"
	// AppsPrefix begins the source of one of several automations.
	AppsPrefix = "apps."
)

// Subject is what a pattern looks at: one message as the broker accepted it.
// Use one Subject again and again, with [Subject.Set] (or by writing the fields
// and calling [Subject.Reset]): it keeps the parsed payload for all patterns
// that look at the same message, and the memory that expressions need.
//
// The zero value is ready to use. Not safe for concurrent use.
type Subject struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
	Client  string // client id of who published it; "" where nobody knows
	// Source says who published it: [App], "apps.NAME", [Device], [Tape],
	// [Scenario], or a name of the caller's own.
	Source string
	At     time.Duration // virtual time since the start

	// Warnings counts type errors of expressions; nil: they are not counted.
	Warnings *Warnings

	parse  parseState
	parsed any // the payload, when parse is isJSON
	plain  any // parsed with numbers that an expression can calculate with
	filled vars
	env    map[string]any
	vm     vm.VM
}

type parseState byte

const (
	notParsed parseState = iota
	isJSON
	isText
)

// Set makes the subject this message and forgets what was known of the one
// before. The payload is not copied.
func (s *Subject) Set(m mqtt.Message, client, source string, at time.Duration) {
	s.Topic, s.Payload, s.QoS, s.Retain = m.Topic, m.Payload, m.QoS, m.Retain
	s.Client, s.Source, s.At = client, source, at
	s.Reset()
}

// Reset forgets what was parsed. Call it after writing to the fields.
func (s *Subject) Reset() {
	s.parse, s.parsed, s.plain, s.filled = notParsed, nil, nil, 0
}

// JSON returns the payload parsed, and whether it is JSON at all. Whole numbers
// are int, or [Number] when they do not fit; others are float64. The value must
// not be changed.
func (s *Subject) JSON() (any, bool) {
	if s.parse == notParsed {
		v, big, ok := ParseJSON(s.Payload)
		s.parse, s.parsed, s.plain = isText, nil, nil
		if ok {
			s.parse, s.parsed, s.plain = isJSON, v, v
			if big {
				s.plain = withoutBig(v)
			}
		}
	}
	return s.parsed, s.parse == isJSON
}

// value is what an expression calls payload: parsed JSON, else the text.
func (s *Subject) value() any {
	if _, ok := s.JSON(); ok {
		return s.plain
	}
	return string(s.Payload)
}

// fill puts the variables an expression asks for into its environment; each is
// computed once a message.
func (s *Subject) fill(want vars) map[string]any {
	if s.env == nil {
		s.env = make(map[string]any, len(variables))
	}
	for i := range variables {
		v := &variables[i]
		if missing := want &^ s.filled; missing&v.bit != 0 {
			s.env[v.name] = v.get(s)
			s.filled |= v.bit
		}
	}
	return s.env
}

// vars is a set of variables, one bit for each.
type vars uint8

// variables are the names an expression may use.
var variables = [...]struct {
	name string
	bit  vars
	get  func(*Subject) any
}{
	{"topic", 1 << 0, func(s *Subject) any { return s.Topic }},
	{"payload", 1 << 1, (*Subject).value},
	{"qos", 1 << 2, func(s *Subject) any { return int(s.QoS) }},
	{"retain", 1 << 3, func(s *Subject) any { return s.Retain }},
	{"client", 1 << 4, func(s *Subject) any { return s.Client }},
	{"source", 1 << 5, func(s *Subject) any { return s.Source }},
	{"at", 1 << 6, func(s *Subject) any { return s.At.Seconds() }},
}

func varBit(name string) (vars, bool) {
	for i := range variables {
		if variables[i].name == name {
			return variables[i].bit, true
		}
	}
	return 0, false
}
