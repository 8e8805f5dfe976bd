package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// depthMax bounds how deep a file may nest; layouts need about six levels.
const depthMax = 100

// value is a JSON value that knows where it stands.
type value struct {
	begin, end int // bytes of the text
	scalar     any // a string, json.Number, bool or nil
	kind       byte
	members    []member
	items      []*value
}

// What a value is.
const (
	isScalar byte = iota
	isObject
	isList
)

type member struct {
	key   string
	begin int // of the key
	value *value
}

// get returns a member that is there and not null.
func (v *value) get(key string) (*value, bool) {
	for _, m := range v.members {
		if m.key == key && (m.value.kind != isScalar || m.value.scalar != nil) {
			return m.value, true
		}
	}
	return nil, false
}

// syntaxFault is where a text is no JSON.
type syntaxFault struct {
	at   int
	what string
}

func (f *syntaxFault) Error() string { return f.what }

// readTree makes values of a text. The error is a *syntaxFault.
func readTree(text []byte, twin func(begin int, key string)) (*value, error) {
	if err := checkSyntax(text); err != nil {
		return nil, err
	}
	r := &reader{text: text, dec: json.NewDecoder(bytes.NewReader(text)), twin: twin}
	r.dec.UseNumber()
	return r.value(0)
}

// checkSyntax goes first, because it knows the very byte that is wrong.
func checkSyntax(text []byte) error {
	err := json.Unmarshal(text, new(json.RawMessage))
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &syntax):
		return &syntaxFault{0, "no JSON: " + err.Error()}
	case strings.HasPrefix(syntax.Error(), "unexpected end"):
		return &syntaxFault{len(text), "no JSON: it ends in the middle"}
	}
	return &syntaxFault{int(syntax.Offset) - 1, "no JSON: " + syntax.Error()}
}

// reader makes values of a text that is JSON.
type reader struct {
	text []byte
	dec  *json.Decoder
	twin func(begin int, key string) // told of a key that an object has twice
}

// ahead is where the next token begins.
func (r *reader) ahead() int {
	at := int(r.dec.InputOffset())
	return at + len(r.text[at:]) - len(bytes.TrimLeft(r.text[at:], " \t\r\n,:"))
}

func (r *reader) value(depth int) (*value, error) {
	v := &value{begin: r.ahead()}
	if depth > depthMax {
		return nil, &syntaxFault{v.begin, fmt.Sprintf("it nests deeper than %d levels", depthMax)}
	}
	token, err := r.dec.Token()
	if err != nil {
		return nil, &syntaxFault{v.begin, "no JSON: " + err.Error()}
	}
	switch token {
	case json.Delim('{'):
		v.kind = isObject
		err = r.members(v, depth)
	case json.Delim('['):
		v.kind = isList
		err = r.items(v, depth)
	default:
		v.scalar = token
	}
	v.end = int(r.dec.InputOffset())
	return v, err
}

func (r *reader) members(v *value, depth int) error {
	seen := map[string]bool{}
	for r.dec.More() {
		begin := r.ahead()
		token, _ := r.dec.Token()
		key, _ := token.(string)
		if seen[key] {
			r.twin(begin, key)
		}
		seen[key] = true
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.members = append(v.members, member{key, begin, item})
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) items(v *value, depth int) error {
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := r.dec.Token()
	return err
}

// place turns a byte of the text into a line and a column, both from 1.
func place(text []byte, at int) (line, col int) {
	before := text[:min(at, len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}
