package pcap

import (
	"fmt"
)

// Limits of what a stream keeps.
const (
	seekBytesMax   = 64 << 10 // while it looks for the next packet
	seekStartsMax  = 4096     // segments that these came in
	otherBytesMax  = 1 << 20  // of a packet that is no PUBLISH
	keptBufferSize = 64 << 10 // a larger buffer is given back after use
)

// stream divides the bytes of one direction into packets.
type stream struct {
	c    *conn
	side int

	buf   []byte // of a packet that is not whole yet; when seeking, what was not made out
	since place  // where buf began
	known bool   // the beginning of buf has been looked at
	skip  int    // bytes that belong to a packet that cannot be used
	bad   int    // packets in a row that could not be used

	seeking bool
	starts  []start // where captured segments begin in buf, when seeking
	sought  int     // how much of buf has been searched

	frames *frames // of a WebSocket; nil: there is none

	aliases    map[uint16]string
	aliasBytes int
}

// start is where a segment begins: packets tend to as well.
type start struct {
	off  int
	at   place
	true bool // else it is the rest of a segment
}

// take gets the next bytes.
func (s *stream) take(b []byte, at place) {
	if s.frames != nil {
		s.frames.take(b, at)
		return
	}
	s.bytes(b, at)
}

func (s *stream) lose(n uint32, at place) {
	s.c.lost(int(n))
	if s.frames != nil {
		s.frames.lose(int(n), at)
		return
	}
	s.hole(int(n))
}

// piece is a part of the stream.
type piece struct {
	b      []byte
	at     place
	begins bool // at the beginning of a captured segment
}

func (s *stream) bytes(b []byte, at place) { s.run([]piece{{b: b, at: at, begins: true}}) }

// run uses up pieces, the last one first: what has to be looked at again is put
// on top.
func (s *stream) run(todo []piece) {
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !s.seeking {
			if rest := s.divide(p); len(rest.b) > 0 {
				todo = append(todo, rest)
			}
			continue
		}
		s.gather(p)
		if len(s.buf)-s.sought >= s.sought/8 { // not at each byte: the work would grow with the square
			if off := s.search(); off >= 0 {
				todo = s.resume(off, todo)
				continue
			}
		}
		switch n := len(s.starts); {
		case len(s.buf) > seekBytesMax:
			s.forget(len(s.buf) - seekBytesMax/2)
		case n > seekStartsMax:
			s.forget(s.starts[n/2].off)
		}
	}
}

// divide uses the packets in a piece. It returns what is left when the next one
// has to be looked for.
func (s *stream) divide(p piece) (rest piece) {
	work := p.b
	if len(s.buf) > 0 {
		s.buf = append(s.buf, p.b...)
		work = s.buf
	} else {
		s.since = p.at
	}
	for len(work) > 0 {
		n := s.skip
		if n == 0 {
			if n = s.packet(work); n == 0 {
				break
			}
		} else {
			n = min(n, len(work))
			s.skip -= n
		}
		work, s.since, s.known = work[n:], p.at, false
		if s.seeking {
			s.release() // what is left may be in its buffer, and is moved to the front of it
			return piece{b: work, at: p.at}
		}
	}
	if len(work) == 0 {
		s.release()
	} else {
		s.buf = append(s.buf[:0], work...)
	}
	return piece{}
}

// release empties the buffer.
func (s *stream) release() {
	s.buf, s.known = s.buf[:0], false
	if cap(s.buf) > keptBufferSize {
		s.buf = nil
	}
	s.starts, s.sought = s.starts[:0], 0
}

// packet uses the first packet of b and returns its length; 0: it is not whole.
func (s *stream) packet(b []byte) int {
	h, ok, more := readHeader(b)
	if !ok {
		return s.stray("there is no packet of type 0, and no length of five bytes")
	}
	if more {
		return 0
	}
	if !s.known {
		switch {
		case h.kind() != typePublish:
			if h.body > otherBytesMax {
				return s.stray("a packet of type %d with %d bytes", h.kind(), h.body)
			}
			s.known = true
		default:
			ok, more := publishHead(h, b)
			if !ok {
				return s.stray("a PUBLISH without a topic")
			}
			s.known = !more
		}
	}
	if len(b) < h.total() {
		return 0
	}
	if err := s.c.packet(s, h, b[h.size:h.total()], s.since); err != nil {
		s.c.r.skipped(s.since, err)
		if s.bad++; s.bad > 1 {
			s.seeking = true
		}
		return h.total()
	}
	s.bad = 0
	return h.total()
}

// stray passes over a byte that begins no packet, and looks for one that does.
func (s *stream) stray(format string, args ...any) int {
	s.c.r.skipped(s.since, fmt.Errorf("%w: "+format, append([]any{ErrPacket}, args...)...))
	s.c.lost(1)
	s.seeking = true
	return 1
}

// hole passes over bytes that are not in the capture. Within one packet the next
// is where it has to be; else it has to be found.
func (s *stream) hole(n int) {
	s.force()
	if s.seeking {
		s.c.lost(len(s.buf))
		s.release()
		return
	}
	if s.skip >= n {
		s.skip -= n
		return
	}
	s.seeking = true
	if len(s.buf) > 0 {
		s.c.r.skipped(s.since, ErrLost)
		if h, ok, more := readHeader(s.buf); ok && !more {
			if rest := h.total() - len(s.buf); n <= rest {
				s.skip, s.seeking = rest-n, false
			}
		}
	}
	s.release()
}

// gather adds a piece to those among which the next packet is looked for.
func (s *stream) gather(p piece) {
	if len(p.b) > 0 {
		s.starts = append(s.starts, start{off: len(s.buf), at: p.at, true: p.begins})
		s.buf = append(s.buf, p.b...)
		s.since = s.starts[0].at
	}
}

// force looks for the next packet now.
func (s *stream) force() {
	if s.seeking && len(s.buf) > 0 {
		if off := s.search(); off >= 0 {
			s.run(s.resume(off, nil))
		}
	}
}

// forget drops the first bytes of what was searched in vain.
func (s *stream) forget(n int) {
	s.c.lost(n)
	s.buf = append(s.buf[:0], s.buf[n:]...)
	s.sought = len(s.buf)
	kept := s.starts[:0]
	for i, st := range s.starts {
		switch {
		case st.off >= n:
			st.off -= n
		case i+1 < len(s.starts) && s.starts[i+1].off <= n:
			continue
		default:
			st = start{at: st.at}
		}
		kept = append(kept, st)
	}
	s.starts, s.since = kept, kept[0].at
}

// search returns where a packet begins in what was gathered; -1: nowhere yet.
func (s *stream) search() int {
	s.sought = len(s.buf)
	next := 0
	for off := range s.buf {
		for next < len(s.starts) && s.starts[next].off < off {
			next++
		}
		begins := next < len(s.starts) && s.starts[next].off == off && s.starts[next].true
		if s.plausible(s.buf[off:], begins) {
			return off
		}
	}
	return -1
}

// chainMax is how many packets in a row are looked at before they are believed.
const chainMax = 16

// plausible reports whether a packet begins here, begins telling that a segment
// does. A whole PUBLISH is believed when nothing or another packet comes after
// it. Others are short enough to be found in anything: they are believed only
// where a segment begins, with all that comes after them.
func (s *stream) plausible(b []byte, begins bool) bool {
	for range chainMax {
		h, ok, more := readHeader(b)
		if !ok || more || !h.strict() {
			return false
		}
		if h.kind() == typePublish {
			return s.plausiblePublish(h, b, begins)
		}
		if !begins || h.body > otherBytesMax || len(b) < h.total() || !s.c.checks(h, b[h.size:h.total()]) {
			return false
		}
		if b = b[h.total():]; len(b) == 0 {
			return true
		}
	}
	return true
}

func (s *stream) plausiblePublish(h header, b []byte, begins bool) bool {
	if len(b) < h.total() { // its topic has to do
		if !begins || len(b) < h.size+3 {
			return false
		}
		ok, more := publishHead(h, b)
		return ok && !more && (b[h.size] != 0 || b[h.size+1] != 0)
	}
	if !s.c.checks(h, b[h.size:h.total()]) {
		return false
	}
	rest := b[h.total():]
	if len(rest) == 0 {
		return true
	}
	after, ok, more := readHeader(rest)
	return ok && (more || after.strict())
}

// resume goes on with the packet at an offset of what was gathered: it puts that
// on top of what is to be done.
func (s *stream) resume(off int, todo []piece) []piece {
	s.c.lost(off)
	end := len(s.buf)
	for i := len(s.starts) - 1; i >= 0 && end > off; i-- {
		st := s.starts[i]
		from := max(off, st.off)
		todo = append(todo, piece{b: s.buf[from:end], at: st.at, begins: st.true && from == st.off})
		end = from
	}
	s.buf = nil // the pieces are in it
	s.release()
	s.seeking, s.bad, s.skip = false, 0, 0
	return todo
}

// end says that no more bytes will come.
func (s *stream) end() {
	s.force()
	if len(s.buf) == 0 {
		return
	}
	if s.seeking {
		s.c.lost(len(s.buf))
	} else {
		s.c.r.skipped(s.since, ErrLost)
	}
	s.buf = nil
}

// waits returns where what the stream still keeps has begun.
func (s *stream) waits() place {
	if len(s.buf) > 0 {
		return s.since
	}
	return place{}
}

// topic resolves the alias of a PUBLISH, and learns new ones.
func (s *stream) topic(p *publish) error {
	if p.alias == 0 {
		return nil
	}
	if p.Topic == "" {
		topic, ok := s.aliases[p.alias]
		if !ok {
			return fmt.Errorf("%w %d", ErrAlias, p.alias)
		}
		p.Topic = topic
		return nil
	}
	if s.aliases == nil {
		s.aliases = map[uint16]string{}
	}
	s.aliasBytes += len(p.Topic) - len(s.aliases[p.alias])
	s.aliases[p.alias] = p.Topic
	return nil
}
