package proactor_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// live is a member that runs as it does in production.
type live struct {
	*member
	log   *journal
	stop  context.CancelFunc
	ended chan struct{}
	err   error // when it has ended
}

// through lets a member reach its peers over a hub, by TLS where there are paths.
func (h *hub) through(tls *settings.TLSPaths) func(*proactor.Options) {
	return func(o *proactor.Options) {
		b := settings.MQTTClient{Host: "127.0.0.1", Port: h.port}
		if tls != nil {
			b.TLS = settings.TLS{Use: true, Port: h.port, Paths: *tls}
		}
		o.Settings.MQTTBrokers = map[string]settings.MQTTClient{"hub": b}
		for name, l := range o.Settings.Links {
			l.Broker = "hub"
			o.Settings.Links[name] = l
		}
	}
}

// boltStore keeps the events of a member in a file.
func boltStore(path string) func(*proactor.Options) {
	return func(o *proactor.Options) {
		o.Store = func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			return eventstore.OpenBolt(eventstore.Options{Path: path, Clock: c})
		}
	}
}

// setup adds to what is done before a member starts.
func setup(add func(p *proactor.Proactor) error) func(*proactor.Options) {
	return func(o *proactor.Options) {
		before := o.Setup
		o.Setup = func(p *proactor.Proactor) error {
			if before == nil {
				return add(p)
			}
			return errors.Join(before(p), add(p))
		}
	}
}

func newChild(t *testing.T, adjust ...func(*proactor.Options)) *member {
	t.Helper()
	return newMember(t, "hw1.child", all(adjust), toParent)
}

func newParent(t *testing.T, adjust ...func(*proactor.Options)) *member {
	t.Helper()
	return newMember(t, "hw1", all(adjust), toChild)
}

func all(adjust []func(*proactor.Options)) func(*proactor.Options) {
	return func(o *proactor.Options) {
		for _, one := range adjust {
			one(o)
		}
	}
}

// run lets a member run until the test is over, or stops it; it returns when the
// member has been set up.
func run(t *testing.T, ctx context.Context, m *member) *live {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	one := &live{member: m, log: newJournal(), stop: stop, ended: make(chan struct{})}
	ready := make(chan struct{})
	app := readyApp{m, func() { close(ready) }}
	go func() {
		defer close(one.ended)
		one.err = core.Run(ctx, app, core.RunOptions{Name: m.Name(), Log: slog.NewTextHandler(one.log, nil)})
	}()
	t.Cleanup(func() {
		stop()
		<-one.ended
		if t.Failed() {
			t.Logf("the log of %s:\n%s", m.Name(), one.log)
		}
	})
	select {
	case <-ready:
	case <-one.ended:
		t.Fatalf("%s: %v", m.Name(), one.err)
	}
	return one
}

// readyApp tells when a member has started.
type readyApp struct {
	*member
	tell func()
}

func (a readyApp) Start(env *core.Env) error {
	err := a.member.Start(env)
	if err == nil {
		a.tell()
	}
	return err
}

// end stops it in an orderly way. What it has can be looked at then.
func (l *live) end(t *testing.T, ctx context.Context) {
	t.Helper()
	l.stop()
	select {
	case <-l.ended:
		require.NoError(t, l.err)
	case <-ctx.Done():
		t.Fatalf("%s does not end", l.Name())
	}
}

// lookEvery is how often a condition is looked at.
const lookEvery = 2 * time.Millisecond

// until waits for a condition, which is looked at on the member's loop.
func (l *live) until(t *testing.T, ctx context.Context, what string, holds func() bool) {
	t.Helper()
	met := make(chan struct{})
	look := func(timer *loop.Timer) {
		if holds() {
			timer.Stop()
			close(met)
		}
	}
	l.Env().Loop.Post(func() {
		if err := l.Env().Loop.NewTimer(look).Start(lookEvery); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-met:
	case <-ctx.Done():
		t.Fatalf("%s: it did not come to be that %s", l.Name(), what)
	}
}

// hears waits until a member got so many more events.
func (l *live) hears(t *testing.T, ctx context.Context, more int) {
	t.Helper()
	enough := -1
	l.until(t, ctx, "it hears of more", func() bool {
		if enough < 0 {
			enough = len(l.got) + more
		}
		return len(l.got) >= enough
	})
}

// settled reports whether a child waits for nothing any more: its parent has all
// that was stored. Pending alone does not say so, as it counts an event only when
// the disk has it.
func (l *live) settled(t *testing.T) bool {
	t.Helper()
	up := l.link(t, "parent")
	return up.State() == linkstate.Active && l.counts(t, "parent").ReuploadsCompleted > 0 && !l.Links().Reuploading() &&
		up.Waiting() == 0 && l.Pending() == 0
}

// storedIn are the events of a file that nobody has open.
func storedIn(t *testing.T, path string) (texts []string) {
	t.Helper()
	store, found, err := eventstore.OpenBolt(eventstore.Options{Path: path, Clock: &storetest.Clock{}})
	require.NoError(t, err)
	require.True(t, found.Empty(), found)
	for _, id := range store.Pending() {
		text, _, err := store.Retrieve(id)
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	require.NoError(t, store.Close())
	return texts
}

// eventFile is where a member's events are kept.
func eventFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "events.db")
}
