package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"

	"github.com/hubtape/hubtape/mqtt"
)

// reader turns nodes into the model. It records every fault and goes on, so
// that all are found at once; what it returns for a faulty node is the zero
// value.
type reader struct {
	*source
	faults   []*FileError
	warnings []Warning
}

// maxFaults is how many faults of a file are told; who has more has one cause
// for most.
const maxFaults = 100

func (r *reader) fail(p Pos, hint, format string, args ...any) {
	if len(r.faults) == maxFaults {
		r.faults = append(r.faults, r.fault(p, "", "there are more faults; these are the first %d", maxFaults))
	}
	if len(r.faults) > maxFaults {
		return
	}
	r.faults = append(r.faults, r.fault(p, hint, format, args...))
}

func (r *reader) warn(p Pos, format string, args ...any) {
	r.warnings = append(r.warnings, Warning{File: r.file, Pos: p, Message: fmt.Sprintf(format, args...)})
}

// want records that a node is of the wrong type.
func (r *reader) want(n *node, what, hint, wanted string) {
	if n.kind == kindMissing {
		if strings.Contains(r.line(n.Line), " #") {
			hint = `what follows " #" is a comment; a text that begins with # needs quotes`
		}
		r.fail(n.Pos, hint, "%s has no value; it takes %s", what, wanted)
		return
	}
	r.fail(n.Pos, hint, "%s takes %s, not %s", what, wanted, n.describe())
}

// object is an object that is being read: its keys are checked against those
// allowed.
type object struct {
	*reader
	*node
	what string
}

// object checks that a node is an object with none but these keys, each once.
func (r *reader) object(n *node, what string, keys ...string) (object, bool) {
	if n.kind != kindObject {
		r.want(n, what, objectHint(n, keys), "an object")
		return object{}, false
	}
	r.once(n)
	for _, f := range n.fields {
		if !slices.Contains(keys, f.key.text) {
			r.unknownKey(n, f, what, keys)
		}
	}
	return object{r, n, what}, true
}

func (r *reader) unknownKey(n *node, f *field, what string, keys []string) {
	r.fail(f.key.Pos, keyHint(n, f, what, keys), "%s has no key %q", what, shorten(f.key.text))
}

// once refuses repeated keys.
func (r *reader) once(n *node) {
	seen := make(map[string]Pos, len(n.fields))
	for _, f := range n.fields {
		if first, ok := seen[f.key.text]; ok {
			r.fail(f.key.Pos, "", "the key %q stands here a second time; the first is in line %d", shorten(f.key.text), first.Line)
			continue
		}
		seen[f.key.text] = f.key.Pos
	}
}

// has reports whether a key is there, and its value.
func (o object) has(key string) (*node, bool) {
	n := o.field(key)
	return n, n != nil
}

// required is has, and a fault when the key is missing.
func (o object) required(key string) (*node, bool) {
	n, ok := o.has(key)
	if !ok {
		o.fail(o.Pos, example(o.what, key), "%s needs the key %q", o.what, key)
	}
	return n, ok
}

// text reads a text that is not empty.
func (o object) text(key string) string {
	n, ok := o.has(key)
	if !ok {
		return ""
	}
	s, ok := o.readText(n, key)
	if ok && s == "" {
		o.fail(n.Pos, "", "%s must not be empty", key)
	}
	return s
}

func (o object) requiredText(key string) string {
	if _, ok := o.required(key); !ok {
		return ""
	}
	return o.text(key)
}

// readText reads any text.
func (r *reader) readText(n *node, what string) (string, bool) {
	if n.kind == kindScalar {
		if s, ok := n.scalar().(string); ok {
			return s, true
		}
		r.want(n, what, fmt.Sprintf("write it in quotes: %q", n.text), "a text")
		return "", false
	}
	r.want(n, what, "", "a text")
	return "", false
}

func (o object) boolean(key string) (value, ok bool) {
	n, has := o.has(key)
	if !has {
		return false, false
	}
	if n.kind == kindScalar {
		if b, ok := n.scalar().(bool); ok {
			return b, true
		}
	}
	hint := ""
	if n.kind == kindScalar {
		hint = booleanHint(n.text)
	}
	o.want(n, key, hint, "true or false")
	return false, false
}

// integer reads a whole number from lo to hi.
func (o object) integer(key string, lo, hi uint64) (uint64, bool) {
	n, ok := o.has(key)
	if !ok {
		return 0, false
	}
	var v uint64
	if n.kind == kindScalar {
		switch x := n.scalar().(type) {
		case int64:
			v, ok = uint64(x), x >= 0
		case uint64:
			v = x
		default:
			ok = false
		}
	} else {
		ok = false
	}
	if !ok || v < lo || v > hi {
		wanted := fmt.Sprintf("a whole number from %d to %d", lo, hi)
		if hi == math.MaxUint64 || hi == math.MaxInt64 {
			wanted = fmt.Sprintf("a whole number from %d", lo)
		}
		o.want(n, key, "", wanted)
		return 0, false
	}
	return v, true
}

// decimal reads a number that is not negative.
func (o object) decimal(key string) (float64, bool) {
	n, ok := o.has(key)
	if !ok {
		return 0, false
	}
	if n.kind == kindScalar {
		switch x := n.scalar().(type) {
		case int64:
			if x >= 0 {
				return float64(x), true
			}
		case float64:
			if x >= 0 && !math.IsInf(x, 0) {
				return x, true
			}
		}
	}
	o.want(n, key, "", "a number that is not negative")
	return 0, false
}

// duration reads a duration that is not negative.
func (o object) duration(key string) (time.Duration, bool) {
	n, ok := o.has(key)
	if !ok {
		return 0, false
	}
	return o.readDuration(n, key)
}

// optional is duration as a pointer, nil when it is not given.
func (o object) optional(key string) *time.Duration {
	if d, ok := o.duration(key); ok {
		return &d
	}
	return nil
}

func (r *reader) readDuration(n *node, what string) (time.Duration, bool) {
	d, ok := r.readSignedDuration(n, what)
	if ok && strings.HasPrefix(n.text, "-") { // -0s too
		r.fail(n.Pos, "", "%s must not be negative", what)
		return 0, false
	}
	return d, ok
}

func (r *reader) readSignedDuration(n *node, what string) (time.Duration, bool) {
	const wanted = "a duration such as 180ms, 90s, 1h30m or 2d"
	if n.kind == kindScalar {
		switch v := n.scalar().(type) {
		case string:
			if d, err := clock.ParseDuration(v); err == nil {
				return d, true
			}
		case int64:
			if v == 0 {
				return 0, true
			}
		}
	}
	r.want(n, what, durationHint(n), wanted)
	return 0, false
}

const windowHint = "write [0s, 10s]: the first ten seconds since the start"

// window reads [from, to].
func (o object) window(key string) *Window {
	n, ok := o.has(key)
	if !ok {
		return nil
	}
	if n.kind != kindList {
		o.want(n, key, windowHint, "two durations, [from, to]")
		return nil
	}
	if len(n.items) != 2 {
		o.fail(n.Pos, windowHint, "%s takes two durations, [from, to], not %d", key, len(n.items))
		return nil
	}
	from, ok1 := o.readDuration(n.items[0], key)
	to, ok2 := o.readDuration(n.items[1], key)
	if ok1 && ok2 && from > to {
		o.fail(n.Pos, fmt.Sprintf("write [%s, %s]", clock.FormatDuration(to), clock.FormatDuration(from)), "%s ends before it begins", key)
	}
	return &Window{From: from, To: to}
}

// spread reads a duration or {min, max}.
func (o object) spread(key string) *Spread {
	n, ok := o.has(key)
	if !ok {
		return nil
	}
	if n.kind != kindObject {
		d, _ := o.readDuration(n, key)
		return &Spread{Min: d, Max: d}
	}
	if hint := writtenAsFields(n); hint != "" {
		o.want(n, key, hint, "a duration or {min, max}")
		return nil
	}
	in, _ := o.object(n, key, spreadKeys...)
	for _, k := range spreadKeys {
		in.required(k)
	}
	least, ok1 := in.duration("min")
	most, ok2 := in.duration("max")
	if ok1 && ok2 && least > most {
		o.fail(n.Pos, fmt.Sprintf("write {min: %s, max: %s}", clock.FormatDuration(most), clock.FormatDuration(least)), "%s has a min above its max", key)
	}
	return &Spread{Min: least, Max: most}
}

// texts reads a list of texts that are not empty.
func (o object) texts(key string) []string {
	return o.list(key, func(n *node) string {
		s, ok := o.readText(n, key)
		if ok && s == "" {
			o.fail(n.Pos, "", "%s must not hold an empty text", key)
		}
		return s
	})
}

func (o object) list(key string, read func(*node) string) []string {
	n, ok := o.has(key)
	if !ok {
		return nil
	}
	if n.kind != kindList {
		hint := ""
		if n.kind == kindScalar {
			hint = fmt.Sprintf("write [%q]", shorten(n.text))
		}
		o.want(n, key, hint, "a list")
		return nil
	}
	out := make([]string, 0, len(n.items))
	for _, item := range n.items {
		out = append(out, read(item))
	}
	return out
}

// filters reads a list of topic filters.
func (o object) filters(key string) []string {
	return o.list(key, func(n *node) string { return o.readFilter(n, key) })
}

func (r *reader) readFilter(n *node, what string) string {
	s, ok := r.readText(n, what)
	if !ok {
		return ""
	}
	if err := mqtt.ValidateFilter(s); err != nil {
		r.fail(n.Pos, filterHint(s), "%s: %v", what, err)
	} else if strings.HasPrefix(s, "$share/") {
		r.fail(n.Pos, "leave out $share/NAME/", "%s: a shared subscription is no filter for messages", what)
	}
	return s
}

// topic reads a topic without wildcards.
func (o object) topic(key string) string {
	n, ok := o.required(key)
	if !ok {
		return ""
	}
	s, ok := o.readText(n, key)
	if !ok {
		return ""
	}
	if err := mqtt.ValidateTopic(s); err != nil {
		o.fail(n.Pos, topicHint(s), "%s: %v", key, err)
	}
	return s
}

// any reads a free value as plain Go values.
func (r *reader) any(n *node, what string) any {
	r.free(n, what)
	return n.value()
}

// free checks what no JSON can hold: missing values, repeated keys, infinities.
func (r *reader) free(n *node, what string) {
	switch n.kind {
	case kindMissing:
		r.fail(n.Pos, "write null if that is meant", "a key in %s has no value", what)
	case kindList:
		for _, item := range n.items {
			r.free(item, what)
		}
	case kindObject:
		r.once(n)
		for _, f := range n.fields {
			r.free(f.value, what)
		}
	case kindScalar:
		if f, ok := n.scalar().(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
			r.fail(n.Pos, "write it in quotes to make it a text", "%s holds %s, which no JSON can", what, shorten(n.text))
		}
	}
}
