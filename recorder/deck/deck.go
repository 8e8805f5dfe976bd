package deck

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Deck writes what sources put.
type Deck struct {
	o       Options
	q       *queue
	sources []*Source
	watch   watch

	// The rest belongs to the writer.
	part   part
	forgot bool // older parts were looked at since the start
	head   head
	time   timeline
}

// Open makes the tape, or its first part, or takes it up with Append. The errors
// are those of recorder.Create and recorder.Resume, and ErrOptions.
func Open(o Options) (*Deck, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if o.Date.IsZero() {
		o.Date = now
	}
	d := &Deck{o: o, q: newQueue(o.QueueBytes)}
	d.time = timeline{began: now, date: o.Date, scale: time.Duration(o.TimeScale)}
	if err := d.firstPart(); err != nil {
		return nil, err
	}
	d.watch.begin(d, now)
	return d, nil
}

// Path returns the path of the tape, or of the part, that is being written. It
// may be called from any goroutine.
func (d *Deck) Path() string { return d.watch.path() }

// Run writes what the sources put, until ctx ends, which is no error, or the
// disk fails. Everything that was put before ctx ended is on the tape when it
// returns, and flushed. It may be called once.
func (d *Deck) Run(ctx context.Context) error {
	defer d.q.close()
	if err := d.keepTime(ctx); err != nil {
		return err
	}
	d.q.unbound()
	err := d.finish()
	d.watch.publish(d)
	return err
}

// Close ends the tape and lets it go. After an error of Run what was flushed
// before it is safe.
func (d *Deck) Close() error {
	d.q.close()
	return d.part.w.Close()
}

// Discard deletes the tape that was opened, when nothing came of a recording.
// It leaves alone a tape that was there before.
func (d *Deck) Discard() error {
	d.q.close()
	return d.part.discard()
}

// keepTime writes what is queued, and makes it safe now and then.
func (d *Deck) keepTime(ctx context.Context) error {
	flush, sync := time.NewTicker(d.o.FlushEvery), time.NewTicker(d.o.SyncEvery)
	defer flush.Stop()
	defer sync.Stop()
	d.head.begin(d.sources)
	d.watch.publish(d)
	var spare []entry
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-d.q.ready:
			spare = d.q.take(spare)
			err = d.writeAll(spare)
			clear(spare)
		case now := <-flush.C:
			err = d.flush(now)
		case <-sync.C:
			err = d.part.w.Sync()
		}
		if err != nil {
			return err
		}
		d.watch.publish(d)
	}
}

func (d *Deck) flush(now time.Time) error {
	if d.head.late(now) {
		if err := d.release(); err != nil {
			return err
		}
	}
	if err := d.part.w.Flush(); err != nil {
		return err
	}
	if err := d.part.isThere(); err != nil {
		return err
	}
	if d.part.due(d.o, now) {
		return d.nextPart(now)
	}
	if d.part.number > 0 && !d.forgot && d.part.w.Stats().Messages > 0 { // one that may be discarded takes nobody's place
		return d.forget()
	}
	return nil
}

// finish writes what is left, and how the recording ended: gaps that are still
// open, and when the recorder stopped to listen.
func (d *Deck) finish() error {
	if err := d.writeAll(d.q.take(nil)); err != nil {
		return err
	}
	if err := d.release(); err != nil {
		return err
	}
	now := time.Now()
	for _, e := range d.q.drops(d.sources, now) {
		if err := d.write(&e); err != nil {
			return err
		}
	}
	if err := d.endGaps(now); err != nil {
		return err
	}
	if !d.part.silent || d.heard() {
		if err := d.note(now, "the recording ended"); err != nil {
			return err
		}
	}
	return d.part.w.Sync()
}

// heard reports whether a hub can be heard.
func (d *Deck) heard() bool {
	return slices.ContainsFunc(d.sources, func(s *Source) bool { return s.up })
}

// note writes a remark.
func (d *Deck) note(now time.Time, text string) error {
	return d.append(now, recorder.Record{Kind: recorder.KindNote, Text: text})
}

// writeAll writes entries, or holds them until the head of the part is written.
func (d *Deck) writeAll(entries []entry) error {
	for i := range entries {
		e := &entries[i]
		if d.head.holds(e) {
			if d.head.full() {
				if err := d.release(); err != nil {
					return err
				}
			}
			continue
		}
		if err := d.write(e); err != nil {
			return err
		}
		if d.head.complete() {
			if err := d.release(); err != nil {
				return err
			}
		}
	}
	return nil
}

// release writes what waited for the head of the part.
func (d *Deck) release() error {
	for _, e := range d.head.end() {
		if err := d.write(&e); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deck) write(e *entry) error {
	switch e.kind {
	case entryLost:
		from := d.time.offset(e.at)
		if !e.since.IsZero() {
			from = min(from, max(d.time.since(e.since), e.src.last))
		}
		e.src.lost(from, e.text)
	case entryHeard:
		e.src.up = true
		return d.endGap(e.src, e.at)
	case entryDropped:
		d.o.Log.Warn("messages were dropped: the disk does not keep up", "hub", e.src.Name, "messages", e.dropped)
		return d.gap(d.time.since(e.since), e.at, e.src.says(fmt.Sprintf("%d records were dropped: the disk did not keep up", e.dropped)))
	case entryRecord:
		if err := d.endGap(e.src, e.at); err != nil {
			return err
		}
		r := e.rec
		if r.Topic != "" {
			r.Topic = e.src.Prefix + r.Topic
		}
		err := d.append(e.at, r)
		e.src.last = d.time.last
		return err
	}
	return nil
}

// append places a record in time, redacts it, and writes it.
func (d *Deck) append(now time.Time, r recorder.Record) error {
	r.At = d.time.offset(now)
	if jump, jumped := d.time.jump(now, r.At); jumped {
		if err := d.put(jump); err != nil {
			return err
		}
	}
	return d.put(r)
}

// put writes a record that has its offset.
func (d *Deck) put(r recorder.Record) error {
	if err := d.breakSilence(); err != nil {
		return err
	}
	r.Session, r.Wall = d.part.session, d.time.wall(r.At)
	d.time.last = r.At
	if d.o.Redact != nil {
		d.o.Redact(&r)
	}
	if err := d.part.w.Append(r); err != nil {
		return err
	}
	d.watch.count(&r)
	return nil
}
