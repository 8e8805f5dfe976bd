package core

import (
	"context"
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
	// Dial connects the app's transport; link.New documents it.
	Dial func(wake func()) (link.Transport, error)
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
// and in simulation. The app is connected when Launch returns, and its Start
// has its turn later.
func Launch(rt clock.Runtime, app App, o LaunchOptions) (*Instance, error) {
	l := loop.New(rt, loop.Options{Name: o.Name})
	log := newLogger(o.Log, rt, o.Name)
	k, err := link.New(l, o.Dial, log)
	if err != nil {
		return nil, err
	}
	i := &Instance{onEnd: o.End}
	i.env = &Env{Name: o.Name, Runtime: rt, Loop: l, Link: k, Log: log, seed: o.Seed, streams: map[string]*rand.Rand{}, fail: i.fail}
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
