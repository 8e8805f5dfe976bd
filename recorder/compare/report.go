package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

// Kind says how two recordings differ in a message.
type Kind uint8

const (
	// Missing: a has the message and b does not.
	Missing Kind = 1 + iota
	// Extra: b has the message and a does not.
	Extra
	// Changed: b has another message in its place.
	Changed
	// Moved: b has it at another time, or at another place among those of its
	// topic.
	Moved
)

var kindNames = [...]string{Missing: "missing", Extra: "extra", Changed: "changed", Moved: "moved"}

// String returns the kind's name, such as "missing".
func (k Kind) String() string {
	if k >= Missing && k <= Moved {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Difference is one message in which two recordings differ.
type Difference struct {
	Kind  Kind
	Topic string
	At    time.Duration // of a's message, else of b's with the shift
	// A and B are copies of the records, as they stand in their streams; nil
	// where there is none.
	A, B *recorder.Record
	// Fields say what has changed, when Kind is Changed, in a fixed order.
	Fields []FieldDiff

	shift time.Duration
	order int // in which it was found
}

// FieldDiff is one part of a message that has changed.
type FieldDiff struct {
	// Path says which: "payload" for the whole of it, "payload.color.x" or
	// "payload.list[2]" for a JSON value in it, "qos", "retain", "kind", or
	// "properties.user" and the like.
	Path string
	// A and B are the values, to be read: JSON as it was written, other payloads
	// quoted as in Go, cut where they are longer than 200 bytes; "" where there
	// is none.
	A, B string
}

// String writes the difference down in one line.
func (d *Difference) String() string {
	where := fmt.Sprintf("%v %s: %v", d.At, printable(d.Topic), d.Kind)
	switch d.Kind {
	case Missing:
		return where + ": " + shown(d.A.Payload)
	case Extra:
		return where + ": " + shown(d.B.Payload)
	case Moved:
		by := fmt.Sprintf("%v later", d.B.At+d.shift-d.A.At)
		if at := shifted(d.B.At, d.shift); at == d.A.At {
			by = "past others of its topic"
		} else if at < d.A.At {
			by = fmt.Sprintf("%v earlier", d.A.At-at)
		}
		return fmt.Sprintf("%s, %s: %s", where, by, shown(d.A.Payload))
	}
	for i := range d.Fields {
		where += separators[min(i, 1)] + d.Fields[i].String()
	}
	return where
}

var separators = [...]string{": ", ", "}

// String writes "path was A, is B".
func (f FieldDiff) String() string {
	value := func(s string) string {
		if s == "" {
			return "not there"
		}
		return s
	}
	return fmt.Sprintf("%s was %s, is %s", f.Path, value(f.A), value(f.B))
}

// TopicSummary counts the differences of one topic.
type TopicSummary struct {
	Topic                          string
	Missing, Extra, Changed, Moved uint64
}

// Report says in what two recordings differ.
type Report struct {
	A, B  uint64 // messages that were compared
	Same  uint64 // pairs without a difference
	Total uint64 // differences, those that are not kept included
	// Differences are the earliest ones, by time, then by topic.
	Differences []Difference
	// Topics are those with differences, in byte order.
	Topics []TopicSummary
}

// Equal reports whether no difference was found.
func (r *Report) Equal() bool { return r.Total == 0 }

// String writes a line a difference, and one a topic if there are several.
func (r *Report) String() string {
	var b strings.Builder
	for i := range r.Differences {
		fmt.Fprintln(&b, r.Differences[i].String())
	}
	if more := r.Total - uint64(len(r.Differences)); more > 0 {
		fmt.Fprintf(&b, "and %d differences more\n", more)
	}
	if len(r.Topics) > 1 {
		for _, t := range r.Topics {
			fmt.Fprintf(&b, "%s: %d missing, %d extra, %d changed, %d moved\n", printable(t.Topic), t.Missing, t.Extra, t.Changed, t.Moved)
		}
	}
	return b.String()
}

// reporter gathers a report. It holds twice as many differences as are kept at
// most.
type reporter struct {
	Report
	most   int
	topics map[string]*TopicSummary
}

func (r *reporter) add(d Difference) {
	d.order = int(r.Total)
	r.Total++
	r.count(&d)
	if r.most == 0 {
		return
	}
	r.Differences = append(r.Differences, d)
	if len(r.Differences) >= 2*r.most {
		r.trim()
	}
}

func (r *reporter) count(d *Difference) {
	t := r.topics[d.Topic]
	if t == nil {
		if r.topics == nil {
			r.topics = make(map[string]*TopicSummary)
		}
		t = &TopicSummary{Topic: d.Topic}
		r.topics[d.Topic] = t
	}
	switch d.Kind {
	case Missing:
		t.Missing++
	case Extra:
		t.Extra++
	case Changed:
		t.Changed++
	case Moved:
		t.Moved++
	}
}

// trim sorts the differences and keeps the earliest.
func (r *reporter) trim() {
	slices.SortFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.order, b.order))
	})
	if len(r.Differences) > r.most {
		clear(r.Differences[r.most:])
		r.Differences = r.Differences[:r.most]
	}
}

// finish returns the report.
func (r *reporter) finish() *Report {
	r.trim()
	for _, topic := range slices.Sorted(maps.Keys(r.topics)) {
		r.Topics = append(r.Topics, *r.topics[topic])
	}
	return &r.Report
}

// shownBytes is how much of a value is shown.
const shownBytes = 200

// shown makes a payload readable.
func shown(payload []byte) string {
	if v, ok := parse(payload); ok {
		return clip(v.Raw)
	}
	if len(payload) > shownBytes {
		return fmt.Sprintf("%q… (%d bytes)", payload[:shownBytes], len(payload))
	}
	return fmt.Sprintf("%q", payload)
}

// printable is a topic as it is, or quoted where a terminal would not only show it.
func printable(topic string) string {
	if strings.ContainsFunc(topic, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(topic)
	}
	return topic
}

// oneLine replaces what stands between the values of JSON, and nowhere else.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")

func clip(s string) string {
	s = oneLine.Replace(s)
	if len(s) <= shownBytes {
		return s
	}
	cut := shownBytes
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:cut], len(s))
}
