package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/internal/yamlplace"
)

// syntaxFault puts the YAML library's error into ours, in words for people who
// do not know how a parser sees a file.
func syntaxFault(src *source, err error) *FileError {
	at, message, ok := yamlplace.Fault(err)
	if !ok {
		return src.fault(Pos{1, 1}, "", "this is not YAML: %v", err)
	}
	if tab, ok := yamlplace.Tab(src.lines, at.Line); ok {
		return src.fault(Pos(tab), "indent with spaces", "YAML does not allow a tab here")
	}
	p := Pos(at)
	switch {
	case strings.Contains(src.line(p.Line), "{{"):
		return src.fault(Pos{p.Line, 1 + indexRunes(src.line(p.Line), "{{")}, "write the value itself, or put it in quotes to mean the braces", "templates are not filled in here")
	case strings.Contains(message, "mapping value is not allowed"):
		return secondColon(src, p)
	case strings.Contains(message, "value is not allowed in this context") && !strings.Contains(message, "pre-defined"):
		return misplaced(src, p)
	}
	if message == noKey && missesSpace(src.line(p.Line)) {
		return src.fault(p, "write a space after the colon", "this is not YAML: a key ends in a colon and a space")
	}
	for _, w := range syntaxWords {
		if strings.Contains(message, w.library) {
			return src.fault(p, w.hint, "this is not YAML: %s", w.message)
		}
	}
	return src.fault(p, yamlplace.Hint(message), "this is not YAML: %s", message)
}

// noKey is what the library says of a line that has no key where it needs one.
const noKey = "non-map value is specified"

// missesSpace reports whether a colon in a line is followed by a letter.
func missesSpace(line string) bool {
	key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
	return ok && key != "" && value != "" && value[0] != ' '
}

// syntaxWords are messages of the library and what to say instead.
var syntaxWords = []struct{ library, message, hint string }{
	{"pre-defined", "something follows the closing quote", `inside '…' write '' for ', or put the text in "…"`},
	{noKey, "a key, a colon and a space should stand here", "write key: value; a value that goes on in the next line is indented further than its key"},
	{"sequence end token", "a [ is not closed", "put ] behind the last value"},
	{"mapping end token", "a { is not closed", "put } behind the last value"},
	{"',' or ']' must be", "a comma or a ] is missing", "the [ that was opened before is not closed"},
	{"',' or '}' must be", "a comma or a } is missing", "values in {…} have commas between them, and so have those in […]"},
	{"unexpected key name", "a key, a colon and a space should stand here", "write a space after the colon"},
	{"unexpected directive value", "a text must not begin with %", "put it in quotes"},
	{"invalid header option", "a text must not begin with | or >", "put it in quotes"},
	{"is a reserved character", "a text must not begin with this character", "put it in quotes"},
	{"could not find map value", "a key has no value", `what follows " #" is a comment; a text that begins with # needs quotes`},
}

// secondColon is for `name: x: y`, and for a line that is indented below one
// that has a value already.
func secondColon(src *source, p Pos) *FileError {
	line := []rune(src.line(p.Line))
	value := string(line[min(p.Col-1, len(line)):])
	key, rest, _ := strings.Cut(strings.TrimSpace(string(line)), ": ")
	if strings.Contains(value, ": ") {
		return src.fault(p, fmt.Sprintf("put the text in quotes: %s: %q", key, shorten(strings.TrimSpace(rest))), "this is not YAML: there is a second colon in the line")
	}
	for n := p.Line + 1; n <= len(src.lines); n++ {
		if next := src.line(n); strings.TrimSpace(next) != "" {
			return src.fault(Pos{n, 1 + indentOf(next)}, "indent it as the line above", "the line is indented further than the one above, which has a value already")
		}
	}
	return src.fault(p, "put the text in quotes", "this is not YAML: there is a second colon in the line")
}

// misplaced is for something that stands where nothing may: often a line that
// is indented as none above it.
func misplaced(src *source, p Pos) *FileError {
	line := src.line(p.Line)
	if strings.TrimSpace(string([]rune(line)[:p.Col-1])) != "" {
		return src.fault(p, "put the text in quotes, or begin a line of its own", "this is not YAML: something follows where the value has ended")
	}
	key, _, _ := strings.Cut(strings.TrimSpace(line), ":")
	if slices.Contains(stepKinds, key) {
		return src.fault(p, "begin each step with - and indent the dashes alike", "the line is indented as no line above it")
	}
	return src.fault(p, "indent it exactly as the keys beside which it belongs", "the line is indented as no line above it")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func indexRunes(line, part string) int {
	return len([]rune(line[:max(strings.Index(line, part), 0)]))
}
