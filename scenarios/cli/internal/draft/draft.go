package draft

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
)

// Options say what to write.
type Options struct {
	Tape    string // path; stands in the scenario as it is
	App     string // an automation; "": none
	Outputs []string
	Apps    []scenarios.Entry // those there are
	// Run runs a scenario; nil: Scenario.Run.
	Run func(s *scenarios.Scenario, o scenarios.RunOptions) *scenarios.Result
}

// Draft is a scenario that was written.
type Draft struct {
	Text     string
	Problem  string   // why it does not pass as it stands; "": it does
	Warnings []string // what to look at, though it passes
}

// Errors of what was asked for.
var (
	// ErrEmpty: there is nothing on the tape to write about.
	ErrEmpty = errors.New("there is no message on the tape")
	// ErrNoMatch: a filter of Outputs matches nothing on the tape.
	ErrNoMatch = errors.New("matches no message on the tape")
	// ErrNeedsApp: Outputs were given without App.
	ErrNeedsApp = errors.New("outputs are those of an automation; name it with --app")
)

// New writes a scenario from a tape. The error is of the tape, or of what was
// asked for.
func New(o Options) (*Draft, error) {
	if o.Run == nil {
		o.Run = func(s *scenarios.Scenario, ro scenarios.RunOptions) *scenarios.Result { return s.Run(o.Apps, ro) }
	}
	if o.App == "" && len(o.Outputs) > 0 {
		return nil, ErrNeedsApp
	}
	for _, f := range o.Outputs {
		if err := mqtt.ValidateFilter(f); err != nil {
			return nil, fmt.Errorf("--outputs: %w", err)
		}
	}
	s, err := take(o.Tape, maxMessages)
	if err != nil {
		return nil, err
	}
	if s.start, err = startOf(o.Tape); err != nil {
		return nil, err
	}
	if len(s.told()) == 0 {
		return nil, fmt.Errorf("%s: %w", o.Tape, ErrEmpty)
	}
	d := &drafter{Options: o, survey: s, draft: &Draft{}}
	if o.App == "" {
		return d.frame()
	}
	outputs := guessOutputs(s)
	if len(o.Outputs) > 0 {
		outputs = givenOutputs(s, o.Outputs)
	}
	for _, x := range outputs {
		if x.messages == 0 {
			return nil, fmt.Errorf("--outputs %s: %w", x.filter, ErrNoMatch)
		}
	}
	d.outputs = outputs
	if len(outputs) == 0 {
		return d.echo()
	}
	return d.sameAsTape()
}

// drafter writes one draft.
type drafter struct {
	Options
	*survey
	outputs []*output
	without string  // a topic that is not fed; "": none
	pairs   []*pair // without an automation
	draft   *Draft
}

// told are the topics on which something is said, without those of brokers.
func (s *survey) told() (out []*topic) {
	for _, t := range s.topics {
		if t.count > 0 && !isBrokers(t.name) {
			out = append(out, t)
		}
	}
	return out
}

// try runs a text as the scenario that it is.
func (d *drafter) try(text string, o scenarios.RunOptions) (*scenarios.Result, error) {
	s, err := scenarios.Parse("scenario.yaml", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("what was written cannot be read: %w", err)
	}
	return d.Run(s, o), nil
}

// describe is why a run did not pass, "" when it did.
func describe(r *scenarios.Result) string {
	switch {
	case r.Status == scenarios.Error:
		return r.Err.Error()
	case r.Status == scenarios.Failed:
		return r.Failures[0].Message
	}
	return ""
}

// settle keeps a text, with what its run said.
func (d *drafter) settle(w *writer, r *scenarios.Result) *Draft {
	d.draft.Problem = describe(r)
	if d.draft.Problem != "" {
		w.problem(r)
	}
	d.draft.Text = w.String()
	return d.draft
}

// tape writes what is fed.
func (d *drafter) tape(w *writer) {
	w.line("tape:")
	w.line("  file: %s # relative to this file", quote(filepath.ToSlash(d.Tape)))
	if roots := d.roots(); len(roots) > 0 {
		w.comment("  ", "What is fed: all that was recorded under these names.")
		w.line("  feed: [%s]", quoteAll(roots))
	}
	chatter := d.chatter()
	if d.without != "" {
		chatter = append(chatter, d.without)
	}
	if len(chatter) > 0 {
		w.comment("  ", "The hub's own log, which no automation reads.")
		w.line("  exclude: [%s]", quoteAll(chatter))
	}
	if d.until > 0 {
		w.line("  until: %s", duration(d.until))
	}
	if len(d.outputs) > 0 {
		w.comment("  ", "What the automation of that day said: never fed, only compared.")
		w.line("  app_outputs:")
		for _, o := range d.outputs {
			w.line("    - %s # %s: %s", quote(o.filter), o.why, command.Count(o.messages, "message"))
		}
	}
}

// maxRoots is how many first levels are named one by one.
const maxRoots = 8

// roots are filters of all that may be fed, by first level.
func (d *drafter) roots() (filters []string) {
	outputs := filtersOf(d.outputs)
	for _, t := range d.topics {
		if isBrokers(t.name) || mqtt.MatchAny(outputs, t.name) {
			continue
		}
		root, _, _ := strings.Cut(t.name, "/")
		if f := root + "/#"; !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	if len(filters) > maxRoots {
		return []string{"#"}
	}
	return filters
}

// chatter are the topics of logs of hubs, where there is more than these.
func (d *drafter) chatter() (topics []string) {
	others := false
	for _, t := range d.told() {
		if isLog(t.name) {
			topics = append(topics, t.name)
		} else {
			others = true
		}
	}
	if !others {
		return nil
	}
	return topics
}

func isLog(topic string) bool {
	return strings.HasSuffix(topic, "/bridge/logging") || strings.HasSuffix(topic, "/bridge/log")
}
