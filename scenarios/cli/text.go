package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/clock"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// textReport is what people read: a line for each scenario, then what went
// wrong, then a summary. What could not run goes to err.
type textReport struct {
	out, err io.Writer
	program  string // that repeats a failure
	name     int    // the width of the names
	colour   bool
	strict   bool
	groups   []*group // with something to tell at the end
}

// maxNameWidth is how much room the names get at most.
const maxNameWidth = 60

func nameWidth(items []*item) (width int) {
	for _, i := range items {
		width = max(width, utf8.RuneCountInString(i.name()))
	}
	return min(width, maxNameWidth)
}

func (t *textReport) outcome(*outcome) error { return nil }

// group writes the line of a scenario.
func (t *textReport) group(g *group) error {
	if len(g.bad) > 0 || len(g.warnings) > 0 || len(g.updated) > 0 {
		t.groups = append(t.groups, g)
	}
	status := t.paint(fmt.Sprintf("%-7s", g.status), colourOf(g.status))
	tail := "-"
	switch {
	case g.runs > 1 && g.badRuns() > 0:
		tail = fmt.Sprintf("%d of %s did not pass", g.badRuns(), command.Count(g.runs, "seed"))
	case g.runs > 1:
		tail = command.Count(g.runs, "seed")
	case g.status == scenarios.Skipped:
		tail = g.item.scenario.Skip
	case len(g.digest) > digestShown:
		tail = g.digest[:digestShown]
	}
	virtual, in, out := "-", "-", "-"
	if g.ran() {
		virtual, in, out = virtualText(g.virtual), command.Thousands(uint64(g.in)), command.Thousands(uint64(g.out))
	}
	_, err := fmt.Fprintf(t.out, "%s  %-*s  %10s  %8s  %11s  %8s in  %7s out  %s\n", status, t.name, g.item.name(),
		virtual, wallText(g.wall), speedText(g.virtual, g.wall), in, out, tail)
	return err
}

// digestShown is how many digits of a digest a line has.
const digestShown = 12

// end writes the failures, the warnings and the summary.
func (t *textReport) end(s *summary) error {
	var failed, broken, warned, updated strings.Builder
	for _, g := range t.groups {
		if g.counts[scenarios.Failed] > 0 {
			t.writeFailed(&failed, g)
		}
		writeErrors(&broken, g)
		for _, w := range g.warnings {
			fmt.Fprintf(&warned, "%s %s\n", t.paint("warning:", yellow), warningText(g.item, w))
		}
		for _, file := range g.updated {
			fmt.Fprintf(&updated, "wrote %s\n", file)
		}
	}
	text := failed.String()
	if warned.Len() > 0 {
		text += "\n" + warned.String()
	}
	if updated.Len() > 0 {
		text += "\n" + updated.String()
	}
	if _, err := io.WriteString(t.out, text); err != nil {
		return err
	}
	_, _ = io.WriteString(t.err, broken.String())
	_, err := fmt.Fprintf(t.out, "\n%s\n", summaryText(s))
	return err
}

// warningText is a warning with the file it is about.
func warningText(i *item, w string) string {
	if strings.HasPrefix(w, i.file+":") {
		return w
	}
	return i.file + ": " + w
}

// writeErrors writes what kept a scenario from running, with the lines of its
// file.
func writeErrors(b *strings.Builder, g *group) {
	for _, o := range g.bad {
		if o.status != scenarios.Error {
			continue
		}
		for _, f := range o.failures {
			fmt.Fprintln(b, f.text)
		}
		return // under another seed it is the same
	}
}

// writeFailed writes the failures of a scenario. Under many seeds the first is
// told in full, the others by their first failure.
func (t *textReport) writeFailed(b *strings.Builder, g *group) {
	full := true
	for _, o := range g.bad {
		if o.status != scenarios.Failed {
			continue
		}
		seed := ""
		if g.runs > 1 {
			seed = fmt.Sprintf(" (seed %d)", o.seed)
		}
		fmt.Fprintf(b, "\n%s %s%s\n", t.paint("FAILED", red), g.item.name(), seed)
		if full {
			writeFailures(b, o)
		} else {
			fmt.Fprintf(b, "  %s\n", headline(&o.failures[0]))
		}
		fmt.Fprintf(b, "  repeat it: %s\n", t.repeatCommand(o))
		if o.onlyGolden() {
			fmt.Fprintf(b, "  accept it: %s --update\n", t.repeatCommand(o))
		}
		full = false
	}
	if more := g.counts[scenarios.Failed] - len(g.bad); more > 0 {
		fmt.Fprintf(b, "\n  … and under %s\n", command.Count(more, "more seed"))
	}
}

func writeFailures(b *strings.Builder, o *outcome) {
	for i := range o.failures {
		f := &o.failures[i]
		fmt.Fprintf(b, "  %s\n", headline(f))
		for _, d := range slices.Concat(f.details, f.around) {
			fmt.Fprintf(b, "      %s\n", strings.ReplaceAll(d, "\n", "\n      "))
		}
	}
	if len(o.log) > 0 {
		fmt.Fprintf(b, "  the last that the automations logged:\n")
		for _, line := range o.log {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
}

// headline is place, kind, time and sentence of a failure.
func headline(f *failure) string {
	place := f.file
	if f.line > 0 {
		place += ":" + strconv.Itoa(f.line)
	}
	if f.kind == kindWarning || f.kind == kindNondeterministic {
		return place + ": " + f.message
	}
	return fmt.Sprintf("%s: %s: %s", place, f.kind, f.message)
}

// repeatCommand is what runs this very run again.
func (t *textReport) repeatCommand(o *outcome) string {
	c := fmt.Sprintf("%s run %s --seed %d", quoted(t.program), quoted(o.item.file), o.seed)
	if o.repeat > 1 {
		c += fmt.Sprintf(" --repeat %d", o.repeat)
	}
	if t.strict {
		c += " --strict"
	}
	return c
}

// summaryText is the last line.
func summaryText(s *summary) string {
	var parts []string
	for _, status := range []scenarios.Status{scenarios.Passed, scenarios.Failed, scenarios.Error, scenarios.Skipped} {
		n := s.counts[status]
		word := string(status)
		if status == scenarios.Error {
			word = "could not run"
		}
		if n > 0 || status == scenarios.Passed {
			parts = append(parts, fmt.Sprintf("%s %s", command.Thousands(uint64(n)), word))
		}
	}
	if s.left > 0 {
		parts = append(parts, command.Thousands(uint64(s.left))+" not run")
	}
	text := strings.Join(parts, ", ")
	if s.runs > s.scenarios {
		text = fmt.Sprintf("%s of %s: %s", command.Count(s.runs, "run"), command.Count(s.scenarios, "scenario"), text)
	}
	if s.stopped {
		text = "stopped: " + text
	}
	text = fmt.Sprintf("%s; %s in %s", text, virtualText(s.virtual), wallText(s.wall))
	if s.underWay != "" {
		text += "; " + s.underWay + " was under way"
	}
	return text
}

// virtualText is a time in a world, to the millisecond.
func virtualText(d time.Duration) string { return clock.FormatDuration(d.Round(time.Millisecond)) }

// wallText is a time of ours, to about three digits.
func wallText(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// speedText is how much faster than the real thing it was.
func speedText(virtual, wall time.Duration) string {
	if virtual <= 0 || wall <= 0 {
		return "-"
	}
	return command.Thousands(uint64(float64(virtual)/float64(wall))) + "x"
}

// The colours of a terminal.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func colourOf(s scenarios.Status) string {
	switch s {
	case scenarios.Passed:
		return green
	case scenarios.Skipped:
		return yellow
	}
	return red
}

func (t *textReport) paint(text, colour string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// quoted writes a word so that a shell takes it as it is.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=+,@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
