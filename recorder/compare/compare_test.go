package compare_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// One edit is one difference, of its kind, wherever it is and however long the
// recordings go on.
func TestOneEditIsOneDifference(t *testing.T) {
	a := house(20_000)
	for _, i := range []int{0, 5000, 12_345, 19_999} {
		for _, o := range []compare.Options{{}, {Time: -1}, {Time: 300 * time.Millisecond}, {AnyOrder: true}, {AnyOrder: true, Time: -1}, {Number: 0.1}, {Flags: true}} {
			requireKinds(t, run(t, a, a, o))
			requireKinds(t, run(t, a, without(a, i), o), compare.Missing)
			requireKinds(t, run(t, without(a, i), a, o), compare.Extra)
			r := run(t, a, changed(a, i, "temperature", "temp"), o)
			requireKinds(t, r, compare.Changed)
			require.Equal(t, a[i], *r.Differences[0].A)
			require.EqualValues(t, 19_999, r.Same)
			if o.Time >= 0 {
				late := slices.Clone(a)
				late[i].At += 400 * time.Millisecond
				r := run(t, a, late, o)
				requireKinds(t, r, compare.Moved)
				require.Equal(t, late[i], *r.Differences[0].B)
			}
		}
	}
}

// The same payload again and again: the one that is missing is told, not the
// ones behind it.
func TestRepeatedPayloads(t *testing.T) {
	var a []recorder.Record
	for i := range 5000 {
		a = append(a, say(time.Duration(i)*time.Second, "a", "ON"))
	}
	require.Equal(t, []string{`33m20s a: missing: "ON"`}, lines(run(t, a, without(a, 2000), compare.Options{Time: 10 * time.Millisecond})))
	requireKinds(t, run(t, a, without(a, 2000), compare.Options{Time: -1}), compare.Missing)
	requireKinds(t, run(t, a, without(a, 2000), compare.Options{Time: -1, AnyOrder: true}), compare.Missing)
}

func TestTimes(t *testing.T) {
	a := said("1", "2", "3")
	b := slices.Clone(a)
	b[1].At += 10
	b[2].At += 11
	require.Equal(t, []string{"1ns a: moved, 10ns later: 2", "2ns a: moved, 11ns later: 3"}, lines(run(t, a, b, compare.Options{})))
	require.Equal(t, []string{"11ns a: moved, 10ns earlier: 2", "13ns a: moved, 11ns earlier: 3"}, lines(run(t, b, a, compare.Options{})))
	require.Equal(t, []string{"2ns a: moved, 11ns later: 3"}, lines(run(t, a, b, compare.Options{Time: 10})))
	require.True(t, run(t, a, b, compare.Options{Time: 11}).Equal())
	require.True(t, run(t, a, b, compare.Options{Time: -1}).Equal())

	for i := range b {
		b[i].At = a[i].At + 5
	}
	r := run(t, a, b, compare.Options{Shift: -5})
	require.True(t, r.Equal())
	require.Equal(t, "", r.String())
	r = run(t, a, b, compare.Options{Shift: -4})
	require.Equal(t, "0s a: moved, 1ns later: 1", lines(r)[0])
	require.EqualValues(t, 5, r.Differences[0].B.At, "as it stands in its stream")
	require.Equal(t, "1ns a: extra: 3", lines(run(t, nil, b[2:], compare.Options{Shift: -6}))[0])

	// Past another one of its topic, by time or by place alone.
	swapped := []recorder.Record{say(1, "a", "2"), say(1, "a", "1"), say(2, "a", "3")}
	require.Equal(t, []string{"0s a: moved, 1ns later: 1"}, lines(run(t, a, swapped, compare.Options{})))
	require.Equal(t, []string{"0s a: moved, past others of its topic: 1"}, lines(run(t, []recorder.Record{say(0, "a", "1"), say(0, "a", "2")}, []recorder.Record{say(0, "a", "2"), say(0, "a", "1")}, compare.Options{})))
	require.True(t, run(t, a, swapped, compare.Options{AnyOrder: true, Time: 1}).Equal())
	requireKinds(t, run(t, a, swapped, compare.Options{AnyOrder: true}), compare.Moved)

	// At the ends of what there is.
	far := []recorder.Record{say(math.MaxInt64, "a", "1")}
	require.True(t, run(t, far, far, compare.Options{Shift: 1}).Equal())
	requireKinds(t, run(t, []recorder.Record{say(math.MinInt64, "a", "1")}, far, compare.Options{Time: math.MaxInt64}), compare.Moved)
	require.True(t, run(t, []recorder.Record{say(math.MinInt64, "a", "1")}, []recorder.Record{say(math.MinInt64+1, "a", "1")}, compare.Options{Shift: -2}).Equal())
}

func TestPayloads(t *testing.T) {
	for _, c := range []struct {
		a, b string
		o    compare.Options
		want string // what has changed; "": nothing
	}{
		{"ON", "ON", compare.Options{}, ""},
		{"ON", "OFF", compare.Options{}, `payload was "ON", is "OFF"`},
		{"", "OFF", compare.Options{}, `payload was "", is "OFF"`},
		{"\x00\xff", "\x00\xfe", compare.Options{}, `payload was "\x00\xff", is "\x00\xfe"`},
		{`{"a":1}`, `{"a":1`, compare.Options{}, `payload was {"a":1}, is "{\"a\":1"`},
		{`{"a":1,"b":[1,2]}`, `{ "b": [1.0, 2e0], "a": 10e-1 }`, compare.Options{}, ""},
		{`{"a":1,"a":2}`, `{"a":2}`, compare.Options{}, ""},
		{`{"a":"x","b":{"c":true,"d":null}}`, `{"a":"y","b":{"c":false,"e":0}}`, compare.Options{}, `payload.a was "x", is "y", payload.b.c was true, is false, payload.b.d was null, is not there, payload.b.e was not there, is 0`},
		{`{"a b":1,"":2}`, `{"a b":2,"":3}`, compare.Options{}, `payload[""] was 2, is 3, payload["a b"] was 1, is 2`},
		{`[1,[2,3]]`, `[1,[2,4]]`, compare.Options{}, `payload[1][1] was 3, is 4`},
		{"[1,\n2]", `[1]`, compare.Options{}, `payload was [1, 2], is [1]`},
		{`{"a":[]}`, `{"a":{}}`, compare.Options{}, `payload.a was [], is {}`},
		{`"1"`, `1`, compare.Options{}, `payload was "1", is 1`},
		{`["a","b"]`, `["a,b"]`, compare.Options{}, `payload was ["a","b"], is ["a,b"]`},
		{`["a","b"]`, `["a\":b"]`, compare.Options{}, `payload was ["a","b"], is ["a\":b"]`},
		{"true", "t", compare.Options{}, `payload was true, is "t"`},
		{repeatedKeys(1), repeatedKeys(1), compare.Options{}, ""},
		{repeatedKeys(1), repeatedKeys(2), compare.Options{}, "payload.j was 58, is 116, payload.k was 59, is 118"},
		{repeatedKeys(1), `{"j":58,"k":59}`, compare.Options{}, ""},
		{"1e99999999999999999999", "1e99999999999999999998", compare.Options{}, "payload was 1e99999999999999999999, is 1e99999999999999999998"},
		{`["\"` + strings.Repeat("[", 600) + `"]`, ` ["\"` + strings.Repeat("[", 600) + `" ]`, compare.Options{}, ""},
		{`"\u0041\n"`, `"A\u000a"`, compare.Options{}, ""},
		{"21.5", "21.50", compare.Options{}, ""},
		{"-0", "0.00e7", compare.Options{}, ""},
		{"-1", "1", compare.Options{}, "payload was -1, is 1"},
		{"100", "1e2", compare.Options{}, ""},
		{"0.001", "1E-3", compare.Options{}, ""},
		{"1e99999999999999999999", "1e99999999999999999999", compare.Options{}, ""},
		{"9007199254740993", "9007199254740992", compare.Options{}, "payload was 9007199254740993, is 9007199254740992"},
		{"1e400", "1e401", compare.Options{Number: 1}, "payload was 1e400, is 1e401"},
		{"20", "20.01", compare.Options{Number: 0.01}, ""},
		{"20", "20.0101", compare.Options{Number: 0.01}, "payload was 20, is 20.0101"},
		{`{"a":[1,"x"]}`, `{"a":[1.5,"x"]}`, compare.Options{Number: 0.5}, ""},
		{`{"a":[1,"x"],"b":1}`, `{"a":[1.5,"y"],"b":2}`, compare.Options{Number: 0.5}, `payload.a[1] was "x", is "y", payload.b was 1, is 2`},
		{"1", `"#"`, compare.Options{Number: 0.5}, `payload was 1, is "#"`},
		{`{"a":1,"last_seen":1}`, `{"a":1}`, compare.Options{Ignore: []string{"last_seen"}}, ""},
		{`{"b":[{"c":{"last_seen":1}}]}`, `{"b":[{"c":{"last_seen":2}}]}`, compare.Options{Ignore: []string{"last_seen"}}, ""},
		{`{"color":{"x":1},"x":1}`, `{"color":{"x":2},"x":2}`, compare.Options{Ignore: []string{"color.x"}}, "payload.x was 1, is 2"},
		{`{"l":{"color":{"x":1}}}`, `{"l":{"color":{"x":2}}}`, compare.Options{Ignore: []string{"color.x"}}, "payload.l.color.x was 1, is 2"},
		{`{"lights":[{"x":1,"y":1}]}`, `{"lights":[{"x":2,"y":2}]}`, compare.Options{Ignore: []string{"lights.x"}}, "payload.lights[0].y was 1, is 2"},
		{`{"a.b":1}`, `{"a.b":2}`, compare.Options{Ignore: []string{"a.b"}}, ""},
		{`{"a":"` + strings.Repeat("ü", 200) + `"}`, `{}`, compare.Options{}, `payload.a was "` + strings.Repeat("ü", 99) + `… (402 bytes), is not there`},
		{strings.Repeat("x", 300), "y", compare.Options{}, `payload was "` + strings.Repeat("x", 200) + `"… (300 bytes), is "y"`},
		{strings.Repeat("[", 600) + strings.Repeat("]", 600), strings.Repeat("[", 600) + strings.Repeat("]", 600) + " ", compare.Options{}, "too deep"},
		{`["[[\"[["]`, `[ "[[\"[["]`, compare.Options{}, ""},
		{" true", "true", compare.Options{}, ""},
		{"nan", "NaN", compare.Options{}, `payload was "nan", is "NaN"`},
	} {
		got := lines(run(t, said(c.a), said(c.b), c.o))
		switch c.want {
		case "":
			require.Empty(t, got, "%s, %s", c.a, c.b)
		case "too deep":
			require.Len(t, got, 1)
		default:
			require.Equal(t, []string{"0s a: changed: " + c.want}, got)
		}
	}
}

// repeatedKeys is an object with two keys, again and again.
func repeatedKeys(by int) string {
	var parts []string
	for i := range 60 {
		parts = append(parts, fmt.Sprintf(`"%c":%d`, "jk"[i%2], i*by))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestFlags(t *testing.T) {
	one, two := uint32(1), uint32(2)
	text := byte(1)
	plain := said("x")
	for want, r := range map[string]recorder.Record{
		"kind was message, is will":                         {Kind: recorder.KindWill},
		"qos was 0, is 1":                                   {Message: mqtt.Message{QoS: 1}},
		"retain was false, is true":                         {Message: mqtt.Message{Retain: true}},
		"properties.payload_format was not there, is 1":     {Message: mqtt.Message{Properties: &mqtt.Properties{PayloadFormat: &text}}},
		"properties.expiry_seconds was not there, is 2":     {Message: mqtt.Message{Properties: &mqtt.Properties{ExpirySeconds: &two}}},
		"properties.content_type was not there, is t":       {Message: mqtt.Message{Properties: &mqtt.Properties{ContentType: "t"}}},
		"properties.response_topic was not there, is r":     {Message: mqtt.Message{Properties: &mqtt.Properties{ResponseTopic: "r"}}},
		`properties.correlation_data was not there, is "c"`: {Message: mqtt.Message{Properties: &mqtt.Properties{CorrelationData: []byte("c")}}},
		`properties.user was not there, is "k": "v", "": ""`: {Message: mqtt.Message{Properties: &mqtt.Properties{User: []mqtt.UserProperty{
			{Key: "k", Value: "v"}, {},
		}}}},
		"":    {Message: mqtt.Message{Properties: &mqtt.Properties{}}},
		"dup": {Message: mqtt.Message{Dup: true}},
	} {
		r.Topic, r.Payload = "a", []byte("x")
		if r.Kind == 0 {
			r.Kind = recorder.KindMessage
		}
		other := []recorder.Record{r}
		require.True(t, run(t, plain, other, compare.Options{}).Equal(), want)
		got := lines(run(t, plain, other, compare.Options{Flags: true}))
		if want == "" || want == "dup" {
			require.Empty(t, got, want)
			continue
		}
		require.Equal(t, []string{"0s a: changed: " + want}, got)
		require.Len(t, run(t, other, plain, compare.Options{Flags: true}).Differences[0].Fields, 1)
	}
	a, b := said("x"), said("y")
	a[0].Properties, b[0].Properties = &mqtt.Properties{ExpirySeconds: &one}, &mqtt.Properties{ExpirySeconds: &two}
	require.Equal(t, `0s a: changed: payload was "x", is "y", properties.expiry_seconds was 1, is 2`, lines(run(t, a, b, compare.Options{Flags: true}))[0])
}

// What carries no message, and what is not selected, does not count; snapshots
// are not messages.
func TestWhatIsCompared(t *testing.T) {
	a := []recorder.Record{snapshot("b", "1"), {Kind: recorder.KindConnect, Client: "x"}, say(0, "b", "1"), say(0, "c/d", "1")}
	b := []recorder.Record{say(0, "b", "1"), snapshot("b", "1"), {Kind: recorder.KindGap, Until: 5}, {Kind: recorder.KindNote, At: 9}}
	r := run(t, a, b, compare.Options{})
	require.Equal(t, []string{"0s c/d: missing: 1"}, lines(r))
	require.Equal(t, []uint64{3, 2, 2, 1}, []uint64{r.A, r.B, r.Same, r.Total})
	r = run(t, a, b, compare.Options{Topics: mqtt.Selection{Exclude: []string{"c/#"}}})
	require.True(t, r.Equal())
	require.EqualValues(t, 2, r.A)
	requireKinds(t, run(t, []recorder.Record{snapshot("b", "1")}, []recorder.Record{say(0, "b", "1")}, compare.Options{}), compare.Missing, compare.Extra)
}

// Reports are sorted, cut to length, and count what they do not hold.
func TestReport(t *testing.T) {
	var a, b []recorder.Record
	for i := range 100 {
		a = append(a, say(time.Duration(i), fmt.Sprint("topic ", 9-i%10), "1"))
		b = append(b, say(time.Duration(i), fmt.Sprint("topic ", 9-i%10), "2"))
	}
	r := run(t, a, b, compare.Options{MaxDifferences: 3})
	require.Equal(t, []string{"0s topic 9: changed: payload was 1, is 2", "1ns topic 8: changed: payload was 1, is 2", "2ns topic 7: changed: payload was 1, is 2"}, lines(r))
	require.EqualValues(t, 100, r.Total)
	require.Len(t, r.Topics, 10)
	require.Equal(t, compare.TopicSummary{Topic: "topic 0", Changed: 10}, r.Topics[0])
	require.Contains(t, r.String(), "is 2\nand 97 differences more\ntopic 0: 0 missing, 0 extra, 10 changed, 0 moved\n")
	r = run(t, a, b, compare.Options{MaxDifferences: -1})
	require.Empty(t, r.Differences)
	require.EqualValues(t, 100, r.Total)
	require.False(t, r.Equal())
	r = run(t, a, nil, compare.Options{})
	require.Len(t, r.Differences, 100)
	require.EqualValues(t, 10, r.Topics[9].Missing)

	// At one instant the topics tell.
	r = run(t, []recorder.Record{say(0, "b", "1"), say(0, "a", "1")}, []recorder.Record{say(0, "c", "1")}, compare.Options{})
	require.Equal(t, "0s a: missing: 1\n0s b: missing: 1\n0s c: extra: 1\na: 1 missing, 0 extra, 0 changed, 0 moved\nb: 1 missing, 0 extra, 0 changed, 0 moved\nc: 0 missing, 1 extra, 0 changed, 0 moved\n", r.String())
	r = run(t, []recorder.Record{say(0, "b", "1"), say(0, "a", "1")}, nil, compare.Options{MemoryBytes: 1})
	require.Equal(t, []string{"0s a: missing: 1", "0s b: missing: 1"}, lines(r), "whenever it was found")
	require.EqualValues(t, 1, run(t, said("1"), []recorder.Record{say(5, "a", "1")}, compare.Options{}).Topics[0].Moved)
	require.Equal(t, "kind 9", compare.Kind(9).String())
	require.Equal(t, "moved", compare.Moved.String())
}

// Without times a topic that only one has does not take the other one along.
func TestTopicOfOneSide(t *testing.T) {
	var a, b []recorder.Record
	for i := range 30_000 {
		r := say(0, fmt.Sprint("topic ", i%3), fmt.Sprint(i))
		a = append(a, r)
		if i%3 > 0 {
			b = append(b, r)
		}
	}
	for _, o := range []compare.Options{{Time: -1, MaxDifferences: 1}, {Time: -1, MaxDifferences: 1, MemoryBytes: 100_000}, {Time: -1, AnyOrder: true}} {
		r := run(t, a, b, o)
		require.Equal(t, []compare.TopicSummary{{Topic: "topic 0", Missing: 10_000}}, r.Topics)
		r = run(t, b, a, o)
		require.Equal(t, []compare.TopicSummary{{Topic: "topic 0", Extra: 10_000}}, r.Topics)
	}
}

// Memory is bounded, and what does not fit is told all the same.
func TestMemoryIsBounded(t *testing.T) {
	large := strings.Repeat("x", 10_000)
	var a, b []recorder.Record
	for i := range 2000 {
		at := time.Duration(i)
		a = append(a, say(at, "only a", large), say(at, fmt.Sprint("a ", i), large))
		b = append(b, say(at, "both", fmt.Sprint(i)))
	}
	for i := range b {
		a = append(a, say(5000, "both", string(b[i].Payload)))
	}
	r := run(t, a, b, compare.Options{MemoryBytes: 1 << 20})
	require.EqualValues(t, 6000, r.A)
	require.EqualValues(t, 2000, r.B)
	var missing, extra, moved uint64
	for _, s := range r.Topics {
		missing, extra, moved = missing+s.Missing, extra+s.Extra, moved+s.Moved
	}
	require.EqualValues(t, 6000, missing+moved+r.Same)
	require.EqualValues(t, 2000, extra+moved+r.Same)
	require.GreaterOrEqual(t, missing, uint64(4000))

	peak, _ := compare.Peak(stream(a), stream(b), compare.Options{MemoryBytes: 1 << 20})
	require.LessOrEqual(t, peak, 1<<20+30_000)
	require.Greater(t, peak, 1<<19)
}

// Windows are settled while more comes, in every order.
func TestNothingInCommon(t *testing.T) {
	var a, b []recorder.Record
	for i := range 3000 {
		a = append(a, say(time.Duration(i), "a", fmt.Sprint("a", i)))
		b = append(b, say(time.Duration(i), "a", fmt.Sprint("b", i)))
	}
	for _, o := range []compare.Options{{MaxDifferences: 5000}, {Time: -1, MaxDifferences: 5000}, {AnyOrder: true, MaxDifferences: 5000}} {
		r := run(t, a, b, o)
		require.Equal(t, []compare.TopicSummary{{Topic: "a", Changed: 3000}}, r.Topics)
		for i := range r.Differences {
			require.Equal(t, fmt.Sprint("a", i), string(r.Differences[i].A.Payload))
		}
	}
	peak, _ := compare.Peak(stream(a), stream(b), compare.Options{MaxDifferences: 10})
	require.Less(t, peak, 2*257*500, "a window")
	peak, _ = compare.Peak(stream(a), stream(nil), compare.Options{MaxDifferences: 10, AnyOrder: true})
	require.Less(t, peak, 1025*500, "those that are looked through")

	// The second half is there again: the comparison comes back to it.
	again := append(slices.Clone(b[:1500]), a[1500:]...)
	r := run(t, a, again, compare.Options{})
	require.EqualValues(t, 1500, r.Same)
	require.Equal(t, []compare.TopicSummary{{Topic: "a", Changed: 1500}}, r.Topics)
}

// What waits at a difference does not wait for ever.
func TestComesBackInStep(t *testing.T) {
	a := house(20_000)
	_, end := compare.Peak(stream(a), stream(a[1:]), compare.Options{})
	require.Zero(t, end)

	// Many are missing, and no window is full before the end.
	var long []recorder.Record
	for i := range 400 {
		long = append(long, say(time.Duration(i), "a", fmt.Sprint(i)))
	}
	for _, n := range []int{200, 250, 399} {
		r := run(t, long, long[n:], compare.Options{Time: -1})
		require.Equal(t, []compare.TopicSummary{{Topic: "a", Missing: uint64(n)}}, r.Topics)
	}

	// Or while a lot more comes.
	for i := range 4600 {
		long = append(long, say(time.Duration(400+i), "a", fmt.Sprint(400+i)))
	}
	for n, o := range map[int]compare.Options{2500: {}, 150: {Time: -1}} {
		short := slices.Delete(slices.Clone(long), 2000, 2000+n)
		require.Equal(t, []compare.TopicSummary{{Topic: "a", Missing: uint64(n)}}, run(t, long, short, o).Topics)
		require.Equal(t, []compare.TopicSummary{{Topic: "a", Extra: uint64(n)}}, run(t, short, long, o).Topics)
	}
}

func TestErrors(t *testing.T) {
	for name, o := range map[string]compare.Options{
		"a tolerance below 0": {Number: -1},
		"a tolerance of NaN":  {Number: math.NaN()},
		"a filter":            {Topics: mqtt.Selection{Include: []string{"a#"}}},
	} {
		_, err := compare.Compare(stream(nil), stream(nil), o)
		require.ErrorIs(t, err, compare.ErrOptions, name)
	}
	broken := errors.New("broken")
	for _, n := range []int{0, 1, 2} {
		r, err := compare.Compare(stream(said("1", "2")), &list{records: said("1", "2")[:n], err: broken}, compare.Options{})
		require.ErrorIs(t, err, broken)
		require.Nil(t, r)
		_, err = compare.Compare(&list{records: said("1", "2")[:n], err: broken}, stream(said("1", "2")), compare.Options{})
		require.ErrorIs(t, err, broken)
	}
}

func draw(t *rapid.T, name string) []recorder.Record {
	var at time.Duration
	out := make([]recorder.Record, rapid.IntRange(0, 30).Draw(t, name))
	for i := range out {
		at += time.Duration(rapid.IntRange(0, 3).Draw(t, "step"))
		out[i] = say(at, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "topic"),
			rapid.SampledFrom([]string{"ON", "OFF", "", "1", "1.0", `{"x":1,"t":1}`, `{"t":2,"x":1.0}`, `{"x":2}`, `[1]`}).Draw(t, "payload"))
		if rapid.IntRange(0, 5).Draw(t, "kind") == 0 {
			out[i].Kind = rapid.SampledFrom([]recorder.Kind{recorder.KindWill, recorder.KindSnapshot, recorder.KindNote}).Draw(t, "kind")
		}
		out[i].QoS = byte(rapid.IntRange(0, 1).Draw(t, "qos"))
	}
	return out
}

func drawOptions(t *rapid.T) compare.Options {
	return compare.Options{
		Ignore: rapid.SampledFrom([][]string{nil, {"t"}, {"x", "t"}}).Draw(t, "ignore"), Time: time.Duration(rapid.IntRange(-1, 4).Draw(t, "time")),
		Number: rapid.SampledFrom([]float64{0, 0, 1}).Draw(t, "number"), AnyOrder: rapid.Bool().Draw(t, "any order"), Flags: rapid.Bool().Draw(t, "flags"),
		MemoryBytes: rapid.SampledFrom([]int{0, 0, 5000, 1}).Draw(t, "memory"),
	}
}

// Whatever is compared: a recording is itself, and of any two each message is
// accounted for.
func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, o := draw(t, "a"), draw(t, "b"), drawOptions(t)
		if o.MemoryBytes == 0 {
			require.True(t, run(t, a, a, o).Equal())
		}
		r := run(t, a, b, o)
		n := map[compare.Kind]uint64{}
		for _, d := range r.Differences {
			n[d.Kind]++
			require.Equal(t, d.Kind != compare.Extra, d.A != nil)
			require.Equal(t, d.Kind != compare.Missing, d.B != nil)
			require.Equal(t, d.Kind == compare.Changed, len(d.Fields) > 0)
		}
		require.Equal(t, r.A, r.Same+n[compare.Missing]+n[compare.Changed]+n[compare.Moved])
		require.Equal(t, r.B, r.Same+n[compare.Extra]+n[compare.Changed]+n[compare.Moved])
		require.Equal(t, r.Total, uint64(len(r.Differences)))
		require.Equal(t, r.Equal(), r.A == r.Same && r.B == r.Same)
		require.True(t, slices.IsSortedFunc(r.Differences, func(x, y compare.Difference) int { return int(x.At - y.At) }))
		require.Equal(t, r, run(t, a, b, o), "the same again")
		if o.MemoryBytes == 0 && !o.AnyOrder { // then with a tolerance it matters who finds whom first
			require.Equal(t, r.Equal(), run(t, b, a, o).Equal(), "from the other side")
		}
	})
}

// There are never fewer differences than the cheapest alignment has, and with
// room for all of it not more either.
func TestAlignmentIsTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 12)
		a, b := said(letters.Draw(t, "a")...), said(letters.Draw(t, "b")...)
		r := run(t, a, b, compare.Options{Time: -1})
		cost := 0
		for _, d := range r.Differences {
			cost += map[compare.Kind]int{compare.Missing: 2, compare.Extra: 2, compare.Changed: 3, compare.Moved: 4}[d.Kind]
		}
		require.Equal(t, distance(a, b), cost)
	})
}

// distance is what the cheapest way from a to b costs.
func distance(a, b []recorder.Record) int {
	switch {
	case len(a) == 0:
		return 2 * len(b)
	case len(b) == 0:
		return 2 * len(a)
	case string(a[0].Payload) == string(b[0].Payload):
		return distance(a[1:], b[1:])
	}
	return min(2+distance(a[1:], b), 2+distance(a, b[1:]), 3+distance(a[1:], b[1:]))
}

// What is ignored makes equal what differs in nothing else.
func TestIgnoringMakesEqual(t *testing.T) {
	a := house(500)
	b := slices.Clone(a)
	for i := range b {
		b[i].Payload = []byte(strings.Replace(string(b[i].Payload), `"last_seen":"`, `"last_seen":"x`, 1))
	}
	r := run(t, a, b, compare.Options{})
	require.EqualValues(t, 500, r.Total)
	require.Equal(t, []compare.FieldDiff{{Path: "payload.last_seen", A: `"0"`, B: `"x0"`}}, r.Differences[0].Fields)
	require.True(t, run(t, a, b, compare.Options{Ignore: []string{"last_seen"}}).Equal())
}
