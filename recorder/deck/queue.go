package deck

import (
	"sync"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// entryKind says what an entry tells.
type entryKind uint8

const (
	entryRecord   entryKind = iota
	entryLost               // the source hears nothing from now on
	entryHeard              // it hears again
	entryDropped            // records of it were dropped
	entryHeadDone           // what its hub had retained has been said
)

// entry is what a source hands to the writer.
type entry struct {
	kind    entryKind
	src     *Source
	at      time.Time
	rec     recorder.Record // entryRecord
	text    string          // entryLost: why
	dropped uint64          // entryDropped: how many
	since   time.Time       // entryDropped: when it began; entryLost: the same, where it is not at
}

// entryBytes is what an entry takes beside its texts and payload.
const entryBytes = 256

// userBytes is what a user property takes beside its texts.
const userBytes = 32

func (e *entry) size() int {
	return entryBytes + len(e.rec.Topic) + len(e.rec.Payload) + len(e.rec.Client) + len(e.rec.Text) + len(e.text) + propertiesSize(e.rec.Properties)
}

// propertiesSize is what properties take: a sender may put as much into them as
// into a payload.
func propertiesSize(p *mqtt.Properties) int {
	if p == nil {
		return 0
	}
	n := entryBytes + len(p.ContentType) + len(p.ResponseTopic) + len(p.CorrelationData)
	for _, u := range p.User {
		n += userBytes + len(u.Key) + len(u.Value)
	}
	return n
}

// queue carries entries from the sources to the writer, in order.
type queue struct {
	mu      sync.Mutex
	room    sync.Cond
	entries []entry
	bytes   int
	peak    int // the most bytes that ever waited
	most    int // 0: there is no bound
	closed  bool
	ready   chan struct{}
}

func newQueue(most int) *queue {
	q := &queue{most: most, ready: make(chan struct{}, 1)}
	q.room.L = &q.mu
	return q
}

// put adds an entry and gives it its time, which never falls. When the queue is
// full it waits, or drops the entry where it may not wait; false then. After
// close entries vanish.
func (q *queue) put(e entry, mayWait bool) bool {
	size := e.size()
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && q.most > 0 && q.bytes > 0 && q.bytes+size > q.most {
		if !mayWait {
			e.src.drop()
			return false
		}
		q.room.Wait()
	}
	if q.closed {
		return false
	}
	e.at = time.Now()
	if e.src.dropped > 0 {
		q.add(e.src.tellDropped(e.at), entryBytes)
	}
	q.add(e, size)
	return true
}

func (q *queue) add(e entry, size int) {
	q.entries = append(q.entries, e)
	q.bytes += size
	q.peak = max(q.peak, q.bytes)
	if len(q.entries) == 1 {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}

// take returns all entries and keeps spare for the next ones.
func (q *queue) take(spare []entry) []entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.entries
	q.entries, q.bytes = spare[:0], 0
	q.room.Broadcast()
	return out
}

// fill returns how many bytes wait, and the most that ever did.
func (q *queue) fill() (now, peak int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.peak
}

// unbound lets everybody put without waiting, when the writer is about to end.
func (q *queue) unbound() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.most = 0
	q.room.Broadcast()
}

// close lets nobody put any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}

// droppedBy returns how many records of a source found no room so far.
func (q *queue) droppedBy(s *Source) uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return s.droppedTotal
}

// drops returns what the tape was not yet told of.
func (q *queue) drops(sources []*Source, now time.Time) (entries []entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range sources {
		if s.dropped > 0 {
			entries = append(entries, s.tellDropped(now))
		}
	}
	return entries
}
