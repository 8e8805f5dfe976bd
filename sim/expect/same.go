package expect

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

// SameOptions say what is the same. With the zero value nothing is compared.
type SameOptions struct {
	Outputs   []string      // filters of what the old automation said
	Tolerance time.Duration // how much earlier or later
	Ignore    []string      // JSON fields that are not compared, as in package compare
	// Until is the instant up to which the tape is played: what it has later may be
	// said, and need not be. 0: to its end.
	Until time.Duration
}

// Same judges that the automations say on the outputs what another one said there
// on a tape, in order within a topic.
type Same struct {
	o    SameOptions
	want []recorder.Record // what the tape has, at the run's instants
	got  []recorder.Record // what the automations said; Seq says where in by
	by   []string          // who said it
}

// NewSame makes the judge. The records are those of the outputs, in order; from
// is the tape time of the world's instant 0. The error is theirs.
func NewSame(o SameOptions, records sim.Records, from time.Duration) (*Same, error) {
	j := &Same{o: o}
	for records.Next() {
		r := records.Record()
		if r.Kind == recorder.KindSnapshot {
			continue // it was retained: who said it did so before
		}
		j.want = append(j.want, said(r.At-from, r.Topic, slices.Clone(r.Payload)))
	}
	return j, records.Err()
}

// said is a message as it is compared: what was said, where and when.
func said(at time.Duration, topic string, payload []byte) recorder.Record {
	return recorder.Record{At: at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, Payload: payload}}
}

// Hear is Judge's.
func (j *Same) Hear(s *match.Subject) {
	if s.Source == match.App || strings.HasPrefix(s.Source, match.AppsPrefix) {
		if mqtt.MatchAny(j.o.Outputs, s.Topic) {
			r := said(s.At, s.Topic, s.Payload)
			r.Seq = uint64(len(j.by))
			j.got, j.by = append(j.got, r), append(j.by, s.Source)
		}
	}
}

// due is what the tape has up to an instant; it is in the order of time.
func (j *Same) due(end time.Duration) []recorder.Record {
	late := slices.IndexFunc(j.want, func(r recorder.Record) bool { return r.At > end })
	if late < 0 {
		return j.want
	}
	return j.want[:late]
}

// Compared reports whether there was anything to compare by the end of the run.
func (j *Same) Compared(end time.Duration) bool { return len(j.got)+len(j.due(end)) > 0 }

// Verdict is Judge's. What the tape has after the end was not due yet.
func (j *Same) Verdict(end time.Duration) (failures []Failure) {
	// What is due right after the end may have been said a little early, and
	// need not have been.
	required := end
	if j.o.Until > 0 {
		required = min(end, j.o.Until)
	}
	want, got := records{list: j.due(end + j.o.Tolerance)}, records{list: j.got}
	report, err := compare.Compare(&want, &got, compare.Options{Ignore: j.o.Ignore, Time: j.o.Tolerance})
	if err != nil { // neither lists nor these options give one
		panic(err)
	}
	total := int(report.Total)
	for _, d := range report.Differences {
		if d.Kind == compare.Missing && d.At > required {
			total--
			continue
		}
		if len(failures) < Told {
			failures = append(failures, Failure{Failure: j.failure(&d)})
		}
	}
	if more := total - len(failures); more > 0 && len(failures) > 0 {
		failures = append(failures, Failure{Failure: &sim.Failure{
			Kind: kindSame, At: failures[len(failures)-1].At,
			Message: fmt.Sprintf("the app differs from the tape in %s more", messages(more)),
		}})
	}
	return failures
}

const kindSame = "same_as_tape"

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

// failure says in what a message of the app differs from the tape.
func (j *Same) failure(d *compare.Difference) *sim.Failure {
	f := &sim.Failure{Kind: kindSame, At: d.At, Topic: d.Topic}
	if d.A != nil {
		f.Details = append(f.Details, "tape: "+seenOf(d.A, match.Tape).String())
	}
	if d.B != nil {
		f.At = d.B.At
		f.Details = append(f.Details, "app:  "+seenOf(d.B, j.by[d.B.Seq]).String())
	}
	switch d.Kind {
	case compare.Missing:
		f.Message = fmt.Sprintf("the app did not say what the tape has on %s at %v", match.Plain(d.Topic), d.At)
	case compare.Extra:
		f.Message = fmt.Sprintf("the app said something on %s at %v that the tape does not have there", match.Plain(d.Topic), f.At)
	case compare.Moved:
		f.Message = j.moved(d)
	case compare.Changed:
		f.Message = fmt.Sprintf("at %v the app said something else than the tape on %s", f.At, match.Plain(d.Topic))
		for _, field := range d.Fields {
			f.Details = append(f.Details, FieldText(field))
		}
	}
	return f
}

func (j *Same) moved(d *compare.Difference) string {
	switch late := d.B.At - d.A.At; {
	case late.Abs() <= j.o.Tolerance:
		return fmt.Sprintf("the app said it on %s in another order than the tape", match.Plain(d.Topic))
	case late < 0:
		return fmt.Sprintf("the app said it on %s %v earlier than the tape, more than the tolerance of %v", match.Plain(d.Topic), -late, j.o.Tolerance)
	default:
		return fmt.Sprintf("the app said it on %s %v later than the tape, more than the tolerance of %v", match.Plain(d.Topic), late, j.o.Tolerance)
	}
}

// FieldText says what a part of a message was, and what it should have been:
// `payload.state was "OFF", want "ON"`.
func FieldText(f compare.FieldDiff) string {
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
