package match

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/hubtape/hubtape/internal/didyoumean"
)

// looker walks the tree as it was written: it refuses what is not allowed, and
// notes which variables and fields the condition looks at.
type looker struct {
	uses   vars
	places []place
	added  ast.Node // what the last place was noted for
	err    *file.Error
}

// place is a variable, or a field of one, that an expression looks at.
type place struct {
	text string
	root vars
	path []any // string keys and int indexes
}

func (l *looker) walk(root *ast.Node) {
	ast.Walk(root, l)
}

// Visit is called for children before their parents.
func (l *looker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		l.fail(n, callMessage(n))
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			l.fail(n, "$env is not available; name the variable")
		}
		if bit, ok := varBit(n.Value); ok {
			l.uses |= bit
			l.note(n, place{text: n.Value, root: bit})
		}
	case *ast.BinaryNode:
		if _, literal := n.Right.(*ast.StringNode); n.Operator == "matches" && !literal {
			l.fail(n.Right, "the pattern of matches must be written out in quotes")
		}
	case *ast.MemberNode:
		if p, ok := placeOf(n); ok {
			l.drop(n.Node)
			l.note(n, p)
		}
	}
}

func (l *looker) fail(n ast.Node, message string) {
	if l.err == nil {
		l.err = &file.Error{Location: n.Location(), Message: message}
	}
}

// note adds a place once.
func (l *looker) note(n ast.Node, p place) {
	if !slices.ContainsFunc(l.places, func(o place) bool { return o.text == p.text }) {
		l.places, l.added = append(l.places, p), n
	}
}

// drop removes the place that was just noted for a node, when the node is only
// the way to a longer one.
func (l *looker) drop(n ast.Node) {
	if chain, ok := n.(*ast.ChainNode); ok {
		n = chain.Node
	}
	if l.added == n {
		l.places, l.added = l.places[:len(l.places)-1], nil
	}
}

func placeOf(n ast.Node) (place, bool) {
	switch n := n.(type) {
	case *ast.ChainNode:
		return placeOf(n.Node)
	case *ast.IdentifierNode:
		bit, ok := varBit(n.Value)
		return place{text: n.Value, root: bit}, ok
	case *ast.MemberNode:
		p, ok := placeOf(n.Node)
		if !ok {
			return p, false
		}
		path := slices.Clone(p.path)
		switch key := n.Property.(type) {
		case *ast.StringNode:
			return place{p.text + pathKey(key.Value), p.root, append(path, key.Value)}, true
		case *ast.IntegerNode:
			return place{p.text + "[" + strconv.Itoa(key.Value) + "]", p.root, append(path, key.Value)}, true
		}
	}
	return place{}, false
}

// show writes what stands at the place in this message.
func (p place) show(s *Subject) string {
	v := s.fill(p.root)[p.name()]
	for _, key := range p.path {
		v = field(v, key)
	}
	if v == nil {
		return "nil"
	}
	return show(v)
}

func (p place) name() string {
	for _, v := range variables {
		if v.bit == p.root {
			return v.name
		}
	}
	return ""
}

func callMessage(n *ast.CallNode) string {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return "only the language's own functions can be called"
	}
	for _, r := range removed {
		if containsField(r.names, id.Value) {
			return fmt.Sprintf("%s is not available here: %s", id.Value, r.why)
		}
	}
	return fmt.Sprintf("there is no function %s%s", id.Value, didyoumean.Suffix(id.Value, builtinNames()))
}
