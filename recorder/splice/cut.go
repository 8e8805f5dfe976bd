package splice

import (
	"math"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/retained"
)

// CutOptions say what [Cut] takes. The zero value is the whole tape.
type CutOptions struct {
	// From is the first offset that is taken; below 0 is 0.
	From time.Duration
	// Until is the last offset that is taken, that instant included; 0 or less:
	// up to the end of the tape.
	Until time.Duration
	// Topics are the topics that are taken. With an Include, records without a
	// topic are left out, but for gaps and clock jumps, which tell how the rest
	// is to be read. The filter of a subscribe record counts as its topic.
	Topics mqtt.Selection
	// KeepOffsets leaves the offsets as they are; else From becomes 0.
	KeepOffsets bool
	// NoState leaves out what was retained at From; else it stands at the head
	// of the new tape as snapshots, in topic order.
	NoState bool
	// Progress is called now and then with how many of the source's records have
	// been passed, and at the end. nil: nobody is told.
	Progress func(done, total uint64)
}

// CutStart returns the wall time of the new tape's offset 0, for
// [recorder.Options]; the zero Time where the source's is not known. Clock jumps
// in what is cut off do not count, as they do not on any tape.
func CutStart(src *recorder.Tape, o CutOptions) time.Time {
	switch {
	case !dated(src):
		return time.Time{}
	case o.KeepOffsets:
		return src.Start()
	}
	return src.Start().Add(max(o.From, 0))
}

// dated reports whether the wall time of a tape's start is known.
func dated(t *recorder.Tape) bool { return t.Start().UnixNano() != 0 }

// Cut copies a stretch of a tape. Sittings are counted from 0 again. A gap that
// overlaps an edge is kept as far as it is inside, also when it stands outside.
//
// The errors are those of [recorder.Query.Validate], the cursor's, and those of
// [recorder.Writer.Append]. Unless NoState is set the tape is read from its
// beginning.
func Cut(src *recorder.Tape, w *recorder.Writer, o CutOptions) (Result, error) {
	o.From = max(o.From, 0)
	c := cutter{src: src, w: w, o: o, until: o.Until, meter: newMeter(o.Progress, src)}
	if c.until <= 0 {
		c.until = math.MaxInt64
	}
	if !o.KeepOffsets {
		c.shift = o.From
	}
	if err := (recorder.Query{From: o.From, Until: o.Until, Topics: o.Topics}).Validate(); err != nil {
		return c.res, err
	}
	for _, step := range []func() error{c.state, c.before, c.within, c.after} {
		if err := step(); err != nil {
			return c.res, err
		}
	}
	c.meter.end()
	return c.res, nil
}

// cutter cuts one stretch.
type cutter struct {
	src   *recorder.Tape
	w     *recorder.Writer
	o     CutOptions
	until time.Duration // the last offset that is taken
	shift time.Duration // taken off every offset
	first uint32        // the sitting of the first record inside
	begun bool          // there was one
	meter meter
	res   Result
}

// earlier returns a cursor over what stands before the stretch, and a bit more:
// to a query an Until of 0 is the end of the tape.
func (c *cutter) earlier(kinds ...recorder.Kind) *recorder.Cursor {
	return c.src.Cursor(recorder.Query{Until: max(c.o.From-1, 1), Kinds: kinds, Transient: true})
}

// state writes what was retained right before the stretch.
func (c *cutter) state() error {
	if c.o.NoState || c.o.From == 0 {
		return nil
	}
	var s retained.State
	wall := wallClock{start: c.src}
	cur := c.earlier(append(recorder.MessageKinds(), recorder.KindClockJump)...)
	for cur.Next() && cur.Record().At < c.o.From {
		s.Apply(cur.Record())
		wall.see(cur.Record())
		c.meter.step()
	}
	if err := cur.Err(); err != nil {
		return err
	}
	for _, m := range s.Messages() {
		if !c.o.Topics.Has(m.Topic) {
			continue
		}
		r := recorder.Record{At: c.o.From, Wall: wall.at(c.o.From), Kind: recorder.KindSnapshot, Message: m}
		if err := c.write(&r); err != nil {
			return err
		}
		c.res.State++
	}
	return nil
}

// before writes the gaps that began before the stretch and reach into it.
func (c *cutter) before() error {
	if c.o.From == 0 {
		return nil
	}
	cur := c.earlier(recorder.KindGap)
	for cur.Next() && cur.Record().At < c.o.From {
		if _, until := cur.Record().Gap(); until > c.o.From {
			r := *cur.Record()
			c.clip(&r)
			r.Session = 0
			if err := c.write(&r); err != nil {
				return err
			}
		}
	}
	return cur.Err()
}

// within writes the stretch itself.
func (c *cutter) within() error {
	topics := recorder.Query{Topics: c.o.Topics}
	cur := c.src.Cursor(recorder.Query{From: c.o.From, Until: c.o.Until, Transient: true})
	for cur.Next() {
		c.meter.step()
		r := *cur.Record()
		switch r.Kind {
		case recorder.KindGap:
			c.clip(&r)
		case recorder.KindClockJump:
		default:
			if !topics.Matches(&r) {
				c.res.Dropped++
				continue
			}
		}
		if !c.begun {
			c.begun, c.first = true, r.Session
		}
		r.Session -= c.first
		if err := c.write(&r); err != nil {
			return err
		}
	}
	return cur.Err()
}

// after writes the gaps that are told behind the stretch and reach back into it.
func (c *cutter) after() error {
	if c.until == math.MaxInt64 {
		return nil
	}
	session, _ := c.w.End()
	cur := c.src.Cursor(recorder.Query{From: c.until + 1, Kinds: []recorder.Kind{recorder.KindGap}, Transient: true})
	for cur.Next() {
		if from, _ := cur.Record().Gap(); from < c.until {
			r := *cur.Record()
			c.clip(&r)
			r.Session = session
			if err := c.write(&r); err != nil {
				return err
			}
		}
	}
	return cur.Err()
}

// clip keeps of a gap what is inside of the stretch.
func (c *cutter) clip(r *recorder.Record) {
	at, until := c.inside(r.At), c.inside(r.Until)
	if at == r.At && until == r.Until {
		return
	}
	c.res.Gaps++
	if r.Wall != 0 {
		r.Wall += int64(at - r.At)
	}
	r.At, r.Until = at, until
}

func (c *cutter) inside(at time.Duration) time.Duration { return min(max(at, c.o.From), c.until) }

// write places a record on the new tape.
func (c *cutter) write(r *recorder.Record) error {
	r.At -= c.shift
	if r.Kind == recorder.KindGap {
		r.Until -= c.shift
	}
	if err := c.w.Append(*r); err != nil {
		return err
	}
	c.res.Records++
	return nil
}

// wallClock tells wall times of instants without a record.
type wallClock struct {
	start *recorder.Tape
	last  int64 // the latest wall time seen; 0: none
	seen  time.Duration
}

func (w *wallClock) see(r *recorder.Record) {
	if r.Wall != 0 {
		w.last, w.seen = r.Wall, r.At
	}
}

// at returns the wall time of an instant at or behind what was seen, 0 when it
// is not known.
func (w *wallClock) at(at time.Duration) int64 {
	switch {
	case w.last != 0:
		return w.last + int64(at-w.seen)
	case dated(w.start):
		return w.start.Start().UnixNano() + int64(at)
	}
	return 0
}
