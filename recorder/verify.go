package recorder

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Report is what [Verify] found.
type Report struct {
	Info    Info           // as far as it could be read
	Chunks  int            // whole chunks
	Records uint64         // in them
	Damage  []*DamageError // by chunk; empty: all is well
	// TornBytes is not damage: the last step before a kill was not finished.
	TornBytes int64
	// Content is the tape's [Tape.ContentHash]; zero where anything is damaged.
	Content [32]byte
}

// OK reports whether all is well.
func (r Report) OK() bool { return len(r.Damage) == 0 }

// Verify reads a whole tape, side log included, and lists everything that is
// damaged, chunk by chunk. tell, if it is not nil, is called as it goes on, with
// chunks. The error is for what cannot be looked at: no tape, locked, a newer
// version, or a disk that fails.
func Verify(path string, tell func(done, total uint64)) (Report, error) {
	t, err := openDamaged(path)
	if t == nil {
		return Report{}, err
	}
	defer func() { _ = t.Close() }()
	rep := Report{}
	if err != nil {
		return t.verifyLoose(rep, err, tell)
	}
	rep.Info, rep.TornBytes = t.Info(), t.torn
	hash := newContentHash()
	for i := range t.entries {
		if tell != nil {
			tell(uint64(i), uint64(len(t.entries)))
		}
		e := &t.entries[i]
		if err := t.verifyChunk(e, hash); err != nil {
			rep.Damage = append(rep.Damage, t.chunkError(e, err))
			continue
		}
		rep.Chunks++
		rep.Records += uint64(e.records)
	}
	if t.short != nil && rep.OK() {
		rep.Damage = append(rep.Damage, damaged(path, "%v", t.short))
	}
	if t.end != nil {
		rep.Damage = append(rep.Damage, t.end)
	}
	if rep.OK() {
		rep.Content = hash.sum()
	}
	return rep, nil
}

// verifyChunk reads a chunk and compares it with what the index says of it.
func (t *Tape) verifyChunk(e *entry, hash *contentHash) error {
	raw := e.raw
	if raw == nil {
		var err error
		var s segmentView
		if raw, err = t.readChunk(e, &s, nil); err != nil {
			return err
		}
	}
	got := entry{
		chunk: e.chunk, segment: e.segment, session: e.session, firstSeq: e.firstSeq,
	}
	var d decoder
	var r Record
	for d.reset(raw); d.more(); {
		if _, err := d.next(&r); err != nil {
			return err
		}
		if got.records == 0 {
			got.firstAt = r.At
		}
		if !r.Kind.Valid() || r.At < got.lastAt {
			return fmt.Errorf("record %d is no record", got.firstSeq+uint64(got.records))
		}
		got.add(&r)
		hash.add(&r)
	}
	if got.records != e.records || got.messages != e.messages || got.bytes != e.bytes || got.firstAt != e.firstAt ||
		got.lastAt != e.lastAt || got.gaps != e.gaps || got.kinds != e.kinds || got.bare != e.bare {
		return errors.New("the index says something else about it")
	}
	return nil
}

// verifyLoose says what there is of a tape whose index cannot be read.
func (t *Tape) verifyLoose(rep Report, cause error, tell func(done, total uint64)) (Report, error) {
	found, err := t.scan(tell)
	if err != nil {
		return rep, err
	}
	var d *DamageError
	if !errors.As(cause, &d) {
		if len(found) == 0 {
			return rep, cause
		}
		d = damaged(t.path, "its first pages are gone")
	}
	rep.Damage = append(rep.Damage, d)
	rep.Info = Info{Path: t.path, FileBytes: t.size, Version: t.meta.Format, ID: t.meta.ID}
	next := chunkHeader{}
	for _, f := range found {
		if f.number > next.number {
			rep.Damage = append(rep.Damage, t.missing(next, f.chunkHeader))
		}
		rep.Chunks++
		rep.Records += uint64(f.records)
		next = chunkHeader{number: f.number + 1, firstSeq: f.firstSeq + uint64(f.records), lastAt: f.lastAt}
	}
	return rep, nil
}

// missing tells of the chunks from next to the one before found.
func (t *Tape) missing(next, found chunkHeader) *DamageError {
	e := &DamageError{
		Path: t.path, Chunk: int(next.number), First: next.firstSeq, Lost: found.firstSeq - next.firstSeq,
		From: next.lastAt, Until: found.firstAt, Reason: "it is not in the file", Hint: hintSalvage,
	}
	if last := found.number - 1; last > next.number {
		e.Reason = fmt.Sprintf("it and those up to chunk %d are not in the file", last)
	}
	return e
}

// foundChunk is a whole chunk in the raw file.
type foundChunk struct {
	chunkHeader
	off int64 // of its data
}

// sortFound orders chunks by number and drops what is there twice.
func sortFound(found []foundChunk) []foundChunk {
	slices.SortStableFunc(found, func(a, b foundChunk) int { return cmp.Compare(a.number, b.number) })
	return slices.CompactFunc(found, func(a, b foundChunk) bool { return a.number == b.number })
}
