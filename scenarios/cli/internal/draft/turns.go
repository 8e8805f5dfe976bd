package draft

import (
	"slices"
	"strings"
)

// turns are the changes of a topic's state: of what is a word or a switch in its
// payloads. A clock, a counter or a meter has a new value each time, and tells
// nothing.
type turns struct {
	first  message  // the first that says another state than the one before
	before []byte   // the payload of the one before it
	count  int      // messages that say another state than the one before
	states []string // those there were; more than maxStates: it is no state
	last   string
	latest []byte
	begun  bool
}

// maxStates is how many states a thing may have.
const maxStates = 8

func (t *turns) add(m message, snapshot bool) {
	if t.noState() {
		return
	}
	state := stateOf(m.payload)
	if !slices.Contains(t.states, state) {
		t.states = append(t.states, state)
	}
	if t.begun && state != t.last && !snapshot {
		if t.count++; t.count == 1 {
			m.payload = slices.Clone(m.payload)
			t.first, t.before = m, slices.Clone(t.latest)
		}
	}
	t.last, t.begun = state, true
	if t.count == 0 {
		t.latest = append(t.latest[:0], m.payload...)
	}
}

// noState reports whether the topic says something else each time.
func (t *turns) noState() bool { return len(t.states) > maxStates }

// tells reports whether something happens on the topic.
func (t *turns) tells() bool { return t.count > 0 && !t.noState() }

// stateOf is what is a word or a switch in a payload.
func stateOf(payload []byte) string {
	object := objectOf(payload)
	if object == nil {
		if text := string(payload); !strange(text) && !plainNumber.MatchString(text) {
			return text
		}
		return ""
	}
	words, _ := rank(object, nil)
	return strings.Join(words, ",")
}
