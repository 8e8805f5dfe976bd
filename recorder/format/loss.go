package format

import (
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

// Loss is something that a format could not hold.
type Loss struct {
	What  string // such as "MQTT 5 properties"
	Count int    // of the records that had it
}

// trait is something that a record may have and a format may not hold.
type trait int

const (
	traitOther trait = iota // it is no message; it is left out
	traitKind
	traitClient
	traitDup
	traitProperties
	traitSitting
	traitNotText
	traits
)

var traitNames = [traits]string{
	traitOther:      "gaps, notes and other records that are no messages",
	traitKind:       "whether a message was a will or a snapshot",
	traitClient:     "client ids",
	traitDup:        "dup flags",
	traitProperties: "MQTT 5 properties",
	traitSitting:    "numbers of sittings",
	traitNotText:    "topics, client ids and texts that are not UTF-8",
}

// losses counts what a format cannot hold; each encoder names its traits.
type losses struct {
	cannot []trait
	counts [traits]int
}

func (l *losses) count(r *recorder.Record) {
	if !r.Kind.IsMessage() && l.cannot[0] == traitOther {
		l.counts[traitOther]++
		return
	}
	for _, t := range l.cannot {
		if has(r, t) {
			l.counts[t]++
		}
	}
}

func has(r *recorder.Record, t trait) bool {
	switch t {
	case traitKind:
		return r.Kind != recorder.KindMessage
	case traitClient:
		return r.Client != ""
	case traitDup:
		return r.Dup
	case traitProperties:
		return r.Properties != nil
	case traitSitting:
		return r.Session != 0
	case traitNotText:
		return !utf8.ValidString(r.Topic) || !utf8.ValidString(r.Client) || !utf8.ValidString(r.Text)
	}
	return false
}

// Lost returns what was counted.
func (l *losses) Lost() []Loss {
	var out []Loss
	for t, n := range l.counts {
		if n > 0 {
			out = append(out, Loss{What: traitNames[t], Count: n})
		}
	}
	return out
}
