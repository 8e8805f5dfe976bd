package recorder

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"time"
)

// Info is what a tape says about itself.
type Info struct {
	Path      string
	Version   int       // of the format
	ID        string    // 32 hex digits, drawn when the tape was made
	Program   string    // that made it; "" when it did not say
	Start     time.Time // wall time of offset 0; 1970 when not known
	Duration  time.Duration
	Records   uint64
	Messages  uint64 // records that carry an application message
	Bytes     uint64 // of their payloads
	Topics    int
	Chunks    int
	Sittings  int
	Gaps      uint64
	Labels    []Label
	FileBytes int64
	LogBytes  int64 // records in chunks that only the side log has, uncompressed

	// Clean is false when the recorder did not close the tape: it was killed.
	Clean bool
	// TornBytes at the end of the side log were being written when the recorder
	// ended; they hold less than what one Flush writes.
	TornBytes int64
	// Damage is set when the end of the tape is missing; nil: all is there, as
	// far as can be told without reading the chunks.
	Damage *DamageError
}

// Info returns what the tape says about itself. It costs nothing.
func (t *Tape) Info() Info {
	i := Info{
		Path: t.path, Version: t.meta.Format, ID: t.meta.ID, Program: t.meta.Program, Start: t.Start(),
		Duration: t.total.LastAt, Records: t.total.Records, Messages: t.total.Messages, Bytes: t.total.Bytes,
		Topics: len(t.topics), Chunks: len(t.entries), Gaps: t.total.Gaps, Labels: slices.Clone(t.meta.Labels),
		FileBytes: t.size, Clean: t.head.Clean, TornBytes: t.torn, Damage: t.end,
	}
	if i.Records > 0 {
		i.Sittings = int(t.total.Session) + 1
	}
	for n := len(t.entries) - 1; n >= 0 && t.entries[n].raw != nil; n-- {
		i.LogBytes += int64(len(t.entries[n].raw))
	}
	return i
}

// TopicInfo is a topic and how many records have it.
type TopicInfo struct {
	Topic   string
	Records uint64
}

// Topics returns all topics on the tape in byte order, filters of subscribe
// records included. It reads the index, and of the chunks only those that the
// side log holds.
func (t *Tape) Topics() ([]TopicInfo, error) {
	counts := make([]uint64, len(t.topics))
	b, err := t.pages.Root().Bucket(bucketIndex)
	if err == nil {
		err = b.ForEach(func(key, value []byte) error {
			value, err := unchecked(key, value)
			if err != nil {
				return err
			}
			r := indexReader{b: value}
			for ok := true; ok; {
				_, ok = r.next(func(tc topicCount) {
					if int(tc.id) < len(counts) {
						counts[tc.id] += uint64(tc.records)
					}
				})
			}
			return nil
		})
	}
	if err != nil {
		return nil, t.frameError(fmt.Errorf("the index of topics: %w", err))
	}
	out := make([]TopicInfo, len(t.topics))
	at := make(map[string]int, len(t.topics))
	for i, topic := range t.topics {
		out[i] = TopicInfo{Topic: topic, Records: counts[i]}
		at[topic] = i
	}
	for i := range t.entries {
		if err := t.countLogged(&t.entries[i], out, at); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b TopicInfo) int { return cmp.Compare(a.Topic, b.Topic) })
	return out, nil
}

func (t *Tape) countLogged(e *entry, out []TopicInfo, at map[string]int) error {
	if e.raw == nil {
		return nil
	}
	var d decoder
	var r Record
	for d.reset(e.raw); d.more(); {
		if _, err := d.next(&r); err != nil {
			return t.chunkError(e, err)
		}
		if r.Topic != "" {
			out[at[r.Topic]].Records++
		}
	}
	return nil
}

// ContentHash is a SHA-256 over all records, as their fields say and in their
// order. It does not depend on how they were cut into chunks, compressed, or
// divided among sittings, nor on the tape's labels. It reads the whole tape.
func (t *Tape) ContentHash() (sum [32]byte, err error) {
	h := newContentHash()
	c := t.Cursor(Query{Transient: true})
	for c.Next() {
		h.add(c.Record())
	}
	return h.sum(), c.Err()
}

type contentHash struct {
	h   hash.Hash
	buf []byte
}

func newContentHash() *contentHash {
	return &contentHash{h: sha256.New(), buf: []byte("hubtape records v1\x00")}
}

func (h *contentHash) sum() (sum [32]byte) {
	h.flush()
	h.h.Sum(sum[:0])
	return sum
}

func (h *contentHash) add(r *Record) {
	le := binary.LittleEndian
	b := append(h.buf, byte(r.Kind), r.QoS, flag(r.Retain)|flag(r.Dup)<<1|flag(r.Properties != nil)<<2)
	b = le.AppendUint64(b, uint64(r.At))
	b = le.AppendUint64(b, uint64(r.Wall))
	b = le.AppendUint64(b, uint64(r.Until))
	b = appendBytes(b, r.Client)
	b = appendBytes(b, r.Topic)
	b = appendBytes(b, r.Payload)
	b = appendBytes(b, r.Text)
	if r.Properties != nil {
		b = appendProperties(b, r.Properties)
	}
	h.buf = b
	if len(b) > 1<<16 {
		h.flush()
	}
}

func (h *contentHash) flush() {
	_, _ = h.h.Write(h.buf)
	h.buf = h.buf[:0]
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
