package recorder

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// sealers is how many chunks are compressed side by side.
var sealers = min(runtime.GOMAXPROCS(0), 4)

// commitAll commits what is pending and the chunk that is being filled.
func (w *Writer) commitAll(clean bool) error {
	if w.cur.records > 0 {
		w.pending = append(w.pending, w.cur)
		w.cur = nil
	}
	err := w.commit(clean)
	if w.cur == nil {
		w.cur = w.freshChunk()
	}
	return err
}

// commit seals the pending chunks into the tape by one transaction and empties
// the side log. A crash before the transaction leaves the records in the log; a
// crash after it leaves them in both, and the log's copies are passed over
// because their chunks' numbers are below the tape's count.
func (w *Writer) commit(clean bool) error {
	if w.err != nil {
		return w.err
	}
	w.sealPending()
	head, entries := w.nextHead(clean)
	err := w.db.Update(func(tx *bolt.Tx) error {
		if err := w.putChunks(tx, entries); err != nil {
			return err
		}
		if err := w.putTopics(tx); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyHead, encodeMeta(keyHead, head))
	})
	if err == nil && clean {
		err = emptyCommit(w.db)
	}
	if err != nil {
		return w.fail(fmt.Errorf("%s: sealing chunks: %w", w.path, err))
	}
	w.head = head
	w.newTopics = w.newTopics[:0]
	for _, c := range w.pending {
		w.stats.SealedBytes += int64(len(c.data))
	}
	w.free = append(w.free, w.pending...)
	clear(w.pending)
	w.pending = w.pending[:0]
	w.unsaved = 0
	w.stats.Commits++
	if err := w.log.restart(logHeader{id: w.id, base: head.Chunks, seq: head.Records}); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) nextHead(clean bool) (tapeHead, []entry) {
	head := w.head
	entries := make([]entry, 0, len(w.pending))
	for _, c := range w.pending {
		e := c.entry()
		head.add(&e)
		entries = append(entries, e)
	}
	if len(entries) > 0 {
		head.Segments++
	}
	head.Topics, head.Clean = uint64(len(w.topics)), clean
	return head, entries
}

func (c *chunk) entry() entry {
	return entry{
		chunk: c.number, session: c.session, firstSeq: c.firstSeq, records: c.records, messages: c.messages, bytes: c.bytes,
		firstAt: c.firstAt, lastAt: c.lastAt, gaps: c.gaps, kinds: c.kinds, bare: c.bare,
	}
}

// sealPending compresses the pending chunks, side by side.
func (w *Writer) sealPending() {
	var wg sync.WaitGroup
	for part := range min(sealers, len(w.pending)) {
		wg.Go(func() {
			for i := part; i < len(w.pending); i += sealers {
				w.pending[i].seal(w.z)
			}
		})
	}
	wg.Wait()
}

// putChunks writes the chunks into a bucket of their own, so that no later
// transaction copies the pages that hold them, and what they hold into the
// index.
func (w *Writer) putChunks(tx *bolt.Tx, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	segment := number(w.head.Segments)
	chunks := tx.Bucket(bucketChunks)
	chunks.FillPercent = 1 // keys only ever grow
	b, err := chunks.CreateBucket(segment)
	if err != nil {
		return err
	}
	b.FillPercent = 1
	var index []byte
	for i, c := range w.pending {
		if err := b.Put(number(c.number), c.data); err != nil {
			return err
		}
		index = appendEntry(index, &entries[i], c.topicCounts())
	}
	ib := tx.Bucket(bucketIndex)
	ib.FillPercent = 1
	return ib.Put(segment, checked(segment, index))
}

// topicCounts returns the topics of the chunk in the order of their numbers.
func (c *chunk) topicCounts() []topicCount {
	out := make([]topicCount, 0, len(c.counts))
	for n, records := range c.counts {
		if records > 0 {
			out = append(out, topicCount{id: c.topics[n], records: records})
		}
	}
	slices.SortFunc(out, func(a, b topicCount) int { return cmp.Compare(a.id, b.id) })
	return out
}

func (w *Writer) putTopics(tx *bolt.Tx) error {
	b := tx.Bucket(bucketTopics)
	b.FillPercent = 1
	first := uint64(len(w.topics) - len(w.newTopics))
	for i, topic := range w.newTopics {
		key := number(first + uint64(i))
		if err := b.Put(key, checked(key, []byte(topic))); err != nil {
			return err
		}
	}
	return nil
}

// shrink cuts off the space that was taken in advance, where the system lets a
// file that is in use be cut.
func (w *Writer) shrink() error {
	var want int64
	err := w.db.View(func(tx *bolt.Tx) error {
		want = tx.Size()
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	_ = os.Truncate(w.path, want)
	return nil
}
