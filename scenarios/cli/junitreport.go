package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// junitReport writes one test case for each scenario, with all its seeds, in the
// form that CI systems read. There are two published schemas of it, that of
// Jenkins' xUnit plugin (junit-10) and the stricter one of Ant's task; what is
// written is valid by both. So warnings stand at the end of the suite and not
// with their cases, and the suites have no counts of their own.
type junitReport struct {
	*command.File
	text     textReport // for the commands that repeat a failure
	begun    time.Time
	cases    []junitCase
	warnings strings.Builder
}

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

// The elements and attributes of a suite; the schemas want all of them, in this
// order.
type junitSuite struct {
	Name       string      `xml:"name,attr"`
	Package    string      `xml:"package,attr"`
	ID         int         `xml:"id,attr"`
	Timestamp  string      `xml:"timestamp,attr"`
	Host       string      `xml:"hostname,attr"`
	Tests      int         `xml:"tests,attr"`
	Fails      int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Properties string      `xml:"properties"`
	Cases      []junitCase `xml:"testcase"`
	Out        junitText   `xml:"system-out"`
	Err        junitText   `xml:"system-err"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Skipped *junitReason `xml:"skipped"`
	Error   *junitReason `xml:"error"`
	Failure *junitReason `xml:"failure"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

// junitText is a text of several lines, which stay lines: as plain text each end
// of a line would be a character reference, and not all readers know these.
type junitText struct {
	Text string `xml:",cdata"`
}

// xmlText leaves out what XML cannot have, of which encoding/xml takes no care
// in CDATA.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
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
		fmt.Fprintf(&r.warnings, "warning: %s\n", warningText(g.item, w))
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
	out.Text = xmlText(b.String())
	return out
}

func (r *junitReport) end(s *summary) error {
	suite := junitSuite{
		Name: "simrun", Package: "simrun", Timestamp: r.begun.UTC().Format("2006-01-02T15:04:05"), Host: hostName(),
		Tests: len(r.cases), Time: junitTime(s.wall), Cases: r.cases, Out: junitText{xmlText(r.warnings.String())},
	}
	for _, c := range r.cases {
		suite.Skipped += oneIf(c.Skipped)
		suite.Errors += oneIf(c.Error)
		suite.Fails += oneIf(c.Failure)
	}
	if _, err := io.WriteString(r, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(r)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: suite}); err != nil {
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

// hostName is what the schema wants where it is not known.
func hostName() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}
