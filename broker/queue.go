package broker

import "github.com/hubtape/hubtape/mqtt"

// queue holds the deliveries of one session, first in, first out. It grows by
// doubling and keeps its memory up to keepCap entries.
type queue struct {
	buf  []mqtt.Message // its length is a power of two
	head int
	size int
}

// keepCap is how many entries an emptied queue keeps room for.
const keepCap = 1024

func (q *queue) push(m mqtt.Message) {
	if q.size == len(q.buf) {
		q.grow()
	}
	q.buf[(q.head+q.size)&(len(q.buf)-1)] = m
	q.size++
}

func (q *queue) pop() (m mqtt.Message, ok bool) {
	if q.size == 0 {
		return m, false
	}
	slot := &q.buf[q.head]
	m, *slot = *slot, mqtt.Message{} // let go of the payload
	q.head = (q.head + 1) & (len(q.buf) - 1)
	q.size--
	if q.size == 0 {
		q.head = 0
		if len(q.buf) > keepCap {
			q.buf = nil
		}
	}
	return m, true
}

func (q *queue) grow() {
	buf := make([]mqtt.Message, max(8, 2*len(q.buf)))
	for i := range q.size {
		buf[i] = q.buf[(q.head+i)&(len(q.buf)-1)]
	}
	q.buf, q.head = buf, 0
}

// forgetQoS0 keeps, in order, what a session that is away must not lose.
func (q *queue) forgetQoS0() {
	for range q.size {
		if m, _ := q.pop(); m.QoS > 0 {
			q.push(m)
		}
	}
}
