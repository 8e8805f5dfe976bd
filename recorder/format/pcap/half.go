package pcap

import (
	"bytes"
	"sort"
	"time"
)

// Limits of what waits behind a hole in one direction of a connection.
const (
	laterBytesMax  = 4 << 20
	laterCountMax  = 4096
	holeAckedFor   = time.Second      // then what the receiver has, but not the capture, will not come
	holeUnackedFor = 30 * time.Second // then nor will what nobody has
)

// half is one direction of a TCP connection: it puts segments in order and says
// what is missing. gopacket's own assemblers do not tell what they hold back,
// without which messages of several connections cannot be put in order.
type half struct {
	to      taker
	started bool
	next    uint32 // sequence number of the byte wanted next
	isn     uint32 // next at the beginning; 0: that was not seen
	data    bool   // there was some
	last    place  // of what was handed on last
	fin     bool
	finSeq  uint32

	later      []chunk // beyond a hole, by sequence number
	laterBytes int
	laterSince place // of the chunk that came first
	ackedSince int64 // wall time when the receiver was first seen to have what is missing; 0: not yet
}

// taker takes the bytes of one direction in order.
type taker interface {
	take(b []byte, at place) // b is valid during the call
	lose(n uint32, at place)
}

type chunk struct {
	seq  uint32
	at   place
	data []byte
}

// before reports whether a comes before b, as far as 32 bits tell.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// push takes a segment.
func (h *half) push(s *segment) {
	seq := s.seq
	if s.syn {
		seq++
		if !h.started {
			h.next, h.isn, h.started = seq, seq, true
		}
	}
	h.data = h.data || len(s.data) > 0
	if !h.started {
		if len(s.data) == 0 && !s.fin {
			return
		}
		h.next, h.started = seq, true
	}
	if s.fin {
		h.fin, h.finSeq = true, seq+uint32(len(s.data)+s.missing)
	}
	switch {
	case len(s.data) == 0:
	case before(h.next, seq):
		h.keep(seq, s.data, s.at)
	default:
		h.give(seq, s.data, s.at)
		h.drain()
	}
	if s.fin && before(h.next, h.finSeq) {
		h.keep(h.finSeq, nil, s.at) // the end is behind a hole
	}
}

// done reports whether everything up to the FIN has been taken.
func (h *half) done() bool { return h.fin && !before(h.next, h.finSeq) }

// give hands on the part of a segment that is new; the rest was sent again. What
// waited for others was not there for the receiver before them, so it has their
// place.
func (h *half) give(seq uint32, data []byte, at place) {
	if old := h.next - seq; old < uint32(len(data)) {
		data = data[old:]
		h.next += uint32(len(data))
		h.last = later(h.last, at)
		h.to.take(data, h.last)
	}
}

func (h *half) keep(seq uint32, data []byte, at place) {
	i := sort.Search(len(h.later), func(i int) bool { return !before(h.later[i].seq, seq) })
	if i < len(h.later) && h.later[i].seq == seq && len(h.later[i].data) >= len(data) {
		return // sent again
	}
	if len(h.later) == 0 {
		h.laterSince, h.ackedSince = at, 0
	}
	h.later = append(h.later, chunk{})
	copy(h.later[i+1:], h.later[i:])
	h.later[i] = chunk{seq: seq, at: at, data: bytes.Clone(data)}
	h.laterBytes += len(data)
	for h.laterBytes > laterBytesMax || len(h.later) > laterCountMax {
		h.giveUp()
	}
}

// drain hands on what has been waiting and is next now.
func (h *half) drain() {
	n := 0
	for n < len(h.later) && !before(h.next, h.later[n].seq) {
		c := h.later[n]
		h.laterBytes -= len(c.data)
		n++
		h.give(c.seq, c.data, c.at)
	}
	if n == 0 {
		return
	}
	h.later = append(h.later[:0], h.later[n:]...)
	h.ackedSince = 0 // the next hole is another one
	if len(h.later) == 0 {
		h.later = nil
	}
}

// giveUp goes on behind the hole.
func (h *half) giveUp() {
	if len(h.later) == 0 {
		return
	}
	first := h.later[0]
	missing := first.seq - h.next
	h.next = first.seq
	h.to.lose(missing, later(h.last, first.at))
	h.drain()
}

// acked takes note of what the receiver has.
func (h *half) acked(ack uint32, now int64) {
	if len(h.later) > 0 && h.ackedSince == 0 && !before(ack, h.later[0].seq) {
		h.ackedSince = now
	}
}

// check gives up holes that will not be filled.
func (h *half) check(now int64) {
	for len(h.later) > 0 {
		acked := h.ackedSince != 0 && now-h.ackedSince >= int64(holeAckedFor)
		if !acked && now-h.laterSince.wall < int64(holeUnackedFor) {
			return
		}
		h.giveUp()
		h.laterSince.wall = now // what is behind the next hole gets its time too
	}
}

// end hands on all that waits.
func (h *half) end() {
	for len(h.later) > 0 {
		h.giveUp()
	}
}
