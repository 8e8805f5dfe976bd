package pcap

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// The first bytes of captures, as a big-endian number.
const (
	magicMicro       = 0xa1b2c3d4
	magicMicroLittle = 0xd4c3b2a1
	magicNano        = 0xa1b23c4d
	magicNanoLittle  = 0x4d3cb2a1
	magicNG          = 0x0a0d0d0a
)

// Matches reports whether a file that begins with these bytes is a capture that
// a [Reader] can read.
func Matches(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch binary.BigEndian.Uint32(head) {
	case magicMicro, magicMicroLittle, magicNano, magicNanoLittle:
		return true
	case magicNG:
		// The type of a section header reads the same in both directions; the
		// order of bytes follows, after a length.
		return len(head) >= 12 && (bytes.Equal(head[8:12], []byte{0x1a, 0x2b, 0x3c, 0x4d}) ||
			bytes.Equal(head[8:12], []byte{0x4d, 0x3c, 0x2b, 0x1a}))
	}
	return false
}

// snapMin is the shortest snap length that is believed. Some programs write a
// shorter one than they use, or 0.
const snapMin = 256 << 10

// place is where in a capture something stands.
type place struct {
	packet int64 // from 1; 0 is nowhere
	wall   int64 // ns since 1970
}

// later returns the one that is further on in the capture.
func later(a, b place) place {
	if b.packet > a.packet {
		return b
	}
	return a
}

// source gives the packets of a capture.
type source struct {
	in     *bufio.Reader
	packet int64 // number of the packet read last
	link   layers.LinkType
	read   func() ([]byte, gopacket.CaptureInfo, error)
	mixed  bool // each packet says its link type
}

// open reads the head of the file.
func (s *source) open() error {
	head, err := s.in.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !Matches(head) {
		return fmt.Errorf("%w: it begins with %q and not as pcap or pcapng", ErrNotCapture, head[:min(4, len(head))])
	}
	if binary.BigEndian.Uint32(head) == magicNG {
		r, err := pcapgo.NewNgReader(s.in, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return s.broken(err)
		}
		s.read, s.mixed = r.ZeroCopyReadPacketData, true
		return nil
	}
	r, err := pcapgo.NewReader(s.in)
	if err != nil {
		return s.broken(err)
	}
	r.SetSnaplen(max(r.Snaplen(), snapMin))
	s.link = r.LinkType() & 0xffff // above are flags and the length of a checksum
	if !readable(s.link) {
		return fmt.Errorf("%w: its link type is %d; capture on the interface of the broker, or on any", ErrNotCapture, s.link)
	}
	s.read = r.ZeroCopyReadPacketData
	return nil
}

// next returns the next packet, valid until the one after it; io.EOF where the
// file ends as it should.
func (s *source) next() (frame, error) {
	if s.read == nil {
		if err := s.open(); err != nil {
			return frame{}, err
		}
	}
	if _, err := s.in.Peek(1); err != nil { // at a boundary this is the end, further on it is a cut
		return frame{}, err
	}
	data, info, err := s.readSafely()
	if err != nil {
		if s.mixed && errors.Is(err, io.EOF) {
			return frame{}, io.EOF // blocks without packets stood at the end
		}
		s.packet++
		return frame{}, s.broken(err)
	}
	s.packet++
	f := frame{data: data, link: s.link, at: place{packet: s.packet, wall: nanoseconds(info.Timestamp)}}
	f.missing = max(0, info.Length-info.CaptureLength)
	if s.mixed {
		f.link, _ = info.AncillaryData[0].(layers.LinkType)
	}
	return f, nil
}

// readSafely makes an error of a panic: what the file says is not ours.
func (s *source) readSafely() (data []byte, info gopacket.CaptureInfo, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return s.read()
}

// broken tells a cut from damage, and both from a reader that fails.
func (s *source) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	if _, perr := s.in.Peek(1); perr != nil && !errors.Is(perr, io.EOF) {
		return perr
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// nanoseconds is UnixNano for times of which all differences fit too, else 0: a
// file may claim any.
func nanoseconds(t time.Time) int64 {
	if y := t.Year(); y < 1970 || y > 2261 {
		return 0
	}
	return t.UnixNano()
}
