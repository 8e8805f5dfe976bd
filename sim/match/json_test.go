package match_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseJSON(t *testing.T) {
	for _, c := range []struct {
		in   string
		want any
		big  bool
	}{
		{`null`, nil, false},
		{` true `, true, false},
		{`-0`, 0, false},
		{`1`, 1, false},
		{`1.0`, 1.0, false},
		{`1e2`, 100.0, false},
		{`9223372036854775807`, math.MaxInt64, false},
		{`9223372036854775808`, match.Number("9223372036854775808"), true},
		{`1e400`, match.Number("1e400"), true},
		{`"a\u00e9\n"`, "aé\n", false},
		{`[1,[2]]`, []any{1, []any{2}}, false},
		{`{"a":{"b":[]},"c":null}`, map[string]any{"a": map[string]any{"b": []any{}}, "c": nil}, false},
		{`{"a":1,"a":2}`, map[string]any{"a": 2}, false},
		{`{"a\u0062":1}`, map[string]any{"ab": 1}, false},
	} {
		got, big, ok := match.ParseJSON([]byte(c.in))
		require.True(t, ok, c.in)
		require.Equal(t, c.want, got, c.in)
		require.Equal(t, c.big, big, c.in)
	}
	for _, bad := range []string{"", " ", "ON", "online", "nan", "1.", "01", "{", `{"a":}`, `{"a":1}x`, "'a'", "\x00", "2026-01-10", strings.Repeat("[", 600) + strings.Repeat("]", 600)} {
		_, _, ok := match.ParseJSON([]byte(bad))
		require.False(t, ok, bad)
	}
}

func TestSubsetOfNumbers(t *testing.T) {
	for _, c := range []struct {
		want any
		got  string
		ok   bool
	}{
		{1, "1.0", true},
		{1.0, "1", true},
		{int64(1), "1e0", true},
		{uint8(1), "1", true},
		{float32(0.5), "0.5", true},
		{1, "1.5", false},
		{1, "true", false},
		{1, `"1"`, false},
		{uint64(math.MaxUint64), "18446744073709551615", true},
		{uint64(math.MaxUint64), "18446744073709551614", false},
		{int64(9007199254740993), "9007199254740992", false},
		{match.Number("123456789012345678901234567890"), "123456789012345678901234567890", true},
		{match.Number("123456789012345678901234567890"), "123456789012345678901234567891", false},
		{1e30, "1000000000000000019884624838656", true},
		{-1, "18446744073709551615", false},
	} {
		got, _, ok := match.ParseJSON([]byte(c.got))
		require.True(t, ok)
		require.Equal(t, c.ok, match.Subset(c.want, got), "%v in %s", c.want, c.got)
	}
}

func TestNormalize(t *testing.T) {
	type light struct {
		State string `json:"state"`
		On    []int8 `json:"on"`
	}
	got, err := match.Normalize(light{"ON", []int8{1}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"state": "ON", "on": []any{1}}, got)
	_, err = match.Normalize(math.NaN())
	require.Error(t, err)
}

// value draws plain values with few names and numbers, so that they often agree.
func value(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](true), rapid.SampledFrom([]any{"ON", "OFF", ""}),
		rapid.SampledFrom([]any{0, 1, 1.0, 1.5, int64(2), match.Number("18446744073709551616")}),
	)
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(
		leaf,
		rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), value(depth-1), 0, 3), func(m map[string]any) any { return m }),
	)
}

// naiveSubset is the definition, over the canonical text of the parts.
func naiveSubset(t *rapid.T, want, got any) bool {
	w, ok := want.(map[string]any)
	if !ok {
		return canonical(t, want) == canonical(t, got)
	}
	g, ok := got.(map[string]any)
	if !ok {
		return false
	}
	for k := range w {
		e, has := g[k]
		if !has || !naiveSubset(t, w[k], e) {
			return false
		}
	}
	return true
}

func canonical(t *rapid.T, v any) string {
	data, err := json.Marshal(v) // 1.0 is written 1
	require.NoError(t, err)
	return string(data)
}

func TestSubsetAgreesWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, got := value(3).Draw(t, "want"), value(3).Draw(t, "got")
		require.Equal(t, naiveSubset(t, want, got), match.Subset(want, got))
		require.True(t, match.Subset(got, got))
		require.Equal(t, canonical(t, want) == canonical(t, got), match.Equal(want, got))
		require.Equal(t, match.Equal(want, got), match.Equal(got, want))
	})
}

func TestASubsetStaysOneWhenKeysAreAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), value(2), 0, 3).Draw(t, "want")
		got := map[string]any{"extra": value(2).Draw(t, "extra")}
		for k, v := range want {
			got[k] = v
		}
		require.True(t, match.Subset(want, got))
		require.False(t, match.Subset(got, want))
	})
}

func TestParseJSONAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := canonical(t, value(3).Draw(t, "value"))
		ours, _, ok := match.ParseJSON([]byte(text))
		require.True(t, ok)
		require.Equal(t, text, canonical(t, ours))
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x"]}`, `ON`, `[[[`, `"\ud800"`, `1e999`, `{"a":1,"a":[]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, _, ok := match.ParseJSON(data)
		if !ok {
			return
		}
		require.True(t, json.Valid(data), "%q", data)
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		var std any
		require.NoError(t, dec.Decode(&std))
		if bytes.Contains(data, []byte(`\u`)) || !json.Valid([]byte(strings.ToValidUTF8(string(data), ""))) {
			return // broken surrogates are replaced in ways of their own
		}
		if !bytes.Contains(data, []byte("e")) && !bytes.Contains(data, []byte("E")) && len(data) == len(strings.ToValidUTF8(string(data), "")) {
			require.True(t, match.Equal(std, v), "%q: %v, %v", data, std, v)
		}
	})
}
