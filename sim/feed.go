package sim

import (
	"bytes"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim/match"
)

// Records gives the records of a tape in order; a *recorder.Cursor does.
type Records interface {
	Next() bool
	Record() *recorder.Record
	Err() error
}

// Feed says what of a tape is said in the world, and when.
type Feed struct {
	Records Records        // of messages and snapshots, from the tape's offset From on
	Select  mqtt.Selection // the topics that are fed; zero: all
	From    time.Duration  // the tape time that is the world's instant 0
	Length  time.Duration  // the tape time at which the tape ends
}

// feeder plays one tape.
type feeder struct {
	Feed
	w       *World
	session *broker.Session
	held    *recorder.Record // the first record after the snapshot, read while placing it
	current *recorder.Record // the one that is due next
	due     clock.Timer
	block   []byte // holds payloads, one behind the other
}

// Feed adds a tape. Its records enter the world at their own time, each after
// the one before it has settled; those of kind snapshot at its head, whatever
// their time, are placed in the retained store at instant 0. What cannot be
// published (a topic that is none, $SYS) is left out, with a warning. The cursor
// must not be Transient: what is said is kept for a while.
func (w *World) Feed(f Feed) error {
	if err := w.notStarted("feed a tape"); err != nil {
		return err
	}
	if err := f.Select.Validate(); err != nil {
		return fmt.Errorf("feed a tape: %w", err)
	}
	s, err := w.broker.Connect(broker.ConnectOptions{ClientID: fmt.Sprint("tape", suffix(len(w.feeds))), Source: match.Tape})
	if err != nil {
		return fmt.Errorf("feed a tape: %w", err)
	}
	w.feeds = append(w.feeds, &feeder{Feed: f, w: w, session: s})
	return nil
}

func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(" ", n+1)
}

// next returns the next record to feed, or nil at the end.
func (f *feeder) next() *recorder.Record {
	if r := f.held; r != nil {
		f.held = nil
		return r
	}
	for f.Records.Next() {
		r := f.Records.Record()
		if (r.Kind == recorder.KindMessage || r.Kind == recorder.KindSnapshot || r.Kind == recorder.KindWill) && f.Select.Has(r.Topic) {
			return r
		}
	}
	return nil
}

// placeSnapshot puts the retained state that the recorder found at its start
// into the broker: the snapshots at the head of the tape. They came a moment
// after its start, and stood in the hub before it.
func (f *feeder) placeSnapshot() error {
	for r := f.next(); r != nil; r = f.next() {
		if r.Kind != recorder.KindSnapshot {
			held := *r
			f.held = &held
			return nil
		}
		m := keep(r.Message)
		m.Retain = true
		if err := f.w.broker.SetRetained(m); err != nil {
			f.w.note("the tape's retained message on %q is left out: %v", r.Topic, err)
			continue
		}
		f.w.keepSnapshot(m.Topic, m.Payload)
	}
	return f.err()
}

func (f *feeder) err() error {
	if err := f.Records.Err(); err != nil {
		return fmt.Errorf("read the tape: %w", err)
	}
	return nil
}

// begin schedules the first record.
func (f *feeder) begin() {
	f.due = f.w.clock.NewEvent(clock.LaneTape, "tape", f.feed)
	f.schedule()
}

// schedule looks for the next record and lets it be fed at its instant, in the
// tape's lane.
func (f *feeder) schedule() {
	if f.current = f.next(); f.current != nil {
		f.due.Start(f.current.At - f.From)
		return
	}
	if err := f.err(); err != nil {
		f.w.fail(&Failure{Kind: "tape", At: f.w.Now(), Err: err, Message: err.Error()})
	}
}

// feed says the record that is due.
func (f *feeder) feed() {
	m := f.current.Message
	m.Dup = false // a broker sets it per delivery
	if m.Retain {
		m = keep(m)
	} else {
		m.Payload = f.own(m.Payload)
	}
	if err := f.session.Publish(m); err != nil {
		f.w.note("a message of the tape on %q is left out: %v", m.Topic, err)
	}
	f.schedule()
}

// blockBytes is how much room is made for payloads at a time.
const blockBytes = 32 << 10

// own copies a payload to where others stand that are said about the same time:
// what the world remembers of the last messages would keep a whole chunk of the
// tape for each, where few topics are fed.
func (f *feeder) own(payload []byte) []byte {
	if len(payload) > blockBytes/8 {
		return bytes.Clone(payload)
	}
	if len(payload) > cap(f.block)-len(f.block) {
		f.block = make([]byte, 0, blockBytes)
	}
	begin := len(f.block)
	f.block = append(f.block, payload...)
	return f.block[begin:len(f.block):len(f.block)]
}

// keep gives a message that the broker will retain a payload of its own: one of
// a tape's keeps its whole chunk in memory.
func keep(m mqtt.Message) mqtt.Message {
	m.Payload = bytes.Clone(m.Payload)
	return m
}

// tapeEnd is the instant at which the last tape ends; 0 without one.
func (w *World) tapeEnd() (end time.Duration) {
	for _, f := range w.feeds {
		end = max(end, f.Length-f.From)
	}
	return end
}
