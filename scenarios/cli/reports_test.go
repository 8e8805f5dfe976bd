package cli_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The report as it is promised, with every key required.
type promised struct {
	Version   *int    `json:"version"`
	Program   *string `json:"program"`
	Scenarios *[]struct {
		Name          *string         `json:"name"`
		File          *string         `json:"file"`
		Status        *string         `json:"status"`
		Seed          *uint64         `json:"seed"`
		Digest        json.RawMessage `json:"digest"`
		Virtual       *float64        `json:"virtual_seconds"`
		Wall          *float64        `json:"wall_seconds"`
		In            *int            `json:"messages_in"`
		Out           *int            `json:"messages_out"`
		Deterministic *bool           `json:"deterministic"`
		Warnings      *[]string       `json:"warnings"`
		Failures      *[]struct {
			Kind    *string  `json:"kind"`
			Message *string  `json:"message"`
			At      *float64 `json:"at_seconds"`
			File    *string  `json:"file"`
			Line    *int     `json:"line"`
		} `json:"failures"`
	} `json:"scenarios"`
	Passed  *int `json:"passed"`
	Failed  *int `json:"failed"`
	Errors  *int `json:"errors"`
	Skipped *int `json:"skipped"`
}

// validJSON looks whether a report has all keys that it promises, no other, in
// their order, and counts that agree.
func validJSON(text string) error {
	var p promised
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	again, err := json.Marshal(p)
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return err
	}
	if compact.String() != string(again) { // a missing key would be null, another order would differ
		return fmt.Errorf("not as promised:\n%s\n%s", compact.String(), again)
	}
	counts := map[string]int{}
	for _, s := range *p.Scenarios {
		counts[*s.Status]++
		if d := string(s.Digest); d != "null" && len(d) != 66 {
			return fmt.Errorf("digest %s", d)
		}
	}
	want := map[string]int{"passed": *p.Passed, "failed": *p.Failed, "error": *p.Errors, "skipped": *p.Skipped}
	for status, n := range want {
		if counts[status] != n {
			return fmt.Errorf("%d scenarios %s, and it says %d", counts[status], status, n)
		}
	}
	return nil
}

// junitShape is, for each element, which attributes and elements both published
// schemas have: that of Jenkins' xUnit plugin and that of Ant's task. They are
// all required, but for skipped, error and failure, of which a case has at most
// one.
var junitShape = map[string]struct{ must, may, inside []string }{
	"testsuites": {nil, nil, []string{"testsuite"}},
	"testsuite": {
		[]string{"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"},
		[]string{"skipped"},
		[]string{"properties", "testcase", "system-out", "system-err"},
	},
	"properties": {nil, nil, nil},
	"testcase":   {[]string{"name", "classname", "time"}, nil, []string{"skipped", "error", "failure"}},
	"skipped":    {nil, []string{"message"}, nil},
	"error":      {[]string{"type"}, []string{"message"}, nil},
	"failure":    {[]string{"type"}, []string{"message"}, nil},
	"system-out": {nil, nil, nil},
	"system-err": {nil, nil, nil},
}

// validJUnit looks whether a report has the elements and attributes of that
// schema.
func validJUnit(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := validElement(open, t); err != nil {
				return err
			}
			open = append(open, t.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func validElement(open []string, e xml.StartElement) error {
	shape, ok := junitShape[e.Name.Local]
	switch {
	case !ok:
		return fmt.Errorf("element %s", e.Name.Local)
	case len(open) == 0 && e.Name.Local != "testsuites":
		return fmt.Errorf("the root is %s", e.Name.Local)
	case len(open) > 0 && !slices.Contains(junitShape[open[len(open)-1]].inside, e.Name.Local):
		return fmt.Errorf("%s in %s", e.Name.Local, open[len(open)-1])
	}
	missing := slices.Clone(shape.must)
	for _, a := range e.Attr {
		if !slices.Contains(shape.must, a.Name.Local) && !slices.Contains(shape.may, a.Name.Local) {
			return fmt.Errorf("attribute %s of %s", a.Name.Local, e.Name.Local)
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == a.Name.Local })
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s without %v", e.Name.Local, missing)
	}
	return nil
}

// digests are name, seed and digest of all runs of a JSON report.
func digests(text string) (all string) {
	var p promised
	if json.Unmarshal([]byte(text), &p) != nil {
		return ""
	}
	for _, s := range *p.Scenarios {
		all += fmt.Sprintln(*s.Name, *s.Seed, string(s.Digest))
	}
	return all
}
