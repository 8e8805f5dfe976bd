package broker

import (
	"cmp"
	"slices"
	"strings"
)

// subscription is one client's interest in one filter.
type subscription struct {
	client *client
	filter string // as subscribed, "$share/…" included
	qos    byte   // as granted
	seq    uint64 // its number over the whole broker; decides the order of delivery
	share  *share // nil for an ordinary subscription
}

// trie finds the subscriptions whose filter matches a topic. Its maps are only
// ever looked up in, never ranged over.
type trie struct {
	root node
	hits []*subscription // reused by match
}

type node struct {
	level    string
	parent   *node
	children map[string]*node // literal levels
	plus     *node
	hash     *node
	subs     []*subscription // ordinary ones, by seq
	shares   []*share        // by their first member's seq
}

// at returns the node of a valid filter without its share name, or nil if
// there is none and make is false.
func (t *trie) at(filter string, make bool) *node {
	n := &t.root
	for level := range strings.SplitSeq(filter, "/") {
		next := n.child(level)
		if next == nil {
			if !make {
				return nil
			}
			next = n.add(level)
		}
		n = next
	}
	return n
}

func (n *node) child(level string) *node {
	switch level {
	case "+":
		return n.plus
	case "#":
		return n.hash
	}
	return n.children[level]
}

func (n *node) add(level string) *node {
	c := &node{level: level, parent: n}
	switch level {
	case "+":
		n.plus = c
	case "#":
		n.hash = c
	default:
		if n.children == nil {
			n.children = map[string]*node{}
		}
		n.children[level] = c
	}
	return c
}

// trim takes a node out that nothing needs any more, and its parents likewise.
func (n *node) trim() {
	for n.parent != nil && len(n.subs)+len(n.shares)+len(n.children) == 0 && n.plus == nil && n.hash == nil {
		p := n.parent
		switch n.level {
		case "+":
			p.plus = nil
		case "#":
			p.hash = nil
		default:
			delete(p.children, n.level)
		}
		n = p
	}
}

// insert adds an ordinary subscription with the highest seq so far.
func (t *trie) insert(s *subscription) {
	n := t.at(s.filter, true)
	n.subs = append(n.subs, s)
}

// remove takes an ordinary subscription out.
func (t *trie) remove(s *subscription) {
	n := t.at(s.filter, false)
	n.subs = slices.DeleteFunc(n.subs, func(o *subscription) bool { return o == s })
	n.trim()
}

// match returns the subscriptions for a topic by seq, one member for each
// share. The slice is valid until the next call; matching does not allocate
// once it has grown.
func (t *trie) match(topic string) []*subscription {
	t.hits = t.hits[:0]
	n := &t.root
	if topic[0] == '$' { // a leading wildcard does not match it [MQTT-4.7.2-1]
		level, rest, more := strings.Cut(topic, "/")
		if c := n.children[level]; c != nil {
			t.walk(c, rest, more)
		}
	} else {
		t.walk(n, topic, true)
	}
	if len(t.hits) > 1 {
		slices.SortFunc(t.hits, func(a, b *subscription) int { return cmp.Compare(a.seq, b.seq) })
	}
	return t.hits
}

// walk collects below n, where rest is what of the topic is left if more.
func (t *trie) walk(n *node, rest string, more bool) {
	if n.hash != nil { // also matches its parent: more is false [MQTT-4.7.1-2]
		t.collect(n.hash)
	}
	if !more {
		t.collect(n)
		return
	}
	level, rest, more := strings.Cut(rest, "/")
	if c := n.children[level]; c != nil {
		t.walk(c, rest, more)
	}
	if n.plus != nil {
		t.walk(n.plus, rest, more)
	}
}

func (t *trie) collect(n *node) {
	t.hits = append(t.hits, n.subs...)
	for _, sh := range n.shares {
		t.hits = append(t.hits, sh.next())
	}
}
