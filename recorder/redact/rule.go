package redact

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hubtape/hubtape/mqtt"
)

// rule is one rule of a file, or one exception.
type rule struct {
	name    string
	index   int      // among the rules
	allow   bool     // an exception: what it finds stays
	topics  []string // none: all
	keys    []string
	paths   []path
	regex   *regexp.Regexp
	bit     uint64 // of regex, in a set of triggers
	payload bool
	levels  []int // topic levels, from 1, rising

	// Which values count.
	types  types
	min    int
	like   *regexp.Regexp // matches the whole value
	except map[string]bool
}

// types is a set of JSON types; none means all.
type types byte

const (
	typeText types = 1 << iota
	typeNumber
	typeList
	typeObject
)

var typeNames = []string{"string", "number", "list", "object"}

// typeOf is the type of the JSON value that begins with c, 0 for those that are
// never replaced.
func typeOf(c byte) types {
	switch {
	case c == '"':
		return typeText
	case c == '[':
		return typeList
	case c == '{':
		return typeObject
	case c == '-' || (c >= '0' && c <= '9'):
		return typeNumber
	}
	return 0
}

func (r *rule) takes(t types) bool { return r.types == 0 || r.types&t != 0 }

// concerns reports whether a rule is about messages on a topic; for a
// subscription, about some that it may bring.
func (r *rule) concerns(topic string, isFilter bool) bool {
	if len(r.topics) == 0 {
		return true
	}
	if !isFilter {
		return mqtt.MatchAny(r.topics, topic)
	}
	for _, f := range r.topics {
		if overlap(f, topic) {
			return true
		}
	}
	return false
}

// overlap reports whether there may be a topic that matches both filters.
func overlap(a, b string) bool {
	for {
		la, ra, moreA := strings.Cut(a, "/")
		lb, rb, moreB := strings.Cut(b, "/")
		if la == "#" || lb == "#" {
			return true
		}
		if la != lb && la != "+" && lb != "+" {
			return false
		}
		if !moreA || !moreB {
			// "a/#" also matches its parent "a" [MQTT-4.7.1-2].
			return moreA == moreB || ra == "#" || rb == "#"
		}
		a, b = ra, rb
	}
}

// isSecretText reports whether a text that a rule found is to be replaced.
func (r *rule) isSecretText(text []byte) bool {
	if len(text) == 0 || (len(text) == standInLength && isStandInHere(text)) || isMasked(text) {
		return false
	}
	if r.min > 1 && utf8.RuneCount(text) < r.min {
		return false
	}
	return r.isUnusual(text)
}

// isSecretNumber is isSecretText for a JSON number.
func (r *rule) isSecretNumber(token []byte) bool {
	return !isNumberStandIn(token) && countDigits(token) >= r.min && r.isUnusual(token)
}

// isSecretList is isSecretText for a list of bytes.
func (r *rule) isSecretList(values []byte) bool {
	return !isListStandIn(values) && len(values) >= r.min
}

func (r *rule) isUnusual(text []byte) bool {
	return !r.isExcepted(text) && (r.like == nil || r.like.Match(text))
}

// isExcepted reports whether the rule knows a value for no secret.
func (r *rule) isExcepted(text []byte) bool {
	return len(r.except) > 0 && len(text) <= maxExceptBytes && r.except[strings.ToLower(string(text))]
}

// maxExceptBytes bounds the length of a word in except.
const maxExceptBytes = 200
