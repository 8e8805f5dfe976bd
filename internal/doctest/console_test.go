package doctest

import (
	"regexp"
	"strings"
)

// command is a line of a console block, with what the document says it prints.
type command struct {
	text  string
	first int // its output is lines[first:end] of the document
	end   int
	says  []string // these
}

// commands reads a console block: lines that begin with "$ " are commands, which
// a backslash at the end goes on with, and the others are what they print.
func (b *block) commands() (list []command) {
	for i := 0; i < len(b.body); i++ {
		text, isCommand := strings.CutPrefix(b.body[i], "$ ")
		if !isCommand {
			if n := len(list); n > 0 {
				list[n-1].says = append(list[n-1].says, b.body[i])
				list[n-1].end++
			}
			continue
		}
		for strings.HasSuffix(text, `\`) && i+1 < len(b.body) {
			i++
			text += "\n" + b.body[i]
		}
		at := b.line + i + 1
		list = append(list, command{text: text, first: at, end: at})
	}
	return list
}

// anything is what a document writes for lines, or a part of one, that do not
// matter.
const anything = "…"

// sameOutput reports whether a command printed what the document says.
func sameOutput(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == anything {
		for skip := 0; skip <= len(got); skip++ {
			if sameOutput(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && sameLine(want[0], got[0]) && sameOutput(want[1:], got[1:])
}

func sameLine(want, got string) bool {
	want, got = still(want), still(got)
	if want == got || !strings.Contains(want, anything) {
		return want == got
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), anything, ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// volatile is what depends on the machine: how long a run took, and how many
// times as fast as real time that is.
var volatile = []struct{ text, mark *regexp.Regexp }{
	{regexp.MustCompile(` +[0-9.hmµns]+ +[0-9,.]+x `), nil},                        // a line a scenario
	{regexp.MustCompile(` in [0-9.hmµns]+$`), regexp.MustCompile(`\d passed.*; `)}, // the summary
	{regexp.MustCompile(`\t(\(cached\)|[0-9.]+s)$`), nil},                          // go test
	{regexp.MustCompile(` \([0-9.]+s\)$`), regexp.MustCompile(`^ *--- `)},          // go test -v
}

// still is a line without what is volatile.
func still(line string) string {
	for _, v := range volatile {
		if v.mark == nil || v.mark.MatchString(line) {
			line = v.text.ReplaceAllString(line, " ~ ")
		}
	}
	return strings.TrimRight(line, " ")
}

// outputLines cuts what was printed into lines.
func outputLines(text string) []string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
