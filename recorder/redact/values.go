package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/mqtt"
)

// list returns the items of a list; what is missing has none and was told of.
func (s *source) list(n *node, what string) []*node {
	switch {
	case n == nil || n.kind == nodeMissing:
		return nil
	case n.kind != nodeList:
		s.fail(n.Pos, "write it in [ ]", "%s is a list, not %s", what, n.describe())
		return nil
	case len(n.items) == 0:
		s.fail(n.Pos, "leave it out", "%s is empty", what)
	}
	return n.items
}

func (s *source) text(n *node, what string) (string, bool) {
	switch {
	case n.kind == nodeMissing:
		return "", false
	case n.kind != nodeScalar:
		s.fail(n.Pos, "", "%s is a text, not %s", what, n.describe())
		return "", false
	case n.text == "":
		s.fail(n.Pos, "", "%s is empty", what)
		return "", false
	}
	return n.text, true
}

func (s *source) flag(n *node, what string) bool {
	if n.kind == nodeScalar && n.plain && (n.text == "true" || n.text == "false") {
		return n.text == "true"
	}
	if n.kind != nodeMissing {
		s.fail(n.Pos, "", "%s is true or false, not %s", what, n.describe())
	}
	return false
}

func (s *source) whole(n *node, what string, least, most int) int {
	if n.kind == nodeMissing {
		return 0
	}
	v, err := strconv.Atoi(n.text)
	if n.kind != nodeScalar || !n.plain || err != nil || v < least || v > most {
		s.fail(n.Pos, "", "%s is a whole number from %d to %d, not %s", what, least, most, n.describe())
		return 0
	}
	return v
}

func (s *source) filters(n *node) []string {
	var out []string
	for _, item := range s.list(n, "topics") {
		f, ok := s.text(item, "a topic filter")
		if !ok {
			continue
		}
		if err := mqtt.ValidateFilter(f); err != nil {
			s.fail(item.Pos, "", "%v", err)
		} else if mqtt.Unshare(f) != f {
			s.fail(item.Pos, "leave out $share and the group", "a rule is about topics, and %q is a subscription", f)
		}
		out = append(out, f)
	}
	return out
}

func (s *source) keys(n *node) []string {
	var out []string
	for _, item := range s.list(n, "keys") {
		key, ok := s.text(item, "a key")
		if !ok {
			continue
		}
		if folded := foldKey(key); folded == "" || len(key) > maxKeyBytes {
			s.fail(item.Pos, "", "a key has 1 to %d bytes other than _ and -", maxKeyBytes)
			continue
		}
		out = append(out, key)
	}
	return out
}

func (s *source) paths(n *node) []path {
	var out []path
	for _, item := range s.list(n, "paths") {
		text, ok := s.text(item, "a path")
		if !ok {
			continue
		}
		p, err := parsePath(text)
		if err != nil {
			s.fail(item.Pos, `such as config.mqtt.password, "devices[*].token", "**.key"`, "%q is not a path: %v", text, err)
			continue
		}
		if len(text) > 10*maxKeyBytes || len(p.last()) > maxKeyBytes {
			s.fail(item.Pos, "", "the path is too long")
			continue
		}
		out = append(out, p)
	}
	return out
}

func (s *source) regex(n *node, what string, whole bool) *regexp.Regexp {
	text, ok := s.text(n, what)
	if !ok {
		return nil
	}
	re, err := regexp.Compile(text)
	if err == nil && whole {
		re, err = regexp.Compile(`\A(?:` + text + `)\z`)
	}
	if err != nil {
		s.fail(n.Pos, "the syntax is that of RE2", "%s: %v", what, err)
		return nil
	}
	if !whole && re.MatchString("") {
		s.fail(n.Pos, "use + instead of *", "%s matches the empty text, which stands everywhere", what)
	}
	return re
}

func (s *source) levels(n *node) []int {
	var out []int
	for _, item := range s.list(n, "levels") {
		if l := s.whole(item, "a topic level", 1, 1000); l > 0 {
			out = append(out, l)
		}
	}
	return out
}

func (s *source) types(n *node) (t types) {
	for _, item := range s.list(n, "types") {
		name, ok := s.text(item, "a type")
		if !ok {
			continue
		}
		i := slices.Index(typeNames, name)
		if i < 0 {
			s.fail(item.Pos, suggest(name, typeNames), "there is no type %q", name)
			continue
		}
		t |= 1 << i
	}
	return t
}

func (s *source) words(n *node) map[string]bool {
	out := map[string]bool{}
	for _, item := range s.list(n, "except") {
		w, ok := s.text(item, "except")
		if ok && len(w) > maxExceptBytes {
			s.fail(item.Pos, "", "a word in except may have %d bytes", maxExceptBytes)
		}
		out[strings.ToLower(w)] = true
	}
	return out
}

// suggest is the hint for a word that is none of those known.
func suggest(word string, known []string) string {
	if near, ok := didyoumean.Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "there are " + strings.Join(known, ", ")
}
