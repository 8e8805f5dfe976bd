package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Salvaged is what [Salvage] could copy.
type Salvaged struct {
	Chunks  int    // whole chunks, those of the side log included
	Records uint64 // copied
	Lost    uint64 // records known to be lost; each hole became a gap record
	Holes   int
	// EndUnknown: what says how long the tape was is gone, and with it how many
	// records, if any, are lost behind the last that was copied. A gap record says
	// so.
	EndUnknown bool
}

// Salvage copies every record that is whole from a damaged tape, and from its
// side log, to a new tape. It needs neither index nor meta pages: it searches
// the raw file for chunks. Where records are missing the new tape has a gap
// record that says how many. tell, if it is not nil, is called as the search goes
// on, with bytes. Errors are those of [Create], ErrLocked, and ErrNotTape when
// there is not one whole chunk.
func Salvage(src, dst string, tell func(done, total uint64)) (Salvaged, error) {
	t, broken := openDamaged(src)
	if t == nil {
		return Salvaged{}, broken
	}
	defer func() { _ = t.Close() }()
	found, err := t.scan(tell)
	if err != nil {
		return Salvaged{}, err
	}
	log := salvageLog(src+LogSuffix, t.id)
	if len(found)+len(log.chunks) == 0 && t.total.Records == 0 && len(t.meta.ID) == 0 {
		return Salvaged{}, fmt.Errorf("%s: %w: there is not one whole chunk in it", src, ErrNotTape)
	}
	o := Options{Labels: t.meta.Labels, Program: t.meta.Program, Start: t.Start()}
	if len(t.meta.ID) == 0 && len(found) > 0 {
		o.Start = time.Unix(0, found[0].start)
	}
	w, err := Create(dst, o)
	if err != nil {
		return Salvaged{}, err
	}
	s := salvager{t: t, w: w, out: Salvaged{EndUnknown: broken != nil && t.total.Records == 0}}
	if err := errors.Join(s.run(found, log.chunks), w.Close()); err != nil {
		_ = os.Remove(dst)
		_ = os.Remove(dst + LogSuffix)
		return Salvaged{}, err
	}
	return s.out, nil
}

type salvager struct {
	t    *Tape
	w    *Writer
	out  Salvaged
	next uint64 // the record of the old tape that should come now
}

func (s *salvager) run(found []foundChunk, logged []logChunk) error {
	last := -1
	for _, f := range found {
		raw, err := s.t.rawChunk(f)
		if err != nil {
			continue // its hole shows at the next chunk
		}
		last = int(f.number)
		if err := s.copy(f.firstSeq, f.session, raw); err != nil {
			return err
		}
	}
	for _, c := range logged {
		if int(c.number) <= last {
			continue
		}
		if err := s.copy(c.firstSeq, c.session, c.raw); err != nil {
			return err
		}
	}
	if s.out.EndUnknown {
		return s.w.Append(Record{
			Session: s.w.session, Kind: KindGap, At: s.w.lastAt, Until: s.w.lastAt,
			Text: "if anything was recorded after this it is lost to damage of the tape, which tells no more how long it was",
		})
	}
	if total := s.t.total.Records; total > s.next {
		return s.hole(total-s.next, s.t.total.LastAt, s.w.session)
	}
	return nil
}

// copy appends the records of one chunk.
func (s *salvager) copy(firstSeq uint64, session uint32, raw []byte) error {
	var d decoder
	r := Record{Session: session}
	for d.reset(raw); d.more(); {
		if _, err := d.next(&r); err != nil {
			break // what was read of it is good; the rest shows as a hole
		}
		if firstSeq > s.next {
			if err := s.hole(firstSeq-s.next, r.At, session); err != nil {
				return err
			}
		}
		if err := s.w.Append(r); err != nil {
			return err
		}
		firstSeq++
		s.next = firstSeq
		s.out.Records++
	}
	s.out.Chunks++
	return nil
}

// hole writes the gap record for records that are lost.
func (s *salvager) hole(lost uint64, until time.Duration, session uint32) error {
	s.out.Holes++
	s.out.Lost += lost
	s.next += lost
	return s.w.Append(Record{
		Session: session, Kind: KindGap, At: s.w.lastAt, Until: until,
		Text: fmt.Sprintf("%d records were lost to damage of the tape", lost),
	})
}

// scanWindow is how much of the file scan looks at in one go.
const scanWindow = 4 << 20

// scan searches the raw file for whole chunks of this tape, by number.
func (t *Tape) scan(tell func(done, total uint64)) ([]foundChunk, error) {
	var found []foundChunk
	buf := make([]byte, scanWindow+chunkHeaderBytes)
	for at := int64(0); at < t.size; at += scanWindow {
		if tell != nil {
			tell(uint64(at), uint64(t.size))
		}
		n, err := t.file.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", t.path, err)
		}
		found = t.scanWindow(found, buf[:n], at)
	}
	return sortFound(t.ofOneTape(found)), nil
}

func (t *Tape) scanWindow(found []foundChunk, b []byte, at int64) []foundChunk {
	for off := 0; off < min(len(b), scanWindow); {
		i := bytes.Index(b[off:], []byte(chunkMagic))
		if i < 0 {
			break
		}
		off += i
		h, err := parseChunkHeader(b[off:])
		f := foundChunk{chunkHeader: h, off: at + int64(off) + chunkHeaderBytes}
		if err == nil {
			if _, err := t.rawChunk(f); err == nil {
				found = append(found, f)
			}
		}
		off += len(chunkMagic)
	}
	return found
}

// rawChunk reads and checks the data of a found chunk.
func (t *Tape) rawChunk(f foundChunk) ([]byte, error) {
	if f.off+int64(f.dataLen) > t.size {
		return nil, errors.New("it is cut short")
	}
	data := make([]byte, f.dataLen)
	if _, err := t.file.ReadAt(data, f.off); err != nil {
		return nil, err
	}
	return f.unpack(t.dec, data, nil)
}

// ofOneTape keeps the chunks of the tape whose id is known, else of the tape
// that most chunks belong to.
func (t *Tape) ofOneTape(found []foundChunk) []foundChunk {
	id := t.id
	if id == (tapeID{}) {
		counts := make(map[tapeID]int)
		for _, f := range found { // in file order: the first tape wins a tie
			if counts[f.id]++; counts[f.id] > counts[id] {
				id = f.id
			}
		}
	}
	kept := found[:0]
	for _, f := range found {
		if f.id == id {
			kept = append(kept, f)
		}
	}
	return kept
}
