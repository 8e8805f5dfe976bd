package sim

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// Scene is where in a run something was looked for.
type Scene struct {
	Filter   string        // of the topics concerned; "": none more than others
	From, To time.Duration // when
}

// What a failure shows of the messages around it.
const (
	aroundConcerned = 6  // the last messages on the topics concerned
	aroundOthers    = 3  // and of all others
	aroundRows      = 6  // topics of the timeline
	aroundColumns   = 60 // instants of the timeline
	aroundName      = 34 // characters of a topic's name
)

// Around writes, line by line, what was said around a scene up to its end: the
// last messages on the topics concerned and those of the same device, the last
// on others, and a timeline of all these. It knows the last few thousand
// messages of a run, and is empty when none of them came before the scene's end.
func (w *World) Around(s Scene) (lines []string) {
	seen := w.Recent(recentSize)
	known := time.Duration(0)
	if w.watch.count > recentSize {
		known = seen[0].At
	}
	late := slices.IndexFunc(seen, func(m Seen) bool { return m.At > s.To })
	if late >= 0 {
		seen = seen[:late]
	}
	chosen := chooseAround(seen, s.Filter)
	if len(chosen) == 0 {
		return nil
	}
	if s.Filter == "" {
		lines = append(lines, "the last that was said:")
	} else {
		lines = append(lines, fmt.Sprintf("the last that was said on %s, and around it:", match.Plain(s.Filter)))
	}
	lines = append(lines, listAround(seen, chosen)...)
	return append(lines, drawAround(seen, chosen, s, known)...)
}

// listAround writes the chosen messages one below the other.
func listAround(seen []Seen, chosen []int) (lines []string) {
	at, topic := 0, 0
	for _, i := range chosen {
		at = max(at, len(instant(seen[i].At)))
		topic = max(topic, min(utf8.RuneCountInString(match.Plain(seen[i].Message.Topic)), shownTopic))
	}
	for _, i := range chosen {
		m := &seen[i]
		lines = append(lines, fmt.Sprintf("  %*s  %-*s  %s (%s)", at, instant(m.At), topic, match.Plain(m.Message.Topic), m.payload(), m.Source))
	}
	return lines
}

// shownTopic is how wide the column of topics gets.
const shownTopic = 60

// instant is an instant for people, to the millisecond.
func instant(at time.Duration) string { return clock.FormatDuration(at.Round(time.Millisecond)) }

// chooseAround picks messages for people, by their place and in order.
func chooseAround(seen []Seen, filter string) (chosen []int) {
	concerned, others := aroundConcerned, aroundOthers
	if filter == "" {
		concerned, others = 0, aroundConcerned
	}
	for i := len(seen) - 1; i >= 0 && concerned+others > 0; i-- {
		left := &others
		if concerns(filter, seen[i].Message.Topic) {
			left = &concerned
		}
		if *left > 0 {
			*left--
			chosen = append(chosen, i)
		}
	}
	slices.Reverse(chosen)
	return chosen
}

// concerns reports whether a message on the topic tells of what the filter asks
// for: it matches, or is of the same device, so that a command is seen beside
// its state.
func concerns(filter, topic string) bool {
	if filter == "" {
		return false
	}
	if mqtt.Match(filter, topic) {
		return true
	}
	device := deviceOf(filter)
	return device != "" && mqtt.Match(device+"/#", deviceOf(topic)) // which matches the device itself too
}

// deviceOf is a topic or filter without the level that says what is done with
// the device: the first of Tasmota's and Victron's, the last of others. It is ""
// where nothing would be left to tell devices apart.
func deviceOf(topic string) string {
	first, rest, _ := strings.Cut(topic, "/")
	device := topic
	if slices.Contains([]string{"cmnd", "stat", "tele", "N", "W", "R"}, first) {
		device, _, _ = strings.Cut(rest, "/")
	} else {
		for _, verb := range []string{"/set", "/get", "/command", "/state", "/rpc", "/availability"} {
			device = strings.TrimSuffix(device, verb)
		}
		if !strings.Contains(device, "/") {
			return ""
		}
	}
	if strings.ContainsAny(device, "+#") { // of any device
		return ""
	}
	return device
}

// drawAround draws when the chosen topics were spoken on, and the scene itself,
// from the instant known on: a silence that nobody remembers is none.
func drawAround(seen []Seen, chosen []int, s Scene, known time.Duration) (lines []string) {
	topics := aroundTopics(seen, chosen, s.Filter)
	line := timeline{from: max(known, min(s.From, seen[chosen[0]].At)), to: s.To}
	if line.from >= line.to {
		return nil // of one instant there is nothing to draw
	}
	for _, t := range topics {
		line.width = max(line.width, min(utf8.RuneCountInString(match.Plain(t)), aroundName))
	}
	line.width = max(line.width, len(sceneName))
	lines = append(lines, "  "+line.head())
	for _, t := range topics {
		lines = append(lines, "  "+line.row(seen, t))
	}
	if s.From < s.To {
		lines = append(lines, "  "+line.scene(s))
	}
	return lines
}

// aroundTopics are the topics of the timeline: what the filter matches, then
// others of the same device, then all others, each time the latest first.
func aroundTopics(seen []Seen, chosen []int, filter string) (topics []string) {
	wanted := []func(topic string) bool{
		func(t string) bool { return filter != "" && mqtt.Match(filter, t) },
		func(t string) bool { return concerns(filter, t) },
		func(string) bool { return true },
	}
	for _, want := range wanted {
		for _, i := range slices.Backward(chosen) {
			if t := seen[i].Message.Topic; want(t) && !slices.Contains(topics, t) && len(topics) < aroundRows {
				topics = append(topics, t)
			}
		}
	}
	return topics
}

// timeline is a time that is drawn in aroundColumns columns.
type timeline struct {
	from, to time.Duration
	width    int // of the names
}

const sceneName = "looked for"

// column is where an instant of the timeline stands. A product of years and
// columns needs more than 64 bits.
func (l *timeline) column(at time.Duration) int {
	high, low := bits.Mul64(uint64(at-l.from), aroundColumns-1)
	column, _ := bits.Div64(high, low, uint64(l.to-l.from))
	return int(column)
}

func (l *timeline) name(s string) string {
	if r := []rune(s); len(r) > l.width { // the end tells topics apart
		s = "…" + string(r[len(r)-l.width+1:])
	}
	return fmt.Sprintf("%-*s ", l.width, s)
}

func (l *timeline) head() string {
	from, to := instant(l.from), instant(l.to)
	return l.name("") + from + strings.Repeat(" ", max(1, aroundColumns-len(from)-len(to))) + to
}

// row marks what was said on a topic: o for once, a digit or + for more, * where
// an automation said it.
func (l *timeline) row(seen []Seen, topic string) string {
	var counts [aroundColumns]int
	var byApp [aroundColumns]bool
	for i := range seen {
		if m := &seen[i]; m.Message.Topic == topic && m.At >= l.from && m.At <= l.to {
			counts[l.column(m.At)]++
			byApp[l.column(m.At)] = m.Source == match.App || strings.HasPrefix(m.Source, match.AppsPrefix)
		}
	}
	var b strings.Builder
	for i, n := range counts {
		switch {
		case n == 0:
			b.WriteByte('.')
		case n > 9:
			b.WriteByte('+')
		case n > 1:
			fmt.Fprint(&b, n)
		case byApp[i]:
			b.WriteByte('*')
		default:
			b.WriteByte('o')
		}
	}
	return l.name(match.Plain(topic)) + b.String()
}

func (l *timeline) scene(s Scene) string {
	from, to := l.column(max(s.From, l.from)), l.column(s.To)
	begin := "["
	if s.From < l.from {
		begin = "-"
	}
	return l.name(sceneName) + strings.Repeat(" ", from) + begin + strings.Repeat("-", max(0, to-from-1)) + "]"
}
