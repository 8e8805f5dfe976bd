package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// runFacts is all of a run but its events, as it stands in a page. Times are
// nanoseconds.
type runFacts struct {
	Name        string         `json:"name"`
	File        string         `json:"file,omitempty"`
	Description string         `json:"description,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Status      Status         `json:"status,omitempty"`
	Skip        string         `json:"skip,omitempty"`
	Seed        string         `json:"seed,omitempty"` // a text: it may be larger than what JavaScript's numbers hold
	Digest      string         `json:"digest,omitempty"`
	Start       *startFacts    `json:"start,omitempty"`
	From        int64          `json:"from,omitempty"`
	Length      int64          `json:"length"`
	Wall        int64          `json:"wall,omitempty"`
	In          int            `json:"in"`
	Out         int            `json:"out"`
	Facts       []Fact         `json:"facts,omitempty"`
	Failures    []failureFacts `json:"failures,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
	Log         []string       `json:"log,omitempty"`
	Repeat      string         `json:"repeat,omitempty"`
	Spans       []spanFacts    `json:"spans,omitempty"`
}

// startFacts is a date, and the zone in which it is shown.
type startFacts struct {
	UnixMS  float64      `json:"unix_ms"`
	Offset  int          `json:"offset"` // seconds east of UTC
	Zone    string       `json:"zone"`
	Changes []zoneChange `json:"changes,omitempty"` // of the clocks, in the time of the run
}

// zoneChange is what the clocks show from an instant on.
type zoneChange struct {
	At     int64  `json:"at"`
	Offset int    `json:"offset"`
	Zone   string `json:"zone"`
}

// startOf is nil where the date is not known.
func startOf(r *Run) *startFacts {
	if r.Start.IsZero() {
		return nil
	}
	zone, offset := r.Start.Zone()
	f := &startFacts{UnixMS: float64(r.Start.UnixMicro()) / 1000, Offset: offset, Zone: readable(zone)}
	end := r.Start.Add(r.end())
	for _, at := r.Start.ZoneBounds(); !at.IsZero() && !at.After(end); _, at = at.ZoneBounds() {
		zone, offset := at.Zone()
		f.Changes = append(f.Changes, zoneChange{int64(at.Sub(r.Start)), offset, readable(zone)})
	}
	return f
}

type failureFacts struct {
	Kind    string   `json:"kind"`
	Message string   `json:"message"`
	Details []string `json:"details,omitempty"`
	Around  []string `json:"around,omitempty"`
	At      int64    `json:"at"`
	Topic   string   `json:"topic,omitempty"`
	Line    int      `json:"line,omitempty"`
}

type spanFacts struct {
	Kind   SpanKind `json:"kind"`
	From   int64    `json:"from"`
	To     int64    `json:"to"`
	Label  string   `json:"label,omitempty"`
	Text   string   `json:"text,omitempty"`
	Topic  string   `json:"topic,omitempty"`
	Line   int      `json:"line,omitempty"`
	Failed bool     `json:"failed,omitempty"`
}

func factsOf(r *Run) runFacts {
	f := runFacts{
		Name: readable(r.Name), File: readable(r.File), Description: readable(r.Description), Tags: readableAll(r.Tags),
		Status: r.Status, Skip: readable(r.Skip), Digest: readable(r.Digest),
		From: int64(r.From), Length: int64(r.Length), Wall: int64(r.Wall), In: r.In, Out: r.Out,
		Start: startOf(r), Warnings: readableAll(r.Warnings), Log: readableAll(r.Log), Repeat: readable(r.Repeat),
	}
	if r.Status != "" {
		f.Seed = fmt.Sprint(r.Seed)
	}
	for _, fact := range r.Facts {
		f.Facts = append(f.Facts, Fact{readable(fact.Name), readable(fact.Value)})
	}
	for _, x := range r.Failures {
		f.Failures = append(f.Failures, failureFacts{
			readable(x.Kind), readable(x.Message), readableAll(x.Details), readableAll(x.Around),
			int64(x.At), readable(x.Topic), x.Line,
		})
	}
	if r.History == nil {
		return f
	}
	for _, s := range r.History.Spans {
		f.Spans = append(f.Spans, spanFacts{
			s.Kind, int64(s.From), int64(s.To),
			readable(s.Label), readable(s.Text), readable(s.Topic), s.Line, s.Failed,
		})
	}
	return f
}

// readable writes bytes that are not UTF-8 as \xNN: JSON cannot hold them, and
// they are not to be lost.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if _, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func readableAll(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, readable(s))
	}
	return out
}
