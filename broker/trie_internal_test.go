package broker

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/mqtt"
)

// The trie must find what mqtt.Match over a plain list finds, in the order of
// subscription, through any sequence of subscribes and unsubscribes.
func TestTrieAgreesWithTheDefinition(t *testing.T) {
	level := rapid.SampledFrom([]string{"", "a", "b", "$x"})
	filterLevel := rapid.SampledFrom([]string{"", "a", "b", "+", "$x"})
	rapid.Check(t, func(t *rapid.T) {
		var tr trie
		var list []*subscription
		for seq := range uint64(rapid.IntRange(1, 30).Draw(t, "steps")) {
			if len(list) > 0 && rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
				tr.remove(list[i])
				list = slices.Delete(list, i, i+1)
				continue
			}
			levels := rapid.SliceOfN(filterLevel, 1, 4).Draw(t, "filter")
			if rapid.Bool().Draw(t, "hash") {
				levels = append(levels, "#")
			}
			filter := strings.Join(levels, "/")
			if filter == "" {
				continue
			}
			s := &subscription{filter: filter, seq: seq + 1}
			tr.insert(s)
			list = append(list, s)
		}
		topic := strings.Join(rapid.SliceOfN(level, 1, 4).Draw(t, "topic"), "/")
		if topic == "" {
			return
		}
		var want []string
		for _, s := range list {
			if mqtt.Match(s.filter, topic) {
				want = append(want, s.filter)
			}
		}
		var got []string
		for _, s := range tr.match(topic) {
			got = append(got, s.filter)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("match(%q) = %q, want %q", topic, got, want)
		}
	})
}

func TestTrieKeepsNoEmptyNodes(t *testing.T) {
	var tr trie
	var subs []*subscription
	for i, f := range []string{"a/b/c", "a/+/#", "#", "+", "a", "a/b"} {
		s := &subscription{filter: f, seq: uint64(i)}
		tr.insert(s)
		subs = append(subs, s)
	}
	for _, s := range subs {
		tr.remove(s)
	}
	require.Empty(t, tr.root.children)
	require.Nil(t, tr.root.plus)
	require.Nil(t, tr.root.hash)
}

// The index must list what is retained, in order, whatever came and went.
func TestRetainedTopicsAgreeWithTheDefinition(t *testing.T) {
	topics := []string{"a", "a/b", "a/b/c", "a b", "a-", "b", "b/c", "$x", "$x/a", "ab/c", "/", "a/"}
	filters := []string{"#", "a/#", "a/+", "+/b", "b/#", "$x/#", "+", "ab/+", "a", "a/b/#", "/#", "+/+/c", "a/+/c"}
	rapid.Check(t, func(t *rapid.T) {
		r := newRetainedTopics()
		has := map[string]bool{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			topic := rapid.SampledFrom(topics).Draw(t, "topic")
			has[topic] = rapid.Bool().Draw(t, "set")
			r.note(topic, has[topic])
			if rapid.Bool().Draw(t, "look") {
				r.matching("#")
			}
		}
		filter := rapid.SampledFrom(filters).Draw(t, "filter")
		var want, got []string
		for _, topic := range topics {
			if has[topic] && mqtt.Match(filter, topic) {
				want = append(want, topic)
			}
		}
		slices.Sort(want)
		for _, topic := range r.matching(filter) {
			if _, ok := r.has[topic]; ok && mqtt.Match(filter, topic) {
				got = append(got, topic)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("matching(%q) = %q, want %q", filter, got, want)
		}
	})
}

func TestQueueAgreesWithASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []mqtt.Message
		for i := range rapid.IntRange(0, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 10).Draw(t, "op") {
			case 0:
				q.forgetQoS0()
				want = slices.DeleteFunc(want, func(m mqtt.Message) bool { return m.QoS == 0 })
			case 1, 2, 3, 4:
				m, ok := q.pop()
				if ok != (len(want) > 0) || (ok && !m.Equal(want[0])) {
					t.Fatalf("pop = %v, %v, want the first of %v", m, ok, want)
				}
				if ok {
					want = want[1:]
				}
			default:
				m := mqtt.Message{Payload: []byte{byte(i)}, QoS: byte(i % 3)}
				q.push(m)
				want = append(want, m)
			}
			if q.size != len(want) {
				t.Fatalf("size = %d, want %d", q.size, len(want))
			}
		}
	})
}
