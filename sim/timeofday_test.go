package sim_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/sim"
)

func TestAdvanceToTimeOfDay(t *testing.T) {
	budapest, err := clock.LoadZone("Europe/Budapest")
	must(t, err)
	// The night in which 02:30 does not exist.
	w := newWorld(t, sim.Options{Start: time.Date(2026, 3, 28, 23, 0, 0, 0, budapest), Zone: budapest})
	for _, want := range []string{"2026-03-29 06:00 CEST", "2026-03-30 06:00 CEST"} {
		must(t, w.AdvanceToTimeOfDay(6, 0, 0))
		if got := w.Wall().Format("2006-01-02 15:04 MST"); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	if w.Now() != 30*time.Hour {
		t.Errorf("two mornings came after %v; the first night was an hour short", w.Now())
	}
}

func TestTimeOfDayWhereClocksChange(t *testing.T) {
	for _, c := range []struct {
		zone, from   string
		hour, minute int
		after        time.Duration
	}{
		{"Europe/Budapest", "2026-10-25T01:00:00+02:00", 2, 30, 90 * time.Minute}, // the first 02:30
		{"Europe/Budapest", "2026-10-25T02:40:00+02:00", 2, 30, 50 * time.Minute}, // the second
		{"Europe/Budapest", "2026-10-25T02:40:00+01:00", 2, 30, 23*time.Hour + 50*time.Minute},
		{"America/New_York", "2026-11-01T01:40:00-04:00", 1, 30, 50 * time.Minute},
		{"America/New_York", "2026-03-08T01:45:00-05:00", 2, 30, 45 * time.Minute}, // left out: 03:30-04:00
		{"Europe/Budapest", "2026-03-29T01:45:00+01:00", 2, 30, 45 * time.Minute},
		{"Australia/Lord_Howe", "2026-04-05T01:20:00+11:00", 1, 45, 25 * time.Minute}, // changes by half an hour
		{"Asia/Kolkata", "2026-06-01T12:00:00+05:30", 12, 0, 24 * time.Hour},
	} {
		zone, err := clock.LoadZone(c.zone)
		must(t, err)
		from, err := time.Parse(time.RFC3339, c.from)
		must(t, err)
		w := newWorld(t, sim.Options{Start: from, Zone: zone})
		must(t, w.AdvanceToTimeOfDay(c.hour, c.minute, 0))
		if w.Now() != c.after {
			t.Errorf("%s from %s to %02d:%02d took %v, want %v", c.zone, c.from, c.hour, c.minute, w.Now(), c.after)
		}
	}
}
