package golden

import (
	"fmt"
	"strings"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/expect"
	"github.com/hubtape/hubtape/sim/match"
)

// Told is how many differences are told in full.
const Told = 5

// Compare tells in what a run differs from the file: a failure of kind golden for
// each of the first differences, by time, and one that counts the others. The
// messages of a topic are compared in order; topics have no order among each
// other. The error is that of Options.Validate.
func (f *File) Compare(said []Message, o Options) ([]*sim.Failure, error) {
	report, err := f.compare(said, o, Told)
	if err != nil {
		return nil, err
	}
	t := teller{file: f, said: said, o: o, w: newPayloadWriter(o)}
	var failures []*sim.Failure
	for i := range report.Differences {
		failures = append(failures, t.tell(&report.Differences[i]))
	}
	if more := int(report.Total) - len(report.Differences); more > 0 {
		failures = append(failures, &sim.Failure{
			Kind: kind, At: failures[len(failures)-1].At, Message: fmt.Sprintf("the run differs from %s in %s more", f.Path, messages(more)),
		})
	}
	return failures, nil
}

// kind is the kind of a failure that a golden file makes.
const kind = "golden"

// compare compares file and run and keeps up to most differences.
func (f *File) compare(said []Message, o Options, most int) (*compare.Report, error) {
	return compare.Compare(&stream{list: f.messages}, &stream{list: said}, o.comparison(most))
}

// stream shows messages as the records of a tape. Seq says where in the list one
// stands.
type stream struct {
	list []Message
	next int
}

func (s *stream) Next() bool {
	s.next++
	return s.next <= len(s.list)
}

func (s *stream) Record() *recorder.Record {
	m := &s.list[s.next-1]
	return &recorder.Record{Seq: uint64(s.next - 1), At: m.At, Kind: recorder.KindMessage, Message: m.Message}
}

func (s *stream) Err() error { return nil }

// teller puts differences into words.
type teller struct {
	file *File
	said []Message
	o    Options
	w    *payloadWriter
}

func (t *teller) tell(d *compare.Difference) *sim.Failure {
	f := &sim.Failure{Kind: kind, At: d.At, Topic: d.Topic}
	var want, got *Message
	place := t.file.Path
	if d.A != nil {
		want = &t.file.messages[d.A.Seq]
		place = fmt.Sprintf("%s:%d", place, want.Line)
		f.Details = append(f.Details, "golden: "+t.show(want))
	}
	if d.B != nil {
		got = &t.said[d.B.Seq]
		f.At = got.At
		f.Details = append(f.Details, "run:    "+t.show(got))
	}
	switch d.Kind {
	case compare.Missing:
		f.Message = fmt.Sprintf("%s: nobody said this on %s at %v", place, match.Plain(d.Topic), want.At)
	case compare.Extra:
		f.Message = fmt.Sprintf("at %v something was said on %s that %s does not have", got.At, match.Plain(d.Topic), place)
	case compare.Moved:
		f.Message = fmt.Sprintf("%s: this was said on %s %s", place, match.Plain(d.Topic), t.moved(want, got))
	default:
		f.Message = fmt.Sprintf("%s: at %v something else was said on %s", place, got.At, match.Plain(d.Topic))
		for _, field := range d.Fields {
			f.Details = append(f.Details, expect.FieldText(field))
		}
	}
	return f
}

// moved says how far a message has moved.
func (t *teller) moved(want, got *Message) string {
	by, word := got.At-want.At, "later"
	if by < 0 {
		by, word = -by, "earlier"
	}
	if by <= t.o.Time {
		return fmt.Sprintf("at %v, in another order than the file has it", got.At)
	}
	return fmt.Sprintf("%v %s, more than the tolerance of %v", by, word, t.o.Time)
}

// show is a message as a line of the file, for people.
func (t *teller) show(m *Message) string {
	return clip(strings.TrimSuffix(string(t.w.appendLine(nil, m, nil)), "\n"))
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}
