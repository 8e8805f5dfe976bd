package simtest

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
)

// pattern is what -run takes for one test or subtest alone.
func pattern(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// quoted is a word for a shell.
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nameBytes is how long the name of a page may be, without the rest that tells it
// from others.
const nameBytes = 120

// pageName is the name of a file for a test: the levels of subtests with dots
// between them, and nothing that a file system minds. Where that loses something
// a short hash keeps two tests apart.
func pageName(test string) string {
	var b strings.Builder
	lost := false
	for _, r := range test {
		switch {
		case r == '/':
			b.WriteByte('.')
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
			lost = true
		}
	}
	name := b.String()
	if len(name) > nameBytes {
		name, lost = name[:nameBytes], true
	}
	if lost {
		h := fnv.New32a()
		_, _ = h.Write([]byte(test))
		name += fmt.Sprintf("-%08x", h.Sum32())
	}
	return name
}
