package watchdog

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/loop"
)

// DefaultEvery is how often a watchdog looks (GW-143).
const DefaultEvery = 9 * time.Second

// Options say how a Watchdog behaves.
type Options struct {
	// Every is how often it looks. 0: DefaultEvery.
	Every time.Duration
	// Expired is called on the loop's task, once a Start at most, for the first
	// name that has expired. Required.
	Expired func(Expiry)
	// External is patted at each look after which nobody has expired. nil: none.
	External External
	// PatFailed is called on the loop's task with the error of each pat of the
	// External, which is patted again at the next look. Required with External.
	PatFailed func(error)
}

// What Add and Pat return, wrapped with the name.
var (
	// ErrKnown: the name is monitored already.
	ErrKnown = errors.New("it is monitored already: each name is added once")
	// ErrUnknown: nobody has added the name.
	ErrUnknown = errors.New("it is not monitored: add it first, or look at how the name is written")
	// ErrTooShort: a timeout that could be over between two looks.
	ErrTooShort = errors.New("it must be more than half of how often the watchdog looks")
)

// Watchdog monitors names. Make it with New.
type Watchdog struct {
	loop    *loop.Loop
	o       Options
	timer   *loop.Timer
	names   []*monitored // in the order they were added
	patting bool         // a pat of the External is under way
}

type monitored struct {
	name    string
	allowed time.Duration
	last    time.Duration // when it patted, was added, or was started
}

// New makes a watchdog on the loop that does not run yet and monitors nobody.
// What Options lack is an error, and so is an Every below zero.
func New(l *loop.Loop, o Options) (*Watchdog, error) {
	switch {
	case o.Every < 0:
		return nil, fmt.Errorf("a watchdog that looks every %v: it must be above zero, or zero for %v", o.Every, DefaultEvery)
	case o.Expired == nil:
		return nil, errNoExpired
	case o.External != nil && o.PatFailed == nil:
		return nil, errNoPatFailed
	}
	if o.Every == 0 {
		o.Every = DefaultEvery
	}
	w := &Watchdog{loop: l, o: o}
	w.timer = l.NewTimer(func(*loop.Timer) { w.look() })
	return w, nil
}

var (
	errNoExpired   = errors.New("a watchdog that nobody hears: set Options.Expired")
	errNoPatFailed = errors.New("a watchdog with an External whose failures nobody hears: set Options.PatFailed")
)

// Add monitors a name, from now on, also in a watchdog that runs. It expires when
// it has not patted for longer than the timeout. A name that is monitored already
// is ErrKnown, a timeout of half of Every or less ErrTooShort.
func (w *Watchdog) Add(name string, timeout time.Duration) error {
	if w.find(name) != nil {
		return fmt.Errorf("monitor %q: %w", name, ErrKnown)
	}
	if timeout <= w.o.Every/2 {
		return fmt.Errorf("monitor %q with a timeout of %v, looking every %v: %w", name, timeout, w.o.Every, ErrTooShort)
	}
	w.names = append(w.names, &monitored{name: name, allowed: timeout, last: w.now()})
	return nil
}

// Pat says that whoever has the name is alive. A name that is not monitored is
// ErrUnknown, which is worth a warning and changes nothing.
func (w *Watchdog) Pat(name string) error {
	m := w.find(name)
	if m == nil {
		return fmt.Errorf("watchdog pat of %q: %w", name, ErrUnknown)
	}
	m.last = w.now()
	return nil
}

// Start lets the watchdog look, first after Every. Everybody's clock begins now,
// also when it runs already or has ended.
func (w *Watchdog) Start() {
	now := w.now()
	for _, m := range w.names {
		m.last = now
	}
	_ = w.timer.Start(w.o.Every) // New has seen that it is above zero
}

// Stop ends the watchdog: nobody expires any more, and the External is not patted
// any more. What comes of a pat that is under way is not told.
func (w *Watchdog) Stop() { w.timer.Stop() }

func (w *Watchdog) now() time.Duration { return w.loop.Runtime().Now() }

func (w *Watchdog) find(name string) *monitored {
	for _, m := range w.names {
		if m.name == name {
			return m
		}
	}
	return nil
}

// look is what the timer calls.
func (w *Watchdog) look() {
	now := w.now()
	for _, m := range w.names {
		if since := now - m.last; since > m.allowed {
			w.Stop() // before Expired, which may panic, or start it again
			w.o.Expired(Expiry{Name: m.name, Since: since, Allowed: m.allowed})
			return
		}
	}
	w.patOutside()
}
