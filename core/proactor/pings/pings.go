package pings

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// DefaultEvery is after how long a silent link is pinged (GW-061).
const DefaultEvery = time.Minute

// Options say how Pings behave.
type Options struct {
	// Link is the link whose transitions count.
	Link string
	// Every is after how long without anything sent a ping is due.
	// 0: DefaultEvery.
	Every time.Duration
	// Send is called on the loop's task when a ping is due, and publishes one.
	// One that fails counts as sent: the next is due after Every. Required.
	Send func()
}

// Pings says when a link is to be pinged. Make it with New.
type Pings struct {
	loop  *loop.Loop
	o     Options
	timer *loop.Timer
	last  time.Duration // when something was sent, or it was made
}

// New makes Pings on the loop, for a link that is not active for send yet. An
// interval below zero, and no Send, are errors.
func New(l *loop.Loop, o Options) (*Pings, error) {
	if o.Every < 0 {
		return nil, fmt.Errorf("pings on link %q every %v: it must be above zero, or zero for %v", o.Link, o.Every, DefaultEvery)
	}
	if o.Send == nil {
		return nil, fmt.Errorf("pings on link %q: %w", o.Link, errNoSend)
	}
	if o.Every == 0 {
		o.Every = DefaultEvery
	}
	p := &Pings{loop: l, o: o, last: l.Runtime().Now()}
	p.timer = l.NewTimer(func(*loop.Timer) { p.look() })
	return p, nil
}

var errNoSend = errors.New("nothing says how to send one: set Options.Send")

// Observe follows the link; it is an observer of its machine, or of all Links.
// If more than Every has passed when the link becomes active for send, a ping is
// due at once, by the next timer: a message sent by then counts.
func (p *Pings) Observe(t linkstate.Transition) {
	switch {
	case t.Link != p.o.Link:
	case t.SendActivated():
		p.timer.StartOnce(p.left())
	case t.SendDeactivated():
		p.timer.Stop()
	}
}

// Sent says that something was sent on the link just now, a ping or any other
// message. It costs a look at the clock.
func (p *Pings) Sent() { p.last = p.loop.Runtime().Now() }

// left is how long nothing more may be sent before a ping is due.
func (p *Pings) left() time.Duration {
	return p.o.Every - (p.loop.Runtime().Now() - p.last)
}

// look pings if nothing was sent meanwhile. The timer is not moved by each
// message but only here, so messages are cheap and the ping still is exact.
func (p *Pings) look() {
	if left := p.left(); left > 0 {
		p.timer.StartOnce(left)
		return
	}
	p.Sent()
	p.timer.StartOnce(p.o.Every) // before Send, which may panic
	p.o.Send()
}
