package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/sim/match"
)

// Failure is what went wrong in a world: a step that was not met, or the world
// itself.
type Failure struct {
	Kind    string // route_until, never, always, count, retained, stalled, panic, app, …
	Message string // one sentence: what was expected and what happened instead
	At      time.Duration
	Details []string // what was seen, for people: near misses, violations
	Around  []string // what was said around it, for people; see World.Around
	Topic   string   // a filter of the messages it is about; "" for none
	Err     error    // what caused it, if something did
}

// Error is the message, then the details and what was said around it, on lines
// of their own.
func (f *Failure) Error() string {
	return strings.Join(slices.Concat([]string{f.Message}, f.Details, f.Around), "\n  ")
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// fail keeps the first failure of the world and wakes whoever drives it.
func (w *World) fail(f *Failure) {
	if w.failure == nil {
		w.failure = f
		w.watch.wake()
	}
}

// failed returns what has failed the world, or nil.
func (w *World) failed() error {
	if w.failure != nil {
		return w.failure
	}
	return nil
}

// drive turns the clock's error into a failure of the world. A stall is no
// failure here: it is for the step to judge.
func (w *World) drive(err error) error {
	if err == nil || errors.Is(err, clock.ErrTimeout) || errors.Is(err, clock.ErrStalled) {
		return w.failed()
	}
	if w.failure != nil {
		return w.failure
	}
	f := &Failure{Kind: "clock", At: w.Now(), Err: err, Message: err.Error()}
	var panicked *clock.TaskPanic
	var limit *clock.StepLimitError
	var outside *clock.OutsideError
	switch {
	case errors.As(err, &panicked):
		f.Kind = "panic"
		f.Message = fmt.Sprintf("task %q panicked at %v: %s", panicked.Task, w.Now(), match.Plain(fmt.Sprint(panicked.Value)))
		f.Details = ownFrames(panicked.Stack)
		ended := endedNote(panicked.Task, w.Now()) // it did, but not by itself
		w.notes = slices.DeleteFunc(w.notes, func(n string) bool { return n == ended })
	case errors.As(err, &limit):
		f.Kind = "step_limit"
	case errors.As(err, &outside):
		f.Kind = "outside"
	case errors.Is(err, clock.ErrSecondDriver), errors.Is(err, clock.ErrWaitInCallback), errors.Is(err, clock.ErrEnded):
		return err // a mistake of the caller, not of the world
	}
	f.Around = w.Around(Scene{From: f.At, To: f.At})
	w.failure = f
	return f
}

// maxFrames is how many places of a panic are named; the whole stack is in the
// error's Err.
const maxFrames = 6

// isMachinery reports whether a function of a stack is hubtape's own, or Go's,
// on the way to the app's code.
func isMachinery(fn string) bool {
	for _, prefix := range []string{"runtime", "panic(", "iter.", "created by "} {
		if strings.HasPrefix(fn, prefix) {
			return true
		}
	}
	for _, ours := range []string{"hubtape/clock.", "hubtape/core."} {
		if strings.Contains(fn, ours) {
			return true
		}
	}
	return strings.Contains(fn, "hubtape/core/")
}

// ownFrames picks the functions and places from a stack that say where in the
// app a panic came from.
func ownFrames(stack []byte) (frames []string) {
	lines := strings.Split(strings.TrimSpace(string(stack)), "\n")
	for i := 1; i+1 < len(lines) && len(frames) < maxFrames; i += 2 {
		fn, place := lines[i], strings.TrimSpace(lines[i+1])
		if isMachinery(fn) {
			continue
		}
		if cut := strings.LastIndex(place, " +0x"); cut > 0 {
			place = place[:cut]
		}
		if paren := strings.LastIndexByte(fn, '('); paren > 0 {
			fn = fn[:paren]
		}
		frames = append(frames, fn+" at "+place)
	}
	return frames
}
