package deck

import (
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// SourceOptions say who a source is. The zero value is the only hub of a tape.
type SourceOptions struct {
	// Name stands in the reasons of gaps, and in Progress.
	Name string
	// Prefix is put before every topic, for hubs that use the same ones.
	Prefix string
	// Head is called on the writing goroutine when another part has begun: the
	// source is to put what its hub has retained now, as records of
	// recorder.KindSnapshot, and then to call HeadDone. It must not wait. nil:
	// the source has no such state.
	Head func()
}

// Source is one of the hubs whose words go on a tape. Its methods may be called
// from any goroutine; what one goroutine puts keeps its order.
type Source struct {
	SourceOptions
	d *Deck

	// The queue's lock guards these.
	dropped      uint64 // that the tape was not told of yet
	droppedSince time.Time
	droppedTotal uint64

	// The rest belongs to the writer.
	last   time.Duration // of its latest record on this part
	up     bool          // it was heard, and not lost since
	down   bool          // it was lost
	since  time.Duration
	reason string
}

// Source adds a hub. All sources are added before Run.
func (d *Deck) Source(o SourceOptions) *Source {
	s := &Source{SourceOptions: o, d: d}
	d.sources = append(d.sources, s)
	return s
}

// Put adds a record: its Kind, Client, Message, Text and Until; where it stands
// and when it happened is told by the deck. While the queue is full it waits,
// for messages whose sender can be made to wait. The payload must not be changed
// any more.
func (s *Source) Put(r recorder.Record) { s.d.q.put(entry{src: s, rec: r}, true) }

// Offer is Put for what must not wait: when the queue is full the record is
// dropped, counted, and missed on the tape by a gap record.
func (s *Source) Offer(r recorder.Record) { s.d.q.put(entry{src: s, rec: r}, false) }

// Lost says that the hub cannot be heard from now on. A gap begins, unless it
// has begun already.
func (s *Source) Lost(reason string) { s.d.q.put(entry{src: s, kind: entryLost, text: reason}, true) }

// LostSince is Lost for a hub of which it shows only now that nothing has come
// from it since then; the gap begins there, or at its last record.
func (s *Source) LostSince(since time.Time, reason string) {
	s.d.q.put(entry{src: s, kind: entryLost, text: reason, since: since}, true)
}

// Heard says that the hub can be heard, for the first time or again, which ends
// a gap. A record ends one too.
func (s *Source) Heard() { s.d.q.put(entry{src: s, kind: entryHeard}, true) }

// HeadDone says that what the hub had retained has been put, at the start or
// after Head. Until then, for at most two seconds, other records wait, so that
// the retained state stands at the head of each part.
func (s *Source) HeadDone() { s.d.q.put(entry{src: s, kind: entryHeadDone}, true) }

// drop counts a record that found no room.
func (s *Source) drop() {
	if s.dropped == 0 {
		s.droppedSince = time.Now()
	}
	s.dropped++
	s.droppedTotal++
}

// tellDropped is the entry that says what was dropped before now.
func (s *Source) tellDropped(now time.Time) entry {
	e := entry{kind: entryDropped, src: s, at: now, dropped: s.dropped, since: s.droppedSince}
	s.dropped = 0
	return e
}
