package match

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/tidwall/gjson"
)

// Number is a whole number outside int64, kept as its digits so that it is
// compared exactly.
type Number = json.Number

// maxJSONDepth is how deep a payload may nest before it counts as text; it
// bounds recursion. encoding/json stops at 10,000.
const maxJSONDepth = 512

// ParseJSON parses one JSON value into nil, bool, string, int, [Number] (a whole
// number that does not fit int), float64, []any and map[string]any. Of a
// repeated key the last wins. ok is false when data is not JSON, or nests deeper
// than 512 levels; big says that there is a Number in it.
func ParseJSON(data []byte) (v any, big, ok bool) {
	if len(data) == 0 || !jsontext.CouldBe(data, maxJSONDepth) || !jsontext.Valid(data) {
		return nil, false, false
	}
	p := jsonReader{}
	v = p.value(gjson.ParseBytes(data))
	return v, p.big, true
}

type jsonReader struct{ big bool }

func (p *jsonReader) value(r gjson.Result) any {
	switch r.Type {
	case gjson.True:
		return true
	case gjson.False:
		return false
	case gjson.String:
		return r.Str
	case gjson.Number:
		return p.number(r.Raw)
	case gjson.JSON:
		if r.IsArray() {
			list := []any{}
			r.ForEach(func(_, e gjson.Result) bool {
				list = append(list, p.value(e))
				return true
			})
			return list
		}
		object := map[string]any{}
		r.ForEach(func(k, e gjson.Result) bool {
			object[k.Str] = p.value(e)
			return true
		})
		return object
	default:
		return nil
	}
}

func (p *jsonReader) number(raw string) any {
	if !strings.ContainsAny(raw, ".eE") {
		if n, err := strconv.Atoi(raw); err == nil {
			return n
		}
		p.big = true
		return Number(raw)
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil { // beyond float64
		p.big = true
		return Number(raw)
	}
	return f
}

// withoutBig copies a value with every [Number] turned into a float64.
func withoutBig(v any) any {
	switch v := v.(type) {
	case Number:
		f, _ := strconv.ParseFloat(string(v), 64) // ±Inf when out of range
		return f
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = withoutBig(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			object[k] = withoutBig(v[k])
		}
		return object
	default:
		return v
	}
}

// Normalize turns any Go value that encoding/json can write (a struct, a map, a
// []string …) into the plain values that a pattern's JSON is made of.
func Normalize(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the value wanted cannot be written as JSON: %w", err)
	}
	out, _, ok := ParseJSON(data)
	if !ok {
		return nil, fmt.Errorf("the value wanted nests deeper than %d levels", maxJSONDepth)
	}
	return out, nil
}

// plainError says what in a value is not plain, and so would match nothing.
func plainError(v any) error {
	switch v := v.(type) {
	case nil, bool, string:
		return nil
	case []any:
		for _, e := range v {
			if err := plainError(e); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for _, k := range sortedKeys(v) {
			if err := plainError(v[k]); err != nil {
				return err
			}
		}
		return nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the JSON wanted holds %v, which no JSON can", v)
		}
	}
	if _, ok := toNumber(v); !ok {
		return fmt.Errorf("the JSON wanted holds a %T; turn it into plain values with Normalize", v)
	}
	return nil
}

// maxShown is how many bytes of a value a message shows.
const maxShown = 120

// show writes a value as compact JSON with sorted keys, cut to a readable
// length.
func show(v any) string {
	if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return fmt.Sprint(f)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return clip(fmt.Sprint(v))
	}
	return clip(strings.TrimSuffix(b.String(), "\n"))
}

func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	cut := maxShown
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
