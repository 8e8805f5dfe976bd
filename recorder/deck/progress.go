package deck

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Progress is how far a recording is, over all its parts.
type Progress struct {
	Elapsed   time.Duration // since the deck was opened, on the hub's clock
	Messages  uint64
	Bytes     uint64 // of payloads
	Topics    int    // of this part
	Gaps      uint64 // those that have ended
	Dropped   uint64 // records that found no room
	TapeBytes int64  // about what all parts take on the disk
	LogBytes  int64  // written to side logs
	Queued    int    // bytes that wait to be written
	QueuePeak int    // the most that ever waited
	Part      int    // number of the part; 0: there are no parts
	Path      string // of the tape that is being written
	Sources   []SourceProgress
}

// SourceProgress says how a source is.
type SourceProgress struct {
	Name      string
	Connected bool   // it can be heard now
	Reason    string // why it was lost last
	Dropped   uint64
}

// TopicProgress says what a topic said last.
type TopicProgress struct {
	Topic    string
	Messages uint64
	Last     []byte // of the last payload, at most 256 bytes, redacted
	Size     int    // of the whole payload
	At       time.Duration
}

// How much is remembered of topics.
const (
	topicsWatched = 10_000
	lastBytes     = 256
)

type topicStat struct {
	TopicProgress
	recent float64 // messages lately: halved with every look
}

// watch is where the writer leaves numbers for other goroutines.
type watch struct {
	mu     sync.Mutex
	began  time.Time
	scale  time.Duration
	past   recorder.WriterStats // of the parts before
	now    Progress
	topics map[string]*topicStat // nil: nobody looks
}

func (w *watch) begin(d *Deck, now time.Time) {
	w.began, w.scale = now, time.Duration(d.o.TimeScale)
	if d.o.WatchTopics {
		w.topics = make(map[string]*topicStat)
	}
	w.publish(d)
}

func (w *watch) path() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now.Path
}

// newPart adds up what a part that has ended had.
func (w *watch) newPart(s recorder.WriterStats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.past.Messages += s.Messages
	w.past.Bytes += s.Bytes
	w.past.Gaps += s.Gaps
	w.past.LogBytes += s.LogBytes
	w.past.SealedBytes += s.SealedBytes
}

// count notes what a topic said.
func (w *watch) count(r *recorder.Record) {
	if w.topics == nil || !r.Kind.IsMessage() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.topics[r.Topic]
	if t == nil {
		if len(w.topics) >= topicsWatched {
			return
		}
		t = &topicStat{TopicProgress: TopicProgress{Topic: r.Topic}}
		w.topics[r.Topic] = t
	}
	t.Messages++
	t.recent++
	t.Last = append(t.Last[:0], r.Payload[:min(len(r.Payload), lastBytes)]...)
	t.Size, t.At = len(r.Payload), r.At
}

// publish leaves the numbers of the writer.
func (w *watch) publish(d *Deck) {
	s := d.part.w.Stats()
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.now
	p.Messages, p.Bytes, p.Gaps = w.past.Messages+s.Messages, w.past.Bytes+s.Bytes, w.past.Gaps+s.Gaps
	p.Topics, p.LogBytes = s.Topics, w.past.LogBytes+s.LogBytes
	p.TapeBytes = w.past.SealedBytes + s.SealedBytes + d.part.w.UnsealedBytes()
	p.Part, p.Path = d.part.number, d.part.w.Path()
	p.Sources = p.Sources[:0]
	for _, src := range d.sources {
		p.Sources = append(p.Sources, SourceProgress{Name: src.Name, Connected: src.up, Reason: src.reason})
	}
}

// Progress returns how far the recording is. It may be called from any
// goroutine.
func (d *Deck) Progress() Progress {
	w := &d.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.now
	p.Sources = slices.Clone(p.Sources)
	for i, src := range d.sources {
		dropped := d.q.droppedBy(src)
		if p.Dropped += dropped; i < len(p.Sources) {
			p.Sources[i].Dropped = dropped
		}
	}
	p.Queued, p.QueuePeak = d.q.fill()
	p.Elapsed = time.Since(w.began) * w.scale
	return p
}

// Busiest returns the n topics with the most messages lately, the most
// talkative one first; none without Options.WatchTopics. What "lately" is
// depends on how often it is called: with each call the past counts half. So it
// is for one caller.
func (d *Deck) Busiest(n int) []TopicProgress {
	w := &d.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*topicStat, 0, len(w.topics))
	for _, t := range w.topics {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *topicStat) int {
		return cmp.Or(cmp.Compare(b.recent, a.recent), cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Topic, b.Topic))
	})
	out := make([]TopicProgress, 0, min(n, len(all)))
	for i, t := range all {
		if i < n {
			out = append(out, t.TopicProgress)
			out[i].Last = slices.Clone(t.Last)
		}
		t.recent /= 2
	}
	return out
}
