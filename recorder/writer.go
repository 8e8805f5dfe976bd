package recorder

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// Writer writes a tape. It has no goroutine and no timer: whoever appends also
// calls Flush and Sync as often as records are to be safe. It is for one
// goroutine at a time.
//
// After an error of the disk every method but Close returns that error. What
// was flushed before it is safe.
type Writer struct {
	path  string
	o     Options
	id    tapeID
	start int64 // ns since 1970 UTC

	db  *bolt.DB
	log *sideLog
	z   *zstd.Encoder

	cur     *chunk
	pending []*chunk // full, not committed
	free    []*chunk // to be used again
	unsaved int      // raw bytes in neither the log nor the tape

	head      tapeHead // as committed
	seq       uint64   // of the next record
	lastAt    time.Duration
	session   uint32
	topics    map[string]uint32 // all of the tape
	newTopics []string          // those that are not committed

	stats WriterStats
	err   error
}

// WriterStats says what a Writer has done.
type WriterStats struct {
	Records  uint64
	Messages uint64
	Bytes    uint64 // of payloads
	Topics   int
	Gaps     uint64
	LogBytes int64 // written to the side log so far
	// SealedBytes is what the sealed chunks take, compressed: the size of the
	// tape but for its index and topics.
	SealedBytes int64
	Commits     uint64
}

// Path returns the path of the tape.
func (w *Writer) Path() string { return w.path }

// Stats returns what was written so far. It costs nothing.
func (w *Writer) Stats() WriterStats {
	s := w.stats
	s.Topics, s.LogBytes = len(w.topics), w.log.total
	return s
}

// Append adds a record; its Seq is ignored and given by the Writer. At and
// Session must not be below those of the record before (ErrTimeBack). The
// payload is copied. The record is in memory until the next Flush.
func (w *Writer) Append(r Record) error {
	if w.err != nil {
		return w.err
	}
	if err := w.check(&r); err != nil {
		return fmt.Errorf("%s: record %d: %w", w.path, w.seq, err)
	}
	if r.Session != w.session && w.cur.records > 0 {
		if err := w.closeChunk(); err != nil {
			return err
		}
	}
	w.setSession(r.Session)
	before := len(w.cur.enc.raw)
	w.add(&r)
	w.unsaved += len(w.cur.enc.raw) - before
	w.count(&r)
	if w.cur.full(w.o.ChunkRecords, w.o.ChunkBytes) {
		return w.closeChunk()
	}
	return nil
}

// setSession begins a sitting; the current chunk is empty where it is another.
func (w *Writer) setSession(session uint32) {
	if w.session != session {
		w.session, w.cur.session = session, session
	}
}

// add puts a record into the current chunk.
func (w *Writer) add(r *Record) {
	if n, isNew := w.cur.append(r); isNew {
		w.cur.topics[n] = w.topicID(r.Topic)
	}
	w.seq++
	w.lastAt = r.At
}

func (w *Writer) check(r *Record) error {
	switch {
	case !r.Kind.Valid():
		return fmt.Errorf("%w: it has the %v", ErrRecord, r.Kind)
	case r.QoS > 2:
		return fmt.Errorf("%w: it has the QoS %d", ErrRecord, r.QoS)
	case r.At < 0:
		return fmt.Errorf("%w: it is at %v, before the tape's start", ErrRecord, r.At)
	case r.At < w.lastAt:
		return fmt.Errorf("%w: from %v to %v", ErrTimeBack, w.lastAt, r.At)
	case r.Session < w.session:
		return fmt.Errorf("%w: from sitting %d to %d", ErrTimeBack, w.session, r.Session)
	case len(r.Payload) > payloadMax || len(r.Topic)+len(r.Client)+len(r.Text) > payloadMax:
		return fmt.Errorf("%w: it is larger than 256 MiB", ErrRecord)
	}
	return nil
}

// payloadMax is the longest packet that MQTT can carry [MQTT-1.5.5], rounded up.
const payloadMax = 256 << 20

func (w *Writer) count(r *Record) {
	w.stats.Records++
	if r.Kind.IsMessage() {
		w.stats.Messages++
		w.stats.Bytes += uint64(len(r.Payload))
	}
	if r.Kind == KindGap {
		w.stats.Gaps++
	}
}

func (w *Writer) topicID(topic string) uint32 {
	id, ok := w.topics[topic]
	if !ok {
		id = uint32(len(w.topics))
		w.topics[topic] = id
		w.newTopics = append(w.newTopics, topic)
	}
	return id
}

func (w *Writer) freshChunk() *chunk {
	c := &chunk{}
	if n := len(w.free); n > 0 {
		c, w.free = w.free[n-1], w.free[:n-1]
	}
	c.reset(chunkHeader{
		id: w.id, session: w.session, number: w.head.Chunks + uint64(len(w.pending)), firstSeq: w.seq, start: w.start,
	})
	return c
}

// closeChunk puts the current chunk among the pending ones, and commits when
// there are enough.
func (w *Writer) closeChunk() error {
	w.pending = append(w.pending, w.cur)
	var err error
	if len(w.pending) >= w.o.CommitChunks || w.unsaved > commitBytes {
		err = w.commit(false)
	}
	w.cur = w.freshChunk()
	return err
}

// commitBytes bounds the memory of full chunks of large messages.
const commitBytes = 16 << 20

// Flush makes everything so far outlive a kill of this process; a power cut may
// still cost what came after the last Sync. A second's worth of messages costs
// one small write.
func (w *Writer) Flush() error {
	if w.err != nil || w.unsaved == 0 {
		return w.err
	}
	if w.unsaved > w.o.LogBytes {
		return w.commitAll(false)
	}
	for _, c := range w.pending {
		if err := w.log.add(c); err != nil {
			return w.fail(err)
		}
	}
	if err := w.log.add(w.cur); err != nil {
		return w.fail(err)
	}
	w.unsaved = 0
	return nil
}

// Sync makes everything so far outlive a power cut.
func (w *Writer) Sync() error {
	if err := w.Flush(); err != nil {
		return err
	}
	if err := w.log.sync(); err != nil {
		return w.fail(err)
	}
	return nil
}

// Close seals what is left, removes the side log and lets the tape go. After an
// error the side log stays, as it holds what the tape does not.
func (w *Writer) Close() error {
	if errors.Is(w.err, ErrClosed) {
		return nil
	}
	if w.err == nil {
		_ = w.commitAll(true)
	}
	err := w.err
	if err == nil {
		err = w.shrink()
	}
	err = errors.Join(err, w.db.Close(), w.log.file.Close())
	if err == nil {
		err = os.Remove(w.log.path)
	}
	_ = w.z.Close()
	w.err = fmt.Errorf("%s: %w", w.path, ErrClosed)
	return err
}

// fail remembers the first error of the disk.
func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// UnsealedBytes returns about how much the records take that are not sealed
// yet: those that the side log holds.
func (w *Writer) UnsealedBytes() int64 { return w.log.size }

// Empty reports whether the tape has no record at all.
func (w *Writer) Empty() bool { return w.seq == 0 }
