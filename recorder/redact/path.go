package redact

import (
	"errors"
	"strconv"
	"strings"
)

// path says where in a payload a value stands.
type path struct {
	text string
	segs []segment
}

// segment is one step of a path.
type segment struct {
	kind segmentKind
	name string // of segName, folded
	item int    // of segItem
}

type segmentKind byte

const (
	segName  segmentKind = iota // a key of an object
	segItem                     // [3]
	segItems                    // [*]
	segAny                      // *: a key or an item
	segDeep                     // **: any number of them, also none
)

// step is where a scan stands: a key of an object, or an item of a list.
type step struct {
	key  []byte // nil in a list
	item int
}

var errEmptySegment = errors.New("it has an empty step")

// parsePath reads a.b, a."b.c", a[*].b, a[0], *.b and **.b.
func parsePath(text string) (path, error) {
	p := path{text: text}
	rest := text
	for first := true; rest != ""; first = false {
		if rest[0] == '[' {
			inside, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return p, errors.New("a [ is not closed")
			}
			if inside == "*" {
				p.segs = append(p.segs, segment{kind: segItems})
			} else {
				n, err := strconv.ParseUint(inside, 10, 31)
				if err != nil {
					return p, errors.New("between [ and ] goes * or the number of an item, from 0")
				}
				p.segs = append(p.segs, segment{kind: segItem, item: int(n)})
			}
			rest = after
			continue
		}
		if !first {
			if rest[0] != '.' {
				return p, errors.New("a step ends with . or [")
			}
			rest = rest[1:]
		}
		var name string
		quoted := strings.HasPrefix(rest, `"`)
		if quoted {
			inside, after, ok := strings.Cut(rest[1:], `"`)
			if !ok {
				return p, errors.New("a quote is not closed")
			}
			name, rest = inside, after
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			name, rest = rest[:end], rest[end:]
		}
		switch {
		case name == "":
			return p, errEmptySegment
		case !quoted && name == "*":
			p.segs = append(p.segs, segment{kind: segAny})
		case !quoted && name == "**":
			p.segs = append(p.segs, segment{kind: segDeep})
		default:
			p.segs = append(p.segs, segment{kind: segName, name: foldKey(name)})
		}
	}
	if len(p.segs) == 0 {
		return p, errEmptySegment
	}
	if p.segs[len(p.segs)-1].kind == segDeep {
		return p, errors.New("** must be followed by what it leads to")
	}
	return p, nil
}

// last returns the key that a path ends with, "" when it ends with something
// else.
func (p *path) last() string { return p.segs[len(p.segs)-1].name }

// matches reports whether a place is one that the path means. What follows the
// last ** is compared first: mostly that is all, however deep the place is.
func (p *path) matches(steps []step) bool {
	tail := len(p.segs)
	for tail > 0 && p.segs[tail-1].kind != segDeep {
		tail--
	}
	rest := len(steps) - (len(p.segs) - tail)
	if rest < 0 || (tail == 0 && rest > 0) {
		return false
	}
	for i := tail; i < len(p.segs); i++ {
		if !p.segs[i].means(&steps[rest+i-tail]) {
			return false
		}
	}
	return tail == 0 || leads(p.segs[:tail-1], steps[:rest])
}

// leads reports whether the first of some steps match; of what stands between
// two ** the first place that matches is as good as any.
func leads(segs []segment, steps []step) bool {
	si, pi := 0, 0
	deepAt, deepFrom := -1, 0 // behind a **, and where it was tried last
	for pi < len(segs) {
		switch {
		case segs[pi].kind == segDeep:
			pi++
			deepAt, deepFrom = pi, si
		case si < len(steps) && segs[pi].means(&steps[si]):
			si++
			pi++
		case deepAt < 0 || si >= len(steps):
			return false
		default:
			deepFrom++
			si, pi = deepFrom, deepAt
		}
	}
	return true
}

func (g *segment) means(s *step) bool {
	switch g.kind {
	case segName:
		return s.key != nil && foldedEqual(s.key, g.name)
	case segItem:
		return s.key == nil && s.item == g.item
	case segItems:
		return s.key == nil
	}
	return true
}

// foldKey is the form in which keys are compared: without regard to the case of
// ASCII letters, and without _ and -, so that accessToken, Access-Token and
// access_token are one.
func foldKey(key string) string {
	return string(appendFolded(make([]byte, 0, len(key)), []byte(key)))
}

// isSkipped reports whether a character of a key does not count.
func isSkipped(c byte) bool { return c == '_' || c == '-' }

func appendFolded(b, key []byte) []byte {
	for _, c := range key {
		if !isSkipped(c) {
			b = append(b, lower[c])
		}
	}
	return b
}

func foldedEqual(key []byte, folded string) bool {
	i := 0
	for _, c := range key {
		if isSkipped(c) {
			continue
		}
		if i == len(folded) || lower[c] != folded[i] {
			return false
		}
		i++
	}
	return i == len(folded)
}

// lower maps ASCII letters to small ones.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// place writes steps as a path.
func place(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		switch {
		case s.key == nil:
			b.WriteString("[" + strconv.Itoa(s.item) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			if name := strings.ToValidUTF8(string(s.key), "?"); strings.ContainsAny(name, ".[\"*") {
				b.WriteString(strconv.Quote(name))
			} else {
				b.WriteString(name)
			}
		}
	}
	return b.String()
}
