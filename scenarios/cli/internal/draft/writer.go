package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hubtape/hubtape/scenarios"
)

// writer writes YAML by the line.
type writer struct {
	strings.Builder
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

func (w *writer) comment(indent, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for line := range strings.SplitSeq(text, "\n") {
		w.line("%s# %s", indent, printable(line))
	}
}

// counted writes that a topic has so many more messages.
func (w *writer) counted(topic string, n int) {
	if n == 0 {
		w.line("  - never: {topic: %s}", quote(topic))
		return
	}
	w.line("  - count: {topic: %s, exactly: %d}", quote(topic), n)
}

// printable keeps what may stand in a comment.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff || r == 0xfeff || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// maxProblems is how many failures are told in a draft.
const maxProblems = 3

// problem says at the end why the scenario does not pass.
func (w *writer) problem(r *scenarios.Result) {
	w.line("")
	w.comment("", "This does not pass as it stands:")
	if r.Status == scenarios.Error {
		w.comment("", "  %v", r.Err)
		return
	}
	for i, f := range r.Failures {
		if i == maxProblems {
			break
		}
		w.comment("", "  %s", f.Message)
		for _, d := range f.Details {
			w.comment("", "    %s", d)
		}
	}
}

// quote writes a text so that YAML reads it as that text, whatever it is.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text always can be
	return strings.TrimSuffix(b.String(), "\n")
}

func quoteAll(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = quote(t)
	}
	return strings.Join(out, ", ")
}
