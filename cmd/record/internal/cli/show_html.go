package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
)

// mostGaps is how many gaps of a tape are drawn; more of them are told in words.
const mostGaps = 10_000

// showHTML writes a page with the timeline of each tape. Of a damaged tape it
// shows what can be read, and the error says what cannot.
func (a *app) showHTML(out string, paths []string, q recorder.Query) error {
	var damaged []error
	err := command.WriteFile(out, a.Out, func(w io.Writer) error {
		page := report.NewHTML(w, report.Options{Title: pageTitle(paths), Program: version()})
		for _, path := range paths {
			r, err := tapeRun(path, q)
			if damage := (*recorder.DamageError)(nil); r != nil && errors.As(err, &damage) {
				r.Warnings = append(r.Warnings, oneSentence(err))
				damaged, err = append(damaged, err), nil
			}
			if err != nil {
				return err
			}
			if err := page.Add(r); err != nil {
				return err
			}
		}
		return page.Close()
	})
	return errors.Join(append(damaged, err)...)
}

func pageTitle(paths []string) string {
	if len(paths) == 1 {
		return filepath.Base(paths[0])
	}
	return command.Count(len(paths), "tape")
}

// tapeRun reads what is wanted of a tape. With an error it returns what was read
// before it, nil if that is nothing at all.
func tapeRun(path string, q recorder.Query) (*report.Run, error) {
	t, err := recorder.Open(path)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	info := t.Info()
	r := &report.Run{
		Name: filepath.Base(path), File: path, Facts: tapeFacts(info),
		From: min(q.From, info.Duration), Length: info.Duration, History: &report.History{},
	}
	if q.Until > 0 {
		r.Length = min(q.Until, r.Length)
	}
	if info.Start.UnixNano() != 0 {
		r.Start = info.Start
	}
	if !info.Clean {
		r.Warnings = append(r.Warnings, "the recorder did not close this tape: it was killed, or it is still recording")
	}
	c := t.Cursor(q)
	for c.Next() {
		addRecord(r.History, c.Record())
	}
	err = c.Err()
	if err == nil && info.Damage != nil {
		err = info.Damage
	}
	return r, err
}

func tapeFacts(i recorder.Info) []report.Fact {
	facts := []report.Fact{
		// All of it, whatever part the page shows; how much that is stands over it.
		{Name: "On the tape", Value: command.Count(int(i.Messages), "message") + " on " + command.Count(i.Topics, "topic")},
		{Name: "Size", Value: bytesText(i.FileBytes)},
	}
	if i.Gaps > 0 {
		facts = append(facts, report.Fact{Name: "Gaps", Value: thousands(i.Gaps)})
	}
	if i.Program != "" {
		facts = append(facts, report.Fact{Name: "Recorded by", Value: i.Program})
	}
	for _, l := range i.Labels {
		facts = append(facts, report.Fact{Name: l.Key, Value: l.Value})
	}
	return facts
}

// eventKinds says what a record is on a page; records of other kinds are notes.
var eventKinds = map[recorder.Kind]report.EventKind{
	recorder.KindMessage: report.Message, recorder.KindWill: report.Will, recorder.KindSnapshot: report.Snapshot,
	recorder.KindConnect: report.Connect, recorder.KindDisconnect: report.Disconnect, recorder.KindSubscribe: report.Subscribe,
}

func addRecord(h *report.History, r *recorder.Record) {
	if r.Kind == recorder.KindGap && len(h.Spans) < mostGaps {
		from, until := r.Gap()
		h.Spans = append(h.Spans, report.Span{Kind: report.GapSpan, From: max(from, 0), To: until, Label: "gap", Text: r.Text})
		return
	}
	e := report.Event{At: r.At, Client: r.Client, Topic: r.Topic, Payload: slices.Clone(r.Payload), QoS: r.QoS, Retain: r.Retain, Text: r.Text}
	kind, known := eventKinds[r.Kind]
	if e.Kind = kind; !known {
		e.Kind, e.Text = report.Note, noteText(r)
	}
	h.Add(e)
}

// noteText tells of a record that has no mark of its own.
func noteText(r *recorder.Record) string {
	text := ""
	switch r.Kind {
	case recorder.KindGap:
		from, until := r.Gap()
		text = fmt.Sprintf("gap of %v", (until - from).Round(time.Millisecond))
	case recorder.KindClockJump:
		text = fmt.Sprintf("the clock jumped by %v", r.Until)
	case recorder.KindUnsubscribe:
		text = "unsubscribed"
	}
	switch {
	case text == "":
		return r.Text
	case r.Text == "":
		return text
	}
	return text + ": " + r.Text
}
