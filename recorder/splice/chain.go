package splice

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// chain is a tape, or the parts of one recording as if they were one. It is read
// once, from its beginning.
type chain struct {
	order  int // of its first part among the sources
	prefix string
	shift  time.Duration
	parts  []*part

	cursor   *recorder.Cursor // of parts[at]
	at       int
	inHead   bool              // all so far repeats what the parts before have
	prefixed map[string]string // topics with their prefix

	more    bool            // there is a record
	rec     recorder.Record // it, placed on the new tape
	held    bool            // later than its clock says
	join    *join           // what it is the first piece of; nil: nothing
	sitting uint64          // it belongs to, from the first of the chain
	before  uint64          // sitting at the end of the parts before
	begun   bool            // the merger has taken a record
	counted uint64          // sitting of that
}

// part is a tape of a chain.
type part struct {
	tape   *recorder.Tape
	source int
	number int           // among the parts of its recording; 0: it is no part
	base   time.Duration // where its offset 0 stands on the new tape
	held   bool          // that is later than its start says

	// Pieces of gaps that were cut at a border, by Seq: the first piece, and the
	// others, which go with it.
	first map[uint64]*join
	rest  map[uint64]bool
}

// chainsOf finds the parts that follow each other, and makes everything else a
// chain of its own, in the order of the sources.
func chainsOf(srcs []Source) (chains []*chain) {
	type recording struct {
		id     string
		prefix string
		shift  time.Duration
	}
	parts := map[recording][]*part{}
	var seen []recording
	for i, s := range srcs {
		p := &part{tape: s.Tape, source: i}
		id := ""
		id, p.number = partOf(s.Tape)
		if p.number == 0 {
			chains = append(chains, &chain{order: i, prefix: s.Prefix, shift: s.Shift, parts: []*part{p}})
			continue
		}
		r := recording{id, s.Prefix, s.Shift}
		if parts[r] == nil {
			seen = append(seen, r)
		}
		parts[r] = append(parts[r], p)
	}
	for _, r := range seen {
		for _, run := range runs(parts[r]) {
			c := &chain{order: run[0].source, prefix: r.prefix, shift: r.shift, parts: run}
			for _, p := range run {
				c.order = min(c.order, p.source)
			}
			chains = append(chains, c)
		}
	}
	slices.SortFunc(chains, func(a, b *chain) int { return cmp.Compare(a.order, b.order) })
	return chains
}

// runs sorts parts by their numbers, and cuts them where one does not follow the
// other.
func runs(parts []*part) (out [][]*part) {
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.number, b.number) })
	for i, p := range parts {
		if i == 0 || p.number != parts[i-1].number+1 {
			out = append(out, nil)
		}
		last := &out[len(out)-1]
		*last = append(*last, p)
	}
	return out
}

// partOf returns which part of which recording a tape is; 0: it is none.
func partOf(t *recorder.Tape) (recording string, number int) {
	for _, l := range t.Info().Labels {
		switch l.Key {
		case recorder.LabelRecording:
			recording = l.Value
		case recorder.LabelPart:
			number, _ = strconv.Atoi(l.Value)
		}
	}
	if recording == "" || number < 1 {
		return "", 0
	}
	return recording, number
}

// next reads a record of the chain and reports whether it is kept. At the end
// more is false.
func (c *chain) next(m *meter) (kept bool, err error) {
	c.more = true
	for {
		if c.cursor == nil {
			c.cursor = c.parts[c.at].tape.Cursor(recorder.Query{Transient: true})
			c.inHead = c.at > 0
		}
		if c.cursor.Next() {
			m.step()
			return c.keep(c.cursor.Record()), nil
		}
		if err := c.cursor.Err(); err != nil {
			return false, err
		}
		if c.at == len(c.parts)-1 {
			c.more = false
			return false, nil
		}
		c.cursor, c.before = nil, c.sitting
		c.at++
	}
}

// keep makes a record the current one, unless it says what the parts around it
// say.
func (c *chain) keep(r *recorder.Record) bool {
	p := c.parts[c.at]
	c.sitting = c.before + uint64(r.Session)
	switch r.Kind {
	case recorder.KindSnapshot:
		if c.inHead {
			return false
		}
	case recorder.KindMessage, recorder.KindWill, recorder.KindGap:
		c.inHead = false
	case recorder.KindNote:
		if r.Text == recorder.NoteNextPart && c.at < len(c.parts)-1 {
			return false
		}
	}
	if p.rest[r.Seq] {
		return false
	}
	c.join, c.held = p.first[r.Seq], p.held
	c.rec = *r
	c.rec.At += p.base
	if r.Wall != 0 {
		c.rec.Wall += int64(c.shift)
	}
	if r.Kind == recorder.KindGap {
		c.rec.Until = plus(p.base, r.Until)
		if name := strings.Trim(c.prefix, "/"); name != "" {
			c.rec.Text = name + ": " + r.Text
		}
	}
	if c.prefix != "" && r.Topic != "" {
		c.rec.Topic = c.withPrefix(r.Topic)
	}
	return true
}

// withPrefix makes one text of each topic.
func (c *chain) withPrefix(topic string) string {
	t, ok := c.prefixed[topic]
	if !ok {
		if c.prefixed == nil {
			c.prefixed = make(map[string]string)
		}
		t = c.prefix + topic
		c.prefixed[topic] = t
	}
	return t
}

// plus adds, and stops at the ends of what there is.
func plus(a, b time.Duration) time.Duration {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}

// minus is plus for a difference.
func minus(a, b time.Duration) time.Duration {
	if b == math.MinInt64 { // has no opposite
		return plus(plus(a, 1), math.MaxInt64)
	}
	return plus(a, -b)
}
