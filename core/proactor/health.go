package proactor

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// Monitored is a communicator that pats the watchdog under its name. It is
// monitored from the start on, unless its timeout is zero or less.
type Monitored interface{ PatTimeout() time.Duration }

// newWatchdog makes the watchdog, which looks after the members.
func (p *Proactor) newWatchdog() (err error) {
	p.watchdog, err = watchdog.New(p.env.Loop, watchdog.Options{
		Every:    p.o.WatchdogEvery,
		Expired:  func(x watchdog.Expiry) { p.fail(errors.New(x.String())) },
		External: p.o.External,
		PatFailed: func(err error) {
			p.fail(fmt.Errorf("the service manager cannot be told that the proactor is well: %w", err))
		},
	})
	return err
}

// monitorMembers adds those that want it.
func (p *Proactor) monitorMembers() error {
	for _, c := range p.members.list {
		m, ok := c.(Monitored)
		if !ok || m.PatTimeout() <= 0 {
			continue
		}
		if err := p.Monitor(c.Name(), m.PatTimeout()); err != nil {
			return err
		}
	}
	return nil
}

// Monitor lets the watchdog look after a name, from now on: when it has not
// patted for longer than the timeout the proactor ends. See watchdog.Watchdog.Add.
func (p *Proactor) Monitor(name string, timeout time.Duration) error {
	if p.watchdog == nil {
		return fmt.Errorf("monitor %q: %w", name, ErrRunning)
	}
	return p.watchdog.Add(name, timeout)
}

// Pat says that whoever has the name is alive. A name that is not monitored is
// logged (GW-148). Before Start nobody is monitored.
func (p *Proactor) Pat(name string) {
	if p.watchdog == nil {
		return
	}
	if err := p.watchdog.Pat(name); err != nil {
		p.logs.General().Warn("pat", "error", err)
	}
}
