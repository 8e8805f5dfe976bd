package scenarios

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hubtape/hubtape/sim/match"
)

// patternKeys are the keys of every condition on a message.
var patternKeys = []string{"topic", "json", "payload", "where", "client", "source", "qos", "retain"}

// conditions reads what looks at messages, and knows what they need to be
// understood: which sources there are and whether there is a tape.
type conditions struct {
	*reader
	scenario *Scenario
	fallback string // the source of a condition that names none
}

func (r *reader) conditions(o object, s *Scenario) *conditions {
	c := &conditions{reader: r, scenario: s, fallback: match.Any}
	for _, key := range []string{"app", "apps", "exec"} {
		if _, ok := o.has(key); ok {
			c.fallback = ""
		}
	}
	return c
}

// pattern reads the part of a condition that says what a message must look
// like.
func (c *conditions) pattern(o object) *match.Pattern {
	p := &match.Pattern{Source: c.fallback}
	if n, ok := o.required("topic"); ok {
		p.Topic = c.readFilter(n, "topic")
	}
	if n, ok := o.has("json"); ok {
		p.JSON, p.HasJSON = c.any(n, "json"), true
	}
	if n, ok := o.has("payload"); ok {
		if text, ok := c.readPayload(n); ok {
			p.Payload = &text
		}
	}
	if n, ok := o.has("where"); ok {
		p.Where = c.where(n)
	}
	p.Client = o.text("client")
	if n, ok := o.has("source"); ok {
		p.Source = c.source(n)
	}
	if qos, ok := o.integer("qos", 0, 2); ok {
		q := byte(qos)
		p.QoS = &q
	}
	if retain, ok := o.boolean("retain"); ok {
		p.Retain = &retain
	}
	return p
}

// readPayload reads exact bytes, which may be empty.
func (r *reader) readPayload(n *node) (string, bool) {
	if n.kind == kindList || n.kind == kindObject {
		r.want(n, "payload", "write json: instead of payload:", "a text")
		return "", false
	}
	return r.readText(n, "payload")
}

func (c *conditions) where(n *node) *match.Expr {
	text, ok := c.readText(n, "where")
	if !ok {
		return nil
	}
	e, err := match.CompileWhere(text)
	var we *match.WhereError
	switch {
	case errors.As(err, &we):
		message, hint, _ := strings.Cut(we.Message, "; did you mean ")
		if hint != "" {
			hint = "did you mean " + hint
		}
		c.fail(c.inside(n, we.Line, we.Column), hint, "where: %s", message)
	case err != nil:
		c.fail(n.Pos, "", "where: %v", err)
	}
	return e
}

// inside is the place in the file of a line and column of a text, as exact as
// the way it is written allows.
func (c *conditions) inside(n *node, line, col int) Pos {
	first := strings.Split(n.text, "\n")
	switch {
	case n.style == literalStyle && line <= len(first):
		text := first[line-1]
		got := c.line(n.Line + line)
		if text != "" && strings.HasSuffix(got, text) {
			return Pos{n.Line + line, utf8.RuneCountInString(got) - utf8.RuneCountInString(text) + col}
		}
	case n.style <= quotedStyle && len(first) == 1:
		start := n.Col - 1 + int(n.style) // after the quote
		got := []rune(c.line(n.Line))
		if start <= len(got) && strings.HasPrefix(string(got[start:]), n.text) {
			return Pos{n.Line, start + col}
		}
	}
	return n.Pos
}

// source reads who must have said a message.
func (c *conditions) source(n *node) string {
	text, ok := c.readText(n, "source")
	if !ok {
		return ""
	}
	known := []string{match.App, match.Device, match.Tape, match.Scenario, match.Any}
	for _, app := range c.scenario.Apps {
		if app.Key != "" {
			known = append(known, app.Source())
		}
	}
	if !slices.Contains(known, text) {
		hint := nearHint(text, known)
		c.fail(n.Pos, strings.Replace(hint, "there is ", "it is one of ", 1), "source %q is not known", shorten(text))
	}
	return text
}
