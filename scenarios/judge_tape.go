package scenarios

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// tapeJudge is expect.same_as_tape: on the tape's app_outputs the automations
// say what the tape has there, in order within a topic.
type tapeJudge struct {
	*SameAsTape
	filters []string
	topics  []string // in the order they are first seen, on the tape or in the run
	want    map[string][]sim.Seen
	got     map[string][]sim.Seen
}

func newTapeJudge(s *Scenario, tape *recording) (*tapeJudge, error) {
	t := s.Tape
	j := &tapeJudge{SameAsTape: s.Expect.SameAsTape, filters: t.AppOutputs, want: map[string][]sim.Seen{}, got: map[string][]sim.Seen{}}
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
		j.add(j.want, sim.Seen{At: r.At - t.From, Source: match.Tape, Message: mqtt.Message{Topic: r.Topic, Payload: slices.Clone(r.Payload)}})
	}
	if err := said.Err(); err != nil {
		return nil, s.tapeError(err)
	}
	return j, nil
}

func (j *tapeJudge) add(to map[string][]sim.Seen, s sim.Seen) {
	topic := s.Message.Topic
	if len(j.want[topic])+len(j.got[topic]) == 0 {
		j.topics = append(j.topics, topic)
	}
	to[topic] = append(to[topic], s)
}

func (j *tapeJudge) hear(s *match.Subject) {
	if s.Source == match.App || strings.HasPrefix(s.Source, match.AppsPrefix) {
		if mqtt.MatchAny(j.filters, s.Topic) {
			j.add(j.got, sim.SeenOf(s))
		}
	}
}

// compared reports whether there was anything to compare by the end of the run.
func (j *tapeJudge) compared(end time.Duration) bool {
	for _, topic := range j.topics {
		if len(j.got[topic]) > 0 || len(j.want[topic]) > 0 && j.want[topic][0].At <= end {
			return true
		}
	}
	return false
}

func (j *tapeJudge) verdict(end time.Duration) (failures []Failure, err error) {
	for _, topic := range j.topics {
		for _, d := range j.compare(topic, end) {
			d.Kind, d.Pos = "same_as_tape", j.Pos
			failures = append(failures, d)
		}
	}
	slices.SortStableFunc(failures, func(a, b Failure) int { return int(a.At - b.At) })
	if n := len(failures); n > maxTold {
		failures = append(failures[:maxTold], Failure{
			Kind: "same_as_tape", Pos: j.Pos, At: failures[maxTold].At,
			Message: fmt.Sprintf("the app differs from the tape in %d messages more", n-maxTold),
		})
	}
	return failures, nil
}

// compare pairs what the tape has on a topic with what was said there, in
// order. Where the next two do not agree, the earlier one has no partner,
// unless both are due at about the same time: then one stands for the other.
func (j *tapeJudge) compare(topic string, end time.Duration) (diffs []Failure) {
	want, got := j.want[topic], j.got[topic]
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0].At+j.Tolerance < got[0].At:
			if want[0].At <= end { // what the tape says later was not due yet
				var d Failure
				d, got = j.missing(topic, want[0], got, want[1:])
				diffs = append(diffs, d)
			}
			want = want[1:]
		case len(want) == 0 || got[0].At+j.Tolerance < want[0].At:
			diffs = append(diffs, j.extra(topic, got[0]))
			got = got[1:]
		default:
			if why := j.differ(want[0], got[0]); len(why) > 0 {
				diffs = append(diffs, Failure{
					At: got[0].At, Message: fmt.Sprintf("at %v the app said something else than the tape on %s", got[0].At, topic),
					Details: append([]string{"tape: " + want[0].String(), "app:  " + got[0].String()}, why...),
				})
			}
			want, got = want[1:], got[1:]
		}
	}
	return diffs
}

// missing says that nothing was said in time in place of want. If it only came
// late, that message is no longer an extra one.
func (j *tapeJudge) missing(topic string, want sim.Seen, got, others []sim.Seen) (f Failure, left []sim.Seen) {
	f = Failure{At: want.At, Details: []string{"tape: " + want.String()}}
	for i, s := range got {
		if len(j.differ(want, s)) == 0 && !j.hasPartner(s, others) {
			f.Message = fmt.Sprintf("the app said it on %s %v later than the tape, more than the tolerance of %v", topic, s.At-want.At, j.Tolerance)
			f.Details = append(f.Details, "app:  "+s.String())
			return f, slices.Delete(got, i, i+1)
		}
	}
	f.Message = fmt.Sprintf("the app did not say what the tape has on %s at %v", topic, want.At)
	return f, got
}

// hasPartner reports whether what was said stands for one of the tape's.
func (j *tapeJudge) hasPartner(s sim.Seen, wants []sim.Seen) bool {
	return slices.ContainsFunc(wants, func(w sim.Seen) bool {
		return (w.At-s.At).Abs() <= j.Tolerance && len(j.differ(w, s)) == 0
	})
}

func (j *tapeJudge) extra(topic string, got sim.Seen) Failure {
	return Failure{
		At: got.At, Message: fmt.Sprintf("the app said something on %s at %v that the tape does not have there", topic, got.At),
		Details: []string{"app:  " + got.String()},
	}
}

// differ says in which parts two payloads differ, without the ignored fields.
func (j *tapeJudge) differ(want, got sim.Seen) []string {
	if bytes.Equal(want.Message.Payload, got.Message.Payload) {
		return nil
	}
	a, _, okA := match.ParseJSON(want.Message.Payload)
	b, _, okB := match.ParseJSON(got.Message.Payload)
	if !okA || !okB {
		return []string{fmt.Sprintf("payload was %.200q, the tape has %.200q", got.Message.Payload, want.Message.Payload)}
	}
	return differences("payload", a, b, j.Ignore)
}
