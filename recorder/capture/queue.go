package capture

import (
	"sync"
	"time"
)

// itemKind says what an item tells.
type itemKind uint8

const (
	itemMessage itemKind = iota
	itemUp               // a connection stands
	itemDown             // it was lost
)

// item is what the network side hands to the loop.
type item struct {
	kind   itemKind
	at     time.Time
	topic  string
	data   []byte
	qos    byte
	retain bool
	dup    bool
	err    error // itemDown
}

// itemBytes is what an item takes beside its topic and payload.
const itemBytes = 120

// queue carries items from paho's goroutines to the loop, in order. A full
// queue makes put wait, and so paho stops reading, and so the broker stops
// sending.
type queue struct {
	mu    sync.Mutex
	room  sync.Cond
	items []item
	bytes int
	most  int // 0: there is no bound
	ready chan struct{}
}

func newQueue(most int) *queue {
	q := &queue{most: most, ready: make(chan struct{}, 1)}
	q.room.L = &q.mu
	return q
}

// put adds an item and gives it its time, which never falls.
func (q *queue) put(i item) {
	size := itemBytes + len(i.topic) + len(i.data)
	q.mu.Lock()
	for q.most > 0 && q.bytes > 0 && q.bytes+size > q.most {
		q.room.Wait()
	}
	i.at = time.Now()
	q.items = append(q.items, i)
	q.bytes += size
	first := len(q.items) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}

// take returns all items and keeps spare for the next ones.
func (q *queue) take(spare []item) []item {
	q.mu.Lock()
	out := q.items
	q.items, q.bytes = spare[:0], 0
	q.room.Broadcast()
	q.mu.Unlock()
	return out
}

// unbound lets everybody put without waiting, when the loop is about to end.
func (q *queue) unbound() {
	q.mu.Lock()
	q.most = 0
	q.room.Broadcast()
	q.mu.Unlock()
}
