package redact

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

// Bounds on a rule file, so that none can hang or crash the reader.
const (
	maxFileBytes  = 512 << 10
	maxFileDepth  = 16   // of lists and objects; rules need 4
	maxFileIndent = 200  // columns
	maxFileTokens = 2e5  // what 5,000 rules take
	maxRules      = 2000 // of a file
)

// node is one value of a file, as it was written. A nil node is a missing one.
type node struct {
	Pos
	kind   nodeKind
	plain  bool // a scalar without quotes
	text   string
	items  []*node
	fields []field
}

type nodeKind byte

const (
	nodeMissing nodeKind = iota
	nodeScalar
	nodeList
	nodeObject
)

type field struct{ key, value *node }

// parseTree reads the text of a file into nodes; nil and a fault for what is
// not one YAML document, nil alone for an empty one.
func (s *source) parseTree(text string) (root *node) {
	defer func() {
		if r := recover(); r != nil { // the YAML library gave up on this text
			s.fail(Pos{1, 1}, "", "this is not YAML that can be read")
			root = nil
		}
	}()
	if !s.isReadable() {
		return nil
	}
	tokens := lexer.Tokenize(text)
	if !s.isShallow(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.syntaxFault(err)
		return nil
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if root != nil {
			s.fail(position(doc.Body), "put all rules into one", "a second document begins here")
			return nil
		}
		root = s.node(doc.Body, 0)
	}
	return root
}

// isReadable refuses what YAML cannot be.
func (s *source) isReadable() bool {
	for i, line := range s.lines {
		switch {
		case !utf8.ValidString(line):
			s.lines[i] = strings.ToValidUTF8(line, "?")
			s.fail(Pos{i + 1, 1}, "save it as UTF-8", "this line is not UTF-8")
		case strings.IndexByte(line, 0) >= 0:
			s.fail(Pos{i + 1, 1}, "", "a NUL character stands in this line; the file is not text")
		case len(line)-len(strings.TrimLeft(line, " ")) > maxFileIndent:
			s.fail(Pos{i + 1, 1}, "", "the line is indented by more than %d columns", maxFileIndent)
		}
	}
	return len(s.faults) == 0
}

// isShallow refuses text that would make the parser recurse without bound or
// take time out of all proportion.
func (s *source) isShallow(tokens token.Tokens) bool {
	if len(tokens) > maxFileTokens {
		s.fail(Pos{1, 1}, "keep the rules you need", "the file holds too much")
		return false
	}
	for _, t := range tokens {
		if t.Type == token.MappingKeyType {
			s.fail(at(t), "write `key: value`", "keys with ? are not supported in rules")
			return false
		}
	}
	if deep := yamlplace.TooDeep(tokens, maxFileDepth); deep != nil {
		s.fail(at(deep), "", "it nests deeper than %d levels", maxFileDepth)
		return false
	}
	return true
}

// syntaxFault puts the library's error into ours.
func (s *source) syntaxFault(err error) {
	p, message, ok := yamlplace.Fault(err)
	if !ok {
		s.fail(Pos{1, 1}, "", "this is not YAML")
		return
	}
	if tab, ok := yamlplace.Tab(s.lines, p.Line); ok {
		s.fail(Pos(tab), "indent with spaces, not with tabs", "YAML does not allow a tab here")
		return
	}
	s.fail(Pos(p), yamlplace.Hint(message), "this is not YAML: %s", message)
}

// node makes a node of the library's; what rules may not have is a fault.
func (s *source) node(n ast.Node, depth int) *node {
	if n == nil {
		return &node{}
	}
	out := &node{Pos: position(n)}
	if depth > maxFileDepth {
		s.fail(out.Pos, "", "it nests deeper than %d levels", maxFileDepth)
		return out
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		s.fieldsOf(out, n.Values, depth)
	case *ast.MappingValueNode:
		s.fieldsOf(out, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.kind = nodeList
		for _, item := range n.Values {
			out.items = append(out.items, s.node(item, depth+1))
		}
	case *ast.NullNode:
		if t := n.GetToken(); t.Type != token.ImplicitNullType {
			out.kind, out.plain, out.text = nodeScalar, true, t.Value
		}
	case *ast.LiteralNode:
		out.kind, out.text = nodeScalar, n.Value.Value
	case *ast.StringNode:
		t := n.GetToken()
		out.kind, out.text = nodeScalar, n.Value
		out.plain = t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.plain, out.text = nodeScalar, true, n.GetToken().Value
	default:
		s.fail(out.Pos, "write the value out; a text that begins with & or * needs quotes", "anchors, aliases and tags are not supported in rules")
	}
	return out
}

func (s *source) fieldsOf(out *node, values []*ast.MappingValueNode, depth int) {
	out.kind = nodeObject
	for _, v := range values {
		f := field{key: s.node(v.Key, depth+1), value: s.node(v.Value, depth+1)}
		if f.value.kind == nodeMissing {
			f.value.Pos = f.key.Pos
		}
		out.fields = append(out.fields, f)
	}
}

func at(t *token.Token) Pos { return Pos(yamlplace.Of(t)) }

// position is where a node begins.
func position(n ast.Node) Pos { return Pos(yamlplace.Node(n)) }

// describe names what a node is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case nodeList:
		return "a list"
	case nodeObject:
		return "an object"
	case nodeScalar:
		if r := []rune(n.text); len(r) > 60 {
			return fmt.Sprintf("%q…", string(r[:60]))
		}
		return fmt.Sprintf("%q", n.text)
	}
	return "nothing"
}
