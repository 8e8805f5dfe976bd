package redact

import (
	"slices"
	"strconv"
)

// maxInside is how deep JSON inside of JSON texts is looked into.
const maxInside = 4

// maxDepth is how deep JSON may nest; what nests deeper is searched as text.
// encoding/json has the same bound.
const maxDepth = 10_000

// scanner finds the secrets of one field of a record. It keeps its buffers from
// one to the next.
type scanner struct {
	rules *Rules
	stand *standIns // nil: nobody wants to replace what is found
	plans plans
	plan  *plan  // which rules concern the topic
	where string // the field, for findings

	steps  []step
	edits  []edit
	ranges []secret
	inside [maxInside][]byte // texts unescaped, by level
	values []byte            // of a list of bytes
	copied []byte            // a field that came as a string
}

// edit is one replacement in a field.
type edit struct {
	from, to int
	with     string // the stand-in
	rule     *rule
	found    *Finding // when only that is wanted
}

// document is one text that is being read as JSON.
type document struct {
	b     []byte
	mask  uint64 // expressions that may match somewhere in it
	level int    // how many texts it is inside of
	depth int
}

// hold is what is decided about a value from outside of it.
type hold struct {
	rule   *rule   // it is to be replaced, if it looks as the rule says
	others []*rule // or as one of these does, the earliest first
	free   bool    // it is to stay
}

// add adds a rule that may take the value. The rules of a hold that was handed
// down stay as they are.
func (h *hold) add(r *rule) {
	if h.rule == nil {
		h.rule = r
		return
	}
	h.others = append(slices.Clip(h.others), r)
}

// taking is the first rule that takes a value; nil for none, and where a rule
// before it knows the value for no secret.
func (h *hold) taking(takes func(r *rule, value []byte) bool, value []byte) *rule {
	if h.rule == nil || takes(h.rule, value) {
		return h.rule
	}
	if h.rule.isExcepted(value) {
		return nil
	}
	for _, r := range h.others {
		if takes(r, value) {
			return r
		}
		if r.isExcepted(value) {
			return nil
		}
	}
	return nil
}

// scan reads a field whose edits begin at s.edits[0]. A rule that takes the
// whole of it comes with h.
func (s *scanner) scan(b []byte, h hold) {
	s.edits, s.steps = s.edits[:0], s.steps[:0]
	if h.free || len(b) == 0 {
		return
	}
	s.text(b, s.rules.trig.in(b), 0, h)
}

// text reads one text: as JSON if that is what it is, else as text that may
// hold some.
func (s *scanner) text(b []byte, mask uint64, level int, h hold) {
	if worthReading(b, level) {
		edits, steps := len(s.edits), len(s.steps)
		d := &document{b: b, mask: mask, level: level}
		if s.document(d, h) {
			return
		}
		s.edits, s.steps = s.edits[:edits], s.steps[:steps]
	}
	s.plain(b, mask, level, h)
}

// worthReading reports whether a text is to be read as JSON. Inside of JSON
// only a list or an object is: a number there that is written as a text is one.
func worthReading(b []byte, level int) bool {
	i := skipSpace(b, 0)
	return i < len(b) && (level == 0 || (level < maxInside && (b[i] == '{' || b[i] == '[')))
}

func (s *scanner) document(d *document, h hold) bool {
	i := s.value(d, skipSpace(d.b, 0), h)
	return i >= 0 && skipSpace(d.b, i) == len(d.b)
}

// value reads the value at i and returns where it ends, -1 where it is not
// JSON.
func (s *scanner) value(d *document, i int, h hold) int {
	if i >= len(d.b) {
		return -1
	}
	edits := len(s.edits)
	switch c := d.b[i]; c {
	case '"':
		end, escaped := textEnd(d.b, i+1)
		if end < 0 {
			return -1
		}
		s.jsonText(d, i+1, end, escaped, h)
		i = end + 1
	case '{', '[':
		if d.depth++; d.depth > maxDepth {
			return -1
		}
		if c == '{' {
			i = s.object(d, i+1, h)
		} else {
			i = s.list(d, i, h)
		}
		d.depth--
	case 't':
		i = word(d.b, i, "true")
	case 'f':
		i = word(d.b, i, "false")
	case 'n':
		i = word(d.b, i, "null")
	default:
		end := numberEnd(d.b, i)
		if end > 0 {
			if r := h.taking((*rule).isSecretNumber, d.b[i:end]); r != nil {
				s.replace(i, end, r, kindNumber, d.b[i:end])
			}
		}
		i = end
	}
	if h.free { // whatever was found in it
		s.edits = s.edits[:edits]
	}
	return i
}

func (s *scanner) object(d *document, i int, h hold) int {
	b := d.b
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	depth := len(s.steps)
	for i < len(b) && b[i] == '"' {
		start := i + 1
		end, escaped := textEnd(b, start)
		if end < 0 {
			return -1
		}
		if i = skipSpace(b, end+1); i == len(b) || b[i] != ':' {
			return -1
		}
		if i = skipSpace(b, i+1); i == len(b) {
			return -1
		}
		key := b[start:end]
		if escaped {
			key = unescape(nil, key) // kept among the steps
		}
		s.steps = append(s.steps, step{key: key})
		if d.mask != 0 || escaped {
			// A secret of a known form is one in a key too: addresses often are keys.
			s.jsonText(d, start, end, escaped, hold{})
		}
		inner := h
		if known := s.rules.find(key); known != nil || s.rules.loose != nil {
			inner = s.held(h, known, b[i])
		}
		i = s.value(d, i, inner)
		s.steps = s.steps[:depth]
		if i < 0 {
			return -1
		}
		i = skipSpace(b, i)
		if i < len(b) && b[i] == '}' {
			return i + 1
		}
		if i == len(b) || b[i] != ',' {
			return -1
		}
		i = skipSpace(b, i+1)
	}
	return -1
}

// list reads the list that begins at i.
func (s *scanner) list(d *document, i int, h hold) int {
	if h.rule != nil {
		if end := s.byteList(d.b, i, h); end > 0 {
			return end
		}
	}
	b := d.b
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	depth := len(s.steps)
	for item := 0; i < len(b); item++ {
		s.steps = append(s.steps, step{item: item})
		inner := h
		if s.rules.loose != nil {
			inner = s.held(h, nil, b[i])
		}
		i = s.value(d, i, inner)
		s.steps = s.steps[:depth]
		if i < 0 {
			return -1
		}
		i = skipSpace(b, i)
		if i < len(b) && b[i] == ']' {
			return i + 1
		}
		if i == len(b) || b[i] != ',' {
			return -1
		}
		i = skipSpace(b, i+1)
	}
	return -1
}

// held decides about the value at the last step, which begins with first.
func (s *scanner) held(h hold, known []entry, first byte) hold {
	t := typeOf(first)
	for _, list := range [2][]entry{known, s.rules.loose} {
		for _, e := range list {
			if !s.plan.concerns(e.rule) || (e.path != nil && !e.path.matches(s.steps)) {
				continue
			}
			if e.rule.allow {
				h.free = true
			} else if t != 0 && e.rule.takes(t) {
				h.add(e.rule)
			}
		}
	}
	return h
}

// jsonText reads what stands between two quotes.
func (s *scanner) jsonText(d *document, from, to int, escaped bool, h hold) {
	raw := d.b[from:to]
	if h.rule == nil && !escaped && d.mask == 0 {
		return // only an escaped text can have JSON inside
	}
	text := raw
	mask := d.mask
	if escaped {
		// Each level has a buffer of its own, as those above it are still being read.
		s.inside[d.level] = unescape(s.inside[d.level][:0], raw)
		text = s.inside[d.level]
		mask = s.rules.trig.in(text)
	} else if mask != 0 {
		mask &= s.rules.trig.in(text)
	}
	if r := h.taking((*rule).isSecretText, text); r != nil {
		s.replace(from, to, r, kindText, text)
		return
	}
	edits := len(s.edits)
	switch {
	case escaped:
		s.text(text, mask, d.level+1, hold{})
		unmap(raw, s.edits[edits:])
	case mask != 0:
		s.plain(text, mask, d.level+1, hold{})
	}
	for i := range s.edits[edits:] {
		s.edits[edits+i].from += from
		s.edits[edits+i].to += from
	}
}

// byteList replaces the list at i if all it holds are whole numbers from 0 to
// 255, and returns where it ends; 0 if it is another list.
func (s *scanner) byteList(b []byte, i int, h hold) int {
	s.values = s.values[:0]
	end := eachByte(b, i, func(_, _ int, v byte) { s.values = append(s.values, v) })
	if end == 0 {
		return end
	}
	if r := h.taking((*rule).isSecretList, s.values); r != nil {
		s.replaceBytes(b, i, end, r)
	}
	return end
}

// replaceBytes notes the list of bytes from i to end.
func (s *scanner) replaceBytes(b []byte, i, end int, r *rule) {
	s.values = s.values[:0]
	eachByte(b, i, func(_, _ int, v byte) { s.values = append(s.values, v) })
	if s.stand == nil {
		s.replace(i, end, r, kindList, s.values)
		return
	}
	with := s.stand.bytes(s.values)
	n := 0
	eachByte(b, i, func(from, to int, _ byte) {
		e := edit{from: from, to: to, with: strconv.Itoa(int(with[n]))}
		if n == 0 {
			e.rule = r // a list counts once
		}
		s.edits = append(s.edits, e)
		n++
	})
}

// replace notes one secret.
func (s *scanner) replace(from, to int, r *rule, k kind, value []byte) {
	e := edit{from: from, to: to, rule: r}
	switch {
	case s.stand == nil:
		e.found = &Finding{Rule: r.name, Where: s.place(), Sample: sample(k, value)}
	case k == kindNumber:
		e.with = s.stand.number(value)
	default:
		e.with = s.stand.text(value)
	}
	s.edits = append(s.edits, e)
}

// place names what is being read.
func (s *scanner) place() string {
	if len(s.steps) == 0 {
		return s.where
	}
	return s.where + ": " + place(s.steps)
}
