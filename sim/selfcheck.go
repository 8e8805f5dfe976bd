package sim

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hubtape/hubtape/broker"
)

// SelfCheck compares the runs of one world, event by event. The first run is
// kept in a temporary file; each later one is compared with it as it happens.
//
//	check, err := sim.NewSelfCheck()
//	defer check.Close()
//	for range 2 {
//		w, err := sim.New(sim.Options{Trace: check.NextRun()})
//		...
//		err = check.EndRun()
//	}
type SelfCheck struct {
	file  *os.File
	out   *bufio.Writer // the first run
	runs  int
	first *bufio.Reader // what the first run said, in later ones
	event int
	want  []byte
	diff  *Difference
	err   error
}

// Difference is the first event in which two runs differ.
type Difference struct {
	Run   int    // which run differs from the first; 2 is the second
	Event int    // counted from 1
	First string // what the first run has there, for people
	Later string // what this run has there
}

func (d *Difference) Error() string {
	return fmt.Sprintf("run %d differs from run 1 at event %d:\n  run 1: %s\n  run %d: %s", d.Run, d.Event, d.First, d.Run, d.Later)
}

// NewSelfCheck makes a check with a temporary file.
func NewSelfCheck() (*SelfCheck, error) {
	f, err := os.CreateTemp("", "hubtape-trace-*")
	if err != nil {
		return nil, fmt.Errorf("keep a run for comparison: %w", err)
	}
	_ = os.Remove(f.Name()) // where that works nothing is left behind, however the program ends
	return &SelfCheck{file: f}, nil
}

// NextRun begins a run; the result goes into Options.Trace.
func (c *SelfCheck) NextRun() io.Writer {
	c.runs++
	c.event = 0
	if c.runs == 1 {
		c.out = bufio.NewWriter(c.file)
		return c.out
	}
	_, err := c.file.Seek(0, io.SeekStart)
	c.err = errors.Join(c.err, err)
	c.first = bufio.NewReader(c.file)
	return (*comparison)(c)
}

// EndRun ends a run. It returns the first *Difference of any run so far, or an
// error of the file.
func (c *SelfCheck) EndRun() error {
	if c.runs == 1 {
		c.err = errors.Join(c.err, c.out.Flush())
	} else if c.diff == nil && c.err == nil {
		if line, err := c.nextLine(); err == nil {
			c.event++
			c.differ(line, nil)
		}
	}
	if c.err != nil {
		return fmt.Errorf("compare runs: %w", c.err)
	}
	if c.diff != nil {
		return c.diff
	}
	return nil
}

// Close removes the file.
func (c *SelfCheck) Close() error {
	err := c.file.Close()
	if gone := os.Remove(c.file.Name()); !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// comparison is the trace of a later run.
type comparison SelfCheck

// Write gets one event at a time.
func (x *comparison) Write(line []byte) (int, error) {
	c := (*SelfCheck)(x)
	if c.diff != nil || c.err != nil {
		return len(line), nil
	}
	c.event++
	if _, n := binary.Uvarint(line); n > 0 {
		line = line[n:]
	}
	want, err := c.nextLine()
	switch {
	case err == io.EOF:
		c.differ(nil, line)
	case err != nil:
		c.err = err
	case !bytes.Equal(want, line):
		c.differ(want, line)
	}
	return len(line), nil
}

// nextLine reads an event of the first run.
func (c *SelfCheck) nextLine() ([]byte, error) {
	n, err := binary.ReadUvarint(c.first)
	if err != nil {
		return nil, err
	}
	if uint64(cap(c.want)) < n {
		c.want = make([]byte, n)
	}
	c.want = c.want[:n]
	_, err = io.ReadFull(c.first, c.want)
	return c.want, err
}

func (c *SelfCheck) differ(first, later []byte) {
	c.diff = &Difference{Run: c.runs, Event: c.event, First: describe(first), Later: describe(later)}
}

// describe writes an event of a trace for people.
func describe(line []byte) string {
	if line == nil {
		return "(nothing: the run had ended)"
	}
	r := lineReader{line[1:]}
	at := time.Duration(r.number())
	if line[0] == kindStep {
		kind := r.text()
		return fmt.Sprintf("%v step %s, met: %v", at, kind, r.rest()[0] == 1)
	}
	client, source, receiver, topic, payload := r.text(), r.text(), r.text(), r.text(), r.text()
	s := fmt.Sprintf("%v %s", at, broker.Kind(line[0]))
	for _, part := range []struct{ name, value string }{
		{"topic", topic}, {"payload", payload}, {"client", client}, {"source", source}, {"to", receiver},
	} {
		if part.value != "" {
			s += fmt.Sprintf(" %s=%.200q", part.name, part.value)
		}
	}
	if tail := r.rest(); len(tail) == 2 {
		s += fmt.Sprintf(" qos=%d flags=%b", tail[0], tail[1])
	}
	return s
}

// lineReader takes an event apart; events come from this very program.
type lineReader struct{ b []byte }

func (r *lineReader) number() uint64 {
	x, n := binary.Uvarint(r.b)
	r.b = r.b[max(n, 0):]
	return x
}

func (r *lineReader) text() string {
	n := min(r.number(), uint64(len(r.b)))
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *lineReader) rest() []byte { return r.b }
