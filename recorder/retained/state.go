package retained

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// State is what a broker has retained. The zero value is a broker that has
// nothing. It is for one goroutine at a time. Its memory is that of the retained
// messages, and does not grow with how many records it is told of.
type State struct {
	topics  map[string]*topic
	flagged bool // a live message with the retain flag was seen
}

// topic is what is known of one topic. While no flag was seen there is one for
// every topic that had a snapshot; afterwards, for every retained message.
type topic struct {
	told    held // by snapshots and flags
	guess   held // by the messages without a flag after that
	guessed bool // guess is the newer one
}

// held is a retained message, or that there is none.
type held struct {
	message mqtt.Message
	there   bool
}

// At returns what the broker had retained when all records up to the offset at,
// that instant included, had happened; nothing, for an offset before the first
// record. It reads the tape up to there. The error is the cursor's: a
// *recorder.DamageError, or one of the file system.
func At(t *recorder.Tape, at time.Duration) (*State, error) {
	s := &State{}
	// To a query an Until of 0 is the end of the tape.
	c := t.Cursor(recorder.Query{Until: max(at, 1), Kinds: recorder.MessageKinds(), Transient: true})
	for c.Next() && c.Record().At <= at {
		s.Apply(c.Record())
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Apply takes the next record of a tape into account. Records of kinds that
// carry no message change nothing. The payload is copied.
func (s *State) Apply(r *recorder.Record) {
	switch {
	case r.Kind == recorder.KindSnapshot:
		s.tell(&r.Message)
	case !r.Kind.IsMessage():
	case r.Retain:
		s.sawFlag()
		s.tell(&r.Message)
	case !s.flagged:
		if t := s.topics[r.Topic]; t != nil {
			t.guess.set(&r.Message)
			t.guessed = true
		}
	}
}

// Messages returns the retained messages in the order of their topics, by
// bytes. They are the caller's to keep. Each has the retain flag.
func (s *State) Messages() []mqtt.Message {
	out := make([]mqtt.Message, 0, len(s.topics))
	for _, t := range s.topics {
		if h := t.now(); h.there {
			m := h.message
			m.Payload = bytes.Clone(m.Payload)
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b mqtt.Message) int { return strings.Compare(a.Topic, b.Topic) })
	return out
}

// Len returns how many messages are retained.
func (s *State) Len() (n int) {
	for _, t := range s.topics {
		if t.now().there {
			n++
		}
	}
	return n
}

// tell sets what a topic has for certain.
func (s *State) tell(m *mqtt.Message) {
	t := s.topics[m.Topic]
	if t == nil {
		if s.topics == nil {
			s.topics = make(map[string]*topic)
		}
		t = &topic{}
		s.topics[m.Topic] = t
	}
	t.told.set(m)
	t.guessed = false
	s.dropCleared(m.Topic, t)
}

// sawFlag gives up what was guessed: the recorder is told of flags.
func (s *State) sawFlag() {
	if s.flagged {
		return
	}
	s.flagged = true
	for name, t := range s.topics {
		t.guess, t.guessed = held{}, false
		s.dropCleared(name, t)
	}
}

// dropCleared forgets a topic that has nothing. While there are guesses it has
// to be known that it had a snapshot.
func (s *State) dropCleared(name string, t *topic) {
	if s.flagged && !t.told.there {
		delete(s.topics, name)
	}
}

func (t *topic) now() *held {
	if t.guessed {
		return &t.guess
	}
	return &t.told
}

// set makes a message the retained one, or clears it with an empty payload. The
// memory of the payload before is used again.
func (h *held) set(m *mqtt.Message) {
	payload := append(h.message.Payload[:0], m.Payload...)
	h.message, h.there = *m, len(m.Payload) > 0
	h.message.Payload, h.message.Retain, h.message.Dup = payload, true, false
}
