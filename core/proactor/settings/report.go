package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// Report is what was loaded, and from where.
type Report struct {
	// Settings are all there are, in the order of their fields.
	Settings []Setting
	// Unknown are variables with the prefix that no setting has. They do no harm,
	// but may be mistyped.
	Unknown []string
}

// Setting is one of a Report.
type Setting struct {
	Variable string
	Value    string // stars for a Secret
	From     string
}

// String has a line for each setting, as in a file of variables.
func (r Report) String() string {
	var b strings.Builder
	for _, s := range r.Settings {
		value := s.Value
		if value != strings.TrimSpace(value) || strings.ContainsAny(value, "#'\"\n\r") {
			value = strconv.Quote(value)
		}
		fmt.Fprintf(&b, "%s=%s # %s\n", s.Variable, value, s.From)
	}
	return b.String()
}

func (l *loader) report(root reflect.Value) (r Report) {
	l.describe(root, "", &r)
	for _, path := range slices.Sorted(maps.Keys(l.vars)) {
		if !l.used[path] {
			v := l.vars[path]
			r.Unknown = append(r.Unknown, fmt.Sprintf("%s (%s): there is no such setting%s", v.name, v.from, l.suggestion(path)))
		}
	}
	return r
}

func (l *loader) describe(v reflect.Value, path string, r *Report) {
	switch shapeOf(v.Type()) {
	case shapeStruct:
		eachField(v, path, func(v reflect.Value, path string) { l.describe(v, path, r) })
	case shapeMap:
		for _, key := range l.keys(v, path) {
			if item := v.MapIndex(reflect.ValueOf(key)); item.IsValid() {
				l.describe(item, join(path, strings.ToLower(key)), r)
			}
		}
	default:
		r.Settings = append(r.Settings, Setting{l.variable(path), show(v), l.origin(path)})
	}
}

// origin is where a setting, or what it is a part of, came from.
func (l *loader) origin(path string) string {
	for at := path; at != ""; at = at[:max(strings.LastIndexByte(at, '.'), 0)] {
		if from, ok := l.origins[at]; ok {
			return from
		}
	}
	return fromDefault
}

// bad is what a Checker is given.
func (l *loader) bad(path, what string) {
	path = strings.ToLower(path)
	l.faults = append(l.faults, Fault{l.variable(path), l.origin(path), what})
}

// leftOver complains of what the program gives and no setting has.
func (l *loader) leftOver() {
	for _, path := range slices.Sorted(maps.Keys(l.given)) {
		if !l.used[path] {
			l.faults = append(l.faults, Fault{From: fromProgram, What: fmt.Sprintf("there is no setting %q%s", path, didyoumean.Suffix(path, l.known))})
		}
	}
}

// suggestion names a known variable that is near.
func (l *loader) suggestion(path string) string {
	near, ok := didyoumean.Nearest(path, l.known)
	if !ok {
		return ""
	}
	return "; did you mean " + l.variable(near) + "?"
}
