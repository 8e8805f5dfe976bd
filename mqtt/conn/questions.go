package conn

import (
	"context"
	"encoding/binary"
	"sync"
)

// questions are the SUBSCRIBEs and UNSUBSCRIBEs of MQTT 3.1.1 that are not yet
// answered. The library's own hang when the connection is lost at the wrong
// moment, go out in a random order of filters, and read beyond their list when
// the answer is longer. Safe for concurrent use.
type questions struct {
	mu     sync.Mutex
	asked  map[uint16]question
	lastID uint16 // below firstID, which the publisher begins with
}

type question struct {
	kind   byte        // of the answer
	codes  int         // that it must have
	answer chan []byte // takes one
}

// ask sends a packet with the identifier that it is given, and waits for the
// return codes of its answer.
func (q *questions) ask(ctx context.Context, kind byte, codes int, send func(id uint16)) ([]byte, error) {
	one := question{kind: kind, codes: codes, answer: make(chan []byte, 1)}
	id := q.begin(one)
	defer q.forget(id)
	send(id)
	select {
	case codes := <-one.answer:
		return codes, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (q *questions) begin(one question) uint16 {
	q.mu.Lock()
	defer q.mu.Unlock()
	for taken := true; taken; { // nobody has 4,095 calls under way
		q.lastID = q.lastID%(firstID-1) + 1
		_, taken = q.asked[q.lastID]
	}
	q.asked[q.lastID] = one
	return q.lastID
}

func (q *questions) forget(id uint16) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.asked, id)
}

// answered takes a SUBACK or an UNSUBACK (3.9, 3.11). One that nobody waits for
// any more is dropped.
func (q *questions) answered(kind byte, body []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := binary.BigEndian.Uint16(body)
	one, ok := q.asked[id]
	if !ok {
		return nil
	}
	codes := append([]byte(nil), body[2:]...)
	if one.kind != kind || len(codes) != one.codes { // [MQTT-3.9.3-1]
		return malformed("a %s with %d return codes, which is no answer to what was asked", kindNames[kind], len(codes))
	}
	delete(q.asked, id)
	one.answer <- codes
	return nil
}
