package match

import (
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

var boolType = reflect.TypeFor[bool]()

// rewrite changes the tree so that it means what [CompileWhere] says: field
// access and comparisons become calls of our own operators, and each pass of an
// iteration takes from the step budget.
func rewrite(root *ast.Node) {
	ast.Walk(root, rewriter{})
}

type rewriter struct{}

// Visit is called for children before their parents. Types are those that the
// checker found in the tree as it was written.
func (rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		patchCall(node, nil, opField, n.Node, n.Property)
	case *ast.ChainNode: // its members no longer jump
		*node = n.Node
	case *ast.BinaryNode:
		rewriteBinary(node, n)
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			wantBool(&n.Node)
		}
	case *ast.ConditionalNode:
		wantBool(&n.Cond)
	case *ast.BuiltinNode:
		rewriteBuiltin(node, n)
	case *ast.ArrayNode:
		if slices.ContainsFunc(n.Nodes, func(e ast.Node) bool { return !scalar(e) }) {
			patchCall(node, nil, opBounded, n)
		}
	case *ast.MapNode:
		patchCall(node, nil, opBounded, n)
	}
}

func rewriteBinary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "<", "<=", ">", ">=":
		if !numeric(n.Left) || !numeric(n.Right) {
			patchCall(node, boolType, orderOps[n.Operator], n.Left, n.Right)
		}
	case "==", "!=":
		if scalar(n.Left) || scalar(n.Right) {
			return // the machine compares these by value
		}
		patchCall(node, boolType, opEqual, n.Left, n.Right)
		if n.Operator == "!=" {
			not := &ast.UnaryNode{Operator: "!", Node: *node}
			not.SetType(boolType)
			ast.Patch(node, not)
		}
	case "and", "&&", "or", "||":
		wantBool(&n.Left)
		wantBool(&n.Right)
	case "+":
		if !numeric(n.Left) || !numeric(n.Right) {
			patchCall(node, nil, opAdd, n.Left, n.Right)
		}
	case "**", "^":
		patchCall(node, nil, opPower, n.Left, n.Right)
	}
}

func rewriteBuiltin(node *ast.Node, n *ast.BuiltinNode) {
	for _, arg := range n.Arguments {
		if p, ok := arg.(*ast.PredicateNode); ok {
			if strings.Contains(boolPredicates, " "+n.Name+" ") {
				wantBool(&p.Node)
			}
			p.Node = stepped(p.Node)
		}
	}
	switch n.Name {
	case "map":
		patchCall(node, nil, opBounded, n)
	case "string":
		patchCall(node, nil, opText, n.Arguments...)
	}
}

// boolPredicates are the builtins whose predicate is a condition.
const boolPredicates = " all none any one filter find findIndex findLast findLastIndex count "

// stepped takes one from the machine's budget before the node: a list of one
// element does.
func stepped(n ast.Node) ast.Node {
	toll := &ast.ArrayNode{Nodes: []ast.Node{&ast.NilNode{}}}
	seq := &ast.SequenceNode{Nodes: []ast.Node{toll, n}}
	seq.SetLocation(n.Location())
	return seq
}

func wantBool(node *ast.Node) {
	if (*node).Type().Kind() != reflect.Bool {
		patchCall(node, boolType, opTruth, *node)
	}
}

func patchCall(node *ast.Node, result reflect.Type, name string, args ...ast.Node) {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation((*node).Location())
	call := &ast.CallNode{Callee: callee, Arguments: args}
	if result != nil {
		call.SetType(result)
	}
	ast.Patch(node, call)
}

// scalar reports whether the node is known to be a number, text, true, false or
// nil.
func scalar(n ast.Node) bool {
	if _, ok := n.(*ast.NilNode); ok {
		return true
	}
	k := n.Type().Kind()
	return k == reflect.String || k == reflect.Bool || numeric(n)
}

func numeric(n ast.Node) bool {
	k := n.Type().Kind()
	return k == reflect.Int || k == reflect.Float64
}

func containsField(fields, name string) bool {
	return slices.Contains(strings.Fields(fields), name)
}

// builtinNames are the functions of the language that are left.
func builtinNames() []string {
	var names []string
	for _, name := range builtin.Names {
		if !slices.ContainsFunc(removed, func(r struct{ why, names string }) bool { return containsField(r.names, name) }) {
			names = append(names, name)
		}
	}
	return names
}
