package layout

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// check looks at what only all parts of a file together can tell.
func (p *parser) check() {
	l := p.layout
	unique(p, "node", l.nodes, func(n Node) (string, Place) { return n.Name, n.Place })
	unique(p, "ShNodeId", l.nodes, func(n Node) (string, Place) { return n.ID, n.Place })
	unique(p, "component", l.components, func(c Component) (string, Place) { return c.ID, c.Place })
	unique(p, "class", l.classes, func(c Class) (string, Place) { return c.ID, c.Place })
	for i, n := range l.nodes {
		p.checkNode(n, p.spans[i])
	}
	for _, c := range l.components {
		if _, ok := l.Class(c.ClassID); c.ClassID != "" && !ok {
			p.problems.add(c.Place, "component "+strconv.Quote(c.ID), "there is no class %q: add it to a list …%s", c.ClassID, classesSuffix)
		}
	}
	p.checkCycles()
}

// unique makes a problem of each name that is not the first of its kind.
func unique[T any](p *parser, kind string, all []T, key func(T) (string, Place)) {
	first := map[string]Place{}
	for _, one := range all {
		name, at := key(one)
		if old, taken := first[name]; taken && name != "" {
			p.problems.add(at, kind+" "+strconv.Quote(name), "it is there already, at %d:%d", old.Line, old.Col)
			continue
		}
		first[name] = at
	}
}

func (p *parser) checkNode(n Node, at span) {
	about := "node " + strconv.Quote(n.Name)
	if _, ok := p.layout.Component(n.ComponentID); n.ComponentID != "" && !ok {
		p.problems.add(at.component, about, "there is no component %q: add it to a list …%s", n.ComponentID, componentsSuffix)
	}
	if _, ok := p.layout.Node(n.Parent); n.Parent != "" && !ok {
		p.problems.add(at.parent, about, "there is no node %q that it could belong to%s", n.Parent, didyoumean.Suffix(n.Parent, p.nodeNames()))
	}
}

func (p *parser) nodeNames() []string {
	names := make([]string, len(p.layout.nodes))
	for i, n := range p.layout.nodes {
		names[i] = n.Name
	}
	return names
}

// checkCycles follows the parents of each node. A circle is told once, at the
// first of its nodes in the file.
func (p *parser) checkCycles() {
	parent := map[string]string{}
	for _, n := range p.layout.nodes {
		parent[n.Name] = n.Parent
	}
	done := map[string]bool{"": true}
	for _, n := range p.layout.nodes {
		var path []string
		onPath := map[string]int{}
		name := n.Name
		for !done[name] {
			done[name] = true
			onPath[name] = len(path)
			path = append(path, name)
			name = parent[name]
		}
		if begin, closed := onPath[name]; closed {
			p.circle(path[begin:])
		}
	}
}

// circle tells of one at its first node in the file.
func (p *parser) circle(names []string) {
	for i, n := range p.layout.nodes {
		first := slices.Index(names, n.Name)
		if first < 0 {
			continue
		}
		round := slices.Concat(names[first:], names[:first], []string{n.Name})
		p.problems.add(p.spans[i].parent, "node "+strconv.Quote(n.Name), "it belongs to itself: %s", strings.Join(round, " → "))
		return
	}
}
