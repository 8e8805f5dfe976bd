package deck

import (
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// lost begins a gap at an offset.
func (s *Source) lost(at time.Duration, reason string) {
	if s.up = false; !s.down {
		s.down, s.since, s.reason = true, at, reason
	}
}

// says puts the name of the source before a text, where it has one.
func (s *Source) says(text string) string {
	if s.Name == "" {
		return text
	}
	return s.Name + ": " + text
}

// endGap tells a source's gap, if there is one.
func (d *Deck) endGap(s *Source, now time.Time) error {
	if !s.down {
		return nil
	}
	s.down = false
	return d.gap(s.since, now, s.says(s.reason))
}

// endGaps tells all gaps that are open.
func (d *Deck) endGaps(now time.Time) error {
	for _, s := range d.sources {
		if err := d.endGap(s, now); err != nil {
			return err
		}
	}
	return nil
}

// gap writes a gap record. Nothing on a tape steps back in time: where other
// hubs went on meanwhile the gap is told at its end, and reaches back to where
// it began.
func (d *Deck) gap(from time.Duration, end time.Time, text string) error {
	until := d.time.offset(end)
	at := from
	if from < d.time.last {
		at, until = until, from
	}
	return d.put(recorder.Record{Kind: recorder.KindGap, At: at, Until: until, Text: text})
}
