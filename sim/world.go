package sim

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim/match"
)

// Options say how a world begins. The zero value is usable.
type Options struct {
	Seed      uint64         // of every random stream; 0 is a seed
	Start     time.Time      // the date at instant 0; zero: clock.DefaultStart
	Zone      *time.Location // what apps see; nil: UTC
	StepLimit int            // of the clock (see clock.VirtualOptions), and of messages, at one instant; 0: the defaults
	Log       slog.Handler   // what apps log; nil: nothing
	Trace     io.Writer      // gets the digest's input, for a SelfCheck; nil: nobody
	Record    *recorder.Writer
	History   *report.History // gets what happens, for reports; nil: nobody
}

// World is a simulated world. It is made by New, ended by Finish or Close, and
// used by one goroutine, which must not be locked to a thread.
type World struct {
	options  Options
	clock    *clock.Virtual
	broker   *broker.Broker
	scenario *broker.Session // who publishes what a scenario says
	digest   *digest
	record   *runRecord

	network network
	devices []Device
	apps    []*appEntry
	feeds   []*feeder
	snaps   []mqtt.Message // retained at instant 0
	started bool
	closed  bool

	instant time.Duration // of the last message
	said    int           // messages at that instant
	limit   int           // of said
	flooded bool          // said has met it

	watch    watch
	stats    Stats
	warnings match.Warnings
	notes    []string // other warnings, in order, each once
	failure  *Failure
}

// defaultFlood is how many messages may be said at one instant.
const defaultFlood = 200_000

type appEntry struct {
	owner
	app core.App
}

// Stats counts what a world has seen.
type Stats struct {
	In  int // messages that the tape, the scenario and devices said
	Out int // messages that apps said
}

// New makes a world at instant 0, in which nothing has happened yet.
func New(o Options) (*World, error) {
	w := &World{options: o, limit: o.StepLimit}
	if w.limit <= 0 {
		w.limit = defaultFlood
	}
	w.clock = clock.NewVirtual(clock.VirtualOptions{Start: o.Start, Zone: o.Zone, StepLimit: o.StepLimit})
	w.network.world = w
	w.watch.init(w.clock, &w.warnings)
	w.digest = newDigest(o.Trace)
	if o.Record != nil {
		w.record = &runRecord{writer: o.Record, clock: w.clock}
	}
	var err error
	w.broker, err = broker.New(broker.Options{Runtime: w.clock, Tap: w.tap})
	if err == nil {
		w.scenario, err = w.broker.Connect(broker.ConnectOptions{ClientID: "scenario", Source: match.Scenario})
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Now is the present instant.
func (w *World) Now() time.Duration { return w.clock.Now() }

// Wall is the date at this instant, in the world's zone.
func (w *World) Wall() time.Time { return w.clock.Wall() }

// Clock is the world's clock, for what needs it directly.
func (w *World) Clock() *clock.Virtual { return w.clock }

// Stats counts what has happened so far.
func (w *World) Stats() Stats { return w.stats }

// Outside says what made the run not deterministic; "": nothing did.
func (w *World) Outside() string { return w.clock.Outside() }

// AddApp adds an automation under a name, which is its client id too. Its
// messages have the source "app", or "apps.NAME" with AddNamedApp. Apps start
// at instant 0, in the order they were added.
func (w *World) AddApp(name string, app core.App) error {
	return w.addApp(name, match.App, app)
}

// AddNamedApp is AddApp for one of several automations: its messages have the
// source "apps.NAME".
func (w *World) AddNamedApp(name string, app core.App) error {
	return w.addApp(name, match.AppsPrefix+name, app)
}

func (w *World) addApp(name, source string, app core.App) error {
	if err := w.notStarted("add app " + name); err != nil {
		return err
	}
	if err := w.checkName(name); err != nil {
		return err
	}
	w.apps = append(w.apps, &appEntry{owner{name, source}, app})
	return nil
}

// ErrName: an app cannot have that name.
var ErrName = errors.New("an app cannot have that name")

// checkName returns an error for a client id that somebody else in the world
// has: the later one would take the connection over.
func (w *World) checkName(name string) error {
	taken := isWorlds(name) || strings.HasPrefix(name, devicePrefix)
	for _, a := range w.apps {
		taken = taken || a.name == name
	}
	if taken || name == "" {
		return fmt.Errorf("%w: %q is somebody else's client id in a world; choose another", ErrName, name)
	}
	return nil
}

// AddDevice adds a reactive device. Devices start at instant 0, before apps, in
// the order they were added.
func (w *World) AddDevice(d Device) error {
	if err := w.notStarted("add device " + d.Name); err != nil {
		return err
	}
	if err := d.validate(); err != nil {
		return err
	}
	w.devices = append(w.devices, d)
	return nil
}

// SetRetained places messages into the retained store at instant 0.
func (w *World) SetRetained(messages ...mqtt.Message) error {
	if err := w.notStarted("place retained messages"); err != nil {
		return err
	}
	w.snaps = append(w.snaps, messages...)
	return nil
}

// ErrStarted: the world has begun to run, and takes no more apps, devices,
// feeds, cuts or retained messages.
var ErrStarted = errors.New("the world already runs")

func (w *World) notStarted(what string) error {
	if w.started {
		return fmt.Errorf("%s: %w", what, ErrStarted)
	}
	return nil
}

// Publish places a message, said by the scenario; the world runs in the next
// waiting step.
func (w *World) Publish(m mqtt.Message) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.scenario.Publish(m); err != nil {
		return fmt.Errorf("publish to %q: %w", m.Topic, err)
	}
	return nil
}

// begin is instant 0: retained messages, devices, apps, then everything
// settles. After that it only returns what has failed.
func (w *World) begin() error {
	if w.closed {
		return clock.ErrEnded
	}
	if w.started {
		return w.failed()
	}
	w.started = true
	for _, f := range w.feeds {
		if err := f.placeSnapshot(); err != nil {
			return err
		}
	}
	for _, m := range w.snaps {
		if err := w.broker.SetRetained(keep(m)); err != nil {
			return fmt.Errorf("place the retained message %q: %w", m.Topic, err)
		}
		w.keepSnapshot(m.Topic, m.Payload)
	}
	w.network.begin()
	for i := range w.devices {
		if err := w.launchDevice(&w.devices[i]); err != nil {
			return err
		}
	}
	for _, a := range w.apps {
		if err := w.launchApp(a); err != nil {
			return err
		}
	}
	if err := w.drive(w.clock.Settle()); err != nil {
		return err
	}
	for _, f := range w.feeds {
		f.begin()
	}
	return nil
}

// tap is called by the broker with every event.
func (w *World) tap(e broker.Event) {
	w.digest.event(&e)
	if w.record != nil {
		w.record.event(&e)
	}
	if w.options.History != nil {
		keepEvent(w.options.History, &e)
	}
	if e.Kind != broker.KindPublish && e.Kind != broker.KindWill {
		return
	}
	switch e.Source {
	case match.Tape, match.Scenario, match.Device:
		w.stats.In++
	default:
		w.stats.Out++
	}
	w.watch.message(&e)
	if e.Source != match.Tape { // a tape comes to an end by itself
		w.flood(&e)
	}
}

// flood fails the world when too much is said at one instant: an app that
// answers itself would go on for ever. The clock's own limit counts turns of
// tasks, each of which may say many things.
func (w *World) flood(e *broker.Event) {
	if e.At != w.instant {
		w.instant, w.said = e.At, 0
	}
	if w.said++; w.said != w.limit {
		return
	}
	w.flooded = true
	f := &Failure{Kind: "step_limit", At: e.At, Message: fmt.Sprintf(
		"%d messages were said at instant %v without time moving: something answers itself without end, or the step limit is too low", w.said, e.At)}
	for _, s := range w.Recent(nearKept) {
		f.Details = append(f.Details, s.line())
	}
	w.fail(f)
}

// note keeps a warning, once.
func (w *World) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, n := range w.notes {
		if n == text {
			return
		}
	}
	w.notes = append(w.notes, text)
}

// Finish settles the present instant, ends the world, and returns the digest of
// the whole run. The error is the first failure of the world itself (a panic, a
// failed app), not of a step.
func (w *World) Finish() (digest string, err error) {
	if !w.closed {
		if err = w.begin(); err == nil {
			err = w.drive(w.clock.Settle())
		}
		err = errors.Join(err, w.Close())
	}
	return w.digest.hex(), err
}

// Digest is the digest of what has happened so far.
func (w *World) Digest() string { return w.digest.hex() }

// Close ends the world: every task is unwound. It is idempotent.
func (w *World) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.watch.stop()
	w.digest.seal()
	known := w.clock.Err() != nil || w.failure != nil // a step has reported it
	err := w.clock.Close()
	switch {
	case known:
		err = nil
	case err != nil:
		err = w.drive(err)
	default:
		err = w.failed()
	}
	if w.broker != nil {
		err = errors.Join(err, w.broker.Close())
	}
	if w.record != nil {
		err = errors.Join(err, w.record.err)
	}
	return err
}
