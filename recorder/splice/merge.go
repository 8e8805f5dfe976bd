package splice

import (
	"container/heap"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// ErrFar is returned by [Merge] when the sources lie further apart than a tape
// is long at most, 292 years. The start of one of them is wrong.
var ErrFar = errors.New("tapes lie too far apart")

// Source is a tape that goes into another one.
type Source struct {
	Tape *recorder.Tape
	// Prefix is put before every topic, for hubs that use the same ones; its
	// first level or levels also stand before the reason of each gap.
	Prefix string
	// Shift moves the tape later, and its wall times with it, for a clock that
	// was wrong; below 0: earlier.
	Shift time.Duration
}

// MergeOptions say how to merge. The zero value is ready to use.
type MergeOptions struct {
	// Progress is called now and then with how many records of all sources have
	// been passed, and at the end. nil: nobody is told.
	Progress func(done, total uint64)
}

// MergeStart returns the wall time of the merged tape's offset 0, for
// [recorder.Options]: that of the source that begins first; the zero Time when
// the wall time of one of them is not known.
func MergeStart(srcs []Source) time.Time {
	if ns, known := earliest(chainsOf(srcs)); known {
		return time.Unix(0, int64(ns)).UTC()
	}
	return time.Time{}
}

// Merge makes one tape of several: by wall time, each tape's start and the
// offset from there, when the start of all is known, else by the offsets alone.
// Records of one instant stand in the order of the sources, and those of one
// source keep theirs, however its clock jumped.
//
// A gap stands where it began, when nothing else was said before it ended, else
// where it ended: see [recorder.Record.Gap].
//
// The parts of one recording, known by the labels "recording" and "part", are
// put together again where one follows the other, in whatever order they are
// given: what a part repeats at its head, its leading snapshots, is left out,
// and so is the note that the recording goes on in the next part; a gap that
// was cut in two is one again, and sittings go on. Part follows part by the
// monotonic clock, as far as it can be told: jumps of the clock in a part are
// taken off the start of the next. A part that would begin before the one before
// it has ended begins then; see [Result.Held].
//
// Every other source is a sitting of its own, or several: the sitting of a
// record is how many, in all sources together, have begun before it.
//
// The errors are ErrFar, mqtt.ErrTopic for a Prefix that no topic can begin
// with, the cursors', and those of [recorder.Writer.Append].
func Merge(w *recorder.Writer, srcs []Source, o MergeOptions) (Result, error) {
	m := merger{w: w}
	tapes := make([]*recorder.Tape, len(srcs))
	for i, s := range srcs {
		if s.Prefix != "" {
			if err := mqtt.ValidateTopic(s.Prefix); err != nil {
				return m.res, fmt.Errorf("prefix of %s: %w", s.Tape.Path(), err)
			}
		}
		tapes[i] = s.Tape
	}
	m.meter = newMeter(o.Progress, tapes...)
	chains := chainsOf(srcs)
	if err := place(chains); err != nil {
		return m.res, err
	}
	m.alone = len(chains) == 1
	if err := m.run(chains); err != nil {
		return m.res, err
	}
	m.meter.end()
	return m.res, nil
}

// merger writes the records of chains in the order of time.
type merger struct {
	w     *recorder.Writer
	alone bool // there is one chain
	next  chainHeap
	gaps  waitingGaps
	last  time.Duration // the latest offset written

	sittings uint64 // begun so far, but one
	begun    bool
	meter    meter
	res      Result
}

func (m *merger) run(chains []*chain) error {
	for _, c := range chains {
		if err := m.advance(c); err != nil {
			return err
		}
		if c.more {
			m.next = append(m.next, c)
		}
	}
	heap.Init(&m.next)
	for len(m.next) > 0 {
		c := m.next[0]
		if err := m.writeGaps(c.rec.At); err != nil {
			return err
		}
		if err := m.take(c); err != nil {
			return err
		}
		if err := m.advance(c); err != nil {
			return err
		}
		if c.more {
			heap.Fix(&m.next, 0)
		} else {
			heap.Pop(&m.next)
		}
	}
	return m.writeGaps(math.MaxInt64)
}

// advance goes to the next record of a chain that is kept.
func (m *merger) advance(c *chain) error {
	for {
		kept, err := c.next(&m.meter)
		if err != nil || kept || !c.more {
			return err
		}
		m.res.Dropped++
	}
}

// take writes the record that a chain stands at, or lets it wait.
func (m *merger) take(c *chain) error {
	m.countSittings(c)
	if c.held {
		m.res.Held++
	}
	r := &c.rec
	if r.Kind != recorder.KindGap || m.alone && c.join == nil {
		return m.write(r)
	}
	g := gapOf(r)
	if c.join != nil {
		g.from, g.until = c.join.from, c.join.until
		m.res.Gaps++
	} else if m.gaps.full() {
		return m.write(r) // where its source has it
	}
	m.gaps.add(g)
	return nil
}

// countSittings counts those that begin with the record that a chain stands at.
func (m *merger) countSittings(c *chain) {
	switch {
	case c.begun:
	case m.begun:
		m.sittings++
	default:
		m.begun = true
	}
	m.sittings += c.sitting - c.counted
	c.begun, c.counted = true, c.sitting
}

// writeGaps writes those that have ended by then.
func (m *merger) writeGaps(by time.Duration) error {
	for {
		g, ok := m.gaps.take(by)
		if !ok {
			return nil
		}
		r := g.record(m.last)
		if err := m.write(&r); err != nil {
			return err
		}
	}
}

func (m *merger) write(r *recorder.Record) error {
	r.Session = uint32(min(m.sittings, math.MaxUint32))
	if err := m.w.Append(*r); err != nil {
		return err
	}
	m.last = r.At
	m.res.Records++
	return nil
}

// chainHeap has the chain whose record is due on top.
type chainHeap []*chain

func (h chainHeap) Len() int { return len(h) }

func (h chainHeap) Less(i, j int) bool {
	if h[i].rec.At != h[j].rec.At {
		return h[i].rec.At < h[j].rec.At
	}
	return h[i].order < h[j].order
}

func (h chainHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for the interface: nothing is added once the merge runs.
func (h *chainHeap) Push(c any) { *h = append(*h, c.(*chain)) }

// Pop takes away the last.
func (h *chainHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
