package broker

import "sync"

// window decides when a delivery to one network client may go on its way, so
// that no more of QoS 1 and 2 are unacknowledged than the client takes
// [MQTT-3.3.4-7] [MQTT-3.3.4-9]. Mochi's own count of them is switched off: see
// takeFlowControl.
//
// Two goroutines send deliveries. The one that writes what was published waits
// for its turn (await). The client's own, which reads the acknowledgements and
// so must not wait for them, asks (take) and asks again after each.
type window struct {
	mu      sync.Mutex          // rules: the border to network clients; held for a few instructions, with no other inside
	changed sync.Cond           // rules: the same
	limit   int                 // how many may be unacknowledged
	unacked map[uint16]struct{} // their packet ids; grows as large as was once needed
	opened  bool                // the client has its CONNACK
	held    bool                // the client's own goroutine comes first
	closed  bool                // nobody waits any more
}

// init makes a window that is held, and lets nothing through before open.
func (w *window) init() {
	w.changed.L = &w.mu
	w.held = true
}

// allow says how many deliveries may be unacknowledged. It comes before all others.
func (w *window) allow(limit int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit, w.unacked = limit, map[uint16]struct{}{}
}

// open is called once the client is welcome; the window is still held.
func (w *window) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = true
}

func (w *window) isOpen() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.opened
}

// hold makes everything wait that is published, until release.
func (w *window) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = true
}

func (w *window) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = false
	w.changed.Broadcast()
}

// await returns when the delivery with that packet id may go; 0 is one of QoS 0,
// which only keeps its place in the line. It also returns when the connection
// ends.
func (w *window) await(id uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && (w.held || !w.room(id)) {
		w.changed.Wait()
	}
	w.add(id)
}

// take is await for who must not wait: it is false if there is no room. It does
// not care whether the window is held.
func (w *window) take(id uint16) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.room(id) {
		return false
	}
	w.add(id)
	return true
}

// count counts a delivery that is under way already.
func (w *window) count(id uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(id)
}

func (w *window) room(id uint16) bool { return id == 0 || len(w.unacked) < w.limit }

func (w *window) add(id uint16) {
	if id != 0 {
		w.unacked[id] = struct{}{}
	}
}

// done makes room: a delivery has reached the client, or never will.
func (w *window) done(id uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.unacked[id]; ok {
		delete(w.unacked, id)
		w.changed.Broadcast()
	}
}

// close lets everybody go who waits.
func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.changed.Broadcast()
}
