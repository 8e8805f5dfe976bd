package broker

import "sync"

// inboxLimit is how many events may wait for the runtime before publishing
// network clients are made to wait.
const inboxLimit = 1 << 16

// inbox is where the goroutines of network clients put what they did. Whoever
// puts the first thing in posts one call of drain for all of it. Its lock is
// held for a few instructions and never together with another.
type inbox struct {
	mu      sync.Mutex
	room    sync.Cond
	events  []Event
	spare   []Event // the slice drained last
	posted  bool
	closing bool
	post    func(func())
	drain   func()
}

// push adds an event; it never waits.
func (i *inbox) push(e Event) {
	i.mu.Lock()
	i.events = append(i.events, e)
	first := !i.posted
	i.posted = true
	i.mu.Unlock()
	if first {
		i.post(i.drain)
	}
}

// waitForRoom returns when there is room, or the broker is closing. It must
// not be called by a task of the runtime, which is who makes room.
func (i *inbox) waitForRoom() {
	i.mu.Lock()
	for len(i.events) >= inboxLimit && !i.closing {
		i.room.Wait()
	}
	i.mu.Unlock()
}

// take returns all events so far, valid until it is called again.
func (i *inbox) take() []Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	events := i.events
	clear(i.spare)
	i.events, i.spare = i.spare[:0], events
	i.posted = false
	i.room.Broadcast()
	return events
}

// close lets everybody go who waits for room.
func (i *inbox) close() {
	i.mu.Lock()
	i.closing = true
	i.room.Broadcast()
	i.mu.Unlock()
}

// drain makes what network clients did happen, as a task's work.
func (b *Broker) drain() {
	if b.enter() != nil {
		return // closed: Close has drained already. It is never busy here: posted work runs between operations
	}
	defer b.leave()
	for _, e := range b.edge.inbox.take() {
		if e.Kind == KindPublish || e.Kind == KindWill {
			b.fanOut(e.Message, e.Kind, e.Client, e.Source, true)
		} else if b.tap != nil {
			b.emit(e)
		}
	}
}
