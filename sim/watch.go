package sim

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// Seen is one message as the broker accepted it.
type Seen struct {
	At      time.Duration
	Client  string
	Source  string // tape, scenario, device, app, apps.NAME
	Message mqtt.Message
}

// recentSize is how many of the last messages are kept for people: enough for
// all of most runs, in a megabyte.
const recentSize = 8192

// watch shows each message to the step that waits, and keeps those that came
// while none did.
type watch struct {
	sig       clock.Signal
	subject   match.Subject
	listeners []func(*match.Subject)
	look      func(*match.Subject) bool // the waiting step's; true ends it
	pending   []Seen                    // since the last step ended, oldest first
	recent    []Seen                    // a ring, once it has recentSize
	count     int                       // messages so far
	stopped   bool
}

func (x *watch) init(v *clock.Virtual, warnings *match.Warnings) {
	x.sig = v.NewSignal("the step's condition")
	x.subject.Warnings = warnings
}

func (x *watch) wake() { x.sig.Set() }
func (x *watch) stop() { x.stopped = true }

// message is called for each message the broker accepts.
func (x *watch) message(e *broker.Event) {
	if x.stopped {
		return
	}
	x.subject.Set(e.Message, e.Client, e.Source, e.At)
	for _, listen := range x.listeners {
		listen(&x.subject)
	}
	seen := Seen{At: e.At, Client: e.Client, Source: e.Source, Message: e.Message}
	if len(x.recent) < recentSize {
		x.recent = append(x.recent, seen)
	} else {
		x.recent[x.count%recentSize] = seen
	}
	x.count++
	switch {
	case x.look == nil:
		x.pending = append(x.pending, seen)
	case x.look(&x.subject):
		x.look = nil
		x.wake()
	}
}

// backlog shows look what came before it waited, and reports whether that has
// ended it already.
func (x *watch) backlog(look func(*match.Subject) bool) bool {
	for len(x.pending) > 0 {
		s := x.pending[0]
		x.pending = x.pending[1:]
		x.subject.Set(s.Message, s.Client, s.Source, s.At)
		if look(&x.subject) {
			return true
		}
	}
	return false
}

// Recent returns up to n of the last messages, oldest first.
func (w *World) Recent(n int) (last []Seen) {
	x := &w.watch
	for i := max(0, x.count-min(n, recentSize)); i < x.count; i++ {
		last = append(last, x.recent[i%recentSize])
	}
	return last
}

// Listen adds a function that is called with every message the broker accepts,
// for expectations over a whole run. It must not wait, nor keep the subject.
func (w *World) Listen(fn func(*match.Subject)) {
	w.watch.listeners = append(w.watch.listeners, fn)
}

// Warnings returns what looked like a mistake: expressions with type errors,
// messages of the tape that could not be fed, commands that no device
// understood.
func (w *World) Warnings() []string {
	var texts []string
	for _, x := range w.warnings.List() {
		texts = append(texts, fmt.Sprintf("%s (%s)", x.Text, times(x.Count)))
	}
	return append(texts, w.notes...)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
