package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// junitReport writes one test case for each scenario, with all its seeds, in the
// form that CI systems read.
type junitReport struct {
	*command.File
	text  textReport // for the commands that repeat a failure
	cases []junitCase
}

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Name    string     `xml:"name,attr"`
	Tests   int        `xml:"tests,attr"`
	Fails   int        `xml:"failures,attr"`
	Errors  int        `xml:"errors,attr"`
	Time    string     `xml:"time,attr"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name    string      `xml:"name,attr"`
	Tests   int         `xml:"tests,attr"`
	Fails   int         `xml:"failures,attr"`
	Errors  int         `xml:"errors,attr"`
	Skipped int         `xml:"skipped,attr"`
	Time    string      `xml:"time,attr"`
	Cases   []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Skipped *junitReason `xml:"skipped"`
	Error   *junitReason `xml:"error"`
	Failure *junitReason `xml:"failure"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (r *junitReport) outcome(*outcome) error { return nil }

func (r *junitReport) group(g *group) error {
	c := junitCase{Class: g.item.file, Name: g.item.name(), Time: junitTime(g.wall)}
	switch g.status {
	case scenarios.Skipped:
		c.Skipped = &junitReason{Message: g.item.scenario.Skip}
	case scenarios.Error:
		c.Error = r.reason(g)
	case scenarios.Failed:
		c.Failure = r.reason(g)
	}
	for _, w := range g.warnings {
		c.Out += "warning: " + w + "\n"
	}
	r.cases = append(r.cases, c)
	return nil
}

// reason tells of all seeds that did not pass, the first in full.
func (r *junitReport) reason(g *group) *junitReason {
	first := g.bad[0]
	for _, o := range g.bad {
		if o.status == g.status {
			first = o
			break
		}
	}
	out := &junitReason{Message: first.failures[0].message, Type: first.failures[0].kind}
	if g.runs > 1 {
		out.Message = fmt.Sprintf("%d of %d seeds did not pass; the first, %d: %s", g.badRuns(), g.runs, first.seed, out.Message)
	}
	var b strings.Builder
	for _, o := range g.bad {
		if g.runs > 1 {
			fmt.Fprintf(&b, "seed %d:\n", o.seed)
		}
		if o.status == scenarios.Error {
			for _, f := range o.failures {
				fmt.Fprintln(&b, f.text)
			}
			continue
		}
		writeFailures(&b, o)
		fmt.Fprintf(&b, "  repeat it: %s\n", r.text.repeatCommand(o))
	}
	if more := g.badRuns() - len(g.bad); more > 0 {
		fmt.Fprintf(&b, "and %s\n", command.Count(more, "more seed"))
	}
	out.Text = b.String()
	return out
}

func (r *junitReport) end(s *summary) error {
	suite := junitSuite{Name: "simrun", Tests: len(r.cases), Time: junitTime(s.wall), Cases: r.cases}
	for _, c := range r.cases {
		suite.Skipped += oneIf(c.Skipped)
		suite.Errors += oneIf(c.Error)
		suite.Fails += oneIf(c.Failure)
	}
	all := junitSuites{Name: suite.Name, Tests: suite.Tests, Fails: suite.Fails, Errors: suite.Errors, Time: suite.Time, Suite: suite}
	if _, err := io.WriteString(r, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(r)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(r, "\n")
	return err
}

func oneIf(r *junitReason) int {
	if r == nil {
		return 0
	}
	return 1
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
