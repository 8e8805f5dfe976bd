package redact

import (
	"regexp/syntax"
	"strings"
)

// triggers finds, in one pass over a text, which regular expressions may match
// in it: each needs one of some literals, which are looked for without regard
// to the case of ASCII letters.
type triggers struct {
	pairs [1 << 16 / 64]uint64 // pairs of bytes that a literal's rarest two are
	at    map[uint16][]literal
	all   uint64 // bits of expressions that need no literal
}

type literal struct {
	text string // lower case
	at   int    // where its pair ends
	bit  uint64
}

// maxLiterals is how many literals one expression may need before it is tried
// on every text.
const maxLiterals = 64

func (t *triggers) add(re *syntax.Regexp, bit uint64) {
	need := literals(re)
	if need == nil {
		t.all |= bit
		return
	}
	if t.at == nil {
		t.at = make(map[uint16][]literal)
	}
	for _, text := range need {
		l := literal{text: text, bit: bit}
		if len(text) == 1 {
			for before := range 256 {
				t.addPair(uint16(before)<<8|uint16(text[0]), l)
			}
			continue
		}
		l.at = rarestPair(text)
		t.addPair(uint16(text[l.at-1])<<8|uint16(text[l.at]), l)
	}
}

func (t *triggers) addPair(pair uint16, l literal) {
	t.pairs[pair>>6] |= 1 << (pair & 63)
	t.at[pair] = append(t.at[pair], l)
}

// frequent are the characters of JSON that comes from hubs, the most frequent
// first.
const frequent = `"e,:tainors0_lcdm1ph2u5b4y{}3gfv.w678k9x-[] `

// rarestPair returns where the pair of characters ends that is seen least.
func rarestPair(text string) int {
	weight := func(c byte) int {
		if i := strings.IndexByte(frequent, c); i >= 0 {
			return len(frequent) - i + 1
		}
		return 1
	}
	best, least := 0, 0
	for i := 1; i < len(text); i++ {
		if w := weight(text[i-1]) * weight(text[i]); best == 0 || w < least {
			best, least = i, w
		}
	}
	return best
}

// in returns the expressions that may match in a text. It does not allocate.
func (t *triggers) in(text []byte) uint64 {
	found := t.all
	var pair uint16
	for i, c := range text {
		pair = pair<<8 | uint16(lower[c])
		if t.pairs[pair>>6]&(1<<(pair&63)) != 0 {
			for _, l := range t.at[pair] {
				if found&l.bit == 0 && hasLiteral(text, i-l.at, l.text) {
					found |= l.bit
				}
			}
		}
	}
	return found
}

func hasLiteral(text []byte, from int, literal string) bool {
	if from < 0 || from+len(literal) > len(text) {
		return false
	}
	for i := range len(literal) {
		if lower[text[from+i]] != literal[i] {
			return false
		}
	}
	return true
}

// literals returns texts of which every match holds one, nil when no such are
// known.
func literals(re *syntax.Regexp) []string {
	if all := exactly(re); all != nil {
		return all
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return literals(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literals(re.Sub[0])
		}
	case syntax.OpConcat:
		return inConcat(re.Sub)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			need := literals(sub)
			if need == nil || len(all)+len(need) > maxLiterals {
				return nil
			}
			all = append(all, need...)
		}
		return all
	}
	return nil
}

// inConcat is literals for expressions that follow each other: those with few
// matches are taken together, as the parser takes (?:AKIA|ASIA) apart.
func inConcat(subs []*syntax.Regexp) (best []string) {
	consider := func(need []string) {
		if need != nil && need[0] != "" && better(need, best) {
			best = need
		}
	}
	var run []string
	for _, sub := range subs {
		switch all := exactly(sub); {
		case all == nil:
			consider(run)
			run = nil
			consider(literals(sub))
		case run == nil:
			run = all
		case len(run)*len(all) > maxLiterals:
			consider(run)
			run = all
		default:
			run = joined(run, all)
		}
	}
	consider(run)
	return best
}

func joined(a, b []string) []string {
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// exactly returns all that an expression matches, in lower case, when it is
// little and not the empty text; else nil.
func exactly(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := []byte(string(re.Rune))
		for i, c := range text {
			if c >= 0x80 {
				return nil // other cases of such letters are not looked for
			}
			text[i] = lower[c]
		}
		return []string{string(text)}
	case syntax.OpCharClass:
		return exactlyClass(re.Rune)
	case syntax.OpCapture:
		return exactly(re.Sub[0])
	case syntax.OpConcat:
		var all []string
		for i, sub := range re.Sub {
			one := exactly(sub)
			switch {
			case one == nil || len(all)*len(one) > maxLiterals:
				return nil
			case i == 0:
				all = one
			default:
				all = joined(all, one)
			}
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			one := exactly(sub)
			if one == nil || len(all)+len(one) > maxLiterals {
				return nil
			}
			all = append(all, one...)
		}
		return all
	}
	return nil
}

// exactlyClass is exactly for a class of characters, given in ranges.
func exactlyClass(ranges []rune) (all []string) {
	const most = 8
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= 0x80 || ranges[i+1]-ranges[i] >= most || len(all) >= most {
			return nil
		}
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			all = append(all, string(lower[c]))
		}
	}
	return all
}

// better reports whether needing one of a says more than needing one of b:
// longer texts do, up to four characters, then fewer of them.
func better(a, b []string) bool {
	la, lb := min(shortest(a), 4), min(shortest(b), 4)
	return la > lb || (la == lb && len(a) < len(b))
}

func shortest(texts []string) int {
	n := 0
	for i, t := range texts {
		if i == 0 || len(t) < n {
			n = len(t)
		}
	}
	return n
}
