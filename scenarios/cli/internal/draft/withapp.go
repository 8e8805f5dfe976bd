package draft

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

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
	if r.Status == scenarios.Passed {
		return d.withSteps(w, r, d.begun(), func(w *writer) { d.sameAs(w, firstTolerance, "") })
	}
	if r.Status != scenarios.Failed {
		return d.settle(w, r), nil
	}
	said, err := d.said(w.String())
	if err != nil {
		return nil, err
	}
	largest, same, err := d.compare(said)
	if err != nil {
		return nil, err
	}
	tolerance := toleranceFor(largest)
	if !same || tolerance == 0 {
		return d.settle(w, r), nil
	}
	note := fmt.Sprintf("The largest difference between the automation and the tape is %v.", largest)
	wider := d.compared(tolerance, note)
	again, err := d.try(wider.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	if again.Status != scenarios.Passed {
		return d.settle(w, r), nil
	}
	d.draft.Warnings = append(d.draft.Warnings, fmt.Sprintf("the automation says things up to %v earlier or later than the tape, so the tolerance is %v", largest, tolerance))
	return d.withSteps(wider, again, d.begun(), func(w *writer) { d.sameAs(w, tolerance, note) })
}

// compared is the scenario with same_as_tape.
func (d *drafter) compared(tolerance time.Duration, note string) *writer {
	w := d.begun()
	d.sameAs(w, tolerance, note)
	return w
}

// begun is the scenario up to its steps.
func (d *drafter) begun() *writer {
	w := d.head(d.App+" says what is on "+filepath.Base(d.Tape),
		"Given what was recorded, "+d.App+" says what the automation of that day said: the same messages at the same times.")
	d.app(w)
	d.tape(w)
	return w
}

func (d *drafter) sameAs(w *writer, tolerance time.Duration, note string) {
	w.line("expect:")
	w.comment("  ", "The automation's messages on app_outputs are those on the tape.")
	if note != "" {
		w.comment("  ", "%s", note)
	}
	w.line("  same_as_tape: {tolerance: %s}", duration(tolerance))
}

// withSteps adds steps to a scenario that passes, if it passes with them too:
// they show how one is written.
func (d *drafter) withSteps(plain *writer, r *scenarios.Result, begun *writer, expect func(w *writer)) (*Draft, error) {
	ok, err := d.pattern(begun)
	if err != nil {
		return nil, err
	}
	if ok {
		expect(begun)
		with, err := d.try(begun.String(), scenarios.RunOptions{})
		if err != nil {
			return nil, err
		}
		if with.Status == scenarios.Passed {
			return d.settle(begun, with), nil
		}
	}
	return d.settle(plain, r), nil
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
	begin := func() *writer {
		w := d.head(d.App+" with "+filepath.Base(d.Tape), "Given what was recorded, "+d.App+" goes on to say what it said when this was written.")
		d.app(w)
		d.tape(w)
		return w
	}
	said, err := d.said(begin().String())
	if err != nil {
		return nil, err
	}
	d.draft.Warnings = append(d.draft.Warnings, "nothing on the tape looks like what an automation says, so the scenario expects what "+
		d.App+" says today; name the topics of the old automation with --outputs")
	if len(said) == 0 {
		d.draft.Warnings = append(d.draft.Warnings, d.App+" says nothing to this tape, so the scenario expects that it says nothing")
	}
	expect := func(w *writer) { d.today(w, said) }
	w := begin()
	expect(w)
	r, err := d.try(w.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	if r.Status != scenarios.Passed {
		return d.settle(w, r), nil
	}
	return d.withSteps(w, r, begin(), expect)
}

// today writes what the automation says now as what is expected.
func (d *drafter) today(w *writer, said []recorder.Record) {
	w.line("expect:")
	if len(said) == 0 {
		w.comment("  ", "%s says nothing to this tape.", d.App)
		w.line(`  never: [{topic: "#"}]`)
		return
	}
	w.comment("  ", "Nothing on the tape looks like what an automation says: this is what this one says today.")
	w.line("  unordered:")
	seen := map[string]bool{}
	for _, m := range said {
		if seen[m.Topic] || len(seen) == maxTold || mqtt.ValidateFilter(m.Topic) != nil || isBrokers(m.Topic) {
			continue
		}
		seen[m.Topic] = true
		w.line("    - {topic: %s%s} # at %s", quote(m.Topic), content(m.Payload, nil), d.when(m.At))
	}
}

// said is what the automation says when a text is run.
func (d *drafter) said(text string) (said []recorder.Record, err error) {
	err = d.listen(text, func(r *recorder.Record) {
		if r.Client == d.App && len(said) < maxHeard {
			copied := *r
			copied.Message = mqtt.Message{Topic: r.Topic, Payload: append([]byte(nil), r.Payload...)}
			said = append(said, copied)
		}
	})
	return said, err
}

// listen runs a text and calls visit with every message of the run.
func (d *drafter) listen(text string, visit func(r *recorder.Record)) (err error) {
	dir, err := os.MkdirTemp("", "hubtape-new-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "run.hubtape")
	tape, err := recorder.Create(path, recorder.Options{})
	if err != nil {
		return err
	}
	_, err = d.try(text, scenarios.RunOptions{Record: func(time.Time) (*recorder.Writer, error) { return tape, nil }})
	if err := errors.Join(err, tape.Close()); err != nil {
		return err
	}
	return readTape(path, func(r *recorder.Record) bool {
		visit(r)
		return true
	})
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
	err = d.read(d.Tape, func(r *recorder.Record) {
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

// toleranceFor is the tolerance for a difference; 0 for one that is too large.
func toleranceFor(d time.Duration) time.Duration {
	for _, t := range tolerances {
		if d <= t {
			return t
		}
	}
	return 0
}
