package clock

import (
	"sync"
	"sync/atomic"
)

// token is what a System task holds while it runs: it goes from task to task,
// first asked, first served. The channels it is granted by hold one value.
type token struct {
	mu    sync.Mutex
	held  bool
	queue ring[chan struct{}]
	asked atomic.Int32 // the size of queue, readable without mu
	owner owner
}

// request asks for the token; it is the caller's when grant has a value.
func (k *token) request(grant chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.held {
		k.held = true
		grant <- struct{}{}
		return
	}
	k.queue.push(grant)
	k.asked.Store(int32(k.queue.size))
}

// acquire waits for the token.
func (k *token) acquire(grant chan struct{}) {
	k.request(grant)
	k.granted(grant)
}

func (k *token) granted(grant chan struct{}) {
	<-grant
	k.owner.set(goroutine())
}

// release hands the token to whoever asked first.
func (k *token) release() {
	k.owner.clear()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.queue.size == 0 {
		k.held = false
		return
	}
	k.queue.pop() <- struct{}{}
	k.asked.Store(int32(k.queue.size))
}

// pass hands the token on and asks for it again, in one step: whoever asks
// later comes later. False: nobody wanted it, and it has been kept.
func (k *token) pass(grant chan struct{}) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.queue.size == 0 {
		return false
	}
	k.owner.clear()
	k.queue.push(grant)
	k.queue.pop() <- struct{}{}
	return true
}

// wanted reports whether somebody waits for the token.
func (k *token) wanted() bool { return k.asked.Load() > 0 }
