package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/sim"
)

// recording is a scenario's tape, opened: a .hubtape file, which is read as it
// is needed, or JSON lines and the like, which are read whole.
type recording struct {
	tape    *recorder.Tape // nil for the latter
	lines   []recorder.Record
	start   time.Time // the date of offset 0; zero: not known
	length  time.Duration
	topics  []string
	warning string
}

// openRecording opens the tape that a scenario names.
func openRecording(path string) (*recording, error) {
	if filepath.Ext(path) != ".hubtape" {
		return readLines(path)
	}
	tape, err := recorder.Open(path)
	if err != nil {
		return nil, err
	}
	info := tape.Info()
	if info.Damage != nil {
		return nil, errors.Join(info.Damage, tape.Close())
	}
	topics, err := tape.Topics()
	if err != nil {
		return nil, errors.Join(err, tape.Close())
	}
	r := &recording{tape: tape, length: info.Duration}
	if info.Start.Unix() != 0 {
		r.start = info.Start
	}
	for _, t := range topics {
		r.topics = append(r.topics, t.Topic)
	}
	if !info.Clean {
		r.warning = fmt.Sprintf("the tape %s was not closed by its recorder: it ends where the recorder was killed", filepath.Base(path))
	}
	return r, nil
}

func readLines(path string) (*recording, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := format.Detect(data[:min(len(data), format.HeadBytes)])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d := f.NewDecoder(bytes.NewReader(data), format.Options{File: path})
	r := &recording{}
	seen := map[string]bool{}
	for {
		var rec recorder.Record
		if err := d.Next(&rec); err == io.EOF {
			return r, nil
		} else if err != nil {
			return nil, err
		}
		r.lines = append(r.lines, rec)
		r.length = rec.At
		if !seen[rec.Topic] {
			seen[rec.Topic] = true
			r.topics = append(r.topics, rec.Topic)
		}
	}
}

func (r *recording) close() error {
	if r == nil || r.tape == nil {
		return nil
	}
	return r.tape.Close()
}

// records gives the messages of some topics in a stretch of tape time; until
// below zero: to the end.
func (r *recording) records(topics mqtt.Selection, from, until time.Duration) sim.Records {
	if r.tape == nil {
		return &lineRecords{lines: r.lines, topics: topics, from: from, until: until}
	}
	if until == 0 { // a query's zero is no limit
		until = 1
	}
	return r.tape.Cursor(recorder.Query{From: from, Until: max(until, 0), Topics: topics, Kinds: recorder.MessageKinds()})
}

// lineRecords is sim.Records over records in memory.
type lineRecords struct {
	lines       []recorder.Record
	topics      mqtt.Selection
	from, until time.Duration
	current     *recorder.Record
}

func (l *lineRecords) Next() bool {
	for len(l.lines) > 0 {
		l.current, l.lines = &l.lines[0], l.lines[1:]
		if l.until >= 0 && l.current.At > l.until {
			return false
		}
		if l.current.At >= l.from && l.topics.Has(l.current.Topic) {
			return true
		}
	}
	return false
}

func (l *lineRecords) Record() *recorder.Record { return l.current }
func (l *lineRecords) Err() error               { return nil }

// matchesTopic reports whether one of the tape's topics matches the filter.
func (r *recording) matchesTopic(filter string) bool {
	if r == nil {
		return false
	}
	for _, topic := range r.topics {
		if mqtt.Match(filter, topic) {
			return true
		}
	}
	return false
}
