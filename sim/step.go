package sim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hubtape/hubtape/sim/match"
)

// ToTheEnd, or any negative duration, lets a step last as long as the tape:
// Never, Always and Count to its end, RouteUntil for an hour more or until
// nothing is left to happen.
const ToTheEnd time.Duration = -1

// afterTape is how long RouteUntil goes on after the tape has ended.
const afterTape = time.Hour

// RouteUntil runs the world until the condition holds and returns at that
// moment, also in the middle of an instant. If it holds on entry, nothing runs.
// At the end of the time it returns a *Failure that says what was seen instead.
func (w *World) RouteUntil(c Condition, within time.Duration) error {
	if err := w.begin(); err != nil {
		return err
	}
	from, until := w.Now(), w.in(within)
	if within < 0 {
		until = max(w.Now(), w.tapeEnd()+afterTape)
	}
	near := NewNearMisses(c.pattern)
	look := near.Look
	if c.holds != nil {
		if c.holds() {
			w.digest.step(w.Now(), "route_until", true)
			return nil
		}
		look = func(*match.Subject) bool { return c.holds() }
		w.clock.OnSettled(func() {
			if c.holds() {
				w.watch.wake()
			}
		})
		defer w.clock.OnSettled(nil)
	}
	met, err := w.wait(look, until)
	if err == nil && !met && c.holds != nil {
		met = c.holds()
	}
	w.digest.step(w.Now(), "route_until", met)
	if err != nil || met {
		return err
	}
	f := &Failure{Kind: "route_until", At: w.Now()}
	switch {
	case within < 0 && w.clock.Scheduled() == 0:
		f.Kind = "stalled"
		f.Message = fmt.Sprintf("%s was waited for from %v on, and nothing is left to happen", c, from)
	case within < 0:
		f.Message = fmt.Sprintf("%s did not come from %v to %v, an hour after the tape", c, from, until)
	default:
		f.Message = fmt.Sprintf("%s did not come within %v (from %v to %v)", c, within, from, until)
	}
	if c.pattern != nil {
		f.Details = near.Details(w.Recent(recentSize))
		w.place(f, c.pattern, from)
	}
	return f
}

// place says what a failure is about and what was said around it, from the
// beginning of its step on.
func (w *World) place(f *Failure, p *match.Pattern, from time.Duration) {
	f.Topic = p.Topic
	f.Around = w.Around(Scene{Filter: p.Topic, From: from, To: f.At})
}

// wait runs the world until look has said true (met), or the instant until has
// settled, or the world has failed.
func (w *World) wait(look func(*match.Subject) bool, until time.Duration) (met bool, err error) {
	if w.watch.backlog(look) {
		return true, nil
	}
	w.watch.look = look
	err = w.clock.WaitSettled(w.watch.sig, until)
	met = err == nil && w.failure == nil
	w.watch.look = nil
	return met, w.drive(err)
}

// quiet is the look of a step that only lets time pass.
func quiet(*match.Subject) bool { return false }

// Advance lets time pass for d, and settles the last instant.
func (w *World) Advance(d time.Duration) error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.advanceTo(w.in(max(d, 0)))
}

// in is the instant after a while, at most the last that there is.
func (w *World) in(d time.Duration) time.Duration {
	if d > math.MaxInt64-w.Now() {
		return math.MaxInt64
	}
	return w.Now() + d
}

func (w *World) advanceTo(at time.Duration) error {
	_, err := w.wait(quiet, at)
	w.digest.step(w.Now(), "advance", err == nil)
	return err
}

// AdvanceToTimeOfDay lets time pass until the next such local time, at least a
// moment from now. Of a time that a change of the clocks repeats, the next one
// counts; one that it leaves out is the instant at which it would have been.
func (w *World) AdvanceToTimeOfDay(hour, minute, second int) error {
	if err := w.begin(); err != nil {
		return err
	}
	now := w.Wall()
	return w.advanceTo(w.Now() + nextTimeOfDay(now, hour, minute, second).Sub(now))
}

// nextTimeOfDay is the first instant after now at which clocks in its zone show
// that time.
func nextTimeOfDay(now time.Time, hour, minute, second int) time.Time {
	for day := 0; ; day++ {
		for _, at := range instantsOf(now.Year(), now.Month(), now.Day()+day, hour, minute, second, now.Location()) {
			if at.After(now) {
				return at
			}
		}
	}
}

// instantsOf are the instants, in order, at which clocks show a local time on a
// day: two where it is repeated; where it is left out, the one at which it would
// have been. time.Date gives only one, and does not say which.
func instantsOf(year int, month time.Month, day, hour, minute, second int, zone *time.Location) (at []time.Time) {
	const around = 24 * time.Hour // no zone changes twice in that time
	utc := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	_, before := utc.Add(-around).In(zone).Zone()
	_, after := utc.Add(around).In(zone).Zone()
	early, late := utc.Add(-time.Duration(before)*time.Second).In(zone), utc.Add(-time.Duration(after)*time.Second).In(zone)
	if shows(early, hour, minute) {
		at = append(at, early)
	}
	if shows(late, hour, minute) && !late.Equal(early) {
		at = append(at, late)
	}
	if at == nil {
		at = append(at, early)
	}
	return at
}

func shows(t time.Time, hour, minute int) bool { return t.Hour() == hour && t.Minute() == minute }

// Replay runs until the tape stands at the tape time until, and settles that
// instant; ToTheEnd: to the tape's end. To a point that has passed it returns
// at once.
func (w *World) Replay(until time.Duration) error {
	if err := w.begin(); err != nil {
		return err
	}
	at := w.tapeEnd()
	if until >= 0 {
		at = until
		if len(w.feeds) > 0 {
			at -= w.feeds[0].From
		}
	}
	if at < w.Now() {
		return nil
	}
	return w.advanceTo(at)
}

// span is the last instant of a step that lasts for d.
func (w *World) span(d time.Duration) time.Duration {
	if d < 0 {
		return max(w.Now(), w.tapeEnd())
	}
	return w.in(d)
}

// Never runs the world for d, settles the last instant, and fails at the first
// message that is like the pattern.
func (w *World) Never(p match.Pattern, d time.Duration) error {
	if err := w.begin(); err != nil {
		return err
	}
	from, until := w.Now(), w.span(d)
	var found Seen
	met, err := w.wait(func(s *match.Subject) bool {
		if !p.Match(s) {
			return false
		}
		found = SeenOf(s)
		return true
	}, until)
	w.digest.step(w.Now(), "never", err == nil && !met)
	if err != nil || !met {
		return err
	}
	f := &Failure{
		Kind: "never", At: found.At,
		Message: fmt.Sprintf("a message like %s came at %v, and must not from %v to %v", &p, found.At, from, until),
		Details: []string{found.line()},
	}
	w.place(f, &p, from)
	return f
}

// Always runs the world for d and fails when the condition, asked on entry,
// after every message and whenever an instant has settled, does not hold.
func (w *World) Always(c Condition, d time.Duration) error {
	if c.holds == nil {
		return errors.New("always takes a condition made by That: a message is only said at one moment")
	}
	if err := w.begin(); err != nil {
		return err
	}
	until := w.span(d)
	broken := func() bool { return !c.holds() }
	met := broken()
	var err error
	if !met {
		w.clock.OnSettled(func() {
			if broken() {
				w.watch.wake()
			}
		})
		met, err = w.wait(func(*match.Subject) bool { return broken() }, until)
		w.clock.OnSettled(nil)
		met = err == nil && (met || broken())
	}
	w.digest.step(w.Now(), "always", err == nil && !met)
	if err != nil || !met {
		return err
	}
	f := &Failure{Kind: "always", At: w.Now(), Message: fmt.Sprintf("%s no longer held at %v", c, w.Now())}
	for _, s := range w.Recent(nearKept) {
		f.Details = append(f.Details, s.line())
	}
	return f
}

// Count runs the world for d, settles the last instant, and fails unless the
// number of messages like the pattern is between least and most; a negative
// most is no limit.
func (w *World) Count(p match.Pattern, least, most int, d time.Duration) error {
	if err := w.begin(); err != nil {
		return err
	}
	from, until := w.Now(), w.span(d)
	near := NewNearMisses(&p)
	n := 0
	var hits []Seen
	_, err := w.wait(func(s *match.Subject) bool {
		if near.Look(s) {
			if n++; len(hits) < nearKept {
				hits = append(hits, SeenOf(s))
			}
		}
		return false
	}, until)
	ok := n >= least && (most < 0 || n <= most)
	w.digest.step(w.Now(), "count", err == nil && ok)
	if err != nil || ok {
		return err
	}
	f := &Failure{Kind: "count", At: w.Now(), Message: fmt.Sprintf("%s like %s came from %v to %v, want %s",
		plural(n, "message"), &p, from, until, wanted(least, most))}
	for _, h := range hits {
		f.Details = append(f.Details, h.line())
	}
	if n < least && (n == 0 || near.Any()) {
		f.Details = append(f.Details, near.Details(w.Recent(recentSize))...)
	}
	w.place(f, &p, from)
	return f
}

func wanted(least, most int) string {
	switch {
	case most < 0:
		return fmt.Sprintf("at least %d", least)
	case least == most:
		return fmt.Sprintf("exactly %d", least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// Retained settles the present instant and fails unless one of the messages
// that a new subscriber would get now is like the pattern. It is no waiting
// step: what is said meanwhile is for the next one to see.
func (w *World) Retained(p match.Pattern) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.drive(w.clock.Settle()); err != nil {
		return err
	}
	if p.Source == "" {
		p.Source = match.Any // who said it is not kept
	}
	near := NewNearMisses(&p)
	ok := false
	for _, m := range w.broker.Retained(p.Topic) {
		var s match.Subject
		s.Set(m, "", match.Any, w.Now())
		if ok = near.Look(&s); ok {
			break
		}
	}
	w.digest.step(w.Now(), "retained", ok)
	if ok {
		return nil
	}
	f := &Failure{Kind: "retained", At: w.Now(), Message: fmt.Sprintf("no retained message is like %s at %v", &p, w.Now())}
	if !near.Any() {
		f.Details = []string{fmt.Sprintf("nothing is retained on %s", match.Plain(p.Topic))}
	} else {
		f.Details = near.Details(nil)
	}
	w.place(f, &p, w.Now())
	return f
}

// LookAhead runs the world on after a step has failed, up to d, and returns the
// first message like the pattern: so a failure can say that it came late, and
// when. What happens is no longer part of the run: digest, statistics, warnings
// and the recorded run stay as they were. The error is what failed the world
// before it came. After it the world is only good to be closed.
func (w *World) LookAhead(p match.Pattern, d time.Duration) (late Seen, found bool, err error) {
	w.digest.seal()
	w.record, w.watch.listeners, w.options.History = nil, nil, nil
	w.watch.subject.Warnings = nil
	stats, notes := w.stats, w.notes
	recent, count := slices.Clone(w.watch.recent), w.watch.count
	_, err = w.wait(func(s *match.Subject) bool {
		if p.Match(s) {
			late, found = SeenOf(s), true
		}
		return found
	}, w.in(d))
	w.stats, w.notes = stats, notes
	w.watch.recent, w.watch.count = recent, count
	return late, found, err
}
