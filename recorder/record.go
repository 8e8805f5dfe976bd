package recorder

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Record is one thing that happened.
type Record struct {
	Session uint32        // which sitting of the recorder wrote it, from 0; never falls along a tape
	Seq     uint64        // position on the tape, from 0; given by the Writer
	At      time.Duration // monotonic, since the tape's start; never falls along a tape
	Wall    int64         // wall time, ns since 1970 UTC; 0: unknown
	Kind    Kind
	Client  string // who said it; "" when not known

	// Message is what was said, with QoS and Retain as they were received. For
	// KindSubscribe and KindUnsubscribe Topic is the filter.
	mqtt.Message

	Text  string        // a note, the reason of a gap or of a disconnect
	Until time.Duration // a gap's other end, as an offset like At; how far a clock jumped
}

// Gap returns the stretch that a record of KindGap tells of. Most stand where
// the gap began; one of several hubs stands where it ended, since the others
// went on meanwhile, and then Until is before At.
func (r *Record) Gap() (from, until time.Duration) { return min(r.At, r.Until), max(r.At, r.Until) }

// Time returns the wall time as a [time.Time] in UTC, the zero Time when it is
// unknown.
func (r *Record) Time() time.Time {
	if r.Wall == 0 {
		return time.Time{}
	}
	return time.Unix(0, r.Wall).UTC()
}

// Equal reports whether two records say the same; Session and Seq, which say
// only where they stand, do not count.
func (r *Record) Equal(o *Record) bool {
	return r.At == o.At && r.Wall == o.Wall && r.Kind == o.Kind && r.Client == o.Client &&
		r.Text == o.Text && r.Until == o.Until && r.Message.Equal(o.Message)
}

// Label is a name and a value that somebody put on a tape.
type Label struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
