package scenarios

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/hubtape/hubtape/internal/yamlplace"
)

// Bounds on a file, so that no file can hang or crash the reader.
const (
	maxFileBytes = 4 << 20
	maxDepth     = 64   // levels of lists and objects
	maxIndent    = 1000 // columns
	maxKeys      = 5000 // of one object in block style
)

// parseTree reads the text of a file into nodes. It returns nil and an error
// for what is not one YAML document.
func parseTree(src *source, text string) (root *node, fault *FileError) {
	defer func() {
		if r := recover(); r != nil { // the YAML library gave up on this text
			root, fault = nil, src.fault(Pos{1, 1}, "", "this is not YAML that can be read: %v", r)
		}
	}()
	if fault := checkText(src, text); fault != nil {
		return nil, fault
	}
	tokens := lexer.Tokenize(text)
	if fault := checkNesting(src, tokens); fault != nil {
		return nil, fault
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(src, err)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			return nil, src.fault(position(doc.Body), "put it in a file of its own", "a second document begins here; one file is one scenario")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, src.fault(Pos{1, 1}, "", "the file is empty; a scenario needs at least a name")
	}
	c := converter{src: src}
	root = c.node(body, 0)
	return root, c.fault
}

// checkText refuses what YAML cannot be.
func checkText(src *source, text string) *FileError {
	for i, line := range src.lines {
		for col, r := range []rune(line) {
			switch {
			case r == 0:
				return src.fault(Pos{i + 1, col + 1}, "", "a NUL character stands here; the file is not text")
			case r == utf8.RuneError && !utf8.ValidString(line):
				return src.fault(Pos{i + 1, col + 1}, "save it as UTF-8", "this is not UTF-8")
			}
		}
		if len(line)-len(strings.TrimLeft(line, " ")) > maxIndent {
			return src.fault(Pos{i + 1, maxIndent}, "", "the line is indented by more than %d columns", maxIndent)
		}
	}
	return nil
}

// checkNesting refuses text that would make the parser recurse without bound,
// or take time that grows with the square of its length: deep brackets, many
// openings on one line, objects with very many keys.
func checkNesting(src *source, tokens token.Tokens) *FileError {
	depth, line, onLine := 0, 0, 0
	var objects openObjects
	for _, t := range tokens {
		if t.Position.Line != line {
			line, onLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.MappingKeyType:
			return src.fault(at(t), "write `key: value`", "keys with ? are not supported in scenarios")
		case token.SequenceEntryType, token.AnchorType, token.TagType:
			onLine++
			objects.close(t.Position.Column)
		case token.MappingValueType:
			if depth == 0 && t.Prev != nil && objects.key(t.Prev.Position.Column) > maxKeys {
				return src.fault(at(t.Prev), "", "an object has more than %d keys", maxKeys)
			}
		}
		if depth > maxDepth || onLine > maxDepth {
			return src.fault(at(t), "", "it nests deeper than %d levels", maxDepth)
		}
	}
	return nil
}

// openObjects counts the keys of the objects that a line of a file stands in.
type openObjects []struct{ column, keys int }

// close ends the objects that are indented further than a column.
func (o *openObjects) close(column int) {
	for len(*o) > 0 && (*o)[len(*o)-1].column > column {
		*o = (*o)[:len(*o)-1]
	}
}

// key adds a key at a column and returns how many its object has.
func (o *openObjects) key(column int) int {
	o.close(column)
	if len(*o) == 0 || (*o)[len(*o)-1].column < column {
		*o = append(*o, struct{ column, keys int }{column: column})
	}
	last := &(*o)[len(*o)-1]
	last.keys++
	return last.keys
}

func at(t *token.Token) Pos { return Pos(yamlplace.Of(t)) }

// position is where a node begins.
func position(n ast.Node) Pos { return Pos(yamlplace.Node(n)) }

// converter makes nodes of the library's tree, and stops at the first thing
// that a scenario may not have.
type converter struct {
	src    *source
	fault  *FileError
	lineAt int    // the line that spaced last looked at
	line   []rune // and its text
}

func (c *converter) refuse(n ast.Node, hint, format string, args ...any) *node {
	if c.fault == nil {
		c.fault = c.src.fault(position(n), hint, format, args...)
	}
	return &node{Pos: position(n)}
}

func (c *converter) node(n ast.Node, depth int) *node {
	if n == nil || c.fault != nil {
		return &node{}
	}
	if depth > maxDepth {
		return c.refuse(n, "", "it nests deeper than %d levels", maxDepth)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return c.object(position(n), n.Values, depth)
	case *ast.MappingValueNode:
		return c.object(position(n), []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		list := &node{Pos: position(n), kind: kindList}
		for _, item := range n.Values {
			list.items = append(list.items, c.node(item, depth+1))
		}
		return list
	case *ast.AnchorNode:
		return c.refuse(n, "write the value out where it is used", "anchors (&) are not supported in scenarios")
	case *ast.AliasNode:
		return c.refuse(n, "write the value out", "aliases (*) are not supported in scenarios; a text that begins with * needs quotes")
	case *ast.TagNode:
		return c.refuse(n, "quote the value to make it a text", "tags (!) are not supported in scenarios")
	case *ast.LiteralNode:
		style := literalStyle
		if n.Start.Type == token.FoldedType {
			style = foldedStyle
		}
		return &node{Pos: at(n.Start), kind: kindScalar, style: style, text: n.Value.Value}
	}
	return c.scalar(n)
}

func (c *converter) object(p Pos, values []*ast.MappingValueNode, depth int) *node {
	object := &node{Pos: p, kind: kindObject}
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			return c.refuse(v, "write the keys out", "merge keys (<<) are not supported in scenarios")
		}
		key := c.node(v.Key, depth+1)
		if key.style == plainStyle && !c.spaced(at(v.Start)) {
			return c.refuse(v, "write `"+shorten(key.text)+": `", "a space is missing after %q", shorten(key.text)+":")
		}
		value := c.node(v.Value, depth+1)
		if value.Line == 0 {
			value.Pos = key.Pos
		}
		if value.kind == kindMissing {
			value.Pos = key.Pos
		}
		object.fields = append(object.fields, &field{key: key, value: value})
	}
	return object
}

// spaced reports whether the colon at a place ends its key: the library also
// takes {a:1} for {a: 1}, where YAML has the one key "a:1".
func (c *converter) spaced(colon Pos) bool {
	if colon.Line != c.lineAt {
		c.lineAt, c.line = colon.Line, []rune(c.src.line(colon.Line))
	}
	line := c.line
	if colon.Col < 1 || colon.Col >= len(line) || line[colon.Col-1] != ':' {
		return true
	}
	return strings.ContainsRune(" \t,[]{}", line[colon.Col])
}

func (c *converter) scalar(n ast.Node) *node {
	t := n.GetToken()
	if t.Type == token.ImplicitNullType {
		return &node{Pos: at(t)}
	}
	s := &node{Pos: at(t), kind: kindScalar, text: t.Value}
	if t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType {
		s.style = quotedStyle
	}
	switch n := n.(type) {
	case *ast.StringNode:
		s.text = n.Value
		if s.style == plainStyle && strings.Contains(n.Value, ": ") { // only the library takes it, in brackets
			return c.refuse(n, "put a comma before the next key, or the text in quotes", "a comma is missing, or quotes: there is a colon inside %q", shorten(n.Value))
		}
	case ast.ScalarNode:
	default:
		return c.refuse(n, "", "%s is not supported in scenarios", fmt.Sprint(n.Type()))
	}
	return s
}
