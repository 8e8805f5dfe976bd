package expect

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// Judge hears a run and judges it.
type Judge interface {
	// Hear is for World.Listen.
	Hear(s *match.Subject)
	// Verdict says what was not met by the end of the run; nothing when all was.
	Verdict(end time.Duration) []Failure
}

// Failure is an item that was not met.
type Failure struct {
	*sim.Failure
	Item int // by its place in the list, from 0
}

// Item is one message, and when.
type Item struct {
	Pattern *match.Pattern
	Between *Window // nil: at any time
}

// In is the item with a window; both ends count.
func (i Item) In(from, to time.Duration) Item {
	i.Between = &Window{from, to}
	return i
}

// Window is a stretch of virtual time since the start; both ends count.
type Window struct{ From, To time.Duration }

// Has reports whether an instant lies in the window. A nil window is all time.
func (w *Window) Has(at time.Duration) bool {
	return w == nil || at >= w.From && at <= w.To
}

// String is how a window ends a sentence; nothing for a nil one.
func (w *Window) String() string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf(" between %v and %v", w.From, w.To)
}

// holds reports whether a message is what the item asks for; one on its topics
// that is not is kept.
func (i *Item) holds(s *match.Subject, near *sim.NearMisses) bool {
	switch {
	case !near.Look(s):
		return false
	case !i.Between.Has(s.At):
		near.Add(sim.SeenOf(s), "it came outside of that time")
		return false
	}
	return true
}

// missing is the failure of an item that nothing like it was said.
func (i *Item) missing(kind string, end time.Duration, near *sim.NearMisses) *sim.Failure {
	if i.Between != nil {
		end = min(end, i.Between.To)
	}
	return &sim.Failure{
		Kind: kind, At: end, Topic: i.Pattern.Topic, Message: fmt.Sprintf("no message like %s came%s", i.Pattern, i.Between),
		Details: near.Details(nil),
	}
}

// Told is how many violations of one expectation are told in full.
const Told = 3
