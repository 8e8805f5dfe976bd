package format

import (
	"fmt"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

var (
	zonedLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05Z-0700"}
	localLayout  = "2006-01-02T15:04:05"
)

// parseDate reads a date and a time as ns since 1970, with any number of digits
// after the seconds. Between date and time may be a space, and before the digits a
// colon, as in MQTTX. A time without a zone
// is one of the zone given, nil: UTC; zoned says that it had one.
func parseDate(s string, zone *time.Location) (ns int64, zoned bool, err error) {
	iso := strings.Replace(s, " ", "T", 1)
	for _, layout := range zonedLayouts {
		if t, err := time.Parse(layout, iso); err == nil {
			ns, err := nanos(t)
			return ns, true, err
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	if n := len(localLayout); len(iso) > n && iso[n] == ':' {
		iso = iso[:n] + "." + iso[n+1:]
	}
	if t, err := time.ParseInLocation(localLayout, iso, zone); err == nil {
		ns, err := nanos(t)
		return ns, false, err
	}
	return 0, false, fmt.Errorf("%q is no time like 2026-01-10T17:00:00.5Z", short(s))
}

// nanos returns ns since 1970, if they can be counted.
func nanos(t time.Time) (int64, error) {
	if ns := t.UnixNano(); ns >= 0 && time.Unix(0, ns).Equal(t) {
		return ns, nil
	}
	return 0, fmt.Errorf("%s: %w", t.Format(time.RFC3339), errEpoch)
}

// stampLayout is that of syslog and of ts, which says no year.
const stampLayout = "Jan _2 15:04:05"

// calendar counts through times that do not say their year: each is of the year
// that brings it nearest to the one before.
type calendar struct {
	yearBegan time.Duration // since the first year began
	leap      bool          // this year has had a 29th of February
	started   bool
	first     time.Duration // stamp, since the first year began
	last      time.Duration // stamp, likewise
}

const yearDays = 365 * 24 * time.Hour

// offset returns a stamp as an offset from the first one.
func (c *calendar) offset(stamp string) (time.Duration, error) {
	// 2000 had a 29th of February.
	t, err := time.Parse("2006 "+stampLayout, "2000 "+stamp)
	if err != nil {
		return 0, fmt.Errorf("%q is no time like Nov 20 14:33:46", short(stamp))
	}
	in := t.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	if c.last-c.yearBegan-in > yearDays/2 {
		c.yearBegan += yearDays
		if c.leap {
			c.yearBegan += 24 * time.Hour
		}
		c.leap = false
	}
	c.leap = c.leap || (t.Month() == time.February && t.Day() == 29)
	if t.Month() > time.February && !c.leap {
		in -= 24 * time.Hour
	}
	in += c.yearBegan
	if !c.started {
		c.started, c.first = true, in
	} else if in-c.last > yearDays/2 { // a late one, of the year before
		in -= yearDays
	}
	c.last = in
	return in - c.first, nil
}

// wallOf returns the wall time of a record, as near as the tape knows it; the
// zero start is 1970.
func wallOf(r *recorder.Record, start time.Time) time.Time {
	if r.Wall != 0 {
		return r.Time()
	}
	if start.IsZero() {
		start = time.Unix(0, 0)
	}
	return start.Add(r.At).UTC()
}
