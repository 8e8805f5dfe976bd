package scenarios

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// node is one value in a file, as it was written.
type node struct {
	Pos
	kind   nodeKind
	style  scalarStyle
	text   string   // of a scalar, unquoted
	items  []*node  // of a list
	fields []*field // of an object, in file order, with repeated keys
}

type field struct {
	key   *node
	value *node
}

type nodeKind byte

const (
	kindMissing nodeKind = iota // `key:` with nothing after it
	kindScalar
	kindList
	kindObject
)

type scalarStyle byte

const (
	plainStyle scalarStyle = iota
	quotedStyle
	literalStyle // |
	foldedStyle  // >
)

func (n *node) field(key string) *node {
	for _, f := range n.fields {
		if f.key.text == key {
			return f.value
		}
	}
	return nil
}

// The core schema of YAML 1.2, section 10.3.2.
var (
	yamlInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	yamlOctal = regexp.MustCompile(`^0o[0-7]+$`)
	yamlHex   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	yamlFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	yamlInf   = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$`)
)

// scalar resolves a scalar: nil, bool, int64, uint64, json.Number (a whole
// number beyond them), float64 or string.
func (n *node) scalar() any {
	if n.style != plainStyle {
		return n.text
	}
	switch n.text {
	case "~", "null", "Null", "NULL", "":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	}
	if !strings.ContainsAny(n.text[:1], "+-.0123456789") {
		return n.text
	}
	switch {
	case yamlInt.MatchString(n.text):
		return wholeNumber(n.text, 10)
	case yamlOctal.MatchString(n.text):
		return wholeNumber(n.text[2:], 8)
	case yamlHex.MatchString(n.text):
		return wholeNumber(n.text[2:], 16)
	case yamlFloat.MatchString(n.text):
		f, _ := strconv.ParseFloat(n.text, 64) // ±Inf when out of range: refused as a value
		return f
	case yamlInf.MatchString(n.text):
		if n.text[0] == '-' {
			return math.Inf(-1)
		}
		return math.Inf(1)
	}
	return n.text
}

func wholeNumber(digits string, base int) any {
	if v, err := strconv.ParseInt(digits, base, 64); err == nil {
		return v
	}
	if v, err := strconv.ParseUint(strings.TrimPrefix(digits, "+"), base, 64); err == nil {
		return v
	}
	if base != 10 {
		return math.Inf(1)
	}
	sign, digits := "", strings.TrimPrefix(digits, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	return json.Number(sign + strings.TrimLeft(digits, "0"))
}

// value is the node as plain Go values, with the last of a repeated key.
func (n *node) value() any {
	switch n.kind {
	case kindScalar:
		return n.scalar()
	case kindList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value()
		}
		return list
	case kindObject:
		object := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			object[f.key.text] = f.value.value()
		}
		return object
	default:
		return nil
	}
}

// appendJSON writes the node as JSON with the keys in the order of the file.
func (n *node) appendJSON(b []byte) []byte {
	switch n.kind {
	case kindList:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case kindObject:
		b = append(b, '{')
		for i, f := range n.fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONScalar(b, f.key.text), ':')
			b = f.value.appendJSON(b)
		}
		return append(b, '}')
	case kindScalar:
		v := n.scalar()
		if _, ok := v.(float64); ok && json.Valid([]byte(n.text)) {
			return append(b, n.text...) // 1.0 stays 1.0
		}
		return appendJSONScalar(b, v)
	default:
		return append(b, "null"...)
	}
}

func appendJSONScalar(b []byte, v any) []byte {
	if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return append(b, "null"...) // refused by the reader
	}
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return append(b, "null"...)
	}
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}

// describe names what a node is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case kindMissing:
		return "nothing"
	case kindList:
		return "a list"
	case kindObject:
		return "an object"
	}
	switch v := n.scalar().(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "the text " + strconv.Quote(shorten(v))
	default:
		return "the number " + shorten(n.text)
	}
}

func shorten(s string) string {
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
