package scenarios

import (
	"fmt"
	"time"
)

// TimeOfDay is a local time without a date.
type TimeOfDay struct{ Hour, Minute, Second int }

// String is HH:MM, or HH:MM:SS when there are seconds.
func (t TimeOfDay) String() string {
	if t.Second == 0 {
		return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute)
	}
	return fmt.Sprintf("%02d:%02d:%02d", t.Hour, t.Minute, t.Second)
}

func parseTimeOfDay(s string) (TimeOfDay, bool) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && len(s) == len(layout) {
			return TimeOfDay{t.Hour(), t.Minute(), t.Second()}, true
		}
	}
	return TimeOfDay{}, false
}
