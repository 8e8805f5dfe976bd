package core_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// loner makes its own connections, and forgets that it has no Link.
type loner struct {
	subscribed error
	dialled    link.DialOptions
}

func (*loner) ConnectsItself() {}

func (l *loner) Start(env *core.Env) error {
	l.subscribed = env.Subscribe("motion", func(mqtt.Message) {})
	env.Publish("light/set", "ON")
	_, _ = env.Dial(link.DialOptions{ClientID: "b", Timeout: time.Minute, Once: true}, func() {})
	env.Loop.Stop(0)
	return nil
}

func TestConnectorHasNoLink(t *testing.T) {
	rt := clock.NewSystem(clock.SystemOptions{})
	app, ended := &loner{}, make(chan error, 1)
	var log bytes.Buffer
	_, err := core.Launch(rt, app, core.LaunchOptions{
		Name: "a", Log: slog.NewTextHandler(&log, nil),
		Broker: link.DialOptions{Broker: "mqtt://hub", ClientID: "a", User: "me", Timeout: time.Second},
		Dial: func(o link.DialOptions, _ func()) (link.Transport, error) {
			app.dialled = o
			return nil, errors.New("nobody is there")
		},
		End: func(err error) { ended <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-ended, rt.Close()); err != nil {
		t.Error(err)
	}
	if app.subscribed == nil || !strings.Contains(app.subscribed.Error(), "use what Env.Dial returned") {
		t.Errorf("Subscribe of a Connector = %v", app.subscribed)
	}
	if !strings.Contains(log.String(), "light/set") || !strings.Contains(log.String(), "has no Link") {
		t.Errorf("Publish of a Connector logs %q", log.String())
	}
	want := link.DialOptions{Broker: "mqtt://hub", ClientID: "b", User: "me", Timeout: time.Minute, Once: true}
	if app.dialled != want {
		t.Errorf("dialled %+v, want the app's broker with what the connection says for itself: %+v", app.dialled, want)
	}
}
