package mqtt

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxTopicBytes is the longest string the wire can carry [MQTT-1.5.4 / 1.5.3].
const maxTopicBytes = 65535

// Returned, wrapped with the offending text, by [ValidateTopic] and
// [ValidateFilter].
var (
	ErrTopic  = errors.New("not a topic")
	ErrFilter = errors.New("not a topic filter")
)

// ValidateTopic returns nil for a topic that may be published to, else an
// error that wraps [ErrTopic] and says why.
func ValidateTopic(topic string) error {
	if why := badString(topic); why != "" {
		return fmt.Errorf("%w: %q %s", ErrTopic, topic, why)
	}
	for _, wildcard := range []byte("#+") { // [MQTT-3.3.2-2]
		if strings.IndexByte(topic, wildcard) >= 0 {
			return fmt.Errorf("%w: %q has the wildcard %q; only a filter may", ErrTopic, topic, wildcard)
		}
	}
	return nil
}

// ValidateFilter returns nil for a filter that may be subscribed to, shared
// subscriptions included, else an error that wraps [ErrFilter] and says why.
func ValidateFilter(filter string) error {
	if why := badString(filter); why != "" {
		return fmt.Errorf("%w: %q %s", ErrFilter, filter, why)
	}
	rest := filter
	if strings.HasPrefix(filter, "$share/") {
		group, inner, ok := strings.Cut(strings.TrimPrefix(filter, "$share/"), "/")
		if group == "" || strings.ContainsAny(group, "+#") { // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
			return fmt.Errorf("%w: %q needs a share name without wildcards", ErrFilter, filter)
		}
		if !ok || inner == "" {
			return fmt.Errorf("%w: %q has no filter after its share name", ErrFilter, filter)
		}
		rest = inner
	}
	for level := range strings.SplitSeq(rest, "/") {
		switch {
		case level == "#" || level == "+":
		case strings.ContainsRune(level, '#'): // [MQTT-4.7.1-1]
			return fmt.Errorf("%w: %q: '#' must stand alone in the last level", ErrFilter, filter)
		case strings.ContainsRune(level, '+'): // [MQTT-4.7.1-2]
			return fmt.Errorf("%w: %q: '+' must fill its level", ErrFilter, filter)
		}
	}
	if i := strings.IndexByte(rest, '#'); i >= 0 && i != len(rest)-1 {
		return fmt.Errorf("%w: %q: '#' must be the last level", ErrFilter, filter) // [MQTT-4.7.1-1]
	}
	return nil
}

func badString(s string) string {
	switch {
	case s == "": // [MQTT-4.7.3-1]
		return "is empty"
	case len(s) > maxTopicBytes: // [MQTT-4.7.3-3]
		return "is longer than 65,535 bytes"
	case strings.IndexByte(s, 0) >= 0: // [MQTT-4.7.3-2]
		return "holds a NUL character"
	case !utf8.ValidString(s): // [MQTT-1.5.3-1]
		return "is not UTF-8"
	}
	return ""
}

// Match reports whether a valid filter matches a valid topic. A filter that
// begins with a wildcard does not match a topic that begins with '$'
// [MQTT-4.7.2-1]. It does not allocate.
func Match(filter, topic string) bool {
	if topic != "" && topic[0] == '$' && filter != "" && (filter[0] == '+' || filter[0] == '#') {
		return false
	}
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, trest, tmore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !tmore {
			// "a/#" also matches its parent "a" [MQTT-4.7.1-2].
			return !fmore || frest == "#"
		}
		if !fmore {
			return false
		}
		filter, topic = frest, trest
	}
}

// Covers reports whether filter matches every topic that narrow, a filter or a
// topic, matches. It may be false where only all topics taken together would
// show it, as for "+/#" and "#".
func Covers(filter, narrow string) bool {
	if narrow != "" && narrow[0] == '$' && filter != "" && (filter[0] == '+' || filter[0] == '#') {
		return false
	}
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		n, nrest, nmore := strings.Cut(narrow, "/")
		switch {
		case f == "#":
			return true
		case n == "#", f != "+" && f != n:
			return false
		case !nmore:
			return !fmore || frest == "#"
		case !fmore:
			return false
		}
		filter, narrow = frest, nrest
	}
}

// Selection says which topics are wanted: those that match one of Include (an
// empty Include is all topics, also those that begin with '$') and none of
// Exclude. The zero value selects everything.
type Selection struct {
	Include []string
	Exclude []string
}

// Validate returns the first filter's error, if there is one.
func (s Selection) Validate() error {
	for _, list := range [][]string{s.Include, s.Exclude} {
		for _, f := range list {
			if err := ValidateFilter(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// Has reports whether a topic is selected.
func (s Selection) Has(topic string) bool {
	return (len(s.Include) == 0 || MatchAny(s.Include, topic)) && !MatchAny(s.Exclude, topic)
}

// MatchAny reports whether one of the filters matches the topic.
func MatchAny(filters []string, topic string) bool {
	for _, f := range filters {
		if Match(f, topic) {
			return true
		}
	}
	return false
}

// Unshare returns the filter that decides about topics: what follows
// "$share/group/" in a shared subscription, else the filter itself.
func Unshare(filter string) string {
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared {
		_, inner, _ := strings.Cut(rest, "/")
		return inner
	}
	return filter
}
