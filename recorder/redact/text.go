package redact

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"
)

// kind is what a secret is written as.
type kind byte

const (
	kindText kind = iota
	kindNumber
	kindList
	kindPayload
)

// secret is a part of a text that is to be replaced.
type secret struct {
	from, to int
	kind     kind
	escaped  bool // its value is written with JSON's escapes
	rule     *rule
}

// plain reads text that is not JSON.
func (s *scanner) plain(b []byte, mask uint64, level int, h hold) {
	if r := h.taking((*rule).isSecretText, b); r != nil {
		s.replace(0, len(b), r, kindPayload, b)
		return
	}
	if len(b) > binaryFrom && !utf8.Valid(b) {
		s.binary(b, level)
		return
	}
	s.ranges = s.ranges[:0]
	s.matches(b, mask)
	s.loosely(b)
	first := len(s.edits)
	if len(s.ranges) > 0 {
		for _, r := range merge(s.ranges) {
			value := b[r.from:r.to]
			switch {
			case r.kind == kindList:
				s.replaceBytes(b, r.from, r.to, r.rule)
			case r.escaped:
				s.replace(r.from, r.to, r.rule, r.kind, unescape(nil, value))
			default:
				s.replace(r.from, r.to, r.rule, r.kind, value)
			}
		}
	}
	if level < maxInside && bytes.Contains(b, escapedQuote) {
		s.escaped(b, level, first)
	}
}

// binaryFrom is the length from which what is not text is looked through for
// pieces of text: bytes of pictures begin what every rule looks for, and a
// megabyte of them would take a second.
const (
	binaryFrom = 4096
	pieceFrom  = 8 // bytes, of a piece of text that may hold a secret
)

// binary reads the pieces of text in what is none, as a description in a picture.
func (s *scanner) binary(b []byte, level int) {
	for from := 0; from < len(b); {
		to := from
		for to < len(b) && isTextByte(b[to]) {
			to++
		}
		if to-from >= pieceFrom {
			first := len(s.edits)
			s.plain(b[from:to], s.rules.trig.in(b[from:to]), level, hold{})
			for i := first; i < len(s.edits); i++ {
				s.edits[i].from += from
				s.edits[i].to += from
			}
		}
		from = to + 1
	}
}

// isTextByte reports whether text has such a byte, that of other letters than
// ASCII's left out: bytes that are none look like them.
func isTextByte(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' || c == '\n' || c == '\r' }

var escapedQuote = []byte(`\"`)

// escaped reads text that holds pieces of an escaped text, and adds what it
// finds to the edits from first on.
func (s *scanner) escaped(b []byte, level, first int) {
	known := len(s.edits)
	text := unescape(nil, b)
	s.plain(text, s.rules.trig.in(text), level+1, hold{})
	unmap(b, s.edits[known:])
	raw := s.edits[first:known] // in order, as those that follow are
	for _, e := range s.edits[known:] {
		for len(raw) > 0 && raw[0].to <= e.from {
			raw = raw[1:]
		}
		if len(raw) == 0 || raw[0].from >= e.to {
			s.edits[known] = e
			known++
		}
	}
	s.edits = s.edits[:known]
	slices.SortStableFunc(s.edits[first:], func(a, b edit) int { return cmp.Compare(a.from, b.from) })
}

// matches finds what regular expressions name. All look at the text as it came:
// none hides from another what it would find.
func (s *scanner) matches(b []byte, mask uint64) {
	if mask == 0 {
		return
	}
	for _, r := range s.rules.regexes {
		if r.bit&mask == 0 || !s.plan.concerns(r) {
			continue
		}
		for from := 0; from < len(b); {
			to := beforePicture(b, from)
			s.matchesIn(b, from, to, r)
			from = afterPicture(b, to)
		}
	}
}

// matchesIn finds what one expression names between two places.
func (s *scanner) matchesIn(b []byte, from, to int, r *rule) {
	for _, m := range r.regex.FindAllSubmatchIndex(b[from:to], -1) {
		if len(m) > 2 {
			m = m[2:]
		}
		for g := 0; g < len(m); g += 2 {
			if m[g] >= 0 {
				s.outside(b, from+m[g], from+m[g+1], r)
			}
		}
	}
}

// pictureFrom is how many characters of base64 in a row are no secret, but a
// picture or a file: the longest keys and tokens have some 3,000 in a row.
const pictureFrom = 4096

// beforePicture returns where the next picture in base64 begins, or the end.
func beforePicture(b []byte, from int) int {
	for run := from; len(b)-run >= pictureFrom; {
		end := afterPicture(b, run)
		if end-run >= pictureFrom {
			return run
		}
		run = end + 1
	}
	return len(b)
}

// afterPicture returns where a row of base64's characters ends.
func afterPicture(b []byte, from int) int {
	for from < len(b) && base64Byte[b[from]] {
		from++
	}
	return from
}

var base64Byte = func() (is [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_" {
		is[c] = true
	}
	return is
}()

// outside adds a range without the stand-ins that it holds, or lies in.
func (s *scanner) outside(b []byte, from, to int, r *rule) {
	for at := max(0, from-standInLength+1); from < to; {
		i := standInAt(b[at:min(len(b), to+standInLength-1)])
		if i < 0 {
			break
		}
		i += at
		s.add(b, from, min(i, to), r)
		at = i + standInLength
		from = max(from, at)
	}
	s.add(b, from, to, r)
}

func (s *scanner) add(b []byte, from, to int, r *rule) {
	if from < to && r.isSecretText(b[from:to]) {
		s.ranges = append(s.ranges, secret{from: from, to: to, rule: r})
	}
}

// loosely finds keys and their values in text that only looks like JSON: a
// payload that was cut short, a log line with JSON in it. Where the end of a
// value is missing, all that follows is taken for it.
func (s *scanner) loosely(b []byte) {
	i := bytes.IndexByte(b, '"')
	if i < 0 {
		return
	}
	var inside *rule // whose list or object this is
	depth := 0       // of brackets, within it
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			from := i + 1
			to, escaped := looseEnd(b, from)
			i = min(to+1, len(b))
			next := skipSpace(b, i)
			if next < len(b) && b[next] == ':' {
				i = skipSpace(b, next+1)
				if inside == nil && i < len(b) {
					if r := s.looseRule(b[from:to], typeOf(b[i])); r != nil {
						i = s.looseValue(b, i, r)
						if i < len(b) && (b[i] == '[' || b[i] == '{') {
							inside, depth = r, 0
						}
					}
				}
			} else if inside != nil {
				s.looseText(b, from, to, escaped, inside)
			}
		case inside != nil && (c == '[' || c == '{'):
			if c == '[' {
				if end := s.looseBytes(b, i, inside); end > 0 {
					i = end
					if depth == 0 {
						inside = nil
					}
					continue
				}
			}
			depth++
			i++
		case inside != nil && (c == ']' || c == '}'):
			if depth--; depth <= 0 {
				inside = nil
			}
			i++
		case inside != nil && typeOf(c) == typeNumber:
			i = s.looseNumber(b, i, inside)
		default:
			i++
		}
	}
}

// looseValue reads the text or number at i, and returns where it ends; a list
// or an object it leaves to its caller.
func (s *scanner) looseValue(b []byte, i int, r *rule) int {
	switch typeOf(b[i]) {
	case typeText:
		to, escaped := looseEnd(b, i+1)
		s.looseText(b, i+1, to, escaped, r)
		return min(to+1, len(b))
	case typeNumber:
		return s.looseNumber(b, i, r)
	}
	return i
}

// looseRule returns the rule for a key. Of a path only the end is compared: the
// way there is not known.
func (s *scanner) looseRule(key []byte, t types) *rule {
	var found *rule
	for _, e := range s.rules.find(key) {
		if !s.plan.concerns(e.rule) {
			continue
		}
		if e.rule.allow {
			return nil
		}
		if found == nil && t != 0 && e.rule.takes(t) {
			found = e.rule
		}
	}
	return found
}

func (s *scanner) looseText(b []byte, from, to int, escaped bool, r *rule) {
	value := b[from:to]
	if escaped {
		value = unescape(nil, value)
	}
	if r.isSecretText(value) {
		s.ranges = append(s.ranges, secret{from: from, to: to, escaped: escaped, rule: r})
	}
}

// looseNumber reads the number at i.
func (s *scanner) looseNumber(b []byte, i int, r *rule) int {
	end := numberEnd(b, i)
	if end < 0 {
		return i + 1
	}
	if r.isSecretNumber(b[i:end]) {
		s.ranges = append(s.ranges, secret{from: i, to: end, kind: kindNumber, rule: r})
	}
	return end
}

// looseBytes reads the list at i if it is one of bytes, and returns where it
// ends, else 0.
func (s *scanner) looseBytes(b []byte, i int, r *rule) int {
	s.values = s.values[:0]
	end := eachByte(b, i, func(_, _ int, v byte) { s.values = append(s.values, v) })
	if end > 0 && r.isSecretList(s.values) {
		s.ranges = append(s.ranges, secret{from: i, to: end, kind: kindList, rule: r})
	}
	return end
}

// looseEnd returns where a text ends: at its closing quote, or with all.
func looseEnd(b []byte, i int) (end int, escaped bool) {
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return len(b), escaped
}

// merge puts ranges in order and joins those that overlap; a range that is
// within another counts for the one that came first.
func merge(list []secret) []secret {
	slices.SortStableFunc(list, func(a, b secret) int { return cmp.Compare(a.from, b.from) })
	out := list[:1]
	for _, r := range list[1:] {
		last := &out[len(out)-1]
		if r.from >= last.to {
			out = append(out, r)
			continue
		}
		if r.from != last.from || r.to != last.to {
			last.kind, last.escaped = kindText, false
		}
		last.to = max(last.to, r.to)
	}
	return out
}
