package redact

import (
	"slices"
	"strings"
)

// Parse reads the text of a rule file; file is its name for messages. The
// error is an [Errors] with all that is wrong with it. What the keys mean:
//
//	builtin: true            # begin with the built-in rules; the default
//	places: false            # and with positions and addresses
//	without: [Wi-Fi names]   # built-in rules that are not wanted
//	rules:
//	  - name: door code      # required, one of its own
//	    topics: ["alarm/#"]  # MQTT filters; default all
//	                         # what is secret there, at least one of:
//	    keys: [code, pin]    # JSON keys at any depth, user properties; case, _ and - do not count
//	    paths: [config.mqtt.password, "devices[*].token", "**.wifi.key"]
//	    regex: 'psk=(\S+)'   # in texts; its groups, or all of it when it has none
//	    payload: true        # all of the payload
//	    levels: [2]          # topic levels, from 1
//	                         # of these only values that meet all of:
//	    types: [string]      # string, number, list, object
//	    min: 4               # characters of a text, digits of a number, items of a list
//	    like: '\d{4,8}'      # the whole value is like this
//	    except: [none, ok]   # any case
//	allow:                   # what stays whatever the rules say
//	  - topics: ["hall/#"]   # all of a message on these topics; or
//	    keys: [token]        # these keys and paths in it
//
// A path begins at the payload's root. * is any key or item, ** any number of
// them, [*] any item and [2] the third; a key with dots goes in quotes. A
// regular expression (RE2) sees the topic's levels, each text and key inside of
// JSON, payloads that are no JSON, client ids, texts and properties. It never
// sees numbers.
func Parse(text []byte, file string) (*Rules, error) {
	f, err := parseFile(text, file)
	if err != nil {
		return nil, err
	}
	list := f.rules
	if f.builtin {
		builtin := slices.DeleteFunc(builtinRules(BuiltinOptions{Places: f.places}), func(r *rule) bool {
			return slices.Contains(f.without, r.name)
		})
		list = append(builtin, list...)
	}
	return compile(list, f.allow), nil
}

// file is what a rule file says.
type file struct {
	builtin, places bool
	without         []string
	rules, allow    []*rule
}

var (
	fileKeys  = []string{"builtin", "places", "without", "rules", "allow"}
	ruleKeys  = []string{"name", "topics", "keys", "paths", "regex", "payload", "levels", "types", "min", "like", "except"}
	allowKeys = []string{"topics", "keys", "paths"}
)

func parseFile(data []byte, name string) (*file, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	s := &source{file: name}
	if len(text) > maxFileBytes {
		s.lines = []string{""}
		s.fail(Pos{1, 1}, "", "the file is larger than %d KiB; is it a rule file?", maxFileBytes>>10)
		return nil, s.err()
	}
	s.lines = strings.Split(text, "\n")
	f := &file{builtin: true}
	root := s.parseTree(text)
	if err := s.err(); err != nil {
		return nil, err
	}
	if root == nil || root.kind == nodeMissing {
		return f, nil // an empty file changes nothing
	}
	s.read(f, root)
	if err := s.err(); err != nil {
		return nil, err
	}
	return f, nil
}

func (s *source) read(f *file, root *node) {
	var rules, allow, without *node
	s.object(root, "a rule file", fileKeys, func(key string, v *node) {
		switch key {
		case "builtin":
			f.builtin = s.flag(v, key)
		case "places":
			f.places = s.flag(v, key)
		case "without":
			without = v
		case "rules":
			rules = v
		case "allow":
			allow = v
		}
	})
	if f.places && !f.builtin {
		s.fail(root.Pos, "leave out one of them", "places adds to the built-in rules, which builtin: false leaves out")
	}
	taken := map[string]bool{}
	if f.builtin {
		var names []string
		for _, r := range builtinRules(BuiltinOptions{Places: f.places}) {
			names = append(names, r.name)
		}
		f.without = s.names(without, names)
		for _, n := range names {
			taken[n] = !slices.Contains(f.without, n)
		}
	} else if without != nil {
		s.fail(without.Pos, "leave it out", "without chooses among the built-in rules, which builtin: false leaves out")
	}
	for _, n := range s.list(rules, "rules") {
		if len(f.rules) == maxRules {
			s.fail(n.Pos, "", "a file may have %d rules", maxRules)
			break
		}
		f.rules = append(f.rules, s.rule(n, taken))
	}
	for _, n := range s.list(allow, "allow") {
		if len(f.allow) == maxRules {
			s.fail(n.Pos, "", "a file may have %d exceptions", maxRules)
			break
		}
		f.allow = append(f.allow, s.exception(n))
	}
}

// names reads the names of built-in rules.
func (s *source) names(n *node, known []string) []string {
	var out []string
	for _, item := range s.list(n, "without") {
		name, ok := s.text(item, "without")
		if ok && !slices.Contains(known, name) {
			s.fail(item.Pos, suggest(name, known), "there is no built-in rule %q", name)
		}
		out = append(out, name)
	}
	return out
}

func (s *source) rule(n *node, taken map[string]bool) *rule {
	r := &rule{}
	named, finds := false, false
	ok := s.object(n, "a rule", ruleKeys, func(key string, v *node) {
		switch key {
		case "name":
			named = true
			s.ruleName(r, v, taken)
		case "topics":
			r.topics = s.filters(v)
		case "keys":
			r.keys, finds = s.keys(v), true
		case "paths":
			r.paths, finds = s.paths(v), true
		case "regex":
			r.regex, finds = s.regex(v, key, false), true
		case "payload":
			r.payload, finds = s.flag(v, key), true
		case "levels":
			r.levels, finds = s.levels(v), true
		case "types":
			r.types = s.types(v)
		case "min":
			r.min = s.whole(v, key, 1, 1000)
		case "like":
			r.like = s.regex(v, key, true)
		case "except":
			r.except = s.words(v)
		}
	})
	if !ok {
		return r
	}
	if !named {
		s.fail(n.Pos, "", `a rule needs the key "name"`)
	}
	if !finds {
		s.fail(n.Pos, "add keys, paths, regex, payload or levels", "the rule does not say what is secret")
	}
	return r
}

func (s *source) ruleName(r *rule, n *node, taken map[string]bool) {
	r.name, _ = s.text(n, "name")
	if taken[r.name] {
		s.fail(n.Pos, "choose another; a built-in rule gives way when it is listed in without", "there is a rule %q already", r.name)
	}
	taken[r.name] = true
}

func (s *source) exception(n *node) *rule {
	r := &rule{allow: true}
	says := false
	if s.object(n, "an exception", allowKeys, func(key string, v *node) {
		says = true
		switch key {
		case "topics":
			r.topics = s.filters(v)
		case "keys":
			r.keys = s.keys(v)
		case "paths":
			r.paths = s.paths(v)
		}
	}) && !says {
		s.fail(n.Pos, "add topics, keys or paths", "the exception does not say what stays")
	}
	return r
}

// object calls read with each key and value of an object. Unknown keys,
// repeated ones and missing values are faults; it reports whether it makes
// sense to ask for keys that are not there.
func (s *source) object(n *node, what string, keys []string, read func(string, *node)) bool {
	if n.kind != nodeObject {
		s.fail(n.Pos, "it takes "+strings.Join(keys, ", "), "%s is an object, not %s", what, n.describe())
		return false
	}
	seen, known := map[string]bool{}, true
	for _, f := range n.fields {
		key := f.key.text
		switch {
		case f.key.kind != nodeScalar || !slices.Contains(keys, key):
			s.fail(f.key.Pos, suggest(key, keys), "%s has no key %q", what, key)
			known = false
		case seen[key]:
			s.fail(f.key.Pos, "put both into one", "the key %q stands here a second time", key)
		case f.value.kind == nodeMissing:
			s.fail(f.key.Pos, `a text that begins with # needs quotes`, "%s has no value", key)
			read(key, f.value)
		default:
			read(key, f.value)
		}
		seen[key] = true
	}
	return known
}
