package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// CronOptions say where and how a schedule is read. The zero value is usable.
type CronOptions struct {
	Zone *time.Location // in which hours are meant; nil: the runtime's
}

// lookAgain is how often a wait for a date looks at the date again: it may have
// been set meanwhile.
const lookAgain = time.Minute

// correction is a step of the date, back, from which on it counts as set anew;
// within it nothing is run a second time. Vixie cron's three hours.
const correction = 3 * time.Hour

// Cron calls fn at the dates of a schedule of five fields (minute, hour, day of
// the month, month, day of the week: "0 20 * * *" is each evening at eight) or
// one of @hourly, @daily, @weekly, @monthly, @yearly.
//
// Where the clocks change, a schedule whose hour field begins with * goes on
// with the time that passes. Any other runs once a day: an hour that there is
// twice counts the first time, and for one that is left out fn runs as much
// later as the clocks went forward. When the date is set forward over a call, or
// the call before takes too long, fn runs once, within a minute; set back by less
// than three hours, nothing runs a second time.
//
// An error of fn, but ErrStopped, or its panic, crashes the service.
func (s *Service) Cron(name, schedule string, o CronOptions, fn func() error) error {
	c, err := parseCron(schedule)
	if err != nil {
		return fmt.Errorf("cron task %q of %s: %w", name, s.o.Name, err)
	}
	if o.Zone == nil {
		o.Zone = s.rt.Wall().Location()
	}
	s.Task(name, func() error { return c.run(s, o.Zone, fn) })
	return nil
}

// crontab is a schedule.
type crontab struct {
	fields cron.Schedule
	steady bool // it follows the time that passes, not the date
}

func parseCron(schedule string) (*crontab, error) {
	text := strings.TrimSpace(schedule)
	if strings.HasPrefix(text, "@every") || strings.Contains(text, "TZ=") {
		return nil, fmt.Errorf("schedule %q: for intervals use Timer, and for zones CronOptions", schedule)
	}
	fields, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", schedule, err)
	}
	hour := strings.Fields(text + " *")[1]
	return &crontab{fields: fields, steady: strings.HasPrefix(hour, "*") && !isDaily(text)}, nil
}

// isDaily reports whether a descriptor means midnight.
func isDaily(text string) bool { return strings.HasPrefix(text, "@") && text != "@hourly" }

// next is the first date of the schedule after a date, in that date's zone;
// zero: there is none within five years.
func (c *crontab) next(after time.Time) time.Time {
	if c.steady {
		return c.nextSteady(after)
	}
	// Dates are counted without a zone, where no hour is missing or comes twice.
	plain := time.Date(after.Year(), after.Month(), after.Day(), after.Hour(), after.Minute(), after.Second(), 0, time.UTC)
	for {
		if plain = c.fields.Next(plain); plain.IsZero() {
			return plain
		}
		at := first(dated(plain, after.Location()))
		if at.After(after) { // else it is of the hour that there is twice, and was the first time
			return at
		}
	}
}

// nextSteady looks at one stretch of time between two changes of the clocks
// after the other.
func (c *crontab) nextSteady(after time.Time) time.Time {
	zone, from := after.Location(), after
	for {
		_, offset := from.In(zone).Zone()
		_, end := from.In(zone).ZoneBounds()
		if from.After(after) {
			from = from.Add(-time.Second) // its own date counts
		}
		at := c.fields.Next(from.In(time.FixedZone("", offset)))
		if at.IsZero() || end.IsZero() || at.Before(end) {
			return at.In(zone)
		}
		from = end
	}
}

// dated is the instant of a date in a zone. One that is left out there comes as
// much later as the clocks went forward, which time.Date does not promise.
func dated(plain time.Time, zone *time.Location) time.Time {
	at := time.Date(plain.Year(), plain.Month(), plain.Day(), plain.Hour(), plain.Minute(), plain.Second(), 0, zone)
	if _, offset := at.Zone(); at.Unix()+int64(offset) < plain.Unix() { // it is before the gap
		return plain.Add(-time.Duration(offset) * time.Second).In(zone)
	}
	return at
}

// first is the earlier of the two instants that have the date, where there are
// two.
func first(at time.Time) time.Time {
	began, _ := at.ZoneBounds()
	if began.IsZero() {
		return at
	}
	_, before := began.Add(-1).Zone()
	_, now := at.Zone()
	earlier := at.Add(-time.Duration(before-now) * time.Second)
	if before > now && earlier.Before(began) {
		return earlier
	}
	return at
}

func (c *crontab) run(s *Service, zone *time.Location, fn func() error) error {
	wall := func() time.Time { return s.rt.Wall().In(zone) }
	from := wall()
	for {
		due := c.next(from)
		if due.IsZero() {
			s.log.Warn("cron task has no date within five years")
			return nil
		}
		for left := due.Sub(wall()); left > 0; left = due.Sub(wall()) {
			if !s.Sleep(min(left, lookAgain)) {
				return nil
			}
			if now := wall(); now.Before(from.Add(-correction)) {
				from = now
				due = c.next(from)
			}
		}
		if err := fn(); err != nil {
			return err
		}
		if from = wall(); from.Before(due) {
			from = due
		}
	}
}
