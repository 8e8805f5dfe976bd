// Package jsontext checks JSON that comes from outside.
package jsontext

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"
)

// nestMax brackets can stand in a text that is checked by recursion; beyond them
// a hostile one could use up the stack, which ends a process whatever recovers.
const nestMax = 100_000

// Valid reports whether text is JSON. It is gjson's check, which is the faster
// one, where that is safe. What is nested more than 10,000 levels deep may not be
// valid to it.
func Valid(text []byte) bool {
	if len(text) > nestMax && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > nestMax {
		return json.Valid(text)
	}
	return gjson.ValidBytes(text)
}

// CouldBe is a cheap look before the parser: the first byte, and that brackets
// nest no deeper than depth levels.
func CouldBe(text []byte, depth int) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 || strings.IndexByte(`{["-0123456789tfn`, text[0]) < 0 {
		return false
	}
	nested, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if nested++; nested > depth {
				return false
			}
		case c == '}' || c == ']':
			nested--
		}
	}
	return true
}
