package library_test

import (
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
	"github.com/hubtape/hubtape/scenarios/library/motionlight"
	"github.com/hubtape/hubtape/scenarios/library/thermostat"
)

type message = mqtt.Message

// spoiler makes a wrong automation of a right one.
type spoiler func(core.App) core.App

// appsWith are the library's automations, spoiled.
func appsWith(spoil spoiler) []scenarios.Entry {
	return []scenarios.Entry{
		scenarios.App("motion-light", func(p motionlight.Params) core.App { return spoil(motionlight.New(p)) }),
		scenarios.App("thermostat-schedule", func(p thermostat.Params) core.App { return spoil(thermostat.New(p)) }),
		scenarios.App("leak-alarm", func(p leakalarm.Params) core.App { return spoil(leakalarm.New(p)) }),
		scenarios.App("load-shedding", func(p loadshedding.Params) core.App { return spoil(loadshedding.New(p)) }),
	}
}

// idle does nothing at all.
func idle(core.App) core.App { return core.AppFunc(func(*core.Env) error { return nil }) }

// quits works, and ends in good order after five minutes.
func quits(app core.App) core.App {
	return core.AppFunc(func(env *core.Env) error {
		env.Loop.StopAfter(5*time.Minute, 0)
		return app.Start(env)
	})
}

// says lets publish do what it likes with every command of the automation; what
// it asks for (R/ on a Victron GX device) is said as it is.
func says(publish func(*spoiled, message)) spoiler {
	return func(app core.App) core.App { return &spoiled{App: app, publish: publish} }
}

func twice(s *spoiled, m message) {
	s.real(m)
	s.real(m)
}

// onlyFirst says the first command only.
func onlyFirst(s *spoiled, m message) {
	if s.count++; s.count == 1 {
		s.real(m)
	}
}

// only lets publish have the nth command, from 0, and says the others.
func only(n int, publish func(*spoiled, message)) func(*spoiled, message) {
	return func(s *spoiled, m message) {
		if s.count++; s.count == n+1 {
			publish(s, m)
			return
		}
		s.real(m)
	}
}

func after(d time.Duration) func(*spoiled, message) {
	return func(s *spoiled, m message) { s.env.Loop.After(d, func() { s.real(m) }) }
}

// spoiled is an automation whose link is not what it seems: it is the transport
// of that link, and passes on what publish lets through.
type spoiled struct {
	core.App
	publish func(*spoiled, message)
	count   int

	env   *core.Env // the true one
	inbox *clock.Inbox[link.Arrival]
}

func (s *spoiled) Start(env *core.Env) error {
	s.env = env
	k, err := link.New(env.Loop, func(wake func()) (link.Transport, error) {
		s.inbox = clock.NewInbox[link.Arrival](nil, wake)
		return s, nil
	}, env.Log)
	if err != nil {
		return err
	}
	spoilt := *env
	spoilt.Link = k
	return s.App.Start(&spoilt)
}

// real publishes on the true link.
func (s *spoiled) real(m message) {
	if err := s.env.Link.Publish(m); err != nil {
		s.env.Fail(err)
	}
}

func (s *spoiled) ClientID() string              { return s.env.Name }
func (s *spoiled) Unsubscribe(string) error      { return nil }
func (s *spoiled) Receive() (link.Arrival, bool) { return s.inbox.Take() }
func (s *spoiled) Close() error                  { return nil }
func (s *spoiled) Publish(m message) error {
	if strings.HasPrefix(m.Topic, "R/") {
		s.real(m)
	} else {
		s.publish(s, m)
	}
	return nil
}

func (s *spoiled) Subscribe(filter string, qos byte) error {
	_, err := s.env.Link.Subscribe(filter, qos, func(m message) { s.inbox.Put(link.Arrival{Message: m}) })
	return err
}
