package scenarios

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/sim/match"
)

// Expect is judged at the end, over the whole run.
type Expect struct {
	Pos
	Ordered    []Expectation // happen in this order
	Unordered  []Expectation // happen
	Never      []Expectation // do not happen
	SameAsTape *SameAsTape   // nil when not asked for
	Golden     *Golden       // nil when not asked for
}

// Expectation is one message, and when.
type Expectation struct {
	Pos
	Pattern *match.Pattern
	Between *Window // nil: at any time
}

// SameAsTape asks that the app says on the tape's app_outputs what the tape has
// there.
type SameAsTape struct {
	Pos
	Tolerance time.Duration // how much earlier or later; 0 unless given
	Ignore    []string      // JSON fields that are not compared
}

// Golden compares messages with a file.
type Golden struct {
	Pos
	File            string // as in the scenario; see [Scenario.Path]
	FilePos         Pos
	Topics          []string      // filters, on which devices count too; empty: all that apps and programs say
	Ignore          []string      // JSON fields that are not compared
	TimeTolerance   time.Duration // 0 unless given
	NumberTolerance float64       // absolute; 0 unless given
}

var (
	expectKeys          = []string{"ordered", "unordered", "never", "same_as_tape", "golden"}
	expectationKeys     = append(slices.Clone(patternKeys), "between")
	sameAsTapeKeys      = []string{"tolerance", "ignore"}
	goldenKeys          = []string{"file", "topics", "ignore", "tolerance"}
	goldenToleranceKeys = []string{"time", "number"}
)

func (c *conditions) expect(n *node) *Expect {
	e := &Expect{Pos: n.Pos}
	o, ok := c.object(n, "expect", expectKeys...)
	if !ok {
		return e
	}
	e.Ordered = c.expectations(o, "ordered")
	e.Unordered = c.expectations(o, "unordered")
	e.Never = c.expectations(o, "never")
	if n, ok := o.has("same_as_tape"); ok {
		e.SameAsTape = c.sameAsTape(n)
	}
	if n, ok := o.has("golden"); ok {
		e.Golden = c.golden(n)
	}
	return e
}

func (c *conditions) expectations(o object, key string) []Expectation {
	n, ok := o.has(key)
	if !ok {
		return nil
	}
	if n.kind != kindList {
		c.want(n, key, "begin each with -", "a list of objects")
		return nil
	}
	var out []Expectation
	for _, item := range n.items {
		if o, ok := c.object(item, "an expectation", expectationKeys...); ok {
			out = append(out, Expectation{Pos: item.Pos, Pattern: c.pattern(o), Between: o.window("between")})
		}
	}
	return out
}

func (c *conditions) sameAsTape(n *node) *SameAsTape {
	s := &SameAsTape{Pos: n.Pos}
	switch tape := c.scenario.Tape; {
	case tape == nil:
		c.fail(n.Pos, "", "same_as_tape needs a tape, and the scenario has none")
	case len(tape.AppOutputs) == 0:
		c.fail(n.Pos, "", "same_as_tape needs app_outputs in tape, to know what the old automation said")
	}
	if o, ok := c.object(n, "same_as_tape", sameAsTapeKeys...); ok {
		s.Tolerance, _ = o.duration("tolerance")
		s.Ignore = o.texts("ignore")
	}
	return s
}

func (c *conditions) golden(n *node) *Golden {
	g := &Golden{Pos: n.Pos}
	o, ok := c.object(n, "golden", goldenKeys...)
	if !ok {
		return g
	}
	g.File = o.requiredText("file")
	if n, ok := o.has("file"); ok {
		g.FilePos = n.Pos
	}
	g.Topics, g.Ignore = o.filters("topics"), o.texts("ignore")
	if n, ok := o.has("tolerance"); ok {
		if t, ok := c.object(n, "tolerance", goldenToleranceKeys...); ok {
			g.TimeTolerance, _ = t.duration("time")
			g.NumberTolerance, _ = t.decimal("number")
		}
	}
	return g
}
