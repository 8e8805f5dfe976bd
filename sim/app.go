package sim

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// sessionTransport is the link.Transport of a simulated world: an in-process
// session of the broker.
type sessionTransport struct {
	world   *World
	session *broker.Session
	wake    func()
	granted []string // filters of subscriptions that Receive has not told of
	told    bool     // that the connection went down
	copier  mqtt.Copier
}

// dialer connects sessions of one source. Whatever broker they ask for, there is
// one.
func (w *World) dialer(source string) func(o link.DialOptions, wake func()) (link.Transport, error) {
	return func(o link.DialOptions, wake func()) (link.Transport, error) {
		s, err := w.broker.Connect(broker.ConnectOptions{
			ClientID: o.ClientID, Persistent: o.Keep, Will: o.Will, Source: source, Wake: wake,
		})
		if err != nil {
			return nil, fmt.Errorf("connect %q: %w", o.ClientID, err)
		}
		return &sessionTransport{world: w, session: s, wake: wake}, nil
	}
}

func (t *sessionTransport) ClientID() string             { return t.session.ClientID() }
func (t *sessionTransport) Publish(m mqtt.Message) error { return t.session.Publish(m) }

func (t *sessionTransport) Subscribe(filter string, qos byte) error {
	if _, err := t.session.Subscribe(filter, qos); err != nil {
		return err
	}
	t.granted = append(t.granted, filter)
	t.wake()
	return nil
}

func (t *sessionTransport) Unsubscribe(filter string) error { return t.session.Unsubscribe(filter) }

func (t *sessionTransport) Receive() (link.Arrival, bool) {
	if t.world.flooded { // or who answers itself would keep the world from ending
		return link.Arrival{}, false
	}
	if len(t.granted) > 0 { // the answer comes before the retained messages
		filter := t.granted[0]
		t.granted = t.granted[1:]
		return link.Arrival{Kind: link.ArrivedGrant, Filter: filter}, true
	}
	if m, ok := t.session.Receive(); ok {
		// Over a network each client has bytes of its own: what one does to them
		// must not reach another, nor the tape, nor the scenario.
		m.Payload = t.copier.Copy(m.Payload)
		return link.Arrival{Message: m}, true
	}
	if err := t.session.Err(); err != nil && !t.told {
		t.told = true
		return link.Arrival{Kind: link.ArrivedDown, Err: err}, true
	}
	return link.Arrival{}, false
}

func (t *sessionTransport) Close() error {
	if t.session.Err() != nil {
		return nil
	}
	return t.session.Disconnect()
}

// endedNote is the warning of an app that ended without an error.
func endedNote(app string, at time.Duration) string {
	return fmt.Sprintf("app %q ended by itself at %v: what it must not do after that, it cannot", app, at)
}

// launchApp starts an app under test; when it fails, so does the world.
func (w *World) launchApp(a *appEntry) error {
	_, err := core.Launch(w.clock, a.app, core.LaunchOptions{
		Name: a.name, Seed: w.options.Seed, Log: w.options.Log, Dial: w.dialer(a.source), Broker: link.DialOptions{ClientID: a.name},
		End: func(err error) {
			if err == nil && !w.closed {
				w.note("%s", endedNote(a.name, w.Now()))
			}
			if err != nil {
				w.fail(&Failure{
					Kind: "app", At: w.Now(), Err: err, Message: fmt.Sprintf("app %q failed: %v", a.name, err),
					Around: w.Around(Scene{From: w.Now(), To: w.Now()}),
				})
			}
		},
	})
	return err
}
