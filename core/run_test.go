package core_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/broker/brokertest"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.NewTextHandler(io.Discard, nil)

// light is the automation of the README: the same value runs here against a
// real broker, and in package sim.
type light struct {
	delay   time.Duration
	stopped chan struct{}
}

func (l *light) Start(env *core.Env) error {
	off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("light/set", "OFF") })
	return env.Subscribe("motion", func(mqtt.Message) {
		env.Publish("light/set", "ON")
		off.StartOnce(l.delay)
	})
}

func (l *light) Stop() { close(l.stopped) }

// serve starts our own broker on a free port.
func serve(t *testing.T) (url string) {
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
		if b, err = broker.New(broker.Options{Runtime: rt}); err != nil {
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

// hears subscribes as another client and gives what it gets.
func hears(t *testing.T, url, filter string) (publish func(topic, payload string), got chan string) {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	got = make(chan string, 16)
	instance, err := core.Launch(rt, core.AppFunc(func(env *core.Env) error {
		return env.Subscribe(filter, func(m mqtt.Message) { got <- m.Topic + " " + string(m.Payload) })
	}), core.LaunchOptions{Name: "tester", Dial: func(wake func()) (link.Transport, error) {
		return link.Dial(context.Background(), link.DialOptions{Broker: url, ClientID: "tester"}, wake)
	}})
	if err != nil {
		t.Fatal(err)
	}
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
			app := &light{delay: 10 * time.Millisecond, stopped: make(chan struct{})}
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

func TestRunStopsInAnOrderlyWay(t *testing.T) {
	app := &light{stopped: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	cancelled := context.AfterFunc(ctx, func() {})
	defer cancelled()
	url := serve(t)
	ended := make(chan error, 1)
	go func() {
		ended <- core.Run(ctx, startedApp{app, cancel}, core.RunOptions{Broker: link.DialOptions{Broker: url}, Log: quiet})
	}()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	select {
	case <-app.stopped:
	default:
		t.Error("the app's Stop was not called")
	}
}

// startedApp cancels as soon as its app has started.
type startedApp struct {
	*light
	cancel func()
}

func (a startedApp) Start(env *core.Env) error {
	env.Loop.Post(a.cancel)
	return a.light.Start(env)
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
	if err := run(failing, core.RunOptions{Zone: "Mars/Base"}); err == nil {
		t.Error("an unknown zone must be an error")
	}
}
