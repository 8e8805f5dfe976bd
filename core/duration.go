package core

import (
	"time"

	"github.com/hubtape/hubtape/clock"
)

// Duration is a time.Duration that is written as text in parameters and files:
// as Go writes it, and with "d" for days ("1d12h").
type Duration time.Duration

// UnmarshalText reads a duration with clock.ParseDuration.
func (d *Duration) UnmarshalText(text []byte) error {
	x, err := clock.ParseDuration(string(text))
	*d = Duration(x)
	return err
}

// MarshalText writes a duration with clock.FormatDuration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string { return clock.FormatDuration(time.Duration(d)) }
