package codec

import (
	"fmt"
	"strings"
)

// Topic is where a message goes: gw/<src>/to/<dst>/<type>, or with an empty Dst
// the older gw/<src>/<type>. In a topic the dots of names are dashes; which
// dashes were dots is lost, so a parsed topic has the words as they stand.
type Topic struct{ Src, Dst, Type string }

const (
	topicRoot = "gw"
	topicTo   = "to"
)

// Dashed is a name as it stands in a topic.
func Dashed(name string) string { return strings.ReplaceAll(name, ".", "-") }

// Format writes the topic. A name that is empty, or has a / or a wildcard in
// it, is an ErrTopic.
func (t Topic) Format() (string, error) {
	words := []string{topicRoot, Dashed(t.Src), Dashed(t.Type)}
	if t.Dst != "" {
		words = []string{topicRoot, Dashed(t.Src), topicTo, Dashed(t.Dst), Dashed(t.Type)}
	}
	for _, w := range words {
		if err := checkWord(w); err != nil {
			return "", fmt.Errorf("topic from %q to %q for %q: %w", t.Src, t.Dst, t.Type, err)
		}
	}
	return strings.Join(words, "/"), nil
}

// ParseTopic takes a topic apart. What is none of GridWorks' is an ErrTopic.
func ParseTopic(topic string) (Topic, error) {
	words := strings.Split(topic, "/")
	var t Topic
	switch {
	case words[0] != topicRoot:
		return Topic{}, fmt.Errorf("%w: it does not begin with %s/", ErrTopic, topicRoot)
	case len(words) == 3:
		t = Topic{Src: words[1], Type: words[2]}
	case len(words) == 5 && words[2] == topicTo:
		t = Topic{Src: words[1], Dst: words[3], Type: words[4]}
	default:
		return Topic{}, fmt.Errorf("%w: it is neither gw/<src>/to/<dst>/<type> nor gw/<src>/<type>", ErrTopic)
	}
	for _, w := range words {
		if err := checkWord(w); err != nil {
			return Topic{}, err
		}
	}
	return t, nil
}

func checkWord(w string) error {
	if w == "" {
		return fmt.Errorf("%w: a name is empty", ErrTopic)
	}
	if i := strings.IndexAny(w, "/+#\x00"); i >= 0 {
		return fmt.Errorf("%w: %q has a %q in it", ErrTopic, w, w[i])
	}
	return nil
}
