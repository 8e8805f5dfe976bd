package compare

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Compare reads two streams to their ends and tells in what they differ. The
// errors are ErrOptions, and those of the streams; a's, if both have one.
func Compare(a, b Stream, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	c := comparer{o: o, rules: newRules(&o), lanes: make(map[laneKey]*lane), report: reporter{most: o.MaxDifferences}}
	c.in[sideA].stream, c.in[sideB].stream = a, b
	c.in[sideB].shift = o.Shift
	if err := c.run(); err != nil {
		return nil, err
	}
	report := c.report.finish()
	for i := range report.Differences { // only now it is known which ones are kept
		if d := &report.Differences[i]; d.Kind == Changed {
			d.Fields = c.fields(d.A, d.B)
		}
	}
	return report, nil
}

// comparer compares two streams.
type comparer struct {
	o      Options
	rules  *rules
	in     [2]input
	turn   side // to be read, when times do not tell
	lanes  map[laneKey]*lane
	free   []*lane // to be used again
	bytes  int     // of all that waits
	align  aligner
	report reporter
}

// input is a stream and the next of its messages that is compared.
type input struct {
	stream Stream
	shift  time.Duration
	at     time.Duration
	more   bool
	count  uint64
}

// next goes to the next message that is compared.
func (in *input) next(o *Options) error {
	for in.stream.Next() {
		r := in.stream.Record()
		if r.Kind.IsMessage() && o.Topics.Has(r.Topic) {
			in.at, in.more = shifted(r.At, in.shift), true
			in.count++
			return nil
		}
	}
	in.more = false
	return in.stream.Err()
}

// shifted adds, and stops at the ends of what there is.
func shifted(at, by time.Duration) time.Duration {
	switch {
	case by > 0 && at > math.MaxInt64-by:
		return math.MaxInt64
	case by < 0 && at < math.MinInt64-by:
		return math.MinInt64
	}
	return at + by
}

func (c *comparer) run() error {
	for s := range c.in {
		if err := c.in[s].next(&c.o); err != nil {
			return err
		}
	}
	for c.in[sideA].more || c.in[sideB].more {
		s := c.choose()
		in := &c.in[s]
		if !c.arrive(s, &message{rec: *in.stream.Record(), at: in.at}) {
			c.turn = s.other()
		}
		if err := in.next(&c.o); err != nil {
			return err
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.lanes), laneKey.compare) {
		c.settle(c.lanes[key], true)
	}
	c.report.A, c.report.B = c.in[sideA].count, c.in[sideB].count
	return nil
}

// choose says which side is read: the one that is behind. Where times do not
// tell, a side is behind as long as what it says finds a partner waiting.
func (c *comparer) choose() side {
	a, b := &c.in[sideA], &c.in[sideB]
	switch {
	case !b.more:
		return sideA
	case !a.more:
		return sideB
	case c.o.Time < 0:
		return c.turn
	case b.at < a.at:
		return sideB
	}
	return sideA
}

// arrive takes a message, and reports whether its partner waited for it.
func (c *comparer) arrive(s side, m *message) bool {
	key := keyOf(&m.rec)
	l := c.lanes[key]
	if l != nil {
		if i := c.partner(l, s, m); i >= 0 {
			c.bytes -= l.remove(s.other(), i).size
			c.report.Same++
			c.drop(l)
			return true
		}
	} else {
		l = c.lane(key)
	}
	m = m.keep()
	l.add(s, m)
	c.bytes += m.size
	switch a, b := len(l.waiting[sideA]), len(l.waiting[sideB]); {
	case min(a, b) >= windowMost, c.o.AnyOrder && max(a, b) >= waitingMost:
		c.settle(l, false)
	}
	for c.bytes > c.o.MemoryBytes {
		c.relieve()
	}
	return false
}

// waitingMost is how many messages of a topic wait on one side, when they may
// have any order: each that comes looks through all of them.
const waitingMost = 1024

// partner returns which of those that wait on the other side is the partner of a
// message, -1 if there is none: the first, if it is the first too, or any.
func (c *comparer) partner(l *lane, s side, m *message) int {
	there := l.waiting[s.other()]
	if !c.o.AnyOrder {
		if len(l.waiting[s]) > 0 || len(there) == 0 {
			return -1
		}
		there = there[:1]
	}
	for i, o := range there {
		if c.o.inTime(o.at, m.at) && c.same(o, m) {
			return i
		}
	}
	return -1
}

// same reports whether two messages say the same.
func (c *comparer) same(a, b *message) bool {
	if c.o.Flags && len(flags(&a.rec, &b.rec)) > 0 {
		return false
	}
	if (a.form == nil || b.form == nil) && bytes.Equal(a.rec.Payload, b.rec.Payload) {
		return true
	}
	return c.rules.equal(c.form(a), c.form(b))
}

func (c *comparer) form(m *message) *form {
	if m.form == nil {
		m.form = c.rules.form(m.rec.Payload)
	}
	return m.form
}

// lane makes the lane of a key.
func (c *comparer) lane(key laneKey) *lane {
	l := &lane{}
	if n := len(c.free); n > 0 {
		l, c.free = c.free[n-1], c.free[:n-1]
	}
	l.key = key
	c.lanes[key] = l
	return l
}

// drop forgets a lane that is empty.
func (c *comparer) drop(l *lane) {
	if !l.empty() {
		return
	}
	delete(c.lanes, l.key)
	if len(c.free) < lanesKept {
		c.free = append(c.free, l)
	}
}

// lanesKept is how many empty lanes are kept to be used again.
const lanesKept = 100

// relieve settles what takes the most memory, until there is some room again.
func (c *comparer) relieve() {
	for _, l := range slices.SortedFunc(maps.Values(c.lanes), bySize) {
		if c.bytes <= c.o.MemoryBytes/4*3 {
			return
		}
		c.settle(l, false)
	}
}

// settle decides what the first half of a window of a lane is, or all of the
// lane, when nothing comes after it.
func (c *comparer) settle(l *lane, all bool) {
	c.bytes -= l.bytes
	for {
		a, b := l.waiting[sideA], l.waiting[sideB]
		na, nb := window(len(a), len(b))
		whole := all && na == len(a) && nb == len(b)
		a, b = a[:na], b[:nb]
		steps := c.align.align(na, nb, func(i, j int) int32 { return c.cost(a[i], b[j]) }, func(i, j int) bool { return a[i].at <= b[j].at })
		if !whole {
			steps = half(steps, na, nb)
		}
		c.tell(l, steps)
		c.pair(l)
		if !all || l.empty() {
			break
		}
	}
	c.bytes += l.bytes
	c.drop(l)
}

// half returns the steps that use up half of either list.
func half(steps []step, na, nb int) []step {
	i, j := 0, 0
	for n, s := range steps {
		if na > 0 && 2*i >= na || nb > 0 && 2*j >= nb {
			return steps[:n]
		}
		if s != stepB {
			i++
		}
		if s != stepA {
			j++
		}
	}
	return steps
}

// cost is what a pair costs.
func (c *comparer) cost(a, b *message) int32 {
	inTime, same := c.o.inTime(a.at, b.at), c.same(a, b)
	switch {
	case inTime && same:
		return 0
	case inTime || same:
		return costUnlike
	}
	return costNever
}

// tell reports what the steps say, and takes their messages out.
func (c *comparer) tell(l *lane, steps []step) {
	var missing, extra []*message
	for _, s := range steps {
		switch s {
		case stepA:
			missing = append(missing, l.remove(sideA, 0))
		case stepB:
			extra = append(extra, l.remove(sideB, 0))
		case stepPair:
			c.tellPair(l.remove(sideA, 0), l.remove(sideB, 0))
		}
	}
	for _, a := range missing {
		i := slices.IndexFunc(extra, func(b *message) bool { return c.same(a, b) })
		if i < 0 {
			c.add(Missing, a, nil)
			continue
		}
		c.add(Moved, a, extra[i]) // elsewhere among those of its topic
		extra = slices.Delete(extra, i, i+1)
	}
	for _, b := range extra {
		c.add(Extra, nil, b)
	}
}

func (c *comparer) tellPair(a, b *message) {
	switch {
	case !c.same(a, b):
		c.add(Changed, a, b)
	case !c.o.inTime(a.at, b.at):
		c.add(Moved, a, b)
	default:
		c.report.Same++
	}
}

// pair takes out what now stands first on both sides and is the same.
func (c *comparer) pair(l *lane) {
	for len(l.waiting[sideA]) > 0 && len(l.waiting[sideB]) > 0 {
		a, b := l.waiting[sideA][0], l.waiting[sideB][0]
		if !c.o.inTime(a.at, b.at) || !c.same(a, b) {
			return
		}
		l.remove(sideA, 0)
		l.remove(sideB, 0)
		c.report.Same++
	}
}

// add reports a difference.
func (c *comparer) add(kind Kind, a, b *message) {
	d := Difference{Kind: kind, shift: c.o.Shift}
	if b != nil {
		d.Topic, d.At, d.B = b.rec.Topic, b.at, recordOf(b)
	}
	if a != nil {
		d.Topic, d.At, d.A = a.rec.Topic, a.at, recordOf(a)
	}
	c.report.add(d)
}

func recordOf(m *message) *recorder.Record {
	r := m.rec
	return &r
}
