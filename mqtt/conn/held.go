package conn

import (
	"encoding/binary"
	"sync"
)

// held are the messages of QoS 2 that we have and the broker has not yet
// released: it may send them again, and they must not be shown again
// [MQTT-4.3.3-2] of 3.1.1, [MQTT-4.3.3-10] of 5. There are no more of them than
// packet identifiers.
type held struct {
	mu  sync.Mutex
	ids map[uint16]bool // whether our PUBREC has been written
}

// receive notes a PUBLISH; again: it has been here before, answered: with a
// PUBREC from us since.
func (h *held) receive(id uint16) (again, answered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	answered, again = h.ids[id]
	if !again {
		h.ids[id] = false
	}
	return again, answered
}

// answer notes a PUBREC of ours, short as it is without properties.
func (h *held) answer(packet []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := binary.BigEndian.Uint16(packet[2:])
	if _, ok := h.ids[id]; ok {
		h.ids[id] = true
	}
}

// release forgets a message; false: it has not been answered yet. One that is
// not known is fine: the broker repeats itself.
func (h *held) release(id uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if answered, ok := h.ids[id]; ok && !answered {
		return false
	}
	delete(h.ids, id)
	return true
}
