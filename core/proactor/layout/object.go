package layout

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// object reads members of one of the file's objects; what is wrong with them
// becomes a problem.
type object struct {
	*value
	parser *parser
	list   string
	about  string
}

// at is where a member's value stands; the object, where there is none.
func (o *object) at(key string) Place {
	if v, ok := o.get(key); ok {
		return o.parser.place(v.begin)
	}
	return o.parser.place(o.begin)
}

func (o *object) wrong(key, want string) {
	o.parser.problems.add(o.at(key), o.about, "%s has to be %s", key, want)
}

// identity reads what no such object can be without.
func (o *object) identity(key string) string {
	v, ok := o.get(key)
	if !ok {
		o.parser.problems.add(o.at(key), "", "something in %s has no %s%s", o.list, key, instead(key, o.keys()))
		return ""
	}
	if v.scalar == "" {
		o.wrong(key, "more than nothing")
	}
	return o.text(key)
}

// instead names a key that was most likely meant to be the missing one.
func instead(missing string, keys []string) string {
	near, ok := didyoumean.Nearest(missing, keys)
	if !ok {
		return ""
	}
	return fmt.Sprintf("; it has %q", near)
}

func (o *object) text(key string) string {
	v, ok := o.get(key)
	if !ok {
		return ""
	}
	s, ok := v.scalar.(string)
	if !ok {
		o.wrong(key, "a string")
	}
	return s
}

func (o *object) truth(key string, absent bool) bool {
	v, ok := o.get(key)
	if !ok {
		return absent
	}
	b, ok := v.scalar.(bool)
	if !ok {
		o.wrong(key, "true or false")
	}
	return b
}

func (o *object) number(key string, absent int) int {
	v, ok := o.get(key)
	if !ok {
		return absent
	}
	digits, _ := v.scalar.(json.Number)
	n, err := strconv.Atoi(digits.String())
	if err != nil {
		o.wrong(key, "a whole number")
		return absent
	}
	return n
}

// parent is named in the node's ActorHierarchyName, as "parent.name"; without
// one the node's own name, up to its last dot, is the parent's.
func (o *object) parent(name string) string {
	const key = "ActorHierarchyName"
	path := o.text(key)
	if path == "" {
		before, _, _ := cutLast(name)
		return before
	}
	before, last, nested := cutLast(path)
	if last != name && name != "" {
		o.parser.problems.add(o.at(key), o.about, "%s is %q: it has to end with the node's name", key, path)
	}
	if !nested {
		return ""
	}
	_, parent, _ := cutLast(before)
	return parent
}

// cutLast splits at the last dot; without one all of it comes after.
func cutLast(path string) (before, after string, found bool) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:], true
	}
	return "", path, false
}
