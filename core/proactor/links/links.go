package links

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/reupload"
	"github.com/hubtape/hubtape/core/proactor/stats"
)

// What New, Add and Generate return, wrapped.
var (
	ErrOptions = errors.New("options of links")
	// ErrStarted: links are added before the start, and started once.
	ErrStarted = errors.New("the links have been started already, or stopped")
	// ErrRunning: links are not running: not started yet, or stopped.
	ErrRunning = errors.New("the links do not run")
)

// Options say whose links they are, and what they are made of.
type Options struct {
	// Name is what peers know us as. Required.
	Name string
	// Dial makes a connection that is not made again by itself, off the loop.
	// Required.
	Dial func(o link.DialOptions, wake func()) (link.Transport, error)
	// Codec knows the payloads, those of package events among them. Required.
	Codec *codec.Codec
	// Store keeps events. Required; its owner closes it.
	Store *eventstore.Queue
	// NewID makes ids of messages, never the same twice, also over restarts.
	// Required.
	NewID func() string
	// Wall is the date on events. Nil: the runtime's.
	Wall func() time.Time
	// Handle is given every message of a peer but acks and pings, on the loop.
	// Whoever has processed it calls Link.Done, which acknowledges it where that
	// is asked for. Nil: they are done with at once.
	Handle func(k *Link, m codec.Message)

	Stats *stats.Stats // nil: nobody counts
	Logs  *logs.Logs   // nil: nothing is logged

	AckTimeout time.Duration // 0: acks.DefaultDelay
	Poll       time.Duration // after which a silent link is pinged; 0: pings.DefaultEvery
	// ReconnectMax is the longest pause between two attempts to connect; 0:
	// client.PauseMaxDefault.
	ReconnectMax time.Duration
	Window       int // of stored events in flight; 0: WindowDefault

	// Observers hear of every legal transition, before the links act on it. They
	// only look.
	Observers []func(linkstate.Transition)
}

// WindowDefault is how many stored events are in flight at once (GW-193).
const WindowDefault = 5

// Links is all links of one proactor. Make it with New.
type Links struct {
	loop     *loop.Loop
	o        Options
	general  *slog.Logger
	states   *linkstate.Links
	acks     *acks.Timers[sent]
	reupload *reupload.Reupload
	attempt  int // which activation of the upstream link a reupload belongs to
	links    []*Link
	upstream *Link           // nil: there is none
	told     map[string]bool // events that could not be read; only looked up in
	running  bool
	stopped  bool
}

// New makes links on the loop: none, until Add.
func New(l *loop.Loop, o Options) (*Links, error) {
	switch {
	case o.Name == "":
		return nil, fmt.Errorf("%w: they have no Name", ErrOptions)
	case o.Dial == nil || o.Codec == nil || o.Store == nil || o.NewID == nil:
		return nil, fmt.Errorf("%w: Dial, Codec, Store and NewID are needed", ErrOptions)
	}
	if _, err := topic(o.Name, "", "x"); err != nil {
		return nil, fmt.Errorf("%w: the Name: %w", ErrOptions, err)
	}
	if _, err := o.Codec.TypeOf(events.Problem{}); err != nil {
		return nil, fmt.Errorf("%w: hand the Codec to events.Register: %w", ErrOptions, err)
	}
	if o.Wall == nil {
		o.Wall = l.Runtime().Wall
	}
	if o.Stats == nil {
		o.Stats = stats.New()
	}
	if o.Logs == nil {
		o.Logs, _ = logs.Open(logs.Options{}) // nothing is opened, so nothing fails
	}
	if o.Window == 0 {
		o.Window = WindowDefault
	}
	if o.Handle == nil {
		o.Handle = func(k *Link, m codec.Message) { k.Done(m) }
	}
	k := &Links{loop: l, o: o, general: o.Logs.General(), told: map[string]bool{}}
	k.states = linkstate.NewLinks(append([]func(linkstate.Transition){k.observe}, o.Observers...)...)
	var err error
	if k.reupload, err = reupload.New(o.Window, k.countReupload); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if k.acks, err = acks.New(l, acks.Options[sent]{Delay: o.AckTimeout, OnTimeout: k.silent}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return k, nil
}

// Start connects all links, and lets them connect again whenever they are lost.
// Links are started once, and not after a Stop: else it is ErrStarted.
func (k *Links) Start() error {
	if k.running || k.stopped {
		return ErrStarted
	}
	k.running = true
	err := k.states.StartAll()
	for _, one := range k.links {
		one.client.Start()
	}
	return err
}

// Stop ends all links, after what was published. Events that are generated from
// now on are stored only. It is idempotent, and may be called when the loop runs no
// more. The error is what closing connections returned.
func (k *Links) Stop() error {
	if k.stopped {
		return nil
	}
	k.running, k.stopped = false, true
	err := k.states.StopAll()
	for _, one := range k.links {
		k.forget(one)
		err = errors.Join(err, one.client.Stop())
	}
	return err
}

// Get returns a link by its name.
func (k *Links) Get(name string) (*Link, error) {
	for _, one := range k.links {
		if one.Name() == name {
			return one, nil
		}
	}
	return nil, fmt.Errorf("link %q: %w", name, linkstate.ErrMissing)
}

// All returns the links in the order they were added; the slice is the caller's.
func (k *Links) All() []*Link { return append([]*Link(nil), k.links...) }

// Upstream is the link that events go to, or nil.
func (k *Links) Upstream() *Link { return k.upstream }

// Reuploading reports whether stored events are being sent again.
func (k *Links) Reuploading() bool { return k.reupload.InProgress() }

// observe hears of every transition of every link, also of those of a Stop.
func (k *Links) observe(t linkstate.Transition) {
	if t.Changed() {
		k.o.Logs.CommEvent().Info(t.String())
	}
	for _, one := range k.links {
		one.pings.Observe(t)
	}
}

// apply moves a link. What is not legal is logged, and changes nothing: it is
// false then.
func (k *Links) apply(one *Link, in linkstate.Input) (linkstate.Transition, bool) {
	t, err := one.state.Apply(in)
	if err != nil {
		k.general.Warn("link", "error", err)
		return t, false
	}
	return t, true
}
