package pcap

import (
	"container/list"
	"crypto/sha256"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Limits of the memory for copies. A copy that comes later is a message again.
const (
	copyWindow    = time.Minute
	copyCountMax  = 1 << 14
	copyClientMax = 1 << 17 // receivers, all messages taken together
)

// copies tells which messages were seen before. A message is known by topic and
// payload; how often each client got it tells a copy for the next subscriber
// from the same being said again.
type copies struct {
	known   map[[sha256.Size]byte]*list.Element
	recent  list.List // of *said, the one seen last at the back
	clients int
}

type said struct {
	key   [sha256.Size]byte
	wall  int64
	times int // it was kept
	to    []got
}

type got struct {
	conn  uint64
	times int
}

// seen takes note of a message, and reports whether it is a copy.
func (d *copies) seen(i *item, clock int64) bool {
	s := d.find(i, clock)
	resent := i.rec.Dup && i.rec.Kind == recorder.KindMessage
	if !i.delivered {
		if resent && s.times > 0 {
			return true
		}
		s.times++
		return false
	}
	g := s.client(i.c.id)
	if g == nil {
		s.to = append(s.to, got{conn: i.c.id})
		g = &s.to[len(s.to)-1]
		d.clients++
	}
	if resent && g.times > 0 {
		return true
	}
	if g.times++; g.times <= s.times {
		return true
	}
	s.times = g.times
	return false
}

func (s *said) client(id uint64) *got {
	for i := range s.to {
		if s.to[i].conn == id {
			return &s.to[i]
		}
	}
	return nil
}

func (d *copies) find(i *item, clock int64) *said {
	for e := d.recent.Front(); e != nil; e = d.recent.Front() {
		s := e.Value.(*said)
		if clock-s.wall <= int64(copyWindow) && len(d.known) < copyCountMax && d.clients < copyClientMax {
			break
		}
		d.recent.Remove(e)
		d.clients -= len(s.to)
		delete(d.known, s.key)
	}
	hash := sha256.New()
	state := byte(0)
	if i.rec.Kind == recorder.KindSnapshot {
		state = 1 // what was stored is not a copy of what was said
	}
	hash.Write([]byte{state, byte(len(i.rec.Topic) >> 8), byte(len(i.rec.Topic))})
	hash.Write([]byte(i.rec.Topic))
	hash.Write(i.rec.Payload)
	var key [sha256.Size]byte
	hash.Sum(key[:0])
	if e := d.known[key]; e != nil {
		s := e.Value.(*said)
		s.wall = clock
		d.recent.MoveToBack(e)
		return s
	}
	if d.known == nil {
		d.known = map[[sha256.Size]byte]*list.Element{}
	}
	s := &said{key: key, wall: clock}
	d.known[key] = d.recent.PushBack(s)
	return s
}
