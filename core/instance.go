package core

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
)

// LaunchOptions say how an app is started on a runtime.
type LaunchOptions struct {
	Name string // of the app and its task
	// Broker is what Env.Link connects to, and what Env.Dial does where it is not
	// told another.
	Broker link.DialOptions
	// Dial connects a transport; link.New documents the wake function.
	Dial func(o link.DialOptions, wake func()) (link.Transport, error)
	Seed uint64       // of Env.Rand
	Log  slog.Handler // nil: nothing is logged
	// End, if set, is called on the app's task when the app has ended.
	End func(error)
}

// Instance is an app that was launched.
type Instance struct {
	env   *Env
	err   error
	onEnd func(error)
}

// Launch starts an app as a task of the runtime: the same lines in production
// and in simulation. The app is connected when Launch returns, unless it is a
// Connector, and its Start has its turn later.
func Launch(rt clock.Runtime, app App, o LaunchOptions) (*Instance, error) {
	l := loop.New(rt, loop.Options{Name: o.Name})
	log := newLogger(o.Log, rt, o.Name)
	i := &Instance{onEnd: o.End}
	i.env = &Env{Name: o.Name, Runtime: rt, Loop: l, Log: log, seed: o.Seed, streams: map[string]*rand.Rand{}, fail: i.fail}
	i.env.dial = o.dialer()
	if _, connects := app.(Connector); !connects {
		var err error
		i.env.Link, err = link.New(l, func(wake func()) (link.Transport, error) { return o.Dial(o.Broker, wake) }, log)
		if err != nil {
			return nil, err
		}
	}
	rt.Go(o.Name, func() { i.run(app) })
	return i, nil
}

func (i *Instance) run(app App) {
	defer i.finish()
	defer i.leave() // also when the runtime ends first
	if err := app.Start(i.env); err != nil {
		i.fail(err)
		return // it has not come to be: there is nothing to stop
	}
	i.env.Loop.Run()
	if s, ok := app.(Stopper); ok {
		s.Stop()
	}
}

func (i *Instance) leave() {
	if i.env.Link == nil {
		return // a Connector's, which has left by itself
	}
	if err := i.env.Link.Close(); err != nil && i.err == nil {
		i.err = err
	}
}

func (i *Instance) finish() {
	if i.onEnd != nil {
		i.onEnd(i.err)
	}
}

// fail keeps the first error and stops the app.
func (i *Instance) fail(err error) {
	if i.err == nil {
		i.err = err
	}
	i.env.Loop.Stop(1)
}

// Stop asks the app to end: its Stop, if it has one, then its link. Safe from
// any goroutine.
func (i *Instance) Stop() { i.env.Loop.Stop(0) }

// Env is what the app was given.
func (i *Instance) Env() *Env { return i.env }

// dialer is what Env.Dial calls: a connection that names no broker is to the
// app's, under a client id and with a will and a timeout of its own.
func (o LaunchOptions) dialer() func(link.DialOptions, func()) (link.Transport, error) {
	return func(d link.DialOptions, wake func()) (link.Transport, error) {
		if d.ClientID == "" {
			return nil, errors.New("a connection needs a client id of its own")
		}
		if d.Broker == "" {
			own := d
			d = o.Broker
			d.ClientID, d.Keep, d.Will, d.Once = own.ClientID, own.Keep, own.Will, own.Once
			d.Timeout = cmp.Or(own.Timeout, d.Timeout)
		}
		return o.Dial(d, wake)
	}
}

// newLogger stamps records with the runtime's time and the app's name.
func newLogger(h slog.Handler, rt clock.Runtime, app string) *slog.Logger {
	if h == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(&stampingHandler{h, rt.Wall}).With("app", app)
}

type stampingHandler struct {
	slog.Handler
	wall func() time.Time
}

func (h *stampingHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = h.wall()
	return h.Handler.Handle(ctx, r)
}

func (h *stampingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &stampingHandler{h.Handler.WithAttrs(attrs), h.wall}
}

func (h *stampingHandler) WithGroup(name string) slog.Handler {
	return &stampingHandler{h.Handler.WithGroup(name), h.wall}
}
