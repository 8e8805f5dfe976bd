// Package yamlplace says where in a YAML file something stands, as the library
// (goccy/go-yaml) knows it, and what to do where it is no YAML.
package yamlplace

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Pos is a place in a file.
type Pos struct{ Line, Col int } // both from 1

// Of is where a token stands; 1:1 where that is not known.
func Of(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// Node is where a value begins; the library places an object at its first colon.
func Node(n ast.Node) Pos {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return Node(n.Values[0])
		}
	case *ast.MappingValueNode:
		return Of(n.Key.GetToken())
	}
	return Of(n.GetToken())
}

// TooDeep returns the first token that nests deeper than most levels; nil: none
// does. The library recurses without bound, so it is asked before it parses.
func TooDeep(tokens token.Tokens, most int) *token.Token {
	depth, line, onLine := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, onLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.AnchorType, token.TagType, token.MappingKeyType:
			onLine++
		}
		if depth > most || onLine > most {
			return t
		}
	}
	return nil
}

// Fault takes an error of the library's parser apart; ok is false for one that it
// does not place.
func Fault(err error) (at Pos, message string, ok bool) {
	var placed interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &placed) {
		return Pos{1, 1}, "", false
	}
	return Of(placed.GetToken()), placed.GetMessage(), true
}

// Tab returns where a tab indents a line or the next one, which is the reason
// for a fault there whatever the library says.
func Tab(lines []string, line int) (at Pos, ok bool) {
	for n := line; n <= line+1 && n <= len(lines); n++ {
		text := lines[n-1]
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if i := strings.IndexByte(indent, '\t'); i >= 0 {
			return Pos{n, i + 1}, true
		}
	}
	return Pos{}, false
}

// Hint says what to do about a message of the library's; "" where it says it
// itself.
func Hint(message string) string {
	switch {
	case strings.Contains(message, "mapping value is not allowed"):
		return `a text with ": " in it needs quotes; or the next line is indented too far`
	case strings.Contains(message, "non-map value"):
		return `a key needs ":" and a space after it`
	case strings.Contains(message, "could not find end character"):
		return "the closing quote is missing"
	case strings.Contains(message, "cannot start any token"), strings.Contains(message, "reserved character"):
		return "a text that begins with this character needs quotes"
	case strings.Contains(message, "token ']' not found"), strings.Contains(message, "token '}' not found"):
		return "a bracket that was opened here is not closed"
	case strings.Contains(message, "must be specified"):
		return "a bracket that was opened before is not closed"
	}
	return ""
}
