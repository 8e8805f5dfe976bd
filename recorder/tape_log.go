package recorder

import "fmt"

// addLog adds what the side log of a tape that was not closed holds.
func (t *Tape) addLog() error {
	tail := readLog(t.path+LogSuffix, t.id, t.head.Chunks, t.head.Records)
	t.torn = tail.torn
	bad := tail.bad
	known := make(map[string]bool, len(t.topics))
	for _, topic := range t.topics {
		known[topic] = true
	}
	for i := range tail.chunks {
		c := &tail.chunks[i]
		e, err := t.logEntry(c, known)
		if err != nil {
			bad = err
			break
		}
		t.total.add(&e)
		t.entries = append(t.entries, e)
	}
	t.total.Topics = uint64(len(t.topics))
	if bad != nil {
		t.end = damaged(t.path, "%v", bad)
		t.end.First, t.end.From, t.end.Until = t.total.Records, t.total.LastAt, t.total.LastAt
	}
	return nil
}

// logEntry describes a chunk from the log by reading it through.
func (t *Tape) logEntry(c *logChunk, known map[string]bool) (entry, error) {
	e := entry{chunk: c.number, session: c.session, firstSeq: c.firstSeq, raw: c.raw}
	if e.chunk != t.total.Chunks || e.firstSeq != t.total.Records {
		return e, fmt.Errorf("chunk %d in its side log does not follow its %d chunks", e.chunk, t.total.Chunks)
	}
	var d decoder
	d.reset(c.raw)
	for d.more() {
		var r Record
		if _, err := d.next(&r); err != nil {
			return e, fmt.Errorf("a record in its side log: %w", err)
		}
		if e.records == 0 {
			e.firstAt = r.At
		}
		if r.At < max(t.total.LastAt, e.lastAt) || !r.Kind.Valid() {
			return e, fmt.Errorf("record %d in its side log does not fit the one before", e.firstSeq+uint64(e.records))
		}
		e.add(&r)
		if r.Topic != "" && !known[r.Topic] {
			known[r.Topic] = true
			t.topics = append(t.topics, r.Topic)
		}
	}
	if e.records != c.records || e.records == 0 {
		return e, fmt.Errorf("chunk %d in its side log has %d records instead of %d", c.number, e.records, c.records)
	}
	return e, nil
}

func (e *entry) add(r *Record) {
	e.records++
	e.lastAt = r.At
	e.kinds |= 1 << r.Kind
	e.bare = e.bare || r.Topic == ""
	if r.Kind.IsMessage() {
		e.messages++
		e.bytes += uint64(len(r.Payload))
	}
	if r.Kind == KindGap {
		e.gaps++
	}
}
