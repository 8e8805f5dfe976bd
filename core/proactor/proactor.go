package proactor

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/hubtape/hubtape/core/proactor/stats"
	"github.com/hubtape/hubtape/core/proactor/tasks"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// What New, Start and methods return, wrapped.
var (
	ErrOptions = errors.New("proactor options")
	// ErrStarted: a proactor is started once; handlers and communicators are added
	// before.
	ErrStarted = errors.New("the proactor has been started")
	// ErrRunning: it is not started yet, or stops.
	ErrRunning = errors.New("the proactor does not run")
)

// Options say what a proactor is made of.
type Options struct {
	// Name is what peers know it as, such as hw1.scada. Required.
	Name string
	// Settings are its links, timeouts and logs. Nil: settings.Default, without
	// links.
	Settings *settings.Settings
	// Layout has its nodes. Nil: layout.Default(Name).
	Layout *layout.Layout
	// Codec knows the payloads of the application; those of package events are
	// added to it, if they are not there. Nil: only those.
	Codec *codec.Codec
	// Actors make the actors of the layout's nodes, by actor class.
	Actors map[string]Factory
	// Store opens the store of events, off the loop. Nil: eventstore.Nothing, for
	// whoever has nobody upstream.
	Store func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error)
	// Setup is called before anything starts, to add handlers, communicators,
	// tasks and routes. Nil: there are none.
	Setup func(p *Proactor) error
	// Rest gets the messages that nobody else takes. Nil: they are logged.
	Rest func(m Message) error
	// Logs says where lines go, beside the log of the program around. Levels and
	// time come from Settings and the runtime.
	Logs logs.Options
	// External is patted while all is well, such as watchdog.Notify. Nil: nobody.
	External watchdog.External
	// WatchdogEvery is how often the watchdog looks; 0: watchdog.DefaultEvery.
	WatchdogEvery time.Duration
	// Listen opens the sockets of web servers, net.Listen in production. Nil: their
	// routes are served inside only, by Web().Transport.
	Listen web.Listen
	// BacklogMax is how many messages may wait to be processed before those of
	// peers are dropped, unacknowledged; 0: BacklogMaxDefault, below zero: an error.
	BacklogMax int
}

// BacklogMaxDefault is some seconds' work, and some 20 MB.
const BacklogMaxDefault = 100_000

// Proactor is a controller. Make it with New, and run it with core.Run or in a
// world. Its methods are for the tasks of its runtime unless they say otherwise.
type Proactor struct {
	o        Options
	env      *core.Env
	logs     *logs.Logs
	stats    *stats.Stats
	store    *eventstore.Queue
	links    *links.Links
	queue    *clock.Inbox[Message]
	work     atomic.Pointer[loop.Updater] // since the start; goroutines outside look for it
	newID    func() string
	watchdog *watchdog.Watchdog
	tasks    *tasks.Tasks
	web      *web.Servers
	members  registry
	routes   routes
	debugs   int  // Debug messages so far
	flooded  bool // messages of peers are dropped
	told     struct{ floods, notPassedOn, debugs, web problems.Quota }
	running  bool   // from the start to the stop
	open     bool   // events are taken: until what the stop ends has ended
	leaving  bool   // it is to end: nothing more is processed
	reason   string // why it ends
}

// New makes a proactor that does not run. Errors of the layout's actors come with
// Start, which makes them. To start again, make another one of the same options.
func New(o Options) (*Proactor, error) {
	switch {
	case o.Name == "":
		return nil, fmt.Errorf("%w: it has no Name", ErrOptions)
	case o.BacklogMax < 0:
		return nil, fmt.Errorf("%w: a BacklogMax of %d: at least one message has to wait, or 0 for %d", ErrOptions, o.BacklogMax, BacklogMaxDefault)
	}
	if o.Settings == nil {
		s := settings.Default()
		o.Settings = &s
	}
	if o.Layout == nil {
		o.Layout = layout.Default(o.Name)
	}
	if o.Codec == nil {
		o.Codec = codec.New(codec.Options{})
	}
	if o.BacklogMax == 0 {
		o.BacklogMax = BacklogMaxDefault
	}
	if err := register(o.Codec); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	p := &Proactor{o: o, stats: stats.New()}
	p.logs, _ = logs.Open(logs.Options{}) // nothing is opened, so nothing fails
	p.queue = clock.NewInbox[Message](nil, p.wake)
	return p, nil
}

// register adds the payloads of every proactor to a codec, which may be that of
// an earlier one.
func register(c *codec.Codec) (err error) {
	if _, unknown := c.TypeOf(events.Startup{}); unknown != nil {
		err = events.Register(c)
	}
	if _, unknown := c.TypeOf(Debug{}); unknown != nil {
		err = errors.Join(err, registerDebug(c))
	}
	return err
}

// ConnectsItself says that a proactor makes its own connections.
func (p *Proactor) ConnectsItself() {}

// Name is what peers know it as.
func (p *Proactor) Name() string { return p.o.Name }

// Settings are what it was told; they are not to be changed.
func (p *Proactor) Settings() *settings.Settings { return p.o.Settings }

// Layout has its nodes.
func (p *Proactor) Layout() *layout.Layout { return p.o.Layout }

// Env is what it runs on: time, its loop, random streams. Nil before Start.
func (p *Proactor) Env() *core.Env { return p.env }

// Links are its links. Nil before Start.
func (p *Proactor) Links() *links.Links { return p.links }

// Tasks are what runs beside its loop. One that fails ends the proactor. Nil
// before Start; what is added in Setup begins with the start.
func (p *Proactor) Tasks() *tasks.Tasks { return p.tasks }

// Web is its web servers, those of the layout among them. Nil before Start;
// servers and routes are added in Setup.
func (p *Proactor) Web() *web.Servers { return p.web }

// Stats count what it sends, gets and misses.
func (p *Proactor) Stats() *stats.Stats { return p.stats }

// Log is its general log. Before Start nobody hears it.
func (p *Proactor) Log() *slog.Logger { return p.logs.General() }

// Logs are its log with all categories, which Start opens.
func (p *Proactor) Logs() *logs.Logs { return p.logs }

// Pending is how many events were stored when the store was last idle: one that was
// generated just now may not be among them. 0 before Start.
func (p *Proactor) Pending() int {
	if p.store == nil {
		return 0
	}
	return p.store.NumPending()
}
