package golden

import (
	"cmp"
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder/compare"
)

// merger makes the lines of a file from what it had and what was said in a run.
type merger struct {
	old, new []Message
	o        Options
	partner  []int  // of each new message among the old ones; -1: none
	same     []bool // whether the two say the same
}

// pair finds the partners. What a report does not tell of is the same on both
// sides, topic by topic in order.
func (m *merger) pair(report *compare.Report) {
	told := make([]bool, len(m.old))
	m.partner, m.same = make([]int, len(m.new)), make([]bool, len(m.new))
	for i := range m.same {
		m.same[i], m.partner[i] = true, -1
	}
	for _, d := range report.Differences {
		if d.A != nil {
			told[d.A.Seq] = true
		}
		if d.B == nil {
			continue
		}
		m.same[d.B.Seq] = d.Kind == compare.Moved
		if d.A != nil {
			m.partner[d.B.Seq] = int(d.A.Seq)
		}
	}
	waiting := map[string][]int{}
	for i := range m.old {
		if !told[i] {
			waiting[m.old[i].Topic] = append(waiting[m.old[i].Topic], i)
		}
	}
	for i := range m.new {
		if topic := m.new[i].Topic; m.same[i] && m.partner[i] < 0 {
			m.partner[i], waiting[topic] = waiting[topic][0], waiting[topic][1:]
		}
	}
}

// entry is a line of the file to be, and where it goes.
type entry struct {
	Message
	payload []byte // of the old file, for numbers that stay
	after   int    // the old line that it stands by, where times are equal
}

// format writes the file. Lines stand in the order of time, and those of one
// instant as they did in the old file.
func (m *merger) format() (text []byte) {
	times, places := m.times(), m.places()
	entries := make([]entry, len(m.new))
	for i, p := range m.partner {
		e := entry{Message: m.new[i], after: places[i]}
		if e.At = times[i]; p >= 0 {
			e.payload = m.old[p].Payload
			if m.same[i] {
				e.Payload = e.payload
			}
		}
		entries[i] = e
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.after, b.after))
	})
	w := newPayloadWriter(m.o)
	for i := range entries {
		text = w.appendLine(text, &entries[i].Message, entries[i].payload)
	}
	return text
}

// times says when each message is to stand in the file: when the old file has
// it, as long as that is within the tolerance and changes the order on no topic.
func (m *merger) times() []time.Duration {
	times := make([]time.Duration, len(m.new))
	latest := map[string]time.Duration{}
	disordered := map[string]bool{}
	for i := range m.new {
		at, topic := m.new[i].At, m.new[i].Topic
		times[i] = at
		if p := m.partner[i]; p >= 0 && (m.old[p].At-at).Abs() <= m.o.Time {
			times[i] = m.old[p].At
		}
		if times[i] < latest[topic] {
			disordered[topic] = true
		}
		latest[topic] = times[i]
	}
	for i := range m.new {
		if disordered[m.new[i].Topic] {
			times[i] = m.new[i].At
		}
	}
	return times
}

// places says by which old line each message is to stand among those of its
// instant: by its partner, or that of the message said before it, and never
// before the others of its topic.
func (m *merger) places() []int {
	places := make([]int, len(m.new))
	place := 0
	latest := map[string]int{}
	for i, p := range m.partner {
		if p >= 0 {
			place = p
		}
		topic := m.new[i].Topic
		places[i] = max(place, latest[topic])
		latest[topic] = places[i]
	}
	return places
}
