package link

import (
	"sync"
	"time"
)

// outbox does what may have to wait for the network, in order, on a goroutine that
// is there while something is to be done.
type outbox struct {
	mu      sync.Mutex
	waiting []func()
	idle    chan struct{} // closed when nothing waits any more; nil: nothing does
}

// put may be called on a loop: it does not wait.
func (o *outbox) put(send func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, send)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.work()
	}
}

func (o *outbox) work() {
	for send := o.next(); send != nil; send = o.next() {
		send()
	}
}

// next takes what waits longest; nil: nothing does, and the work is over.
func (o *outbox) next() (send func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		close(o.idle)
		o.waiting, o.idle = nil, nil
		return nil
	}
	send = o.waiting[0]
	o.waiting[0] = nil
	o.waiting = o.waiting[1:]
	return send
}

// flush waits until all is done, or enough. Nothing is put any more.
func (o *outbox) flush(enough <-chan time.Time) (done bool) {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	return idle == nil || before(idle, enough)
}

func before(done <-chan struct{}, enough <-chan time.Time) bool {
	select {
	case <-done:
		return true
	case <-enough:
		return false
	}
}
