package clock

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a duration as Go writes them, and with d for days (24
// hours): 180ms, 1h30m, 2d, 1d12h, -1.5d. Days come first.
func ParseDuration(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, durationError(s)
		}
		return d, nil
	}
	hours, err := time.ParseDuration(days + "h")
	if err != nil || strings.Trim(days, "+-.0123456789") != "" || hours > math.MaxInt64/24 || hours < math.MinInt64/24 {
		return 0, durationError(s)
	}
	d := hours * 24
	if rest == "" {
		return d, nil
	}
	r, err := time.ParseDuration(rest)
	if err != nil || rest[0] == '-' || rest[0] == '+' {
		return 0, durationError(s)
	}
	if strings.HasPrefix(days, "-") {
		r = -r
	}
	if sum := d + r; (sum > d) == (r > 0) || r == 0 {
		return sum, nil
	}
	return 0, durationError(s)
}

func durationError(s string) error {
	return fmt.Errorf("%q is not a duration such as 180ms, 90s, 1h30m or 2d", s)
}

// FormatDuration writes a duration so that [ParseDuration] reads it back, with
// days where they are whole, and without zero parts: 2d, 1h30m, 180ms.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d == 0 {
		return "0s"
	}
	if d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
