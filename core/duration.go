package core

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as text in parameters and files:
// as Go writes it, and with "d" for days ("1d12h").
type Duration time.Duration

// ParseDuration reads what Duration writes: time.ParseDuration's forms, and
// days, which come first.
func ParseDuration(s string) (time.Duration, error) {
	days, rest, has := strings.Cut(s, "d")
	if !has {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: write it like 90s, 5m, 1h30m or 2d", s)
		}
		return d, nil
	}
	n, err := strconv.ParseInt(days, 10, 32)
	d := time.Duration(0)
	if err == nil && rest != "" {
		d, err = time.ParseDuration(rest)
	}
	const day = 24 * time.Hour
	if err != nil || d < 0 || n > int64((1<<63-1)/day)-1 || n < -int64((1<<63-1)/day)+1 {
		return 0, fmt.Errorf("%q is no duration: write it like 90s, 5m, 1h30m or 2d", s)
	}
	if strings.HasPrefix(days, "-") {
		d = -d
	}
	return time.Duration(n)*day + d, nil
}

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	x, err := ParseDuration(string(text))
	*d = Duration(x)
	return err
}

// MarshalText writes a duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string { return time.Duration(d).String() }
