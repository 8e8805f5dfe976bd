package splice

import (
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// earliest returns when the first of the chains begins, since 1970, if that is
// known of all of them.
func earliest(chains []*chain) (first time.Duration, known bool) {
	first = math.MaxInt64
	for _, c := range chains {
		for _, p := range c.parts {
			if !dated(p.tape) {
				return 0, false
			}
		}
		first = min(first, c.start())
	}
	return first, len(chains) > 0
}

// start is when a chain begins, since 1970.
func (c *chain) start() time.Duration { return plus(c.parts[0].start(), c.shift) }

func (p *part) start() time.Duration { return time.Duration(p.tape.Start().UnixNano()) }

// place gives every part its place on the new tape.
func place(chains []*chain) error {
	first, known := earliest(chains)
	var shift time.Duration
	for _, c := range chains {
		shift = min(shift, c.shift)
	}
	for _, c := range chains {
		base := minus(c.shift, shift)
		if known {
			base = minus(c.start(), first)
		}
		if err := c.place(base); err != nil {
			return err
		}
	}
	return nil
}

// place puts the parts of a chain one behind the other, and finds the gaps that
// were cut in two.
func (c *chain) place(base time.Duration) error {
	clock := base // where the part begins by its clock
	var open []openGap
	for i, p := range c.parts {
		p.base = max(clock, base)
		p.held = p.base > clock
		length := p.tape.Info().Duration
		if base = plus(p.base, length); base == math.MaxInt64 {
			return fmt.Errorf("%s: %w; look at its start with `record info`, or leave it out", p.tape.Path(), ErrFar)
		}
		if len(c.parts) == 1 {
			return nil
		}
		jumped, ends, err := p.survey(open, length)
		if err != nil {
			return err
		}
		open = ends
		if i == len(c.parts)-1 {
			break
		}
		if next := c.parts[i+1]; dated(p.tape) && dated(next.tape) {
			clock = minus(plus(clock, minus(next.start(), p.start())), jumped)
		} else {
			clock = base
		}
	}
	return nil
}

// join is a gap that was cut at the borders of parts, put together again.
type join struct{ from, until time.Duration }

// openGap is a gap that ends where its part does.
type openGap struct {
	text string
	from time.Duration // on the new tape
	part *part         // of its first piece
	seq  uint64        // of that
	join *join         // nil: there is one piece so far
}

// openMost bounds the gaps of one border: there is one a hub.
const openMost = 1024

// survey looks at the gaps and clock jumps of a part. It joins the gaps that it
// begins with to those that the part before ended with, and returns those that
// it ends with, and how far its clock jumped.
func (p *part) survey(open []openGap, length time.Duration) (jumped time.Duration, ends []openGap, err error) {
	cur := p.tape.Cursor(recorder.Query{Kinds: []recorder.Kind{recorder.KindGap, recorder.KindClockJump}, Transient: true})
	for cur.Next() {
		r := cur.Record()
		if r.Kind == recorder.KindClockJump {
			jumped = plus(jumped, r.Until)
			continue
		}
		from, until := r.Gap()
		g := openGap{text: r.Text, from: plus(p.base, from), part: p, seq: r.Seq}
		if from <= 0 {
			if before := takeOpen(open, r.Text); before != nil {
				g = *before
				p.continues(&g, r.Seq, plus(p.base, until))
			}
		}
		if until == length && len(ends) < openMost {
			ends = append(ends, g)
		}
	}
	return jumped, ends, cur.Err()
}

// takeOpen returns the first of the open gaps with that reason, and forgets it.
func takeOpen(open []openGap, text string) *openGap {
	for i := range open {
		if g := &open[i]; g.part != nil && g.text == text {
			found := *g
			g.part = nil
			return &found
		}
	}
	return nil
}

// continues makes a record of this part a later piece of a gap.
func (p *part) continues(g *openGap, seq uint64, until time.Duration) {
	if g.join == nil {
		g.join = &join{from: g.from}
		if g.part.first == nil {
			g.part.first = make(map[uint64]*join)
		}
		g.part.first[g.seq] = g.join
	}
	g.join.until = until
	if p.rest == nil {
		p.rest = make(map[uint64]bool)
	}
	p.rest[seq] = true
}
