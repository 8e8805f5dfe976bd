package golden

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/tidwall/gjson"
)

// depthMost is how deep a payload may nest before it counts as text, as it does
// where payloads are compared; it bounds recursion.
const depthMost = 512

// container returns the JSON object or array that a payload is.
func container(payload []byte) (gjson.Result, bool) {
	if !utf8.Valid(payload) || !jsontext.CouldBe(payload, depthMost) || !jsontext.Valid(payload) {
		return gjson.Result{}, false
	}
	v := gjson.ParseBytes(payload)
	return v, v.IsObject() || v.IsArray()
}

// payloadWriter writes JSON values with sorted keys and without ignored fields.
type payloadWriter struct {
	ignored map[string]bool // keys and dotted paths; only looked up in
	number  float64         // numbers of the value before stay where they are this close
}

func newPayloadWriter(o Options) *payloadWriter {
	w := &payloadWriter{ignored: make(map[string]bool, len(o.Ignore)), number: o.Number}
	for _, field := range o.Ignore {
		w.ignored[field] = true
	}
	return w
}

// append writes a value. A number that is within the tolerance of the one that
// before has in its place is written as that one. The path is dotted; an array
// adds nothing to it.
func (w *payloadWriter) append(b []byte, path string, v, before gjson.Result) []byte {
	switch {
	case v.IsObject():
		return w.appendObject(b, path, v, before)
	case v.IsArray():
		return w.appendArray(b, path, v, before)
	case v.Type == gjson.String:
		return appendText(b, v.Str)
	case v.Type == gjson.Number && before.Type == gjson.Number && w.close(v.Raw, before.Raw):
		return append(b, before.Raw...)
	}
	return append(b, v.Raw...)
}

func (w *payloadWriter) appendObject(b []byte, path string, v, before gjson.Result) []byte {
	var old []jsontext.Member
	if before.IsObject() {
		old = jsontext.Members(before)
	}
	b = append(b, '{')
	first := true
	for _, m := range jsontext.Members(v) {
		below := m.Key
		if path != "" {
			below = path + "." + m.Key
		}
		if w.ignored[m.Key] || w.ignored[below] {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendText(b, m.Key), ':')
		b = w.append(b, below, m.Value, valueOf(old, m.Key))
	}
	return append(b, '}')
}

func (w *payloadWriter) appendArray(b []byte, path string, v, before gjson.Result) []byte {
	list := v.Array()
	old := make([]gjson.Result, len(list))
	if before.IsArray() {
		if have := before.Array(); len(have) == len(list) {
			old = have
		}
	}
	b = append(b, '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.append(b, path, e, old[i])
	}
	return append(b, ']')
}

// close reports whether two numbers are within the tolerance, as package compare
// has it: what a sum of decimal fractions is off by does not count.
func (w *payloadWriter) close(x, y string) bool {
	a, errA := strconv.ParseFloat(x, 64)
	b, errB := strconv.ParseFloat(y, 64)
	if w.number <= 0 || errA != nil || errB != nil {
		return false
	}
	const epsilon = 1.0 / (1 << 52)
	slack := 4 * epsilon * max(math.Abs(a), math.Abs(b))
	return math.Abs(a-b) <= w.number+slack
}

// valueOf returns the value of a key of sorted members, the zero Result if it is
// not there.
func valueOf(sorted []jsontext.Member, key string) gjson.Result {
	i, found := slices.BinarySearchFunc(sorted, key, func(m jsontext.Member, k string) int { return strings.Compare(m.Key, k) })
	if !found {
		return gjson.Result{}
	}
	return sorted[i].Value
}
