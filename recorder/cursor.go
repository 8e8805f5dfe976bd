package recorder

import (
	"bytes"
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/hubtape/hubtape/recorder/internal/pages"
)

// Cursor gives the records that a query selects, in the order of the tape. It
// reads the chunks that hold such a record and no others, one at a time, and
// makes no garbage per record. It is for one goroutine at a time and needs no
// closing.
type Cursor struct {
	t     *Tape
	q     Query
	until time.Duration
	kinds uint16
	err   error
	done  bool

	next int // into t.entries
	// firstSeq is the first record that is wanted.
	firstSeq uint64
	dec      decoder
	rec      Record
	left     uint32 // records of the chunk that are not read
	chunks   int    // read so far
	spare    []byte // the last chunk's memory, to unpack the next one into

	wanted  []bool // topics by number; nil: all
	segment segmentView
}

// Cursor begins a query. A query that makes no sense ends at once, with an
// error in Err.
func (t *Tape) Cursor(q Query) *Cursor {
	c := &Cursor{t: t, q: q, until: q.Until, kinds: q.kindMask(), err: q.Validate()}
	if c.until <= 0 {
		c.until = math.MaxInt64
	}
	if !q.allTopics() {
		c.dec.wanted = q.hasTopic
		c.wanted = make([]bool, len(t.topics))
		for i, topic := range t.topics {
			c.wanted[i] = q.hasTopic(topic)
		}
	}
	c.next = sort.Search(len(t.entries), func(i int) bool { return t.entries[i].lastAt >= q.From })
	return c
}

// Err returns what ended the cursor early: a *DamageError, or an error of the
// file system; nil after the last record.
func (c *Cursor) Err() error { return c.err }

// Record returns the record that Next stopped at. It is valid until the next
// call of Next. Its strings and its payload stay valid for ever and are never
// written again, unless the query is Transient; a payload keeps the memory of
// its whole chunk (about 200 KB) alive, so clone what you keep for long.
func (c *Cursor) Record() *Record { return &c.rec }

// Next goes to the next record and reports whether there is one.
func (c *Cursor) Next() bool {
	for c.err == nil && !c.done {
		if c.left == 0 {
			c.nextChunk()
			continue
		}
		c.left--
		c.rec.Seq++
		want, err := c.dec.next(&c.rec)
		if err != nil {
			c.fail(&c.t.entries[c.next-1], err)
			return false
		}
		if c.rec.At > c.until {
			c.done = true
			return false
		}
		if want && c.rec.At >= c.q.From && c.rec.Seq >= c.firstSeq && c.kinds&(1<<c.rec.Kind) != 0 {
			return true
		}
	}
	return false
}

// nextChunk makes the next chunk with a wanted record the current one.
func (c *Cursor) nextChunk() {
	e := c.find()
	if e == nil {
		c.done = true
		return
	}
	raw, err := c.load(e)
	if err != nil {
		c.fail(e, err)
		return
	}
	c.next++
	c.chunks++
	c.dec.reset(raw)
	c.left = e.records
	c.rec.Session, c.rec.Seq = e.session, e.firstSeq-1
}

// find moves c.next to the next chunk with a wanted record and returns it; nil
// when there is none, or when the index cannot tell.
func (c *Cursor) find() *entry {
	for ; c.next < len(c.t.entries); c.next++ {
		e := &c.t.entries[c.next]
		if e.firstAt > c.until {
			return nil
		}
		if e.kinds&c.kinds == 0 {
			continue
		}
		want, err := c.wants(e)
		if err != nil {
			c.fail(e, err)
			return nil
		}
		if want {
			return e
		}
	}
	if c.t.end != nil {
		c.err = c.t.end
	}
	return nil
}

// load returns the raw bytes of a chunk.
func (c *Cursor) load(e *entry) ([]byte, error) {
	if e.raw != nil {
		return e.raw, nil
	}
	raw, err := c.t.readChunk(e, &c.segment, c.spare[:0])
	if err != nil {
		return nil, err
	}
	c.spare = raw
	if !c.q.Transient {
		raw = bytes.Clone(raw)
	}
	return raw, nil
}

// wants reports whether a chunk has a wanted topic, as the index tells.
func (c *Cursor) wants(e *entry) (bool, error) {
	if c.wanted == nil || e.raw != nil || (e.bare && c.q.hasTopic("")) {
		return true, nil
	}
	s := &c.segment
	if s.chunks == nil || s.number != e.segment {
		if err := s.enter(c.t, e.segment); err != nil {
			return false, err
		}
	}
	if s.topics == nil {
		if err := s.readTopics(c.t, c.wanted); err != nil {
			return false, err
		}
	}
	i := e.chunk - s.first
	return i < uint64(len(s.topics)) && s.topics[i], nil
}

func (c *Cursor) fail(e *entry, err error) { c.err = c.t.chunkError(e, err) }

func (t *Tape) chunkError(e *entry, err error) *DamageError {
	return &DamageError{
		Path: t.path, Chunk: int(e.chunk), First: e.firstSeq, Lost: uint64(e.records),
		From: e.firstAt, Until: e.lastAt, Reason: err.Error(), Hint: hintSalvage,
	}
}

// segmentView is the segment that a cursor stands in.
type segmentView struct {
	number uint64
	chunks *pages.Bucket
	first  uint64 // chunk
	topics []bool // whether each chunk of it has a wanted topic; nil: not read
	packed []byte // memory for a chunk as it is in the file
}

func (s *segmentView) enter(t *Tape, segment uint64) error {
	b, err := t.pages.Root().Bucket(bucketChunks)
	if err == nil {
		b, err = b.Bucket(number(segment))
	}
	if err != nil {
		return err
	}
	*s = segmentView{number: segment, chunks: &b, packed: s.packed}
	return nil
}

func (s *segmentView) readTopics(t *Tape, wanted []bool) error {
	b, err := t.pages.Root().Bucket(bucketIndex)
	if err != nil {
		return err
	}
	key := number(s.number)
	value, err := b.Get(key)
	if err == nil {
		value, err = unchecked(key, value)
	}
	if err != nil {
		return fmt.Errorf("the index of its topics: %w", err)
	}
	r := indexReader{b: value}
	for {
		has := false
		e, ok := r.next(func(tc topicCount) { has = has || (int(tc.id) < len(wanted) && wanted[tc.id]) })
		if !ok {
			break
		}
		if len(s.topics) == 0 {
			s.first = e.chunk
		}
		s.topics = append(s.topics, has)
	}
	if r.bad {
		return fmt.Errorf("the index of its topics cannot be read")
	}
	return nil
}

// readChunk reads and checks a sealed chunk. The raw bytes are put into spare
// if they fit.
func (t *Tape) readChunk(e *entry, s *segmentView, spare []byte) ([]byte, error) {
	if s.chunks == nil || s.number != e.segment {
		if err := s.enter(t, e.segment); err != nil {
			return nil, err
		}
	}
	b, err := s.chunks.GetInto(number(e.chunk), s.packed)
	if err != nil {
		return nil, err
	}
	s.packed = b
	h, err := parseChunkHeader(b)
	if err != nil {
		return nil, err
	}
	if h.id != t.id || h.number != e.chunk || h.firstSeq != e.firstSeq || h.records != e.records || h.session != e.session {
		return nil, fmt.Errorf("another chunk stands in its place")
	}
	return h.unpack(t.dec, b[chunkHeaderBytes:], spare)
}
