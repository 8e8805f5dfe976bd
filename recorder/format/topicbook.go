package format

import (
	"bytes"
	"iter"
	"strings"

	"github.com/hubtape/hubtape/internal/jsontext"
)

// topicBook knows the topics so far in which there is the text that also ends a
// topic: a space, with mosquitto_sub -v.
type topicBook struct {
	known   map[string]bool
	longest int
}

// knownMax bounds what each line is compared with.
const knownMax = 1024

func (b *topicBook) learn(topic, end string) {
	if len(topic) > knownMax || !strings.Contains(topic, end) {
		return
	}
	if b.known == nil {
		b.known = map[string]bool{}
	}
	b.known[topic] = true
	b.longest = max(b.longest, len(topic))
}

// ends gives the lengths that the topic at the beginning of head may have, the
// likeliest first: that of the longest topic that is known, or of one below it;
// with a payload right behind (free), that which leaves a JSON document; then
// each at which end stands. line is all of it, of which head is what a topic can
// fill.
func (b *topicBook) ends(head, line []byte, end string, free bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		first := bytes.Index(head, []byte(end))
		if first < 0 {
			return
		}
		if n := b.longestKnown(head, end, free); n > 0 && !yield(n) {
			return
		}
		if free {
			if n := beforeDocument(head, line, end, first); n > 0 && !yield(n) {
				return
			}
			yield(first)
			return
		}
		for n := range occurrences(head, end) {
			if !yield(n) {
				return
			}
		}
	}
}

// longestKnown also takes what is below a known topic: behind "z/hall lamp" the
// topic "z/hall lamp/set" ends at its first space after "lamp".
func (b *topicBook) longestKnown(head []byte, end string, free bool) int {
	best := 0
	for n := range b.longest {
		n++
		switch {
		case n > len(head) || !b.known[string(head[:n])]:
		case bytes.HasPrefix(head[n:], []byte(end)):
			best = n
		case free && bytes.HasPrefix(head[n:], []byte("/")):
			if more := bytes.Index(head[n:], []byte(end)); more > 0 {
				best = n + more
			}
		}
	}
	return best
}

// documentTries bounds how often a line is looked at for a document.
const documentTries = 8

// beforeDocument returns the end of a topic that leaves a JSON object or list,
// when the first end leaves none; 0: there is no such end.
func beforeDocument(head, line []byte, end string, first int) int {
	tries := 0
	for n := range occurrences(head, end) {
		rest := line[n+len(end):]
		if len(rest) == 0 || (rest[0] != '{' && rest[0] != '[') {
			continue
		}
		if jsontext.Valid(rest) {
			return n
		}
		if tries++; n == first || tries == documentTries {
			return 0
		}
	}
	return 0
}

func occurrences(head []byte, end string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for pos := 0; ; {
			n := bytes.Index(head[pos:], []byte(end))
			if n < 0 || !yield(pos+n) {
				return
			}
			pos += n + 1
		}
	}
}
