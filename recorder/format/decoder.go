package format

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// What a source may lack, in [Stats.Missing].
const (
	lackTimes    = "times"
	lackFlags    = "QoS and retain flags"
	lackYears    = "years"
	lackZones    = "time zones"
	lackLineEnds = "line ends in payloads"
	lackSpacing  = "white space in payloads"
)

// source reads records as they stand in a file of one format.
type source interface {
	// next fills r, a message so far, and says when it was. It returns io.EOF at
	// the end, a *LineError for what it cannot understand, after which next can
	// be called again, or the reader's error.
	next(r *recorder.Record) (moment, error)
	// began returns the line at which the last record began.
	began() int
}

// common is what sources share with the decoder they work for.
type common struct {
	Options
	flagged bool // a record said something about its QoS or retain flag
	untimed bool // the times are not the source's own
	cut     int
	guessed int
	lacks   []string
}

func (c *common) bad(line int, err error) error {
	return &LineError{File: c.File, Line: line, Err: err}
}

// lack notes something that the source does not write down.
func (c *common) lack(what string) {
	if !slices.Contains(c.lacks, what) {
		c.lacks = append(c.lacks, what)
	}
}

// decoder makes records of a source fit for a tape, and counts.
type decoder struct {
	*common
	src   source
	times timeline
	timed bool
	stats Stats
}

func newDecoder(o Options, open func(*common) source) Decoder {
	if o.File == "" {
		o.File = "input"
	}
	c := &common{Options: o}
	return &decoder{common: c, src: open(c)}
}

func (d *decoder) Next(r *recorder.Record) error {
	for {
		*r = recorder.Record{Kind: recorder.KindMessage}
		err := d.take(r)
		if err == nil {
			d.stats.Records++
			return nil
		}
		var line *LineError
		if !d.Lenient || !errors.As(err, &line) {
			return err
		}
		if d.stats.Skipped++; d.stats.FirstSkipped == nil {
			d.stats.FirstSkipped = err
		}
	}
}

func (d *decoder) take(r *recorder.Record) error {
	m, err := d.src.next(r)
	if err != nil {
		return err
	}
	if err = checkRecord(r); err == nil {
		err = d.place(r, m)
	}
	if err != nil {
		return d.bad(d.src.began(), err)
	}
	return nil
}

func (d *decoder) place(r *recorder.Record, m moment) error {
	if m.is == atOffset && m.ns >= 0 && r.Wall != 0 {
		d.times.anchor(r.Wall - m.ns)
	}
	at, held, err := d.times.place(m)
	if err != nil {
		return err
	}
	if r.At = at; held {
		d.stats.Held++
	}
	if m.is == atWall {
		r.Wall = m.ns
	}
	d.timed = d.timed || m.is != atUnknown
	return nil
}

// payloadMax is the longest packet that MQTT can carry [MQTT-1.5.5], rounded up.
const payloadMax = 256 << 20

// checkRecord refuses what no tape takes.
func checkRecord(r *recorder.Record) error {
	if size := max(len(r.Payload), len(r.Topic)+len(r.Client)+len(r.Text)); size > payloadMax {
		return fmt.Errorf("it has %d bytes, which is more than any MQTT message", size)
	}
	if r.Kind.IsMessage() {
		return mqtt.ValidateTopic(r.Topic)
	}
	return nil
}

func (d *decoder) Stats() Stats {
	s := d.stats
	s.Cut, s.Guessed = d.cut, d.guessed
	if s.Records == 0 {
		return s
	}
	if !d.timed || d.untimed {
		s.Missing = append(s.Missing, lackTimes)
	}
	if !d.flagged {
		s.Missing = append(s.Missing, lackFlags)
	}
	s.Missing = append(s.Missing, d.lacks...)
	return s
}
