package redact

import (
	_ "embed"
	"regexp/syntax"
	"sync"
)

//go:embed builtin.yaml
var builtinText []byte

//go:embed places.yaml
var placesText []byte

// Rules say what is secret. They never change once made, and any number of
// goroutines may use them; the zero value has no rule.
type Rules struct {
	list    []*rule
	allow   []*rule
	keys    map[string][]entry // by the folded key they end with
	ends    [256]uint32        // by a key's first byte: which last bytes there are, 5 bits of them
	seconds [256]uint32        // the same for second bytes
	loose   []entry            // paths that end with something else
	regexes []*rule
	trig    triggers
	whole   []*rule // those with payload
	levels  []*rule
	pool    sync.Pool // of *scanner, for Find
}

// entry is one way in which a value is found.
type entry struct {
	rule *rule
	path *path // nil: by its key alone
}

// BuiltinOptions choose among the built-in rules. The zero value is what
// recording uses by default.
type BuiltinOptions struct {
	// Places adds positions and addresses: latitude and longitude, IP and MAC
	// addresses, e-mail addresses.
	Places bool
}

// Builtin returns the built-in rules: keys, passwords, tokens and Wi-Fi names
// of the hubs we know, and of others as far as they go by common names.
func Builtin(o BuiltinOptions) *Rules {
	return compile(builtinRules(o), nil)
}

func builtinRules(o BuiltinOptions) []*rule {
	texts := []struct {
		name string
		text []byte
	}{{"builtin.yaml", builtinText}, {"places.yaml", placesText}}
	if !o.Places {
		texts = texts[:1]
	}
	var list []*rule
	for _, t := range texts {
		f, err := parseFile(t.text, t.name)
		if err != nil {
			panic("redact: " + err.Error()) // a test reads both
		}
		list = append(list, f.rules...)
	}
	return list
}

// Names returns the names of the rules, in the order in which they are tried;
// exceptions have none.
func (r *Rules) Names() []string {
	names := make([]string, len(r.list))
	for i, one := range r.list {
		names[i] = one.name
	}
	return names
}

// compile makes rules ready for use.
func compile(list, allow []*rule) *Rules {
	r := &Rules{list: list, allow: allow, keys: make(map[string][]entry)}
	for i, one := range list {
		one.index = i
		if one.regex != nil {
			// Expressions beyond the 63rd are tried together.
			one.bit = 1 << min(len(r.regexes), 63)
			r.regexes = append(r.regexes, one)
			if tree, err := syntax.Parse(one.regex.String(), syntax.Perl); err == nil {
				r.trig.add(tree.Simplify(), one.bit)
			} else {
				r.trig.all |= one.bit
			}
		}
		if one.payload {
			r.whole = append(r.whole, one)
		}
		if len(one.levels) > 0 {
			r.levels = append(r.levels, one)
		}
		r.index(one)
	}
	for i, one := range allow {
		one.index = len(list) + i
		r.index(one)
	}
	return r
}

func (r *Rules) index(one *rule) {
	for _, k := range one.keys {
		r.addKey(foldKey(k), entry{rule: one})
	}
	for i := range one.paths {
		p := &one.paths[i]
		if p.last() == "" {
			r.loose = append(r.loose, entry{one, p})
			continue
		}
		r.addKey(p.last(), entry{one, p})
	}
}

func (r *Rules) addKey(folded string, e entry) {
	r.keys[folded] = append(r.keys[folded], e)
	first := folded[0]
	r.ends[first] |= 1 << (folded[len(folded)-1] & 31)
	if len(folded) == 1 {
		r.seconds[first] = ^uint32(0) // what follows may be _ and - only
		return
	}
	r.seconds[first] |= 1 << (folded[1] & 31)
}

// maxKeyBytes bounds the length of a key that a rule may name.
const maxKeyBytes = 100

// find returns what is known about a key. Most keys that no rule names cost a
// look at three of their bytes.
func (r *Rules) find(key []byte) []entry {
	if len(key) == 0 || len(key) > 2*maxKeyBytes {
		return nil
	}
	first, second, last := lower[key[0]], lower[key[min(1, len(key)-1)]], lower[key[len(key)-1]]
	if !isSkipped(first) && !isSkipped(second) && !isSkipped(last) &&
		(r.ends[first]&(1<<(last&31)) == 0 || (len(key) > 1 && r.seconds[first]&(1<<(second&31)) == 0)) {
		return nil
	}
	var room [2 * maxKeyBytes]byte
	return r.keys[string(appendFolded(room[:0], key))]
}
