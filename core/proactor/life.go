package proactor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// Start is for core: it opens the store, makes actors and links, and starts
// everything. An error, which nothing started survives, ends the app.
func (p *Proactor) Start(env *core.Env) error {
	if p.env != nil {
		return ErrStarted
	}
	p.env = env
	if err := p.prepare(); err != nil {
		return errors.Join(fmt.Errorf("proactor %q: %w", p.o.Name, err), p.abandon())
	}
	p.running = true
	p.logs.Lifecycle().Info("starts", "name", p.o.Name)
	p.generate(&events.Startup{})
	p.watchdog.Start()
	p.tasks.Start()
	p.web.Start()
	err := p.members.start()
	if err == nil {
		err = p.links.Start()
	}
	if err != nil {
		p.reason = err.Error()
		p.Stop()
		return fmt.Errorf("proactor %q: %w", p.o.Name, err)
	}
	p.work.Trigger() // what was sent from outside before
	return nil
}

func (p *Proactor) prepare() error {
	rt := p.env.Runtime
	p.newID = idsFrom(p.env)
	p.work = p.env.Loop.NewUpdater(p.drain, true)
	levels := p.o.Settings.Logging.LogLevels()
	p.o.Logs.Base, p.o.Logs.Levels, p.o.Logs.Now = p.o.Settings.Logging.Base, &levels, rt.Wall
	p.o.Logs.Handler = p.env.Log.Handler()
	var err error
	if p.logs, err = logs.Open(p.o.Logs); err != nil {
		p.logs.General().Error("log", "error", err) // it works as far as it can
	}
	var store eventstore.Store = eventstore.Nothing{}
	var found *problems.Problems
	if p.o.Store != nil {
		rt.Blocking(func() { store, found, err = p.o.Store(rt) })
		if err != nil {
			return fmt.Errorf("the event store: %w", err)
		}
	}
	p.store = eventstore.NewQueue(p.env.Loop, store)
	if err := errors.Join(p.newWatchdog(), p.newTasks(), p.newWeb(), p.connect()); err != nil {
		return err
	}
	if p.o.Setup != nil {
		if err := p.o.Setup(p); err != nil {
			return err
		}
	}
	if err := p.makeActors(); err != nil {
		return err
	}
	if err := p.monitorMembers(); err != nil {
		return err
	}
	if !found.Empty() { // GW-071
		p.generate(&events.Problem{ProblemType: severity(found), Summary: "the event store was not as it was left", Details: found.String()})
	}
	return nil
}

// connect makes the links of the settings.
func (p *Proactor) connect() (err error) {
	s := p.o.Settings
	p.links, err = links.New(p.env.Loop, links.Options{
		Name: p.o.Name, Dial: p.env.Dial, Codec: p.o.Codec, Store: p.store, NewID: p.newID, Handle: p.received,
		Stats: p.stats, Logs: p.logs, AckTimeout: s.AckTimeout, Poll: s.LinkPoll, ReconnectMax: s.ReconnectMax, Window: s.InitialReuploads,
	})
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(s.Links) {
		of := s.Links[name]
		if !of.Enabled {
			continue
		}
		broker, err := dialOptions(s.MQTTBrokers, of)
		if err != nil {
			return fmt.Errorf("link %q: %w", name, err)
		}
		broker.ClientID = p.env.Name + ":" + name
		_, err = p.links.Add(links.LinkOptions{
			Name: name, Role: role(of), Peer: of.PeerLongName, PeerShort: of.PeerShortName, Self: of.SubscriptionShortName, Broker: broker,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func role(l settings.Link) linkstate.Role {
	switch {
	case l.Upstream:
		return linkstate.Upstream
	case l.Downstream:
		return linkstate.Downstream
	}
	return linkstate.Plain
}

func severity(found *problems.Problems) events.Severity {
	if found.ErrorCount() > 0 {
		return events.Error
	}
	return events.Warning
}

// Stop is for core: it says goodbye, and ends everything in the order it was
// started. What fails is logged.
func (p *Proactor) Stop() {
	if !p.running || p.ended {
		return
	}
	p.ended = true
	if p.reason == "" {
		p.reason = "told to stop"
	}
	p.logs.Lifecycle().Info("stops", "name", p.o.Name, "reason", p.reason)
	p.generate(&events.Shutdown{Reason: p.reason})
	p.watchdog.Stop()
	p.tasks.Stop()
	p.web.Stop()
	p.members.stop()
	p.running = false
	until := clock.In(p.env.Runtime, joinMost)
	if err := errors.Join(p.tasks.Join(until), p.web.Join(until), p.abandon()); err != nil {
		p.logs.General().Error("stop", "error", err)
	}
	_ = p.logs.Close()
}

// abandon ends links and store, as far as they were made.
func (p *Proactor) abandon() (err error) {
	if p.links != nil {
		err = p.links.Stop()
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	return err
}

// Shutdown ends the proactor in an orderly way: what is being processed is
// processed. The reason is in its shutdown event. The first one counts.
func (p *Proactor) Shutdown(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
	if p.env != nil {
		p.env.Loop.Stop(0)
	}
}

// fail ends the proactor with an error.
func (p *Proactor) fail(err error) {
	p.logs.General().Error("the proactor cannot go on", "error", err)
	if p.reason == "" {
		p.reason = err.Error()
	}
	p.env.Fail(err)
}

// Generate publishes an event upstream and stores it; see links.Links.Generate.
func (p *Proactor) Generate(e events.New) error {
	if !p.running {
		return fmt.Errorf("generate %T: %w", e, links.ErrRunning)
	}
	return p.links.Generate(e)
}

// generate is for the events of a proactor itself, which its codec knows.
func (p *Proactor) generate(e events.New) {
	if err := p.links.Generate(e); err != nil {
		p.logs.General().Error("event", "error", err)
	}
}

// Problem generates a problem event, and logs it.
func (p *Proactor) Problem(s events.Severity, summary, details string) {
	p.logs.General().Warn(summary, "details", details)
	p.generate(&events.Problem{ProblemType: s, Summary: summary, Details: details})
}

// Dialling a broker by the settings.
func dialOptions(brokers map[string]settings.MQTTClient, l settings.Link) (o link.DialOptions, err error) {
	if l.Broker == "" && len(brokers) == 0 {
		return o, nil // the app's own broker
	}
	b, ok := brokers[l.Broker]
	if !ok {
		return o, fmt.Errorf("%w: there is no broker %q in the settings; there are %q", ErrOptions, l.Broker, sortedKeys(brokers))
	}
	return brokerOptions(b)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m { // rules: they are sorted below
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
