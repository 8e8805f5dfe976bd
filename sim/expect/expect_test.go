package expect_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim/expect"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// item is a message with a payload on a topic; "" is any.
func item(topic, payload string) expect.Item {
	p := &match.Pattern{Topic: topic}
	if payload != "" {
		p.Payload = &payload
	}
	return expect.Item{Pattern: p}
}

// said lets a judge hear a run: "second topic payload [source]" each.
func said(t require.TestingT, j expect.Judge, lines ...string) {
	for _, line := range lines {
		var second int
		var topic, payload string
		source := match.App
		_, err := fmt.Sscan(line, &second, &topic, &payload)
		require.NoError(t, err)
		if parts := strings.Fields(line); len(parts) == 4 {
			source = parts[3]
		}
		var s match.Subject
		s.Set(mqtt.Message{Topic: topic, Payload: []byte(payload)}, "x", source, time.Duration(second)*time.Second)
		j.Hear(&s)
	}
}

// verdict is what a judge says: item, instant, topic, kind and text of each.
func verdict(j expect.Judge, end time.Duration) string {
	var b strings.Builder
	for _, f := range j.Verdict(end) {
		fmt.Fprintf(&b, "%d %v [%s] %s: %s\n", f.Item, f.At, f.Topic, f.Kind, f.Error())
	}
	return b.String()
}

func TestJudges(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		judge expect.Judge
		said  []string
		want  string
	}{
		"never, and it did not":        {expect.NewNever(item("a", "")), []string{"1 b x", "2 a x tape"}, ""},
		"never, and it did":            {expect.NewNever(item("a", "x")), []string{"1 a y", "2 a x"}, "0 2s [a] never: a message like a payload \"x\" came at 2s, and never must\n  2s a x (app)\n"},
		"never, and twice":             {expect.NewNever(item("a", "")), []string{"1 a y", "2 a x"}, "0 1s [a] never: a message like a came at 1s (and once more), and never must\n  1s a y (app)\n  2s a x (app)\n"},
		"never, and often":             {expect.NewNever(item("a", "")), []string{"1 a 1", "2 a 2", "3 a 3", "4 a 4"}, "0 1s [a] never: a message like a came at 1s (and 3 times more), and never must\n  1s a 1 (app)\n  2s a 2 (app)\n  3s a 3 (app)\n"},
		"never in a window":            {expect.NewNever(item("a", "").In(2*s, 3*s)), []string{"1 a 1", "4 a 4"}, ""},
		"never, at its ends":           {expect.NewNever(item("a", "").In(2*s, 3*s)), []string{"2 a 1", "3 a 4"}, "0 2s [a] never: a message like a came at 2s (and once more), and never must between 2s and 3s\n  2s a 1 (app)\n  3s a 4 (app)\n"},
		"ordered":                      {expect.NewOrdered([]expect.Item{item("a", "1"), item("a", "2")}), []string{"1 a 1", "2 a 3", "3 a 2", "4 a 1"}, ""},
		"ordered, one for two":         {expect.NewOrdered([]expect.Item{item("a", ""), item("a", "")}), []string{"1 a 1"}, "1 1h0m0s [a] ordered: no message like a came after the 1 before it\n  on a came 1 message instead:\n    1s a 1 (app): it stands for the item before\n"},
		"ordered, wrong order":         {expect.NewOrdered([]expect.Item{item("a", "1"), item("a", "2")}), []string{"1 a 2", "2 a 1", "3 a 3"}, "1 1h0m0s [a] ordered: no message like a payload \"2\" came after the 1 before it\n  on a came 2 messages instead:\n    1s a 2 (app): it came before its turn\n    3s a 3 (app): payload was \"3\", want \"2\"\n"},
		"ordered, early, then in turn": {expect.NewOrdered([]expect.Item{item("a", "1"), item("a", "2"), item("+", "3")}), []string{"1 a 2", "2 a 1", "3 a 2"}, "2 1h0m0s [+] ordered: no message like + payload \"3\" came after the 2 before it\n  nothing at all was said on + in that time\n"},
		"ordered, out of window":       {expect.NewOrdered([]expect.Item{item("a", "").In(0, s)}), []string{"2 a 1"}, "0 1s [a] ordered: no message like a came between 0s and 1s\n  on a came 1 message instead:\n    2s a 1 (app): it came outside of that time\n"},
		"ordered, of none":             {expect.NewOrdered(nil), []string{"1 a 1"}, ""},
		"nearest of a filter":          {expect.NewOrdered([]expect.Item{item("a/+", "1")}), []string{"1 b 1", "2 a/x 2", "3 a/y 3", "4 b 1"}, "0 1h0m0s [a/+] ordered: no message like a/+ payload \"1\" came\n  on a/+ came 2 messages instead:\n    2s a/x 2 (app): payload was \"2\", want \"1\"\n    3s a/y 3 (app): payload was \"3\", want \"1\"\n"},
		"unordered":                    {expect.NewUnordered([]expect.Item{item("a", "1"), item("a", "2")}), []string{"1 a 2", "2 a 1"}, ""},
		"unordered, one for two":       {expect.NewUnordered([]expect.Item{item("a", ""), item("a", "")}), []string{"1 a 1"}, "1 1h0m0s [a] unordered: no message like a came\n  on a came 1 message instead:\n    1s a 1 (app): it stands for another item\n"},
		"unordered, moved over":        {expect.NewUnordered([]expect.Item{item("+", ""), item("a", "")}), []string{"1 a 1", "2 b 1"}, ""},
		"unordered, nothing":           {expect.NewUnordered([]expect.Item{item("a", ""), item("b", "")}), nil, "0 1h0m0s [a] unordered: no message like a came\n  nothing at all was said on a in that time\n1 1h0m0s [b] unordered: no message like b came\n  nothing at all was said on b in that time\n"},
	} {
		t.Run(name, func(t *testing.T) {
			said(t, c.judge, c.said...)
			require.Equal(t, c.want, verdict(c.judge, time.Hour))
		})
	}
}

// No message stands for two items: as many can be met as a search through all
// assignments finds.
func TestUnorderedFindsTheBestAssignment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []expect.Item
		for range rapid.IntRange(1, 4).Draw(t, "items") {
			items = append(items, item(rapid.SampledFrom([]string{"a", "b", "+", "#"}).Draw(t, "topic"), rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "payload")))
		}
		var lines []string
		for i := range rapid.IntRange(0, 5).Draw(t, "said") {
			lines = append(lines, fmt.Sprintf("%d %s %s", i, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "on"), rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "what")))
		}
		j := expect.NewUnordered(items)
		said(t, j, lines...)
		require.Equal(t, len(items)-best(items, lines), len(j.Verdict(0)))
	})
}

// best is how many of the items can have a line of their own.
func best(items []expect.Item, lines []string) int {
	if len(items) == 0 {
		return 0
	}
	most := best(items[1:], lines)
	for i, line := range lines {
		parts := strings.Fields(line)
		var s match.Subject
		s.Set(mqtt.Message{Topic: parts[1], Payload: []byte(parts[2])}, "", match.App, 0)
		if items[0].Pattern.Match(&s) {
			most = max(most, 1+best(items[1:], slices.Delete(slices.Clone(lines), i, i+1)))
		}
	}
	return most
}

// tape is a tape as its records.
type tape struct {
	list []recorder.Record
	next int
	err  error
}

func (s *tape) Next() bool               { s.next++; return s.next <= len(s.list) }
func (s *tape) Record() *recorder.Record { return &s.list[s.next-1] }
func (s *tape) Err() error               { return s.err }

func record(second int, kind recorder.Kind, payload string) recorder.Record {
	return recorder.Record{At: time.Duration(second) * time.Second, Kind: kind, Message: mqtt.Message{Topic: "a", Payload: []byte(payload)}}
}

func TestSame(t *testing.T) {
	const m = recorder.KindMessage
	for name, c := range map[string]struct {
		tape []recorder.Record
		said []string
		end  time.Duration
		want string
	}{
		"the same":             {[]recorder.Record{record(11, m, "1"), record(15, m, "2")}, []string{"2 a 1", "5 a 2"}, time.Hour, ""},
		"not by everybody":     {[]recorder.Record{record(11, m, "1")}, []string{"1 a 1", "1 a 2 device", "2 b x", "3 a 3 scenario"}, time.Hour, ""},
		"by one of several":    {nil, []string{"1 a 1 apps.two"}, time.Hour, "0 1s [a] same_as_tape: the app said something on a at 1s that the tape does not have there\n  app:  1s a 1 (apps.two)\n"},
		"not due yet":          {[]recorder.Record{record(11, m, "1"), record(30, m, "2")}, []string{"1 a 1"}, 19 * time.Second, ""},
		"due at the end":       {[]recorder.Record{record(30, m, "2")}, nil, 20 * time.Second, "0 20s [a] same_as_tape: the app did not say what the tape has on a at 20s\n  tape: 20s a 2 (tape)\n"},
		"early, near the end":  {[]recorder.Record{record(30, m, "2")}, []string{"19 a 2"}, 19 * time.Second, ""},
		"retained before":      {[]recorder.Record{record(10, recorder.KindSnapshot, "0")}, nil, time.Hour, ""},
		"late":                 {[]recorder.Record{record(11, m, "1")}, []string{"4 a 1"}, time.Hour, "0 4s [a] same_as_tape: the app said it on a 3s later than the tape, more than the tolerance of 1s\n  tape: 1s a 1 (tape)\n  app:  4s a 1 (app)\n"},
		"early":                {[]recorder.Record{record(14, m, "1")}, []string{"1 a 1"}, time.Hour, "0 1s [a] same_as_tape: the app said it on a 3s earlier than the tape, more than the tolerance of 1s\n  tape: 4s a 1 (tape)\n  app:  1s a 1 (app)\n"},
		"another order":        {[]recorder.Record{record(11, m, "1"), record(12, m, "2")}, []string{"1 a 2", "2 a 1"}, time.Hour, "0 2s [a] same_as_tape: the app said it on a in another order than the tape\n  tape: 1s a 1 (tape)\n  app:  2s a 1 (app)\n"},
		"something else":       {[]recorder.Record{record(11, m, `{"a":1,"b":2,"i":1}`)}, []string{`1 a {"a":2,"c":3,"i":2}`}, time.Hour, "0 1s [a] same_as_tape: at 1s the app said something else than the tape on a\n  tape: 1s a {\"a\":1,\"b\":2,\"i\":1} (tape)\n  app:  1s a {\"a\":2,\"c\":3,\"i\":2} (app)\n  payload.a was 2, want 1\n  payload.b was not there, want 2\n  payload.c was 3, want none\n"},
		"many":                 {nil, []string{"1 a 1", "2 a 2", "3 a 3", "4 a 4", "5 a 5"}, time.Hour, "the app differs from the tape in 2 messages more\n"},
		"not due, not counted": {[]recorder.Record{record(30, m, "2")}, []string{"1 a 1"}, 19 * time.Second, "0 1s [a] same_as_tape: the app said something on a at 1s that the tape does not have there\n  app:  1s a 1 (app)\n"},
		"one more":             {nil, []string{"1 a 1", "2 a 2", "3 a 3", "4 a 4"}, time.Hour, "the app differs from the tape in 1 message more\n"},
	} {
		t.Run(name, func(t *testing.T) {
			o := expect.SameOptions{Outputs: []string{"a"}, Tolerance: time.Second, Ignore: []string{"i"}}
			j, err := expect.NewSame(o, &tape{list: c.tape}, 10*time.Second)
			require.NoError(t, err)
			said(t, j, c.said...)
			got := verdict(j, c.end)
			if name == "many" || name == "one more" {
				require.Len(t, j.Verdict(c.end), expect.Told+1)
				require.True(t, strings.HasSuffix(got, c.want), got)
				return
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestSameComparedNothing(t *testing.T) {
	o := expect.SameOptions{Outputs: []string{"a"}}
	j, err := expect.NewSame(o, &tape{list: []recorder.Record{record(5, recorder.KindMessage, "")}}, 0)
	require.NoError(t, err)
	require.False(t, j.Compared(4*time.Second))
	require.True(t, j.Compared(5*time.Second))
	said(t, j, "1 a x")
	require.True(t, j.Compared(0))
	_, err = expect.NewSame(o, &tape{err: errors.New("torn")}, 0)
	require.EqualError(t, err, "torn")
}
