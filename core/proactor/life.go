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
	var found *problems.Problems
	err := guarded(func() (err error) {
		found, err = p.prepare()
		return err
	})
	if err != nil {
		return errors.Join(p.named(err), p.abandon(), p.logs.Close())
	}
	p.running, p.open = true, true
	p.begin(found)
	if err = p.members.start(); err == nil {
		err = p.links.Start()
	}
	if err != nil {
		p.end(err.Error())
		p.Stop()
		return p.named(err)
	}
	p.work.Load().Trigger() // what was sent from outside before
	if p.leaving {
		env.Loop.Stop(0) // Shutdown was called before
	}
	return nil
}

func (p *Proactor) named(err error) error { return fmt.Errorf("proactor %q: %w", p.o.Name, err) }

// begin starts what cannot fail at once, and tells of the start and of what was
// found in the store (GW-070, GW-071).
func (p *Proactor) begin(found *problems.Problems) {
	p.logs.Lifecycle().Info("starts", "name", p.o.Name)
	p.generate(&events.Startup{})
	if !found.Empty() {
		p.Problem(severity(found), "the event store was not as it was left", found.String())
	}
	p.watchdog.Start()
	p.tasks.Start()
	p.web.Start()
}

// prepare makes everything, and starts nothing.
func (p *Proactor) prepare() (found *problems.Problems, err error) {
	p.newID = idsFrom(p.env)
	p.work.Store(p.env.Loop.NewUpdater(p.drain, true))
	p.openLogs()
	if found, err = p.openStore(); err != nil {
		return nil, fmt.Errorf("the event store: %w", err)
	}
	if err := errors.Join(p.newWatchdog(), p.newTasks(), p.newWeb(), p.connect()); err != nil {
		return nil, err
	}
	if p.o.Setup != nil {
		if err := p.o.Setup(p); err != nil {
			return nil, err
		}
	}
	if err := p.makeActors(); err != nil {
		return nil, err
	}
	return found, p.monitorMembers()
}

// openLogs opens a log that works as far as it can.
func (p *Proactor) openLogs() {
	levels := p.o.Settings.Logging.LogLevels()
	p.o.Logs.Base, p.o.Logs.Levels, p.o.Logs.Now = p.o.Settings.Logging.Base, &levels, p.env.Runtime.Wall
	p.o.Logs.Handler = p.env.Log.Handler()
	p.logs, _ = logs.Open(p.o.Logs) // it says itself what is missing
}

func (p *Proactor) openStore() (found *problems.Problems, err error) {
	var store eventstore.Store = eventstore.Nothing{}
	if p.o.Store != nil {
		p.env.Runtime.Blocking(func() { store, found, err = p.o.Store(p.env.Runtime) })
	}
	if err != nil {
		return nil, err
	}
	p.store = eventstore.NewQueue(p.env.Loop, store)
	return found, nil
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
			return fmt.Errorf("%w: link %q: %w", ErrOptions, name, err)
		}
		broker.ClientID = p.env.Name + ":" + name
		_, err = p.links.Add(links.LinkOptions{
			Name: name, Role: role(of), Peer: of.PeerLongName, PeerShort: of.PeerShortName, Self: of.SubscriptionShortName, Broker: broker,
		})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrOptions, err)
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
// started. What ends may still generate events. What fails is logged.
func (p *Proactor) Stop() {
	if !p.running {
		return
	}
	p.running = false
	p.end("told to stop")
	p.logs.Lifecycle().Info("stops", "name", p.o.Name, "reason", p.reason)
	p.generate(&events.Shutdown{Reason: p.reason})
	p.watchdog.Stop()
	p.tasks.Stop()
	p.web.Stop()
	p.members.stop(p.logs.General())
	until := clock.In(p.env.Runtime, joinMost)
	err := errors.Join(p.tasks.Join(until), p.web.Join(until))
	p.open = false
	if err := errors.Join(err, p.abandon()); err != nil {
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

// Shutdown ends the proactor in an orderly way: the message that is being
// processed is processed, and those behind it are dropped; those of peers come
// again where they need an ack. The reason is in its shutdown event. The first one
// counts. Before Start, the proactor ends as soon as it has started.
func (p *Proactor) Shutdown(reason string) {
	p.end(reason)
	if p.env != nil {
		p.env.Loop.Stop(0)
	}
}

// fail ends the proactor with an error.
func (p *Proactor) fail(err error) {
	p.logs.General().Error("the proactor cannot go on", "error", err)
	p.end(err.Error())
	p.env.Fail(err)
}

// end lets nothing more be processed. The first reason counts.
func (p *Proactor) end(reason string) {
	if !p.leaving {
		p.leaving, p.reason = true, reason
	}
}

// Generate publishes an event upstream and stores it; see links.Links.Generate.
// Before the start and after the end it is ErrRunning.
func (p *Proactor) Generate(e events.New) error {
	if !p.open {
		return fmt.Errorf("generate %T: %w", e, ErrRunning)
	}
	return p.links.Generate(e)
}

// generate is for the events of a proactor itself, which its codec knows. Before
// there are links nobody hears of them.
func (p *Proactor) generate(e events.New) {
	if p.links == nil {
		return
	}
	if err := p.links.Generate(e); err != nil {
		p.logs.General().Error("event", "error", err)
	}
}

// Problem generates a problem event, and logs it. Before Setup, and after the end,
// it is only logged.
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
		return o, fmt.Errorf("there is no broker %q in the settings; there are %q", l.Broker, sortedKeys(brokers))
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

// problemOf is Problem, if not too many of its kind were told.
func (p *Proactor) problemOf(kind *problems.Quota, s events.Severity, summary, details string) {
	if told, ok := kind.Take(p.env.Now(), details); ok {
		p.Problem(s, summary, told)
	}
}
