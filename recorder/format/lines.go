package format

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// lineMax is the longest line that is read: a payload of 256 MiB, all escaped.
const lineMax = 1600 << 20

var errLineLong = errors.New("the line is longer than any MQTT message")

// lineDecoder is what formats of one record a line have in common.
type lineDecoder struct {
	in    *bufio.Reader
	o     Options
	line  int
	buf   []byte
	last  time.Duration // the latest offset seen
	stats Stats
	// parse reads one line. It gives the offset as the source says it; none
	// when it says nothing.
	parse func(line []byte, r *recorder.Record) (at time.Duration, none bool, err error)
}

func newLineDecoder(r io.Reader, o Options) *lineDecoder {
	if o.File == "" {
		o.File = "input"
	}
	return &lineDecoder{in: bufio.NewReaderSize(r, 256<<10), o: o}
}

func (d *lineDecoder) Stats() Stats { return d.stats }

func (d *lineDecoder) Next(r *recorder.Record) error {
	for {
		line, err := d.read()
		if err != nil {
			return err
		}
		*r = recorder.Record{Kind: recorder.KindMessage}
		at, none, err := d.parse(line, r)
		if err == nil {
			d.place(r, at, none)
			return nil
		}
		err = &LineError{File: d.o.File, Line: d.line, Err: err}
		if !d.o.Lenient {
			return err
		}
		if d.stats.Skipped++; d.stats.FirstSkipped == nil {
			d.stats.FirstSkipped = err
		}
	}
}

// place puts a record in time: a missing offset is that of the line before, and
// one that steps back is held.
func (d *lineDecoder) place(r *recorder.Record, at time.Duration, none bool) {
	switch {
	case none:
		at = d.last
	case at < d.last:
		d.stats.Held++
		at = d.last
	}
	d.last, r.At = at, at
	d.stats.Records++
}

// read returns the next line that is not blank, without its end. It is valid
// until the next read.
func (d *lineDecoder) read() ([]byte, error) {
	for {
		d.line++
		d.buf = d.buf[:0]
		for {
			part, err := d.in.ReadSlice('\n')
			d.buf = append(d.buf, part...)
			if err == nil || (errors.Is(err, io.EOF) && len(d.buf) > 0) {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return nil, err
			}
			if len(d.buf) > lineMax {
				return nil, &LineError{File: d.o.File, Line: d.line, Err: errLineLong}
			}
		}
		line := d.buf
		if d.line == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}
