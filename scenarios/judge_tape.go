package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// tapeJudge is expect.same_as_tape: on the tape's app_outputs the automations
// say what the tape has there, in order within a topic.
type tapeJudge struct {
	*SameAsTape
	filters []string
	want    []recorder.Record // what the tape has, at the run's instants
	got     []recorder.Record // what the automations said
}

func newTapeJudge(s *Scenario, tape *recording) (*tapeJudge, error) {
	t := s.Tape
	j := &tapeJudge{SameAsTape: s.Expect.SameAsTape, filters: t.AppOutputs}
	until := sim.ToTheEnd
	if t.Until != nil {
		until = *t.Until
	}
	said := tape.records(mqtt.Selection{Include: t.AppOutputs}, t.From, until)
	for said.Next() {
		r := said.Record()
		if r.Kind == recorder.KindSnapshot {
			continue // it was retained: who said it did so before
		}
		j.want = append(j.want, record(r.At-t.From, r.Topic, slices.Clone(r.Payload)))
	}
	if err := said.Err(); err != nil {
		return nil, s.tapeError(err)
	}
	return j, nil
}

// record is a message as it is compared: what was said, where and when.
func record(at time.Duration, topic string, payload []byte) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: payload}}
}

func (j *tapeJudge) hear(s *match.Subject) {
	if s.Source == match.App || strings.HasPrefix(s.Source, match.AppsPrefix) {
		if mqtt.MatchAny(j.filters, s.Topic) {
			j.got = append(j.got, record(s.At, s.Topic, s.Payload))
		}
	}
}

// due is what the tape has up to an instant; it is in the order of time.
func (j *tapeJudge) due(end time.Duration) []recorder.Record {
	late := slices.IndexFunc(j.want, func(r recorder.Record) bool { return r.At > end })
	if late < 0 {
		return j.want
	}
	return j.want[:late]
}

// compared reports whether there was anything to compare by the end of the run.
func (j *tapeJudge) compared(end time.Duration) bool { return len(j.got)+len(j.due(end)) > 0 }

func (j *tapeJudge) verdict(end time.Duration) (failures []Failure, err error) {
	// What is due right after the end may have been said a little early, and
	// need not have been.
	want, got := records{list: j.due(end + j.Tolerance)}, records{list: j.got}
	report, err := compare.Compare(&want, &got, compare.Options{Ignore: j.Ignore, Time: j.Tolerance})
	if err != nil {
		return nil, err
	}
	total := int(report.Total)
	for _, d := range report.Differences {
		if d.Kind == compare.Missing && d.At > end {
			total--
			continue
		}
		if len(failures) < maxTold {
			failures = append(failures, j.failure(&d))
		}
	}
	if more := total - len(failures); more > 0 {
		failures = append(failures, Failure{
			Kind: "same_as_tape", Pos: j.Pos, At: failures[maxTold-1].At,
			Message: fmt.Sprintf("the app differs from the tape in %d messages more", more),
		})
	}
	return failures, nil
}

// failure says in what a message of the app differs from the tape.
func (j *tapeJudge) failure(d *compare.Difference) Failure {
	f := Failure{Kind: "same_as_tape", Pos: j.Pos, At: d.At, Topic: d.Topic}
	if d.A != nil {
		f.Details = append(f.Details, "tape: "+seenOf(d.A, match.Tape).String())
	}
	if d.B != nil {
		f.At = d.B.At
		f.Details = append(f.Details, "app:  "+seenOf(d.B, match.App).String())
	}
	switch d.Kind {
	case compare.Missing:
		f.Message = fmt.Sprintf("the app did not say what the tape has on %s at %v", d.Topic, d.At)
	case compare.Extra:
		f.Message = fmt.Sprintf("the app said something on %s at %v that the tape does not have there", d.Topic, f.At)
	case compare.Moved:
		f.Message = j.moved(d)
	case compare.Changed:
		f.Message = fmt.Sprintf("at %v the app said something else than the tape on %s", f.At, d.Topic)
		for _, field := range d.Fields {
			f.Details = append(f.Details, fieldText(field))
		}
	}
	return f
}

func (j *tapeJudge) moved(d *compare.Difference) string {
	switch late := d.B.At - d.A.At; {
	case late.Abs() <= j.Tolerance:
		return fmt.Sprintf("the app said it on %s in another order than the tape", d.Topic)
	case late < 0:
		return fmt.Sprintf("the app said it on %s %v earlier than the tape, more than the tolerance of %v", d.Topic, -late, j.Tolerance)
	default:
		return fmt.Sprintf("the app said it on %s %v later than the tape, more than the tolerance of %v", d.Topic, late, j.Tolerance)
	}
}

// fieldText says what a part of a payload was, and what the tape has.
func fieldText(f compare.FieldDiff) string {
	switch {
	case f.B == "":
		return fmt.Sprintf("%s was not there, want %s", f.Path, f.A)
	case f.A == "":
		return fmt.Sprintf("%s was %s, want none", f.Path, f.B)
	}
	return fmt.Sprintf("%s was %s, want %s", f.Path, f.B, f.A)
}

func seenOf(r *recorder.Record, source string) sim.Seen {
	return sim.Seen{At: r.At, Source: source, Message: r.Message}
}

// records is a list as a stream.
type records struct {
	list []recorder.Record
	next int
}

func (s *records) Next() bool {
	s.next++
	return s.next <= len(s.list)
}

func (s *records) Record() *recorder.Record { return &s.list[s.next-1] }
func (s *records) Err() error               { return nil }
