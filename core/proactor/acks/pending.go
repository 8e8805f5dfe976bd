package acks

import "github.com/hubtape/hubtape/core/loop"

// entry is a wait with its timer. It is used again for another wait when this
// one has ended.
type entry[C any] struct {
	wait       Wait[C]
	timer      *loop.Timer
	pending    *pending[C]
	prev, next *entry[C]
}

// pending is what one link waits for: by id, and as a list in the order in which
// the waits were started.
type pending[C any] struct {
	byID        map[string]*entry[C]
	first, last *entry[C]
}

func (p *pending[C]) add(e *entry[C]) {
	p.byID[e.wait.ID] = e
	e.prev, e.next = p.last, nil
	if p.last == nil {
		p.first = e
	} else {
		p.last.next = e
	}
	p.last = e
}

func (p *pending[C]) remove(e *entry[C]) {
	delete(p.byID, e.wait.ID)
	if e.prev == nil {
		p.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		p.last = e.prev
	} else {
		e.next.prev = e.prev
	}
}

// entry takes a free record, or makes one with a timer of its own.
func (t *Timers[C]) entry() *entry[C] {
	if e := t.free; e != nil {
		t.free = e.next
		return e
	}
	e := &entry[C]{}
	e.timer = t.loop.NewTimer(func(*loop.Timer) { t.timedOut(e) })
	return e
}

// remove ends a wait, frees its record for the next one and returns what it
// was.
func (t *Timers[C]) remove(e *entry[C]) Wait[C] {
	e.timer.Stop()
	e.pending.remove(e)
	w := e.wait
	*e = entry[C]{timer: e.timer, next: t.free}
	t.free = e
	return w
}
