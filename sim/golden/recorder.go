package golden

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// Message is one message of a run, or one line of a file.
type Message struct {
	At time.Duration // virtual time since the start
	mqtt.Message
	Line int // in the file, from 1; 0 for one of a run
}

// Recorder gathers the messages of a run that a golden file keeps.
type Recorder struct {
	patterns []match.Pattern
	said     []Message
}

// NewRecorder makes a recorder of what the options choose.
func NewRecorder(o Options) *Recorder { return &Recorder{patterns: o.patterns()} }

// Hear is for World.Listen.
func (r *Recorder) Hear(s *match.Subject) {
	if !slices.ContainsFunc(r.patterns, func(p match.Pattern) bool { return p.Match(s) }) {
		return
	}
	r.said = append(r.said, Message{At: s.At, Message: mqtt.Message{Topic: s.Topic, Payload: s.Payload, QoS: s.QoS, Retain: s.Retain}})
}

// Messages returns what was said so far, in order.
func (r *Recorder) Messages() []Message { return r.said }
