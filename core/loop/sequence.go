package loop

import "time"

// Sequence runs steps one after the other, each after a wait: blinds down, a
// minute later the lamp, half an hour later all off again. Make it with
// NewSequence. It is for the tasks of its loop's runtime.
type Sequence struct {
	loop    *Loop
	timer   *Timer
	steps   []step
	next    int // the step that the timer is for
	running bool
	onDone  func()
}

type step struct {
	wait time.Duration
	fn   func()
}

// NewSequence makes a sequence without steps that does not run.
func NewSequence(l *Loop) *Sequence {
	s := &Sequence{loop: l}
	s.timer = l.NewTimer(func(*Timer) { s.step() })
	return s
}

// Then adds a step: fn is called on the loop's task, wait (below zero counts as
// zero) after the step before it has returned, the first one after Start. Steps
// may be added while the sequence runs. It returns the sequence, for the next
// Then.
func (s *Sequence) Then(wait time.Duration, fn func()) *Sequence {
	atEnd := s.timer.Running() && s.next == len(s.steps)
	s.steps = append(s.steps, step{wait: wait, fn: fn})
	if atEnd { // the timer was for the end, with no step left
		s.arm()
	}
	return s
}

// OnDone sets what is called right after the last step, unless the sequence was
// cancelled; nil: nothing. It returns the sequence.
func (s *Sequence) OnDone(fn func()) *Sequence {
	s.onDone = fn
	return s
}

// Start begins with the first step, also when the sequence runs already, and
// also when a step calls it: then the first wait begins when that step has
// returned. Without steps it is done as soon as the loop gets
// to it. It returns the sequence.
func (s *Sequence) Start() *Sequence {
	s.next, s.running = 0, true
	s.arm()
	return s
}

// Cancel ends the sequence: no further step is called, nor OnDone's function.
// One that does not run stays so.
func (s *Sequence) Cancel() {
	s.running = false
	s.timer.Stop()
}

// Running reports whether steps, or the end of the last one, are still to come.
func (s *Sequence) Running() bool { return s.running }

func (s *Sequence) arm() {
	if s.next < len(s.steps) {
		s.timer.StartOnce(s.steps[s.next].wait)
		return
	}
	s.timer.StartOnce(0)
}

// step calls the step that is due, then goes on, unless that step has cancelled
// the sequence. A step that panics under OnPanic ends like
// any other.
func (s *Sequence) step() {
	if s.next < len(s.steps) {
		due := s.steps[s.next]
		s.next++
		s.arm() // a panic that nobody takes does not end the sequence either
		s.loop.protect(due.fn)
		if !s.running {
			return
		}
		s.timer.Stop()
		if s.next < len(s.steps) { // also when the step has started it again
			s.arm()
			return
		}
	}
	s.running = false
	if s.onDone != nil {
		s.onDone()
	}
}
