package compare

import "math"

// Peak compares, and returns the most bytes that waited at any time, and how
// many at the end of the streams.
func Peak(a, b Stream, o Options) (peak, end int) {
	o, _ = o.withDefaults()
	c := comparer{o: o, rules: newRules(&o), lanes: make(map[laneKey]*lane), report: reporter{most: o.MaxDifferences}}
	look := func(s Stream) Stream { return &peeking{Stream: s, peak: &peak, end: &end, c: &c} }
	c.in[sideA].stream, c.in[sideB].stream = look(a), look(b)
	if err := c.run(); err != nil {
		return math.MaxInt, math.MaxInt
	}
	return peak, end
}

type peeking struct {
	Stream
	peak, end *int
	c         *comparer
}

func (p *peeking) Next() bool {
	held := 0
	for _, l := range p.c.lanes {
		for _, w := range l.waiting {
			for _, m := range w {
				held += m.size
			}
		}
	}
	if held != p.c.bytes || len(p.c.report.Differences) > 2*p.c.o.MaxDifferences {
		held = math.MaxInt
	}
	*p.peak, *p.end = max(*p.peak, held), held
	return p.Stream.Next()
}
