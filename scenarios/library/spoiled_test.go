package library_test

import (
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library/bathfan"
	"github.com/hubtape/hubtape/scenarios/library/batteryguard"
	"github.com/hubtape/hubtape/scenarios/library/boilernight"
	"github.com/hubtape/hubtape/scenarios/library/doorlock"
	"github.com/hubtape/hubtape/scenarios/library/freezerwatch"
	"github.com/hubtape/hubtape/scenarios/library/garagegate"
	"github.com/hubtape/hubtape/scenarios/library/gardenpump"
	"github.com/hubtape/hubtape/scenarios/library/heatreports"
	"github.com/hubtape/hubtape/scenarios/library/homesensors"
	"github.com/hubtape/hubtape/scenarios/library/leakalarm"
	"github.com/hubtape/hubtape/scenarios/library/loadshedding"
	"github.com/hubtape/hubtape/scenarios/library/motionlight"
	"github.com/hubtape/hubtape/scenarios/library/plugkeeper"
	"github.com/hubtape/hubtape/scenarios/library/thermostat"
	"github.com/hubtape/hubtape/scenarios/library/wallbutton"
)

type message = mqtt.Message

// spoiler makes a wrong automation of a right one.
type spoiler func(core.App) core.App

// appsWith are the library's automations, spoiled. The one that plays a device
// stays right.
func appsWith(spoil spoiler) []scenarios.Entry {
	return []scenarios.Entry{
		scenarios.App("victron-gx", batteryguard.NewGX),
		spoilt("motion-light", motionlight.New, spoil),
		spoilt("thermostat-schedule", thermostat.New, spoil),
		spoilt("leak-alarm", leakalarm.New, spoil),
		spoilt("load-shedding", loadshedding.New, spoil),
		spoilt("wall-button", wallbutton.New, spoil),
		spoilt("bath-fan", bathfan.New, spoil),
		spoilt("gate-opener", garagegate.New, spoil),
		spoilt("plug-keeper", plugkeeper.New, spoil),
		spoilt("freezer-watch", freezerwatch.New, spoil),
		spoilt("boiler-night", boilernight.New, spoil),
		spoilt("door-lock", doorlock.New, spoil),
		spoilt("garden-pump", gardenpump.New, spoil),
		spoilt("battery-guard", batteryguard.New, spoil),
		spoilt("heat-reports", heatreports.New, spoil),
		spoilt("home-sensors", homesensors.New, spoil),
	}
}

func spoilt[P any, A core.App](name string, construct func(P) A, spoil spoiler) scenarios.Entry {
	return scenarios.App(name, func(p P) core.App { return spoil(construct(p)) })
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
	return func(app core.App) core.App {
		return &spoiled{App: app, publish: publish, hear: func(_ *spoiled, m message) (message, bool) { return m, true }}
	}
}

// hears lets hear change, or keep away, what the automation is told.
func hears(hear func(*spoiled, message) (message, bool)) spoiler {
	return func(app core.App) core.App {
		return &spoiled{App: app, publish: func(s *spoiled, m message) { s.real(m) }, hear: hear}
	}
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
// of that link, and passes on what publish and hear let through.
type spoiled struct {
	core.App
	publish func(*spoiled, message)
	hear    func(*spoiled, message) (message, bool)
	asks    func(message) bool // which questions to a GX device it asks; nil: all
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
	switch question := strings.HasPrefix(m.Topic, "R/"); {
	case !question:
		s.publish(s, m)
	case s.asks == nil || s.asks(m):
		s.real(m)
	}
	return nil
}

func (s *spoiled) Subscribe(filter string, qos byte) error {
	_, err := s.env.Link.Subscribe(filter, qos, func(m message) {
		if m, ok := s.hear(s, m); ok {
			s.inbox.Put(link.Arrival{Message: m})
		}
	})
	return err
}
