package mqtt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true},
		{"a/b", "a/b/c", false},
		{"a/b/c", "a/b", false},
		{"a/+", "a/b", true},
		{"a/+", "a/", true},
		{"a/+", "a", false},
		{"+", "/x", false},
		{"+/+", "/x", true},
		{"/+", "/x", true},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "ab", false},
		{"#", "a/b", true},
		{"#", "$SYS/x", false},
		{"+/x", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"$SYS/+", "$SYS/x", true},
		{"a/+/c", "a//c", true},
		{"zigbee2mqtt/+/set", "zigbee2mqtt/hall light (1)/set", true},
	} {
		if got := mqtt.Match(c.filter, c.topic); got != c.want {
			t.Errorf("Match(%q, %q) = %v, want %v", c.filter, c.topic, got, c.want)
		}
	}
}

func TestValidateFilter(t *testing.T) {
	for _, good := range []string{"a", "/", "a/+/b", "#", "+", "a/#", "$share/g/a/#", " ", "é/+"} {
		if err := mqtt.ValidateFilter(good); err != nil {
			t.Errorf("ValidateFilter(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{"", "a#", "a/#/b", "a+", "+a/b", "#/a", "a\x00", "\xff", "$share/g", "$share//a", "$share/+/a", "$share/g/", strings.Repeat("a", 65536)} {
		if err := mqtt.ValidateFilter(bad); !errors.Is(err, mqtt.ErrFilter) {
			t.Errorf("ValidateFilter(%.20q) = %v, want ErrFilter", bad, err)
		}
	}
}

func TestValidateTopic(t *testing.T) {
	for _, good := range []string{"a", "/", "a//b", "$SYS/x", "hall light (1)"} {
		if err := mqtt.ValidateTopic(good); err != nil {
			t.Errorf("ValidateTopic(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{"", "a/+", "#", "a\x00", "\xff"} {
		if err := mqtt.ValidateTopic(bad); !errors.Is(err, mqtt.ErrTopic) {
			t.Errorf("ValidateTopic(%q) = %v, want ErrTopic", bad, err)
		}
	}
}

func TestSelection(t *testing.T) {
	all := mqtt.Selection{}
	if !all.Has("$SYS/x") || !all.Has("a") {
		t.Error("the zero Selection must select everything")
	}
	s := mqtt.Selection{Include: []string{"z/#"}, Exclude: []string{"z/bridge/#"}}
	for topic, want := range map[string]bool{"z/hall": true, "z/bridge/info": false, "y": false} {
		if s.Has(topic) != want {
			t.Errorf("Has(%q) = %v, want %v", topic, !want, want)
		}
	}
	if err := (mqtt.Selection{Exclude: []string{"a#"}}).Validate(); !errors.Is(err, mqtt.ErrFilter) {
		t.Errorf("Validate = %v, want ErrFilter", err)
	}
}

// A naive matcher over split levels must agree with Match.
func TestMatchAgreesWithTheDefinition(t *testing.T) {
	level := rapid.SampledFrom([]string{"", "a", "b", "$x"})
	flevel := rapid.SampledFrom([]string{"", "a", "b", "+", "$x"})
	rapid.Check(t, func(t *rapid.T) {
		topic := rapid.SliceOfN(level, 1, 4).Draw(t, "topic")
		filter := rapid.SliceOfN(flevel, 1, 4).Draw(t, "filter")
		if rapid.Bool().Draw(t, "hash") {
			filter = append(filter, "#")
		}
		want := naive(filter, topic)
		if strings.HasPrefix(topic[0], "$") && (filter[0] == "+" || filter[0] == "#") {
			want = false
		}
		if got := mqtt.Match(strings.Join(filter, "/"), strings.Join(topic, "/")); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", filter, topic, got, want)
		}
	})
}

func naive(filter, topic []string) bool {
	for i, f := range filter {
		if f == "#" {
			return len(topic) >= i
		}
		if i >= len(topic) || (f != "+" && f != topic[i]) {
			return false
		}
	}
	return len(filter) == len(topic)
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		filter, narrow string
		want           bool
	}{
		{"#", "a/b", true},
		{"#", "#", true},
		{"#", "+/a", true},
		{"#", "$SYS/#", false},
		{"+/#", "$SYS/a", false},
		{"$SYS/#", "$SYS/a", true},
		{"a/#", "a", true},
		{"a/#", "a/b/#", true},
		{"a/#", "a/+", true},
		{"a/+", "a/#", false},
		{"a/+", "a/b", true},
		{"a/+", "a/b/c", false},
		{"a/b", "a/+", false},
		{"a/b", "a/b", true},
		{"a/b/c", "a/b", false},
		{"a", "a/#", false},
		{"+", "a", true},
		{"+/b", "a/+", false},
	} {
		if got := mqtt.Covers(c.filter, c.narrow); got != c.want {
			t.Errorf("Covers(%q, %q) = %v", c.filter, c.narrow, got)
		}
	}
}

// What covers a filter matches whatever that matches.
func TestCoversMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.SampledFrom([]string{"a", "b", "$s", "", "+"})
		draw := func(name string) string {
			parts := rapid.SliceOfN(level, 1, 3).Draw(t, name)
			if rapid.Bool().Draw(t, name+" ends in #") {
				parts = append(parts, "#")
			}
			return strings.Join(parts, "/")
		}
		wide, narrow := draw("wide"), draw("narrow")
		topic := strings.ReplaceAll(strings.Join(rapid.SliceOfN(level, 1, 4).Draw(t, "topic"), "/"), "+", "c")
		if mqtt.Covers(wide, narrow) && mqtt.Match(narrow, topic) && !mqtt.Match(wide, topic) {
			t.Fatalf("%q covers %q, but does not match %q", wide, narrow, topic)
		}
	})
}
