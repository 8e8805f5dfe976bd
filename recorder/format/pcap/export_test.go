package pcap

import (
	"errors"

	"github.com/gopacket/gopacket"
)

// WithLimits returns the reader with other limits of its memory.
func (r *Reader) WithLimits(conns, bytes, queue int) *Reader {
	r.limits = limits{conns: conns, bytes: bytes, queue: queue}
	return r
}

// Memory returns what is kept now.
func (r *Reader) Memory() (conns, bytes, queue int) {
	return len(r.conns), r.bytes, r.queue.bytes
}

// Copies returns how many messages and receivers are kept to tell copies.
func (r *Reader) Copies() (messages, receivers int) { return len(r.copies.known), r.copies.clients }

// Idle returns what should be nothing when a capture has been read.
func (r *Reader) Idle() (left int) {
	return len(r.conns) + r.bytes + len(r.queue.items) + r.queue.bytes + len(r.waiting) + r.recent.Len()
}

// PanicAt makes the reading of a packet panic, as the library does not on
// any file that is known.
func (r *Reader) PanicAt(packet int64) error {
	if r.source.read == nil {
		if err := r.source.open(); err != nil {
			return err
		}
	}
	read := r.source.read
	r.source.read = func() ([]byte, gopacket.CaptureInfo, error) {
		if r.source.packet+1 == packet {
			panic(errors.New("out of range"))
		}
		return read()
	}
	return nil
}
