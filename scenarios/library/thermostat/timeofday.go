package thermostat

import (
	"fmt"
	"time"
)

// TimeOfDay is a local time, written like "06:00".
type TimeOfDay struct{ Hour, Minute int }

// UnmarshalText reads a local time.
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	at, err := time.Parse("15:04", string(text))
	if err != nil {
		return fmt.Errorf("%q is no time of day: write it like 06:00 or 22:30", text)
	}
	*t = TimeOfDay{at.Hour(), at.Minute()}
	return nil
}

// MarshalText writes a local time.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

func (t TimeOfDay) minutes() int { return t.Hour*60 + t.Minute }
