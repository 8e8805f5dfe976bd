package pcap

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net/textproto"
	"strings"
)

// requestBytesMax is how long the head of an HTTP request or response may be.
const requestBytesMax = 16 << 10

const httpGet = "GET "

var headEnd = []byte("\r\n\r\n")

// upgrades reports whether a request, or the beginning of one, asks for MQTT in
// a WebSocket. more: its head is not whole.
func upgrades(b []byte) (ok, more bool) {
	n := min(len(b), len(httpGet))
	if string(b[:n]) != httpGet[:n] {
		return false, false
	}
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return len(b) < requestBytesMax, true
	}
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(b[:end+len(headEnd)])))
	if _, err := r.ReadLine(); err != nil {
		return false, false
	}
	head, err := r.ReadMIMEHeader()
	if err != nil || !strings.EqualFold(head.Get("Upgrade"), "websocket") {
		return false, false
	}
	for _, protocols := range head.Values("Sec-Websocket-Protocol") {
		for protocol := range strings.SplitSeq(protocols, ",") {
			if strings.HasPrefix(strings.ToLower(strings.TrimSpace(protocol)), "mqtt") { // also "mqttv3.1"
				return true, false
			}
		}
	}
	return false, false
}

// frames takes the frames of a WebSocket off (RFC 6455, 5.2). Without a frame's
// head what follows cannot be made out: then the rest of the stream is lost.
type frames struct {
	s       *stream
	http    bool   // in the head of the request or the response
	head    []byte // of that, or of a frame
	since   place  // where head began
	left    uint64 // bytes of the frame still to come
	data    bool   // they are MQTT's
	mask    [4]byte
	masked  bool
	at      int // how far in the frame; it says where the mask stands
	dead    bool
	scratch []byte
}

func (f *frames) take(b []byte, at place) {
	for len(b) > 0 {
		switch {
		case f.dead:
			f.s.c.lost(len(b))
			return
		case f.left > 0:
			n := int(min(f.left, uint64(len(b))))
			f.payload(b[:n], at)
			b = b[n:]
		default:
			if len(f.head) == 0 {
				f.since = at
			}
			f.head = append(f.head, b[0])
			b = b[1:]
			f.begin()
		}
	}
}

func (f *frames) payload(b []byte, at place) {
	f.left -= uint64(len(b))
	if f.data {
		if f.masked {
			f.scratch = append(f.scratch[:0], b...)
			b = f.scratch
			for i := range b {
				b[i] ^= f.mask[(f.at+i)&3]
			}
		}
		f.at += len(b)
		f.s.bytes(b, at)
	}
}

// begin looks whether the head is whole.
func (f *frames) begin() {
	if f.http {
		if bytes.HasSuffix(f.head, headEnd) {
			f.http, f.head = false, nil
		} else if len(f.head) > requestBytesMax {
			f.die("the head of a WebSocket's response does not end")
		}
		return
	}
	b := f.head
	if len(b) < 2 {
		return
	}
	size, length := 2, uint64(b[1]&0x7f)
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	f.masked = b[1]&0x80 != 0
	total := size
	if f.masked {
		total += 4
	}
	if len(b) < total {
		return
	}
	switch size {
	case 4:
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		length = binary.BigEndian.Uint64(b[2:])
	}
	copy(f.mask[:], b[size:])
	switch opcode := b[0] & 0x0f; {
	case b[0]&0x70 != 0:
		f.die("a WebSocket with an extension, as for compression, cannot be read")
	case length >= 1<<63:
		f.die("a WebSocket's frame has %d bytes", length)
	default:
		f.left, f.at, f.data = length, 0, opcode <= 2
	}
	f.head = f.head[:0]
}

func (f *frames) die(format string, args ...any) {
	f.dead = true
	f.s.c.r.skipped(f.since, fmt.Errorf("%w: "+format, append([]any{ErrPacket}, args...)...))
}

func (f *frames) lose(n int, _ place) {
	switch {
	case f.dead:
	case uint64(n) <= f.left:
		f.left -= uint64(n)
		f.at += n
		if f.data {
			f.s.hole(n)
		}
	default:
		f.die("the head of a WebSocket's frame is missing")
	}
}
