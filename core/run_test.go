package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/broker/brokertest"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

var quiet = slog.NewTextHandler(io.Discard, nil)

// light is the automation of the README: the same value runs here against a
// real broker, and in package sim.
type light struct {
	delay time.Duration
}

func (l *light) Start(env *core.Env) error {
	off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("light/set", "OFF") })
	return env.Subscribe("motion", func(mqtt.Message) {
		env.Publish("light/set", "ON")
		off.StartOnce(l.delay)
	})
}

// serve starts our own broker on a free port.
func serve(t *testing.T) (url string) { return serveWith(t, broker.Options{}) }

func serveWith(t *testing.T, o broker.Options) (url string) {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	var b *broker.Broker
	var addr net.Addr
	err := rt.Run("serve", func() {
		var err error
		o.Runtime = rt
		if b, err = broker.New(o); err != nil {
			t.Error(err)
			return
		}
		if addr, err = b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"}); err != nil {
			t.Error(err)
		}
	})
	if err != nil || addr == nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Run("close", func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}); err != nil {
			t.Error(err)
		}
	})
	return "mqtt://" + addr.String()
}

// hears subscribes as another client, waits until it is subscribed, and gives
// what it gets.
func hears(t *testing.T, url, filter string) (publish func(topic, payload string), got chan string) {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	got = make(chan string, 16)
	ready := make(chan struct{})
	instance, err := core.Launch(rt, core.AppFunc(func(env *core.Env) error {
		// A broker works off what one client sends in order, so an echo says that
		// it has come to the end of it.
		err := errors.Join(
			env.Subscribe(filter, func(m mqtt.Message) { got <- m.Topic + " " + string(m.Payload) }),
			env.Subscribe("tester/ready", func(mqtt.Message) { close(ready) }),
		)
		env.Publish("tester/ready", nil)
		return err
	}), core.LaunchOptions{
		Name: "tester", Broker: link.DialOptions{Broker: url, ClientID: "tester"},
		Dial: func(o link.DialOptions, wake func()) (link.Transport, error) {
			return link.Dial(context.Background(), o, wake)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-ready
	t.Cleanup(func() {
		instance.Stop()
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(topic, payload string) {
		instance.Env().Loop.Post(func() { instance.Env().Publish(topic, payload) })
	}, got
}

func TestRunInProduction(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{"our broker": serve, "mosquitto": mosquitto} {
		t.Run(name, func(t *testing.T) {
			url := url(t)
			publish, got := hears(t, url, "light/set")
			app := &light{delay: 10 * time.Millisecond}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			ready := make(chan struct{})
			go func() {
				ended <- core.Run(ctx, core.AppFunc(func(env *core.Env) error {
					defer close(ready)
					return app.Start(env)
				}), core.RunOptions{Name: "hall", Broker: link.DialOptions{Broker: url}, Log: quiet})
			}()
			select {
			case <-ready:
			case err := <-ended:
				t.Fatal(err)
			}
			// The subscription is on its way: say it until it is heard.
			for heard := false; !heard; {
				publish("motion", "{}")
				select {
				case s := <-got:
					heard = s == "light/set ON"
				case <-time.After(100 * time.Millisecond):
				}
			}
			for s := range got {
				if s == "light/set OFF" {
					break
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		})
	}
}

func mosquitto(t *testing.T) string { return "mqtt://" + brokertest.StartMosquitto(t) }

// PZ-79: when it is told to end, an app says goodbye, and what it says arrives.
func TestRunStopsInAnOrderlyWay(t *testing.T) {
	url := serve(t)
	_, got := hears(t, url, "goodbye")
	ctx, cancel := context.WithCancel(context.Background())
	if err := core.Run(ctx, &leaving{cancel: cancel}, core.RunOptions{Broker: link.DialOptions{Broker: url}, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if s := <-got; s != fmt.Sprintf("goodbye %d", i) {
			t.Fatalf("got %q as goodbye %d", s, i)
		}
	}
}

// leaving is an app that ends as soon as the tester listens.
type leaving struct {
	env    *core.Env
	cancel func()
}

func (l *leaving) Start(env *core.Env) error {
	l.env = env
	env.Loop.Post(l.cancel)
	return nil
}

func (l *leaving) Stop() {
	for i := range 50 {
		l.env.Send(mqtt.Message{Topic: "goodbye", Payload: fmt.Append(nil, i), QoS: byte(i % 2)})
	}
}

func TestRunErrors(t *testing.T) {
	url := serve(t)
	noRoom := errors.New("no such room")
	run := func(app core.App, o core.RunOptions) error {
		o.Log = quiet
		return core.Run(context.Background(), app, o)
	}
	failing := core.AppFunc(func(*core.Env) error { return noRoom })
	if err := run(failing, core.RunOptions{Broker: link.DialOptions{Broker: url}}); !errors.Is(err, noRoom) {
		t.Errorf("an app that fails: %v", err)
	}
	panicking := core.AppFunc(func(env *core.Env) error {
		env.Loop.Post(func() { panic("boom") })
		return nil
	})
	var p *clock.TaskPanic
	if err := run(panicking, core.RunOptions{Name: "hall", Broker: link.DialOptions{Broker: url}}); !errors.As(err, &p) || p.Task != "hall" {
		t.Errorf("an app that panics: %v", err)
	}
	if err := run(failing, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://127.0.0.1:1"}}); err == nil || errors.Is(err, noRoom) {
		t.Errorf("a broker that is not there: %v", err)
	}
	for _, bad := range []string{"", "localhost:1883", "http://x", "mqtt://user:secret@%zz"} {
		err := run(failing, core.RunOptions{Broker: link.DialOptions{Broker: bad}})
		if err == nil || errors.Is(err, noRoom) {
			t.Errorf("broker %q: %v", bad, err)
		}
	}
	users, err := broker.NewUsers(broker.User{Name: "hall", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	refusing := serveWith(t, broker.Options{Auth: users})
	o := core.RunOptions{Broker: link.DialOptions{Broker: refusing, User: "hall", Password: "wrong"}}
	if err := run(failing, o); err == nil || errors.Is(err, noRoom) || !strings.Contains(err.Error(), "refuses this user") {
		t.Errorf("PZ-77 a connection that is refused ends the program: %v", err)
	}
	if err := run(failing, core.RunOptions{Zone: "Mars/Base"}); err == nil {
		t.Error("an unknown zone must be an error")
	}
}

// connector makes two connections of its own: what it publishes on one arrives on
// the other.
type connector struct {
	env       *core.Env
	near, far link.Transport
	got       []string
}

func (c *connector) ConnectsItself() {}

func (c *connector) Start(env *core.Env) error {
	if env.Link != nil {
		return errors.New("a connector has a link")
	}
	if _, err := env.Dial(link.DialOptions{}, func() {}); err == nil {
		return errors.New("a connection without a client id was made")
	}
	c.env = env
	arrived := env.Loop.NewUpdater(c.receive, true)
	env.Runtime.Go("connect", func() {
		var near, far link.Transport
		var err error
		env.Runtime.Blocking(func() {
			near, err = env.Dial(link.DialOptions{ClientID: "near", Once: true}, func() {})
			if err == nil {
				far, err = env.Dial(link.DialOptions{ClientID: "far", Once: true}, arrived.Trigger)
			}
		})
		c.near, c.far = near, far
		if err == nil {
			err = c.far.Subscribe("hello", 1)
		}
		if err != nil {
			env.Fail(err)
		}
		arrived.Trigger()
	})
	return nil
}

func (c *connector) receive() {
	if c.far == nil {
		return // it arrived before Dial returned
	}
	for a, ok := c.far.Receive(); ok; a, ok = c.far.Receive() {
		switch a.Kind {
		case link.ArrivedGrant:
			c.got = append(c.got, "granted "+a.Filter)
			if err := c.near.Publish(mqtt.Message{Topic: "hello", QoS: 1}); err != nil {
				c.env.Fail(err)
			}
		case link.ArrivedMessage:
			c.got = append(c.got, "heard "+a.Message.Topic)
			c.env.Loop.Stop(0)
		}
	}
}

func (c *connector) Stop() {
	if err := errors.Join(c.near.Close(), c.far.Close()); err != nil {
		c.env.Fail(err)
	}
}

func TestConnectorMakesItsOwnConnections(t *testing.T) {
	app := &connector{}
	if err := core.Run(t.Context(), app, core.RunOptions{Broker: link.DialOptions{Broker: serve(t)}, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"granted hello", "heard hello"}; !slices.Equal(app.got, want) {
		t.Errorf("arrived %q, want %q", app.got, want)
	}
}
