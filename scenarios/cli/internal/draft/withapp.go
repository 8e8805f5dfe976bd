package draft

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/clock"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
)

// firstTolerance is tried before any other.
const firstTolerance = time.Second

// tolerances are what a measured difference is rounded up to.
var tolerances = []time.Duration{
	2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 30 * time.Minute, time.Hour,
}

// sameAsTape writes a scenario that expects what the tape has. When the
// automation does the same at other times, the tolerance follows from the
// largest difference.
func (d *drafter) sameAsTape() (*Draft, error) {
	w := d.compared(firstTolerance, "")
	r, err := d.try(w.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	if r.Status != scenarios.Failed {
		return d.settle(w, r), nil
	}
	said, err := d.listen(w.String())
	if err != nil {
		return nil, err
	}
	largest, same, err := d.compare(said)
	if err != nil {
		return nil, err
	}
	tolerance := roundUp(largest)
	if !same || tolerance == 0 {
		return d.settle(w, r), nil
	}
	wider := d.compared(tolerance, fmt.Sprintf("The largest difference between the automation and the tape is %v.", largest))
	again, err := d.try(wider.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	if again.Status != scenarios.Passed {
		return d.settle(w, r), nil
	}
	d.draft.Warnings = append(d.draft.Warnings, fmt.Sprintf("the automation says things up to %v earlier or later than the tape, so the tolerance is %v", largest, tolerance))
	return d.settle(wider, again), nil
}

// compared is the scenario with same_as_tape.
func (d *drafter) compared(tolerance time.Duration, note string) *writer {
	w := d.head(d.App + " says what is on " + filepath.Base(d.Tape))
	d.app(w)
	d.tape(w)
	w.line("expect:")
	w.comment("  ", "The automation's messages on app_outputs are those on the tape.")
	if note != "" {
		w.comment("  ", "%s", note)
	}
	w.line("  same_as_tape: {tolerance: %s}", quote(clock.FormatDuration(tolerance)))
	return w
}

// app names the automation, and what else it may be told.
func (d *drafter) app(w *writer) {
	w.line("app: %s", quote(d.App))
	for _, e := range d.Apps {
		if e.Name != d.App || len(e.Params) == 0 {
			continue
		}
		w.comment("", "params: # its defaults, unless given here")
		for _, p := range e.Params {
			w.comment("", "  %s: # %s", p.Name, p.Type)
		}
	}
	w.comment("", `timezone: "Europe/Budapest" # what the automation sees; UTC unless given`)
}

// echo is for a tape on which nothing looks like what an automation says: the
// scenario expects what the automation says today.
func (d *drafter) echo() (*Draft, error) {
	w := d.head(d.App + " with " + filepath.Base(d.Tape))
	d.app(w)
	d.tape(w)
	said, err := d.listen(w.String())
	if err != nil {
		return nil, err
	}
	d.draft.Warnings = append(d.draft.Warnings, "nothing on the tape looks like what an automation says, so the scenario expects what "+
		d.App+" says today; name the topics of the old automation with --outputs")
	if len(said) == 0 {
		d.draft.Warnings = append(d.draft.Warnings, d.App+" says nothing to this tape, so the scenario expects nothing")
	} else {
		w.line("expect:")
		w.comment("  ", "Nothing on the tape looks like what an automation says: this is what this one says today.")
		w.line("  unordered:")
	}
	seen := map[string]bool{}
	for _, m := range said {
		if seen[m.Topic] || len(seen) == maxTold {
			continue
		}
		seen[m.Topic] = true
		w.line("    - {topic: %s%s} # at %v", quote(m.Topic), content(m.Payload), m.At)
	}
	r, err := d.try(w.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	return d.settle(w, r), nil
}

// listen runs a text and returns what the automation said.
func (d *drafter) listen(text string) (said []recorder.Record, err error) {
	dir, err := os.MkdirTemp("", "hubtape-new-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "run.hubtape")
	tape, err := recorder.Create(path, recorder.Options{})
	if err != nil {
		return nil, err
	}
	_, err = d.try(text, scenarios.RunOptions{Record: func(time.Time) (*recorder.Writer, error) { return tape, nil }})
	if err := errors.Join(err, tape.Close()); err != nil {
		return nil, err
	}
	err = readTape(path, func(r *recorder.Record) {
		if r.Client == d.App {
			copied := *r
			copied.Message = mqtt.Message{Topic: r.Topic, Payload: append([]byte(nil), r.Payload...)}
			said = append(said, copied)
		}
	})
	return said, err
}

// compare pairs, on each topic of the outputs, what was said with what the tape
// has there, and returns the largest difference in time. It is not the same when
// one has more messages, or others.
func (d *drafter) compare(said []recorder.Record) (largest time.Duration, same bool, err error) {
	filters := filtersOf(d.outputs)
	got := map[string][]recorder.Record{}
	for _, r := range said {
		if mqtt.MatchAny(filters, r.Topic) {
			got[r.Topic] = append(got[r.Topic], r)
		}
	}
	same = true
	err = readTape(d.Tape, func(r *recorder.Record) {
		if !mqtt.MatchAny(filters, r.Topic) || r.Kind == recorder.KindSnapshot {
			return
		}
		list := got[r.Topic]
		if len(list) == 0 {
			same = false
			return
		}
		largest = max(largest, (list[0].At - r.At).Abs())
		got[r.Topic] = list[1:]
	})
	for _, rest := range got {
		same = same && len(rest) == 0
	}
	return largest, same, err
}

// roundUp is the tolerance for a difference; 0 for one that is too large.
func roundUp(d time.Duration) time.Duration {
	for _, t := range tolerances {
		if d <= t {
			return t
		}
	}
	return 0
}
