package pcap

import (
	"container/heap"

	"github.com/hubtape/hubtape/recorder"
)

// item is a record in line.
type item struct {
	at        place
	n         uint64 // orders what is of one packet
	c         *conn
	delivered bool // by the broker, else said by the client
	rec       recorder.Record
}

func (i *item) bytes() int { return 256 + len(i.rec.Payload) + len(i.rec.Topic) + len(i.rec.Text) }

// queue puts records in the order in which they began: a long message ends after
// others that began later.
type queue struct {
	items []item
	n     uint64
	bytes int
}

func (q *queue) push(i item) {
	q.n++
	i.n = q.n
	q.bytes += i.bytes()
	heap.Push((*byBeginning)(q), i)
}

func (q *queue) pop() item {
	i := heap.Pop((*byBeginning)(q)).(item)
	q.bytes -= i.bytes()
	return i
}

type byBeginning queue

func (q *byBeginning) Len() int { return len(q.items) }
func (q *byBeginning) Less(i, j int) bool {
	a, b := &q.items[i], &q.items[j]
	if a.at.packet != b.at.packet {
		return a.at.packet < b.at.packet
	}
	return a.n < b.n
}
func (q *byBeginning) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *byBeginning) Push(x any)    { q.items = append(q.items, x.(item)) }
func (q *byBeginning) Pop() any {
	last := len(q.items) - 1
	i := q.items[last]
	q.items[last] = item{}
	q.items = q.items[:last]
	return i
}

// waiting are the connections that hold records back, the one that has for
// longest first.
type waiting []*conn

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].since.packet < w[j].since.packet }
func (w waiting) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].index, w[j].index = i, j
}

func (w *waiting) Push(x any) {
	c := x.(*conn)
	c.index = len(*w)
	*w = append(*w, c)
}

func (w *waiting) Pop() any {
	last := len(*w) - 1
	c := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	c.index = -1
	return c
}

// put gives a connection its place, or takes it out.
func (w *waiting) put(c *conn, since place) {
	c.since = since
	switch {
	case since.packet != 0 && c.index < 0:
		heap.Push(w, c)
	case since.packet != 0:
		heap.Fix(w, c.index)
	case c.index >= 0:
		heap.Remove(w, c.index)
	}
}
