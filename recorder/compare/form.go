package compare

import (
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/tidwall/gjson"
)

// form is what a payload says, in such a way that two payloads say the same when
// their forms are equal: of JSON the values in a canonical order, without what is
// ignored; of all else the bytes.
type form struct {
	json    bool
	shape   string
	numbers []float64 // with a tolerance: the shape has a mark for each
	hash    uint64    // of the shape: most forms begin alike
}

var hashSeed = maphash.MakeSeed()

func newForm(isJSON bool, shape string, numbers []float64) *form {
	return &form{isJSON, shape, numbers, maphash.String(hashSeed, shape)}
}

// rules say what counts of a payload.
type rules struct {
	keys   map[string]bool // ignored
	dotted bool            // one of them may be a path
	number float64
}

func newRules(o *Options) *rules {
	r := &rules{keys: make(map[string]bool, len(o.Ignore)), number: o.Number}
	for _, key := range o.Ignore {
		r.keys[key] = true
		r.dotted = r.dotted || strings.Contains(key, ".")
	}
	return r
}

// ignores reports whether a member of an object does not count, and returns its
// path.
func (r *rules) ignores(path, key string) (string, bool) {
	if r.keys[key] {
		return "", true
	}
	if !r.dotted {
		return "", false
	}
	if path != "" {
		key = path + "." + key
	}
	return key, r.keys[key]
}

// same reports whether two numbers are, given the tolerance. What a sum of
// decimal fractions is off by does not count: 20.01 is 0.01 from 20.
func (r *rules) same(a, b float64) bool {
	slack := 4 * epsilon * max(math.Abs(a), math.Abs(b))
	return math.Abs(a-b) <= r.number+slack
}

// epsilon is the step from 1 to the next float64.
const epsilon = 1.0 / (1 << 52)

// depthMost is how deep a payload may nest before it counts as text; it bounds
// recursion.
const depthMost = 512

// parse returns the JSON value that a payload is.
func parse(payload []byte) (gjson.Result, bool) {
	if !jsontext.CouldBe(payload, depthMost) || !jsontext.Valid(payload) {
		return gjson.Result{}, false
	}
	return gjson.ParseBytes(payload), true
}

func (r *rules) form(payload []byte) *form {
	v, ok := parse(payload)
	if !ok {
		return newForm(false, string(payload), nil)
	}
	w := formWriter{rules: r, shape: make([]byte, 0, len(payload))}
	w.value("", v)
	return newForm(true, string(w.shape), w.numbers)
}

// equal reports whether two payloads say the same.
func (r *rules) equal(a, b *form) bool {
	return a.hash == b.hash && a.json == b.json && a.shape == b.shape && slices.EqualFunc(a.numbers, b.numbers, r.same)
}

type formWriter struct {
	rules   *rules
	shape   []byte
	numbers []float64
}

func (w *formWriter) value(path string, v gjson.Result) {
	switch {
	case v.Type == gjson.String:
		w.text(v.Str)
	case v.Type == gjson.Number:
		w.number(v.Raw)
	case v.IsArray():
		w.shape = append(w.shape, '[')
		v.ForEach(func(_, e gjson.Result) bool {
			w.value(path, e)
			return true
		})
		w.shape = append(w.shape, ']')
	case v.IsObject():
		w.shape = append(w.shape, '{')
		for _, m := range jsontext.Members(v) {
			if below, ignored := w.rules.ignores(path, m.Key); !ignored {
				w.text(m.Key)
				w.value(below, m.Value)
			}
		}
		w.shape = append(w.shape, '}')
	default: // true, false and null differ in their first letter
		w.shape = append(w.shape, v.Raw[0])
	}
}

// text writes its length first, so that no two values have the same shape.
func (w *formWriter) text(s string) {
	w.shape = append(w.shape, '"')
	w.shape = strconv.AppendInt(w.shape, int64(len(s)), 10)
	w.shape = append(w.shape, ':')
	w.shape = append(w.shape, s...)
}

func (w *formWriter) number(raw string) {
	if w.rules.number > 0 {
		if f, err := strconv.ParseFloat(raw, 64); err == nil {
			w.shape = append(w.shape, '#')
			w.numbers = append(w.numbers, f)
			return
		}
	}
	w.shape = append(w.shape, ' ')
	w.shape = appendNumber(w.shape, raw)
}

// appendNumber writes a JSON number in the one way in which all numbers of its
// value are written: digits without zeros at either end, and an exponent.
func appendNumber(b []byte, raw string) []byte {
	mantissa, exponent := raw, int64(0)
	if i := strings.IndexAny(raw, "eE"); i >= 0 {
		var err error
		mantissa = raw[:i]
		if exponent, err = strconv.ParseInt(raw[i+1:], 10, 48); err != nil {
			return append(b, raw...) // nobody's number; it equals itself
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = whole + fraction
	exponent -= int64(len(fraction))
	trimmed := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(trimmed))
	trimmed = strings.TrimLeft(trimmed, "0")
	if trimmed == "" {
		return append(b, '0')
	}
	if negative {
		b = append(b, '-')
	}
	b = append(b, trimmed...)
	if exponent != 0 {
		b = append(b, 'e')
		b = strconv.AppendInt(b, exponent, 10)
	}
	return b
}
