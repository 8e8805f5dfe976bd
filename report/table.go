package report

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"io"
	"slices"
	"time"
)

// table holds the events of a run as the columns of a page: FORMAT.md says how
// they are written. What is said again and again stands in it once.
type table struct {
	events        []Event
	head, omitted int

	strings  []string       // "" is the first
	stringAt map[string]int // where each stands

	payloads  [][]byte // the different ones; the empty one is the first
	payloadOf []int    // of each event
}

func newTable(events []Event, head, omitted int) *table {
	t := &table{events: events, head: head, omitted: omitted, stringAt: map[string]int{}}
	t.index("")
	for i := range events {
		e := &events[i]
		t.index(e.Topic)
		t.index(e.Client)
		t.index(e.Source)
		t.index(e.Text)
	}
	t.gatherPayloads()
	return t
}

// index returns where a string stands, and puts it there the first time.
func (t *table) index(s string) int {
	i, known := t.stringAt[s]
	if !known {
		i = len(t.strings)
		t.stringAt[s] = i
		t.strings = append(t.strings, s)
	}
	return i
}

// gatherPayloads finds the different payloads. Those of a topic stand side by
// side: they are alike, and that is what compression lives on.
func (t *table) gatherPayloads() {
	type first struct{ topic, event int }
	firsts := []first{{}}
	seen := map[string]int{"": 0}
	t.payloadOf = make([]int, len(t.events))
	for i := range t.events {
		e := &t.events[i]
		n, known := seen[string(e.Payload)]
		if !known {
			n = len(firsts)
			seen[string(e.Payload)] = n
			firsts = append(firsts, first{t.stringAt[e.Topic], i})
		}
		t.payloadOf[i] = n
	}
	order := make([]int, len(firsts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order[1:], func(a, b int) int { return cmp.Compare(firsts[a].topic, firsts[b].topic) })
	place := make([]int, len(firsts))
	t.payloads = make([][]byte, len(firsts))
	for to, from := range order {
		place[from] = to
		if from > 0 {
			t.payloads[to] = t.events[firsts[from].event].Payload
		}
	}
	for i, n := range t.payloadOf {
		t.payloadOf[i] = place[n]
	}
}

// unit is the largest power of ten of nanoseconds that all times are whole
// multiples of: virtual times are mostly round, and then take little room.
func (t *table) unit() time.Duration {
	unit := time.Second
	for i := range t.events {
		for t.events[i].At%unit != 0 {
			unit /= 10
		}
	}
	return unit
}

func (t *table) writeEvents(w io.Writer) error {
	c := columnWriter{bufio.NewWriter(w)}
	c.uint(len(t.events))
	c.uint(t.head)
	c.uint(t.omitted)
	c.uint(len(t.strings))
	for _, s := range t.strings {
		c.uint(len(s))
	}
	for _, s := range t.strings {
		_, _ = c.WriteString(s)
	}
	c.times(t.events, t.unit())
	for i := range t.events {
		_ = c.WriteByte(byte(t.events[i].Kind))
	}
	for i := range t.events {
		_ = c.WriteByte(flags(&t.events[i]))
	}
	for _, of := range []func(*Event) string{
		func(e *Event) string { return e.Topic },
		func(e *Event) string { return e.Client },
		func(e *Event) string { return e.Source },
		func(e *Event) string { return e.Text },
	} {
		for i := range t.events {
			c.uint(t.stringAt[of(&t.events[i])])
		}
	}
	t.writePayloadColumn(c)
	return c.Flush()
}

// writePayloadColumn writes which payload each event has, as the step from the
// one before it on the same topic: mostly 1, the next one that is new.
func (t *table) writePayloadColumn(c columnWriter) {
	last := make([]int, len(t.strings))
	for i := range t.events {
		topic := t.stringAt[t.events[i].Topic]
		c.int(int64(t.payloadOf[i] - last[topic]))
		last[topic] = t.payloadOf[i]
	}
}

func (t *table) writePayloads(w io.Writer) error {
	c := columnWriter{bufio.NewWriter(w)}
	c.uint(len(t.payloads))
	for _, p := range t.payloads {
		c.uint(len(p))
	}
	for _, p := range t.payloads {
		_, _ = c.Write(p)
	}
	return c.Flush()
}

// flags of an event in a page.
const (
	flagQoS    = 0x03
	flagRetain = 0x04
)

func flags(e *Event) byte {
	f := e.QoS & flagQoS
	if e.Retain {
		f |= flagRetain
	}
	return f
}

// columnWriter writes numbers as in encoding/binary. Its errors are those of
// Flush.
type columnWriter struct{ *bufio.Writer }

func (c columnWriter) uint(n int) {
	var b [binary.MaxVarintLen64]byte
	_, _ = c.Write(binary.AppendUvarint(b[:0], uint64(n)))
}

func (c columnWriter) int(n int64) {
	var b [binary.MaxVarintLen64]byte
	_, _ = c.Write(binary.AppendVarint(b[:0], n))
}

func (c columnWriter) times(events []Event, unit time.Duration) {
	c.uint(int(unit))
	last := int64(0)
	for i := range events {
		at := int64(events[i].At / unit)
		c.int(at - last)
		last = at
	}
}

// compressed writes what write writes, compressed. The header names no time and
// no machine.
func compressed(w io.Writer, write func(io.Writer) error) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := write(z); err != nil {
		return err
	}
	return z.Close()
}
