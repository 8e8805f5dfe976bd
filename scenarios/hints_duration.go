package scenarios

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hubtape/hubtape/clock"
)

// Ways to write a duration that are not ours.
var (
	longDuration  = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) *([a-zA-Z]+)\.?$`)
	clockDuration = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$`)
	bareNumber    = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	withUnits     = regexp.MustCompile(`^[-+]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d))+$`)
)

// durationUnits is what people call the units.
var durationUnits = map[string]string{
	"msec": "ms", "msecs": "ms", "millis": "ms", "millisecond": "ms", "milliseconds": "ms", "ms": "ms",
	"s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
	"m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
	"d": "d", "day": "d", "days": "d",
}

// durationHint says how to write what was probably meant.
func durationHint(n *node) string {
	switch n.kind {
	case kindObject:
		return writtenAsFields(n)
	case kindScalar:
	default:
		return ""
	}
	text := strings.TrimSpace(n.text)
	switch {
	case bareNumber.MatchString(text):
		return fmt.Sprintf("write the unit: %ss", text)
	case withUnits.MatchString(text):
		return "days come first, and the longest duration is 292 years"
	}
	if m := longDuration.FindStringSubmatch(text); m != nil {
		if unit := durationUnits[strings.ToLower(m[2])]; unit != "" {
			return writeDuration(m[1] + unit)
		}
	}
	if m := clockDuration.FindStringSubmatch(text); m != nil && m[3] != "" {
		return writeDuration(m[1] + "h" + m[2] + "m" + m[3] + "s")
	}
	return writeDuration(strings.ReplaceAll(text, " ", ""))
}

// writtenAsFields is for {minutes: 5}.
func writtenAsFields(n *node) string {
	var b strings.Builder
	for _, name := range []string{"days", "hours", "minutes", "seconds", "milliseconds"} {
		if v := n.field(name); v != nil && v.kind == kindScalar && bareNumber.MatchString(v.text) {
			b.WriteString(v.text + durationUnits[name])
		}
	}
	return writeDuration(b.String())
}

// writeDuration suggests a text if it is a duration.
func writeDuration(text string) string {
	d, err := clock.ParseDuration(text)
	if err != nil {
		return ""
	}
	return "write " + clock.FormatDuration(d)
}
