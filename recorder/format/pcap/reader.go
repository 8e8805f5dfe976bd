package pcap

import (
	"bufio"
	"container/list"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// limits bound the memory of a reader.
type limits struct {
	conns int // connections that are followed
	bytes int // kept for them
	queue int // of records that wait for their turn
}

// The largest message of MQTT has 256 MiB, and fits.
var usualLimits = limits{conns: 1 << 14, bytes: 320 << 20, queue: 64 << 20}

// waitMax is for how long, in the capture's time, records wait for one that began
// before them.
const waitMax = 30 * time.Second

// Reader gives the MQTT messages of a capture as records. It is for one
// goroutine at a time.
type Reader struct {
	o      Options
	limits limits
	source source
	stats  Stats

	conns   map[endpoints]*conn
	recent  list.List // of *conn, the one heard of last at the back
	begun   uint64    // connections so far
	bytes   int       // that they weigh
	waiting waiting
	queue   queue
	copies  copies
	copier  mqtt.Copier

	first int64 // wall time of the first packet
	clock int64 // the latest wall time
	last  time.Duration
	err   error // why there are no more packets
}

// NewReader returns a reader of a capture. It reads nothing before the first
// Next, and does not close r.
func NewReader(r io.Reader, o Options) *Reader {
	if o.File == "" {
		o.File = "input"
	}
	return &Reader{
		o: o, limits: usualLimits, conns: map[endpoints]*conn{},
		source: source{in: bufio.NewReaderSize(r, 64<<10)},
	}
}

// Stats returns what was met so far.
func (r *Reader) Stats() Stats { return r.stats }

// Next fills rec with the next record: everything but Seq. At is the time since
// the first packet of the capture, and Wall the time of the packet with which
// the message began. The payload is the caller's to keep.
//
// At the end Next returns io.EOF; where the file is cut or damaged, after all
// records before that, a [*PacketError] that wraps [ErrTruncated] or
// [ErrDamaged]; for a file that is no capture one that wraps [ErrNotCapture].
// Other errors are the reader's. An error is final.
func (r *Reader) Next(rec *recorder.Record) error {
	for {
		for r.ready() {
			i := r.queue.pop()
			if r.o.Dedupe && i.rec.Kind.IsMessage() && r.copies.seen(&i, r.clock) {
				r.stats.Duplicates++
				continue
			}
			r.put(rec, &i)
			return nil
		}
		if r.err != nil {
			return r.err
		}
		f, err := r.source.next()
		if err != nil {
			r.end(err)
			continue
		}
		r.frame(&f)
	}
}

// ready reports whether nothing can come before the first record in line, or it
// cannot be waited for.
func (r *Reader) ready() bool {
	switch {
	case len(r.queue.items) == 0:
		return false
	case len(r.waiting) == 0 || r.queue.bytes > r.limits.queue:
		return true
	}
	return r.queue.items[0].at.packet < r.waiting[0].since.packet
}

func (r *Reader) put(rec *recorder.Record, i *item) {
	*rec = i.rec
	rec.Wall = i.at.wall
	if i.delivered {
		rec.Text = "to " + i.c.called()
	} else {
		rec.Client = i.c.called()
	}
	at := time.Duration(i.at.wall - r.first)
	if at < r.last {
		r.stats.Held++
		at = r.last
	}
	rec.At, r.last = at, at
	r.stats.Records++
}

// frame uses a captured packet.
func (r *Reader) frame(f *frame) {
	if f.at.packet == 1 {
		r.first = f.at.wall
		r.clock = f.at.wall
	}
	r.clock = max(r.clock, f.at.wall)
	if !readable(f.link) {
		r.skipped(f.at, fmt.Errorf("%w: its link type is %d", ErrNotCapture, f.link))
		return
	}
	var s segment
	isTCP, isFragment := f.decode(&s)
	if isFragment {
		r.stats.Fragments++
	}
	if isTCP && r.o.wants(s.from.Port(), s.to.Port()) {
		if s.missing > 0 {
			r.stats.CutShort++
		}
		r.segment(&s)
	}
	r.hurry()
}

func (r *Reader) segment(s *segment) {
	ends, side := endpointsOf(s)
	c := r.conns[ends]
	switch {
	case c != nil && c.reopens(s, side):
		c.flush()
		c.end(s.at, "connection lost", true)
		r.forget(c)
		c = nil
	case c != nil && c.state == closed:
		return // late
	}
	if c == nil {
		if s.rst || (len(s.data) == 0 && !s.syn) {
			return // it may be the last of a connection, and tells nothing
		}
		r.begun++
		c = newConn(r, r.begun, ends)
		r.conns[ends] = c
		c.recent = r.recent.PushBack(c)
	}
	r.recent.MoveToBack(c.recent)
	c.segment(s, side)
	r.weigh(c)
	for len(r.conns) > r.limits.conns || r.bytes > r.limits.bytes {
		oldest := r.recent.Front().Value.(*conn)
		if oldest.state != closed {
			r.skipped(s.at, fmt.Errorf("%w: the connection %v - %v is followed no longer", ErrLimit, oldest.ends.low, oldest.ends.high))
		}
		r.forget(oldest)
	}
}

// weigh counts what a connection keeps, and whom it holds back.
func (r *Reader) weigh(c *conn) {
	weight := c.weigh()
	r.bytes += weight - c.weight
	c.weight = weight
	since := c.waits()
	if since.packet <= c.passed {
		since = place{}
	}
	r.waiting.put(c, since)
}

// forget ends a connection for which there is no more room.
func (r *Reader) forget(c *conn) {
	c.close()
	r.waiting.put(c, place{})
	r.bytes -= c.weight
	r.recent.Remove(c.recent)
	delete(r.conns, c.ends)
}

// hurry sees to the connection that holds the others back.
func (r *Reader) hurry() {
	for len(r.waiting) > 0 {
		c := r.waiting[0]
		since := c.since
		overdue := r.clock-since.wall > int64(waitMax)
		for i := range c.halves {
			c.halves[i].check(r.clock)
		}
		c.finish()
		if overdue {
			c.hurry()
		}
		r.weigh(c)
		if len(r.waiting) > 0 && r.waiting[0] == c && c.since == since {
			return
		}
	}
}

// end uses what is left when no more packets come.
func (r *Reader) end(err error) {
	switch {
	case errors.Is(err, io.EOF):
		r.err = io.EOF
	case errors.Is(err, ErrNotCapture), errors.Is(err, ErrTruncated), errors.Is(err, ErrDamaged):
		r.err = &PacketError{File: r.o.File, Packet: r.source.packet, Err: err}
		if r.o.Lenient && !errors.Is(err, ErrNotCapture) {
			r.skip(r.err)
			r.err = io.EOF
		}
	default:
		r.err = fmt.Errorf("%s: %w", r.o.File, err)
	}
	for e := r.recent.Front(); e != nil; e = r.recent.Front() {
		r.forget(e.Value.(*conn))
	}
}

func (r *Reader) skipped(at place, err error) {
	r.skip(&PacketError{File: r.o.File, Packet: at.packet, Err: err})
}

func (r *Reader) skip(err error) {
	if r.stats.Skipped++; r.stats.FirstSkipped == nil {
		r.stats.FirstSkipped = err
	}
}
