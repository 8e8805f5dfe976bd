package acks

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/loop"
)

// DefaultDelay is how long an ack may take, unless Options or a wait say
// otherwise (GW-193).
const DefaultDelay = 5 * time.Second

// Options say how Timers behave. The zero value is usable.
type Options[C any] struct {
	// Delay is how long an ack may take, where a wait has none of its own.
	// 0: DefaultDelay.
	Delay time.Duration
	// OnTimeout is called on the loop's task with each wait whose ack did not
	// come in time. The wait has ended by then, so OnTimeout may start, cancel,
	// and start the same id again. nil: only the observers hear of it.
	OnTimeout func(Wait[C])
	// Observers are told of everything that happens to a wait, in this order,
	// after it has happened and before OnTimeout: for taps, logs and
	// statistics. They only look.
	Observers []func(Kind, Wait[C])
}

// Timers holds the waits of all links; C is the type of the callers' contexts.
// Make it with New.
type Timers[C any] struct {
	loop  *loop.Loop
	o     Options[C]
	links map[string]*pending[C]
	free  *entry[C] // records to be used again, linked by next
}

// New makes Timers that are due on the loop. A delay below zero is an error.
func New[C any](l *loop.Loop, o Options[C]) (*Timers[C], error) {
	if o.Delay < 0 {
		return nil, fmt.Errorf("an ack delay of %v: it must be above zero, or zero for %v", o.Delay, DefaultDelay)
	}
	if o.Delay == 0 {
		o.Delay = DefaultDelay
	}
	return &Timers[C]{loop: l, o: o, links: map[string]*pending[C]{}}, nil
}

// Start waits for the ack of a message for the default delay. If the id is
// waited for on that link already, that wait is cancelled first.
func (t *Timers[C]) Start(link, id string, context C) {
	t.StartFor(t.o.Delay, link, id, context)
}

// StartFor is Start with a delay of its own; below zero counts as zero. With
// zero it times out at this instant, when the loop looks at its timers again.
func (t *Timers[C]) StartFor(delay time.Duration, link, id string, context C) {
	t.Cancel(link, id)
	p, ok := t.links[link]
	if !ok {
		p = &pending[C]{byID: map[string]*entry[C]{}}
		t.links[link] = p
	}
	e := t.entry()
	e.pending = p
	e.wait = Wait[C]{Link: link, ID: id, Started: t.loop.Runtime().Now(), Delay: max(delay, 0), Context: context}
	p.add(e)
	e.timer.StartOnce(e.wait.Delay)
	t.tell(Started, e.wait)
}

// Acked ends the wait for an id, whose ack has come, and returns its record; or
// false when nobody waits for it on that link (any more).
func (t *Timers[C]) Acked(link, id string) (Wait[C], bool) { return t.end(Acked, link, id) }

// Cancel ends the wait for an id that no longer matters and returns its record;
// or false when nobody waits for it on that link.
func (t *Timers[C]) Cancel(link, id string) (Wait[C], bool) { return t.end(Cancelled, link, id) }

// CancelAll ends all waits of a link and returns their records, in the order
// they were started; none for a link where nothing is waited for.
func (t *Timers[C]) CancelAll(link string) []Wait[C] {
	p, ok := t.links[link]
	if !ok || p.first == nil {
		return nil
	}
	cancelled := make([]Wait[C], 0, len(p.byID))
	for p.first != nil {
		cancelled = append(cancelled, t.remove(p.first))
	}
	for _, w := range cancelled {
		t.tell(Cancelled, w)
	}
	return cancelled
}

// Waiting is how many acks are waited for on a link.
func (t *Timers[C]) Waiting(link string) int {
	if p, ok := t.links[link]; ok {
		return len(p.byID)
	}
	return 0
}

func (t *Timers[C]) end(how Kind, link, id string) (Wait[C], bool) {
	e := t.find(link, id)
	if e == nil {
		return Wait[C]{}, false
	}
	w := t.remove(e)
	t.tell(how, w)
	return w, true
}

func (t *Timers[C]) find(link, id string) *entry[C] {
	if p, ok := t.links[link]; ok {
		return p.byID[id]
	}
	return nil
}

// timedOut is called by the timer of a wait that has not ended.
func (t *Timers[C]) timedOut(e *entry[C]) {
	w := t.remove(e)
	t.tell(TimedOut, w)
	if t.o.OnTimeout != nil {
		t.o.OnTimeout(w)
	}
}

func (t *Timers[C]) tell(what Kind, w Wait[C]) {
	for _, observe := range t.o.Observers {
		observe(what, w)
	}
}
