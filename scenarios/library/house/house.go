package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// house is a simulated house.
type house struct {
	start    time.Time // the date at its instant 0, in its zone
	length   time.Duration
	slack    time.Duration  // how late things may be on a tape that is any good
	retained []mqtt.Message // what the broker has before it begins
	members  []member       // who connects, in order
}

// member is one client of the broker: a hub, a device or an automation. All of
// them are apps.
type member struct {
	client string
	app    core.App
	will   *mqtt.Message
}

// date is an instant on the clocks of a zone.
func date(zone string, year int, month time.Month, day, hour, minute int) time.Time {
	loc, err := clock.LoadZone(zone)
	if err != nil {
		panic(err)
	}
	return time.Date(year, month, day, hour, minute, 0, 0, loc)
}

// furnish places the retained messages: the house was there before somebody
// listens to it. The broker has them all when it returns.
func (h house) furnish(broker string) error {
	u, err := url.Parse(broker)
	if err != nil || u.Scheme != "mqtt" || u.Host == "" {
		return fmt.Errorf("--broker %q: write it like mqtt://127.0.0.1:1883", broker)
	}
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + u.Host).SetClientID("furnisher").SetAutoReconnect(false))
	if err := done(client.Connect()); err != nil {
		return fmt.Errorf("connect to %s: %w", broker, err)
	}
	defer client.Disconnect(0)
	for _, m := range h.retained {
		if err := done(client.Publish(m.Topic, m.QoS, m.Retain, m.Payload)); err != nil {
			return fmt.Errorf("place %q: %w", m.Topic, err)
		}
	}
	return nil
}

func done(t paho.Token) error {
	t.Wait()
	return t.Error()
}

// live runs the house for its length, or until ctx ends or one of its members
// does.
func (h house) live(ctx context.Context, f flags, log slog.Handler) (err error) {
	rt := newFastRuntime(f.speed, h.start)
	defer func() { err = errors.Join(err, rt.Close()) }()
	wake := rt.NewSignal("the house's end")
	defer context.AfterFunc(ctx, wake.Set)()
	var failed error
	left := len(h.members)
	running, err := h.launch(ctx, rt, f, log, func(err error) {
		left--
		failed = errors.Join(failed, err)
		wake.Set()
	})
	if err != nil {
		return err
	}
	var late error
	err = rt.Run("house", func() {
		late = h.pass(rt, wake)
		for _, instance := range running {
			instance.Stop()
		}
		for left > 0 {
			_ = wake.Wait(clock.Forever)
		}
	})
	return errors.Join(err, failed, late)
}

// pass waits for the end of the house, or something before it. It gives up when
// the machine has stood still for so long that the tape is no good.
func (h house) pass(rt clock.Runtime, wake clock.Signal) error {
	for next := h.slack; next < h.length; next += h.slack {
		if wake.Wait(next) == nil {
			return nil
		}
		if late := rt.Now() - next; late > h.slack {
			return fmt.Errorf("at %v the machine was %v late, on the house's clock: it is too busy for this speed, record again", next, late)
		}
	}
	_ = wake.Wait(h.length)
	return nil
}

// launch connects and starts all members.
func (h house) launch(ctx context.Context, rt clock.Runtime, f flags, log slog.Handler, ended func(error)) (running []*core.Instance, err error) {
	for _, m := range h.members {
		instance, err := core.Launch(rt, m.app, core.LaunchOptions{
			Name: m.client, Seed: f.seed, Log: log, End: ended,
			Broker: link.DialOptions{Broker: f.broker, ClientID: m.client, Will: m.will},
			Dial: func(o link.DialOptions, wake func()) (link.Transport, error) {
				return link.Dial(ctx, o, wake)
			},
		})
		if err != nil {
			return nil, err
		}
		running = append(running, instance)
	}
	return running, nil
}

// at calls fn at an instant of the house's clock.
func at(env *core.Env, instant time.Duration, fn func()) { env.Loop.After(instant-env.Now(), fn) }

// again calls fn at instants that are between least and most apart, drawn from
// the stream of that name. They do not depend on when fn was really called.
func again(env *core.Env, name string, least, most time.Duration, fn func(draw *rand.Rand)) {
	draw := env.Rand(name)
	next := time.Duration(0)
	var turn func()
	plan := func() {
		next += between(draw, least, most)
		at(env, next, turn)
	}
	turn = func() {
		fn(draw)
		plan()
	}
	plan()
}

func between(draw *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(draw.Int64N(int64(most-least)/int64(time.Millisecond)+1))*time.Millisecond
}

// say publishes; what cannot be sent is logged.
func say(env *core.Env, topic, payload string, retain bool) {
	env.Send(mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: retain})
}

// kept is a retained message.
func kept(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1, Retain: true}
}
