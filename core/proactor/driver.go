package proactor

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/drivers"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Driver is an actor whose work is a driver that may block, in a thread of its
// own: a bus, a serial line. Messages to it go to the driver's Handle. Make it
// with NewDriver.
type Driver struct {
	p      *Proactor
	thread *drivers.Thread[codec.Message]
	told   problems.Quota // of messages that it did not take
}

// joinMost is how long the end of a proactor waits for a driver, and for what runs
// beside its loop.
const joinMost = 2 * time.Second

// NewDriver makes an actor of a driver. What Options leave empty is filled in:
// what the driver sends is sent inside, its failures are problem events, and one
// that ends it ends the proactor; it pats the watchdog, which monitors it.
func NewDriver(p *Proactor, name string, o drivers.Options[codec.Message]) (*Driver, error) {
	if p.env == nil {
		return nil, fmt.Errorf("driver %q: %w: make it in Setup, or in a Factory", name, ErrRunning)
	}
	o.Name = name
	if o.Deliver == nil {
		o.Deliver = func(m codec.Message) {
			if err := p.Send(m); err != nil {
				p.logs.General().Warn("driver", "name", name, "error", err) // the proactor stops
			}
		}
	}
	if o.Failed == nil {
		o.Failed = func(err *drivers.StepError) {
			p.Problem(events.Error, "driver "+name+" failed", err.Error())
			if err.Ends {
				p.fail(err)
			}
		}
	}
	if o.Pat == nil && o.PatTimeout >= 0 {
		o.Pat = func() { p.Pat(name) }
	}
	thread, err := drivers.New(p.env.Loop, o)
	if err != nil {
		return nil, err
	}
	return &Driver{p: p, thread: thread}, nil
}

// Name is the actor's.
func (d *Driver) Name() string { return d.thread.Name() }

// PatTimeout is for the watchdog.
func (d *Driver) PatTimeout() time.Duration { return d.thread.PatTimeout() }

// Process gives the driver a message. One that it does not take, because its
// queue is full for one, is a problem event: the loop cannot wait for a driver.
func (d *Driver) Process(m Message) error {
	if err := d.thread.Put(m.Message, 0); err != nil {
		d.p.problemOf(&d.told, events.Warning, "driver "+d.Name()+" did not take a message", fmt.Sprintf("%s from %s: %v", d.p.kind(&m), m.Src, err))
	}
	return nil
}

// Start starts the thread.
func (d *Driver) Start() error { return d.thread.Start() }

// End ends the thread; one that hangs is left.
func (d *Driver) End() error {
	d.thread.RequestStop()
	return d.thread.Join(joinMost)
}
