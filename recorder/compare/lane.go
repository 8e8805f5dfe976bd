package compare

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// side is one of the two recordings.
type side int

const (
	sideA side = iota
	sideB
)

func (s side) other() side { return 1 - s }

// message is one that waits for its partner, or looks for it.
type message struct {
	rec  recorder.Record
	at   time.Duration // as a's offsets are
	form *form         // nil: was not needed yet
	size int
}

// messageBytes is what a message takes beside its payload and form.
const messageBytes = 400

// keep copies what the stream will use again.
func (m *message) keep() *message {
	kept := *m
	kept.rec.Payload = bytes.Clone(m.rec.Payload)
	kept.size = messageBytes + 2*len(m.rec.Payload) // the form has about the same size
	return &kept
}

// laneKey names what is compared in order: what was said on a topic, or the
// snapshots of it.
type laneKey struct {
	topic    string
	snapshot bool
}

func keyOf(r *recorder.Record) laneKey {
	return laneKey{r.Topic, r.Kind == recorder.KindSnapshot}
}

func (k laneKey) compare(o laneKey) int {
	if c := strings.Compare(k.topic, o.topic); c != 0 || k.snapshot == o.snapshot {
		return c
	}
	if k.snapshot {
		return -1
	}
	return 1
}

// lane holds the messages of a key that wait.
type lane struct {
	key     laneKey
	waiting [2][]*message
	bytes   int
}

func (l *lane) empty() bool { return len(l.waiting[sideA])+len(l.waiting[sideB]) == 0 }

// bySize puts the lane that takes the most memory first.
func bySize(a, b *lane) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), a.key.compare(b.key)) }

func (l *lane) add(s side, m *message) {
	l.waiting[s] = append(l.waiting[s], m)
	l.bytes += m.size
}

// remove takes out the i-th that waits on a side.
func (l *lane) remove(s side, i int) *message {
	w := l.waiting[s]
	m := w[i]
	if i == 0 && len(w) > 1 { // by far the most frequent in a long list
		w[0] = nil
		l.waiting[s] = w[1:]
	} else {
		l.waiting[s] = slices.Delete(w, i, i+1)
	}
	l.bytes -= m.size
	return m
}
